/* SPDX-License-Identifier: MIT */
/* Gates: arguments, results, statuses, arity, nesting, depth. */
#include "world.h"

WORLD(gate)

KG_TEST(gate, takes_up_to_six_arguments)
{
    uint64_t value = 0;
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add0), &value), 0);
    KG_ASSERT_EQ(value, 1000);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add1), &value, 7), 0);
    KG_ASSERT_EQ(value, 1007);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add2), &value, 7, 11), 0);
    KG_ASSERT_EQ(value, 1029);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add3), &value, 7, 11, 13), 0);
    KG_ASSERT_EQ(value, 1068);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add4), &value, 7, 11, 13, 17), 0);
    KG_ASSERT_EQ(value, 1136);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add5), &value, 7, 11, 13, 17, 19), 0);
    KG_ASSERT_EQ(value, 1231);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add6), &value, 7, 11, 13, 17, 19, 23), 0);
    KG_ASSERT_EQ(value, 1369);
    PASS();
}

KG_TEST(gate, takes_six_arguments_with_deadline)
{
    uint64_t value = 0;
    const struct kg_gate *gate = GATE_WITH(domain_a, add6, .deadline_ns = 60000000000u);
    KG_ASSERT_STATUS(kg_gate_call(gate, &value, 7, 11, 13, 17, 19, 23), 0);
    KG_ASSERT_EQ(value, 1369);
    gate = GATE_WITH(domain_a, add0, .deadline_ns = 60000000000u);
    KG_ASSERT_STATUS(kg_gate_call(gate, &value), 0);
    KG_ASSERT_EQ(value, 1000);
    PASS();
}

KG_TEST(gate, carries_all_64_bits)
{
    const uint64_t words[] = {0, 1, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX,
                              (uint64_t)-(int64_t)KG_EFAULTED};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        uint64_t value = 0;
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add1), &value, words[i] - 1000), 0);
        KG_ASSERT_EQ(value, words[i]); /* a value that looks like a status is still a value */
    }
    PASS();
}

KG_TEST(gate, result_may_be_null_and_is_untouched_on_failure)
{
    uint64_t value = 4711;
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add0), NULL), 0);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add0), &value, 1), -KG_EARITY);
    KG_ASSERT_EQ(value, 4711);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, crash), &value, CRASH_READ_NULL, 0),
                     -KG_EFAULTED);
    KG_ASSERT_EQ(value, 4711);
    struct kg_outcome outcome = kg_gate_head(GATE(domain_b, add0))->enter0(GATE(domain_b, add0));
    KG_ASSERT_EQ(outcome.status, 0);
    KG_ASSERT_EQ(outcome.value, 1000);
    const struct kg_gate *dead = GATE(domain_b, add1);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_b, crash), NULL, CRASH_READ_NULL, 0),
                     -KG_EFAULTED);
    outcome = kg_gate_head(dead)->enter1(5, dead);
    KG_ASSERT_EQ(outcome.status, -KG_EDEAD);
    KG_ASSERT_EQ(outcome.value, 0);
    PASS();
}

KG_TEST(gate, wrong_arity_is_refused)
{
    const struct kg_entry *entries[] = {KG_ENTRY_OF(add0), KG_ENTRY_OF(add1), KG_ENTRY_OF(add2),
                                        KG_ENTRY_OF(add3), KG_ENTRY_OF(add4), KG_ENTRY_OF(add5),
                                        KG_ENTRY_OF(add6)};
    for (uint64_t arity = 0; arity <= 6; arity++) {
        const struct kg_gate *gate = gate_of(domain_a, entries[arity], NULL);
        int status[7];
        status[0] = kg_gate_call(gate, NULL);
        status[1] = kg_gate_call(gate, NULL, 1);
        status[2] = kg_gate_call(gate, NULL, 1, 2);
        status[3] = kg_gate_call(gate, NULL, 1, 2, 3);
        status[4] = kg_gate_call(gate, NULL, 1, 2, 3, 4);
        status[5] = kg_gate_call(gate, NULL, 1, 2, 3, 4, 5);
        status[6] = kg_gate_call(gate, NULL, 1, 2, 3, 4, 5, 6);
        for (uint64_t given = 0; given <= 6; given++) {
            KG_ASSERT_STATUS(status[given], given == arity ? 0 : -KG_EARITY);
        }
        (void)value2(GATE(domain_b, call_wrong_arity), address_of(gate), arity);
    }
    PASS();
}

KG_TEST(gate, kinds_are_checked_when_it_is_made)
{
    const struct kg_gate *gate = NULL;
    const struct kg_entry *add = KG_ENTRY_OF(add1);
    const struct kg_gate_options bad[] = {
        {.arguments = {3}},
        {.arguments = {KG_VALUE, KG_GIVE}}, /* add1 takes one */
        {.arguments = {KG_VALUE, KG_VALUE, KG_VALUE, KG_VALUE, KG_VALUE, KG_LEND}},
        {.result = KG_LEND},
        {.result = 3},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        REFUSED(kg_gate_create(domain_a, add, &bad[i], &gate), -KG_EARGUMENT);
    }
    struct kg_entry wrong = *add;
    wrong.arguments = 7;
    REFUSED(kg_gate_create(domain_a, &wrong, NULL, &gate), -KG_EARGUMENT);
    wrong = *add;
    wrong.function = NULL;
    REFUSED(kg_gate_create(domain_a, &wrong, NULL, &gate), -KG_EARGUMENT);
    REFUSED(kg_gate_create(domain_a, NULL, NULL, &gate), -KG_EARGUMENT);
    REFUSED(kg_gate_create(domain_a, add, NULL, NULL), -KG_EARGUMENT);
    REFUSED(kg_gate_create((struct kg_domain *)&wrong, add, NULL, &gate), -KG_EARGUMENT);
    wrong = *add;
    wrong.build ^= KG_BUILD_PLAIN | KG_BUILD_SOFT;
    REFUSED(kg_gate_create(domain_a, &wrong, NULL, &gate), -KG_EFLAVOUR);
    KG_ASSERT(gate == NULL);
    PASS();
}

KG_TEST(gate, knows_who_runs)
{
    uint32_t a = (uint32_t)value0(GATE(domain_a, self));
    uint32_t b = (uint32_t)value0(GATE(domain_b, self));
    KG_ASSERT(a >= 1 && a <= KG_DOMAINS_MAX);
    KG_ASSERT(b >= 1 && b <= KG_DOMAINS_MAX);
    KG_ASSERT_NE(a, b);
    KG_ASSERT_EQ(kg_domain_self(), KG_OWNER_HOST);
    PASS();
}

KG_TEST(gate, nests_from_domain_to_domain_and_back)
{
    const struct kg_gate *a_sum = GATE(domain_a, call_then_sum);
    const struct kg_gate *b_calls_a = GATE(domain_b, call_value);
    const struct kg_gate *a_add = GATE(domain_a, add1);
    uint64_t own = 63 * 64 / 2 * 3;
    /* host -> b -> a */
    KG_ASSERT_EQ(value2(b_calls_a, address_of(a_add), 5), 1005);
    /* host -> a -> b, with numbers of a's own on its stack */
    KG_ASSERT_EQ(value2(a_sum, address_of(GATE(domain_b, add1)), 5), 1005 + own);
    PASS();
}

static uint64_t b_then_a(uint64_t argument)
{
    return value2(GATE(domain_b, call_value), address_of(GATE(domain_a, add1)), argument);
}

/* host -> a -> host -> b -> a: three chains of domain a on one stack. */
KG_TEST(gate, nests_through_the_host)
{
    const struct kg_gate *back = HOST_GATE(b_then_a, 1);
    uint64_t own = 63 * 64 / 2 * 3;
    KG_ASSERT_EQ(value2(GATE(domain_a, call_then_sum), address_of(back), 5), 1005 + own);
    KG_ASSERT_EQ(value2(GATE(domain_a, call_value), address_of(back), 6), 1006);
    PASS();
}

KG_TEST(gate, host_gate_from_the_host_is_a_plain_call)
{
    KG_ASSERT_EQ(value1(HOST_GATE(b_then_a, 1), 3), 1003);
    PASS();
}

/* The first call takes one frame, each further one two: 16 domains deep is 31 frames. A service
 * of the monitor still gets the 32nd; the 17th domain is refused and nothing is lost. */
KG_TEST(gate, depth_ends_exactly_at_the_limit)
{
    uint64_t a = address_of(GATE(domain_a, ladder));
    uint64_t b = address_of(GATE(domain_b, ladder));
    uint64_t deepest = (KG_DEPTH_MAX + 1) / 2 - 1;
    for (int round = 0; round < 3; round++) {
        KG_ASSERT_EQ(value3(GATE(domain_a, ladder), b, a, 1000), deepest);
        KG_ASSERT_EQ(value3(GATE(domain_b, ladder), a, b, 1000), deepest);
    }
    KG_ASSERT_EQ(value3(GATE(domain_a, ladder), b, a, deepest), deepest);
    KG_ASSERT_EQ(value3(GATE(domain_a, ladder), b, a, 3), 3);
    PASS();
}

static int last_status;

static uint64_t down(uint64_t count)
{
    uint64_t below = 0;
    last_status = kg_gate_call(GATE(domain_a, call_value), &below,
                               address_of(HOST_GATE(down, 1)), count + 1);
    return last_status == 0 ? below : count;
}

/* The same through host call-backs: each pair of crossings is a frame in and a frame out. */
KG_TEST(gate, depth_counts_call_backs)
{
    const struct kg_gate *warm = GATE(domain_a, call_value);
    (void)warm;
    KG_ASSERT_EQ(down(0), KG_DEPTH_MAX / 2);
    KG_ASSERT_STATUS(last_status, 0);
    KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    PASS();
}

KG_TEST(gate, refuses_pointers_that_are_no_gate)
{
    uint64_t gate = address_of(GATE(domain_b, add1));
    uint64_t bytes = address_of(GATE(domain_b, add2)) - gate; /* made one after the other */
    const uint64_t bad[] = {0, 8, gate + 8, gate + bytes - 8, gate - 16, gate + (1u << 30),
                            gate - (1u << 30), gate + bytes * KG_GATES_MAX,
                            gate - bytes * KG_GATES_MAX, UINT64_MAX, UINT64_MAX - 7,
                            address_of(domain_b), address_of(&last_status)};
    /* A copy of a gate in the domain's own memory, or an address between two gates, is no gate:
     * the monitor looks the address up and follows nothing. */
    KG_ASSERT_EQ(as_status(value2(GATE(domain_a, call_status), gate, 1)), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        KG_NOTE("pointer %zu\n", i);
        KG_ASSERT_STATUS(as_status(value3(GATE(domain_a, call_as), gate, bad[i], 1)),
                         -KG_EARGUMENT);
    }
    KG_ASSERT_STATUS(as_status(value2(GATE(domain_a, call_as_copy), gate, 1)), -KG_EARGUMENT);
    KG_ASSERT_EQ(value0(GATE(domain_b, add0)), 1000);
    PASS();
}

KG_TEST(gate, of_a_destroyed_domain_is_dead)
{
    struct kg_domain *third = NULL;
    const struct kg_gate *gate = NULL;
    WORKS(kg_domain_create(NULL, &third));
    WORKS(kg_gate_create(third, KG_ENTRY_OF(add0), NULL, &gate));
    KG_ASSERT_EQ(value0(gate), 1000);
    const struct kg_gate *call = GATE(domain_a, call_status0); /* or it would take the place */
    WORKS(kg_domain_destroy(third));
    KG_ASSERT_STATUS(kg_gate_call(gate, NULL), -KG_EDEAD);
    /* And does not lead into the next domain of that number. */
    struct kg_domain *fourth = NULL;
    WORKS(kg_domain_create(NULL, &fourth));
    KG_ASSERT(fourth == third);
    KG_ASSERT_STATUS(kg_gate_call(gate, NULL), -KG_EDEAD);
    KG_ASSERT_STATUS(as_status(value1(call, address_of(gate))), -KG_EDEAD);
    WORKS(kg_domain_destroy(fourth));
    REFUSED(kg_gate_create(third, KG_ENTRY_OF(add0), NULL, &gate), -KG_EARGUMENT);
    PASS();
}

/* `page`: the host's object, the domain's heap, its stack and its object, one after the other,
 * can't be closed or opened: the callee does not run. */
KG_TEST(gate, is_refused_when_memory_cannot_be_switched)
{
    if (kg_backend() != KG_BACKEND_PAGE || !fail_point(NULL)) {
        KG_SKIP("page only, in programs with failure points: elsewhere a crossing asks no one");
    }
    kg_handle own = make(64);
    kg_handle theirs = make(64);
    (void)value0(GATE(domain_a, add0));
    KG_ASSERT_STATUS(kg_object_give(theirs, domain_a), 0);
    const struct kg_gate *gate = GATE(domain_a, add1);
    for (uint64_t nth = 1; nth <= 4; nth++) {
        KG_NOTE("protection %llu\n", (unsigned long long)nth);
        uint64_t value = 4711;
        (void)fail_point_at("protect", nth);
        int status = kg_gate_call(gate, &value, 5);
        (void)fail_point(NULL);
        KG_ASSERT_STATUS(status, -KG_ESYSTEM);
        KG_ASSERT_EQ(value, 4711);
        memset(kg_object_address(own), 1, 64);
        CHECK_CALL(tags_agree());
        KG_ASSERT_EQ(value1(gate, 5), 1005);
    }
    PASS();
}
