/* SPDX-License-Identifier: MIT */
/* Objects change hands: by arguments, results and the host's word; all of a call or none. */
#include "world.h"

WORLD(handover)

static uint32_t owner_of(kg_handle handle)
{
    struct kg_object_info info;
    return kg_object_info(handle, &info) == 0 ? info.owner : 99;
}

static uint32_t number(struct kg_domain *domain)
{
    return (uint32_t)value0(GATE(domain, self));
}

#define GIVEN {KG_GIVE}
#define LENT {KG_LEND}

KG_TEST(handover, argument_is_the_callees_for_good)
{
    kg_handle handle = make(5000);
    uint64_t sum = 0;
    memset(kg_object_address(handle), 2, 5000);
    const struct kg_gate *take = GATE_WITH(domain_a, object_sum, .arguments = GIVEN);
    WORKS(kg_gate_call(take, &sum, handle, 5000));
    KG_ASSERT_EQ(sum, 10000);
    KG_ASSERT_EQ(owner_of(handle), number(domain_a));
    REFUSED(kg_gate_call(take, &sum, handle, 5000), -KG_EOWNER); /* given twice */
    KG_ASSERT_EQ(value3(GATE(domain_a, object_fill), handle, 5000, 0), 0);
    KG_ASSERT_STATUS(as_status(value1(GATE(domain_a, object_drop), handle)), 0);
    PASS();
}

KG_TEST(handover, result_is_the_callers)
{
    kg_handle handle = 0;
    const struct kg_gate *get = GATE_WITH(domain_a, object_make, .result = KG_GIVE);
    WORKS(kg_gate_call(get, &handle, 300, KG_OBJECT_REKEYED));
    watch(handle);
    CHECK_CALL(tags_agree());
    KG_ASSERT_EQ(owner_of(handle), KG_OWNER_HOST);
    memset(kg_object_address(handle), 7, 300);
    WORKS(kg_object_drop(handle));
    PASS();
}

KG_TEST(handover, result_must_be_the_callees_own)
{
    uint64_t value = 4711;
    kg_handle mine = make(64);
    kg_handle theirs = watch(value2(GATE(domain_b, object_make), 64, KG_OBJECT_REKEYED));
    const struct kg_gate *get = GATE_WITH(domain_a, object_return, .result = KG_GIVE);
    (void)value0(GATE(domain_a, add0));
    REFUSED(kg_gate_call(get, &value, mine), -KG_EOWNER);
    REFUSED(kg_gate_call(get, &value, theirs), -KG_EOWNER);
    REFUSED(kg_gate_call(get, &value, 0), -KG_EHANDLE);
    REFUSED(kg_gate_call(get, &value, 12345), -KG_EHANDLE);
    KG_ASSERT_EQ(value, 4711);
    /* A pinned one stays too. */
    kg_handle own = watch(value2(GATE(domain_a, object_make), 64, KG_OBJECT_REKEYED));
    KG_ASSERT_STATUS(as_status(value1(GATE(domain_a, object_pin), own)), 0);
    REFUSED(kg_gate_call(get, &value, own), -KG_EPINNED);
    KG_ASSERT_STATUS(as_status(value1(GATE(domain_a, object_unpin), own)), 0);
    WORKS(kg_gate_call(get, &value, own));
    KG_ASSERT_EQ(value, own);
    KG_ASSERT_EQ(owner_of(own), KG_OWNER_HOST);
    PASS();
}

KG_TEST(handover, loan_ends_with_the_call)
{
    kg_handle handle = make(5000);
    uint64_t sum = 0;
    memset(kg_object_address(handle), 3, 5000);
    const struct kg_gate *read = GATE_WITH(domain_a, object_sum, .arguments = LENT);
    for (int i = 0; i < 3; i++) {
        WORKS(kg_gate_call(read, &sum, handle, 5000));
        KG_ASSERT_EQ(sum, 15000);
        KG_ASSERT_EQ(owner_of(handle), KG_OWNER_HOST);
        memset(kg_object_address(handle), 3, 5000);
    }
    PASS();
}

static kg_handle lent;
static int seen[6];
static enum greatest_test_res agreed;

/* Runs in the host while the object is on loan. */
static uint64_t while_lent(void)
{
    struct kg_object_info info;
    agreed = tags_agree();
    seen[0] = kg_object_info(lent, &info) == 0 && info.owner == KG_OWNER_HOST &&
                      info.borrower != KG_OWNER_NOBODY
                  ? 0
                  : -1;
    seen[1] = kg_object_drop(lent);
    seen[2] = kg_object_give(lent, domain_b);
    seen[3] = kg_object_pin(lent);
    seen[4] = kg_gate_call(GATE_WITH(domain_b, object_sum, .arguments = GIVEN), NULL, lent, 4);
    seen[5] = kg_gate_call(GATE_WITH(domain_b, object_sum, .arguments = LENT), NULL, lent, 4);
    return 100;
}

KG_TEST(handover, lent_object_stays_where_it_is)
{
    lent = make(64);
    memset(kg_object_address(lent), 1, 64);
    (void)GATE_WITH(domain_b, object_sum, .arguments = GIVEN);
    (void)GATE_WITH(domain_b, object_sum, .arguments = LENT);
    const struct kg_gate *out = HOST_GATE(while_lent, 1);
    const struct kg_gate *read =
        GATE_WITH(domain_a, object_sum_via, .arguments = {KG_VALUE, KG_LEND});
    uint64_t sum = 0;
    WORKS(kg_gate_call(read, &sum, address_of(out), lent));
    CHECK_CALL(agreed);
    KG_ASSERT_EQ(sum, 116);
    KG_ASSERT_EQ(seen[0], 0);
    for (size_t i = 1; i < 6; i++) {
        KG_ASSERT_STATUS(seen[i], -KG_ELENT);
    }
    WORKS(kg_object_drop(lent));
    PASS();
}

/* Whom a domain was lent something may not pass it on. */
KG_TEST(handover, borrower_owns_nothing)
{
    kg_handle handle = make(64);
    const struct kg_gate *pass = GATE_WITH(domain_b, object_sum2, .arguments = GIVEN);
    uint64_t status = 0;
    (void)value0(GATE(domain_b, add0));
    const struct kg_gate *read =
        GATE_WITH(domain_a, call_status2, .arguments = {KG_VALUE, KG_LEND});
    WORKS(kg_gate_call(read, &status, address_of(pass), handle, 0));
    KG_ASSERT_STATUS(as_status(status), -KG_EOWNER);
    const struct kg_gate *drop = GATE_WITH(domain_a, object_drop, .arguments = LENT);
    WORKS(kg_gate_call(drop, &status, handle));
    KG_ASSERT_STATUS(as_status(status), -KG_EOWNER);
    KG_ASSERT_EQ(owner_of(handle), KG_OWNER_HOST);
    PASS();
}

KG_TEST(handover, one_call_names_an_object_once)
{
    kg_handle handle = make(64);
    (void)value0(GATE(domain_a, add0));
    const struct kg_gate *both = GATE_WITH(domain_a, object_sum2, .arguments = {KG_GIVE, KG_GIVE});
    const struct kg_gate *mixed =
        GATE_WITH(domain_a, object_sum2, .arguments = {KG_LEND, KG_GIVE});
    const struct kg_gate *lends =
        GATE_WITH(domain_a, object_sum2, .arguments = {KG_LEND, KG_LEND});
    REFUSED(kg_gate_call(both, NULL, handle, handle), -KG_ETWICE);
    REFUSED(kg_gate_call(mixed, NULL, handle, handle), -KG_ETWICE);
    REFUSED(kg_gate_call(lends, NULL, handle, handle), -KG_ETWICE);
    KG_ASSERT_EQ(owner_of(handle), KG_OWNER_HOST);
    PASS();
}

/* A call that names one good and one bad object changes nothing. */
KG_TEST(handover, is_all_or_nothing)
{
    kg_handle good = make(5000);
    kg_handle stale = make(64);
    kg_handle pinned = make(64);
    kg_handle foreign = watch(value2(GATE(domain_b, object_make), 64, KG_OBJECT_REKEYED));
    WORKS(kg_object_drop(stale));
    WORKS(kg_object_pin(pinned));
    (void)value0(GATE(domain_a, add0));
    const struct {
        kg_handle bad;
        int status;
    } rows[] = {{0, -KG_EHANDLE},       {stale, -KG_ESTALE},    {pinned, -KG_EPINNED},
                {foreign, -KG_EOWNER},  {UINT64_MAX, -KG_EHANDLE}};
    const struct kg_gate *gates[] = {
        GATE_WITH(domain_a, object_sum2, .arguments = {KG_GIVE, KG_GIVE}),
        GATE_WITH(domain_a, object_sum2, .arguments = {KG_LEND, KG_GIVE}),
        GATE_WITH(domain_a, object_sum2, .arguments = {KG_GIVE, KG_LEND}),
    };
    for (size_t g = 0; g < sizeof gates / sizeof *gates; g++) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            uint64_t value = 4711;
            REFUSED(kg_gate_call(gates[g], &value, good, rows[i].bad), rows[i].status);
            REFUSED(kg_gate_call(gates[g], &value, rows[i].bad, good), rows[i].status);
            KG_ASSERT_EQ(value, 4711);
            memset(kg_object_address(good), 1, 5000); /* still the host's to write */
        }
    }
    WORKS(kg_object_unpin(pinned));
    PASS();
}

/* The system refuses to re-tag the second object: the first one goes back. */
KG_TEST(handover, is_undone_when_a_tag_is_refused)
{
    if ((!has_keys() && kg_backend() != KG_BACKEND_MTE) || !fail_point(NULL)) {
        KG_SKIP("re-tagging can't be refused, or the shared library has no failure points");
    }
    kg_handle one = make(64);
    kg_handle two = make(64);
    (void)value0(GATE(domain_a, add0));
    const struct kg_gate *gates[] = {
        GATE_WITH(domain_a, object_sum2, .arguments = {KG_GIVE, KG_GIVE}),
        GATE_WITH(domain_a, object_sum2, .arguments = {KG_LEND, KG_GIVE}),
        GATE_WITH(domain_a, object_sum2, .arguments = {KG_LEND, KG_LEND}),
    };
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++) {
        for (uint64_t nth = 1; nth <= 2; nth++) {
            (void)fail_point_at("tag", nth);
            REFUSED(kg_gate_call(gates[i], NULL, one, two), -KG_ESYSTEM);
            (void)fail_point(NULL);
            memset(kg_object_address(one), 1, 64);
            memset(kg_object_address(two), 1, 64);
        }
    }
    (void)fail_point("tag");
    REFUSED(kg_object_give(one, domain_a), -KG_ESYSTEM);
    (void)fail_point(NULL);
    WORKS(kg_gate_call(gates[0], NULL, one, two));
    PASS();
}

/* The system refuses to end a loan: the call says so, and the owner's next use ends it. */
KG_TEST(handover, loan_that_could_not_end_ends_later)
{
    if ((!has_keys() && kg_backend() != KG_BACKEND_MTE) || !fail_point(NULL)) {
        KG_SKIP("re-tagging can't be refused, or the shared library has no failure points");
    }
    struct kg_object_info info;
    uint64_t sum = 4711;
    const struct kg_gate *read = GATE_WITH(domain_a, object_sum, .arguments = LENT);
    (void)value0(GATE(domain_a, add0));
    for (int i = 0; i < 2; i++) {
        kg_handle handle = make(64);
        (void)fail_point_at("tag", 2);
        int status = kg_gate_call(read, &sum, handle, 4);
        (void)fail_point(NULL);
        KG_ASSERT_STATUS(status, -KG_ESYSTEM);
        KG_ASSERT_EQ(sum, 4711);
        KG_ASSERT_STATUS(kg_object_info(handle, &info), 0);
        KG_ASSERT_NE(info.borrower, KG_OWNER_NOBODY);
        CHECK_CALL(tags_agree());
        if (i == 0) {
            WORKS(kg_object_give(handle, domain_b));
            KG_ASSERT_STATUS(kg_object_info(handle, &info), 0);
            KG_ASSERT_EQ(info.borrower, KG_OWNER_NOBODY);
        } else {
            WORKS(kg_object_drop(handle));
        }
    }
    PASS();
}

KG_TEST(handover, chain_of_domains_passes_an_object_on)
{
    kg_handle handle = make(64);
    memset(kg_object_address(handle), 5, 64);
    const struct kg_gate *last = GATE_WITH(domain_b, object_sum2, .arguments = GIVEN);
    const struct kg_gate *first =
        GATE_WITH(domain_a, call_status2, .arguments = {KG_VALUE, KG_GIVE});
    kg_handle second = make(64);
    uint64_t status = 4711;
    /* a is given the object and gives it to b, whose second argument is a plain value here */
    WORKS(kg_object_give(second, domain_b));
    WORKS(kg_gate_call(first, &status, address_of(last), handle, second));
    KG_ASSERT_STATUS(as_status(status), 0);
    KG_ASSERT_EQ(owner_of(handle), number(domain_b));
    WORKS(kg_object_take(handle));
    KG_ASSERT_EQ(((volatile unsigned char *)kg_object_address(handle))[63], 5);
    PASS();
}

KG_TEST(handover, host_gives_and_takes)
{
    struct kg_account account;
    kg_handle handle = make(9000);
    WORKS(kg_object_give(handle, NULL));
    KG_ASSERT_EQ(owner_of(handle), KG_OWNER_HOST);
    WORKS(kg_object_give(handle, domain_a));
    KG_ASSERT_EQ(owner_of(handle), number(domain_a));
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.objects, 1);
    REFUSED(kg_object_give(handle, domain_b), -KG_EOWNER);
    REFUSED(kg_object_give(handle, (struct kg_domain *)&account), -KG_EARGUMENT);
    KG_ASSERT_EQ(value3(GATE(domain_a, object_fill), handle, 9000, 1), 0);
    WORKS(kg_object_take(handle));
    KG_ASSERT_EQ(((volatile unsigned char *)kg_object_address(handle))[8999],
                 (unsigned char)(1 + 8999));
    WORKS(kg_object_take(handle)); /* the host's already */
    KG_ASSERT_EQ(owner_of(handle), KG_OWNER_HOST);
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.objects, 0);
    KG_ASSERT_EQ(account.object_bytes, 0);
    KG_ASSERT_STATUS(as_status(value1(GATE(domain_b, object_drop), handle)), -KG_EOWNER);
    WORKS(kg_object_drop(handle));
    PASS();
}

KG_TEST(handover, dead_receiver_takes_nothing)
{
    kg_handle handle = make(64);
    const struct kg_gate *take = GATE_WITH(domain_a, object_sum, .arguments = GIVEN);
    const struct kg_gate *read = GATE_WITH(domain_a, object_sum, .arguments = LENT);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, crash), NULL, CRASH_READ_NULL, 0),
                     -KG_EFAULTED);
    REFUSED(kg_gate_call(take, NULL, handle, 4), -KG_EDEAD);
    REFUSED(kg_gate_call(read, NULL, handle, 4), -KG_EDEAD);
    REFUSED(kg_object_give(handle, domain_a), -KG_EDEAD);
    KG_ASSERT_EQ(owner_of(handle), KG_OWNER_HOST);
    WORKS(kg_object_drop(handle));
    PASS();
}

static struct {
    const struct kg_gate *take;
    kg_handle handle;
    int status;
} deep;

/* Calls back until no call can go further, and gives an object there. */
static uint64_t give_where_deepest(uint64_t count)
{
    const struct kg_gate *back = HOST_GATE(give_where_deepest, 1);
    if (kg_gate_call(GATE(domain_a, call_status), NULL, address_of(back), count + 1) ==
        -KG_EDEPTH) {
        deep.status = kg_gate_call(deep.take, NULL, deep.handle, 4);
    }
    return count;
}

/* Whether it can run the callee is found out after the hand-over. */
KG_TEST(handover, is_undone_when_the_callee_cannot_run)
{
    deep.handle = make(64);
    deep.take = GATE_WITH(domain_a, object_sum, .arguments = GIVEN);
    deep.status = 0;
    (void)give_where_deepest(0);
    KG_ASSERT_STATUS(deep.status, -KG_EDEPTH);
    CHECK_CALL(tags_agree());
    KG_ASSERT_EQ(owner_of(deep.handle), KG_OWNER_HOST);
    memset(kg_object_address(deep.handle), 1, 64);
    WORKS(kg_object_drop(deep.handle));
    PASS();
}

/* What it was given dies with it; what it was lent comes back. */
KG_TEST(handover, death_ends_loans_and_takes_gifts)
{
    kg_handle given = make(64);
    kg_handle loan = make(64);
    const struct kg_gate *take =
        GATE_WITH(domain_a, object_take_and_crash, .arguments = GIVEN);
    const struct kg_gate *read = GATE_WITH(domain_a, object_take_and_crash, .arguments = LENT);
    KG_ASSERT_STATUS(kg_gate_call(read, NULL, loan), -KG_EFAULTED);
    CHECK_CALL(tags_agree());
    struct kg_object_info info;
    KG_ASSERT_STATUS(kg_object_info(loan, &info), 0);
    KG_ASSERT_EQ(info.owner, KG_OWNER_HOST);
    KG_ASSERT_EQ(info.borrower, KG_OWNER_NOBODY);
    memset(kg_object_address(loan), 1, 64);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    KG_ASSERT_STATUS(kg_gate_call(take, NULL, given), -KG_EFAULTED);
    CHECK_CALL(tags_agree());
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    KG_ASSERT_STATUS(kg_object_info(given, &info), -KG_ESTALE);
    CHECK_CALL(tags_agree());
    PASS();
}

KG_TEST(handover, deadline_ends_loans)
{
    kg_handle loan = make(64);
    const struct kg_gate *loop = GATE_WITH(domain_a, object_guard_loan, .arguments = {KG_LEND},
                                           .deadline_ns = 2000000);
    KG_ASSERT_STATUS(kg_gate_call(loop, NULL, loan, UINT64_MAX), -KG_EDEADLINE);
    CHECK_CALL(tags_agree());
    struct kg_object_info info;
    KG_ASSERT_STATUS(kg_object_info(loan, &info), 0);
    KG_ASSERT_EQ(info.borrower, KG_OWNER_NOBODY);
    memset(kg_object_address(loan), 1, 64);
    WORKS(kg_object_drop(loan));
    PASS();
}

/* The host can save an object from a dead domain before it is reloaded. */
KG_TEST(handover, host_takes_from_the_dead)
{
    kg_handle handle = make(64);
    memset(kg_object_address(handle), 8, 64);
    WORKS(kg_object_give(handle, domain_a));
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, crash), NULL, CRASH_READ_NULL, 0),
                     -KG_EFAULTED);
    int status = kg_object_take(handle);
    CHECK_CALL(tags_agree());
    if (status == 0) {
        KG_ASSERT_EQ(((volatile unsigned char *)kg_object_address(handle))[0], 8);
        KG_ASSERT_EQ(owner_of(handle), KG_OWNER_HOST);
    } else {
        KG_ASSERT_STATUS(status, -KG_ESTALE);
    }
    PASS();
}
