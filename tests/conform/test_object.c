/* SPDX-License-Identifier: MIT */
/* Shared objects: making, naming, pinning, dropping. Tags are read back after every step. */
#include "world.h"

WORLD(object)

KG_TEST(object, sizes_are_checked)
{
    kg_handle handle = 0;
    struct kg_object_options options = {.bytes = 0};
    REFUSED(kg_object_create(&options, &handle), -KG_EARGUMENT);
    options.bytes = (size_t)KG_OBJECT_BYTES_MAX + 1;
    REFUSED(kg_object_create(&options, &handle), -KG_EARGUMENT);
    options.bytes = SIZE_MAX;
    REFUSED(kg_object_create(&options, &handle), -KG_EARGUMENT);
    options = (struct kg_object_options){.bytes = 64, .kind = (enum kg_object_kind)2};
    REFUSED(kg_object_create(&options, &handle), -KG_EARGUMENT);
    REFUSED(kg_object_create(NULL, &handle), -KG_EARGUMENT);
    options.kind = KG_OBJECT_REKEYED;
    REFUSED(kg_object_create(&options, NULL), -KG_EARGUMENT);
    KG_ASSERT_EQ(handle, 0);
    PASS();
}

KG_TEST(object, is_zeroed_and_rounded_to_units)
{
    const size_t sizes[] = {1, 15, 16, 17, 4095, 4096, 4097, 12288, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct kg_object_info info;
        kg_handle handle = make(sizes[i]);
        CHECK_CALL(tags_agree());
        KG_ASSERT_STATUS(kg_object_info(handle, &info), 0);
        KG_ASSERT_EQ(info.bytes, (sizes[i] + unit_bytes() - 1) / unit_bytes() * unit_bytes());
        KG_ASSERT_EQ(info.type, 3);
        KG_ASSERT_EQ(info.owner, KG_OWNER_HOST);
        KG_ASSERT_EQ(info.borrower, KG_OWNER_NOBODY);
        KG_ASSERT_EQ(info.pins, 0);
        volatile unsigned char *bytes = kg_object_address(handle);
        for (size_t at = 0; at < info.bytes; at++) {
            KG_ASSERT_EQ(bytes[at], 0);
            bytes[at] = 0xff;
        }
        WORKS(kg_object_drop(handle));
    }
    PASS();
}

/* Memory that is used again shows nothing of its last owner. */
KG_TEST(object, is_zeroed_when_memory_is_used_again)
{
    for (int round = 0; round < 20; round++) {
        kg_handle handle = make(3000);
        volatile unsigned char *bytes = kg_object_address(handle);
        for (size_t at = 0; at < 3000; at++) {
            KG_ASSERT_EQ(bytes[at], 0);
            bytes[at] = 0xff;
        }
        WORKS(kg_object_give(handle, domain_a));
        KG_ASSERT_EQ(as_status(value1(GATE(domain_a, object_drop), handle)), 0);
        REFUSED(kg_object_drop(handle), -KG_ESTALE);
    }
    PASS();
}

KG_TEST(object, handles_go_out_of_date)
{
    struct kg_object_info info;
    kg_handle first = make(64);
    KG_ASSERT_NE(first, 0);
    WORKS(kg_object_drop(first));
    kg_handle second = make(64);
    KG_ASSERT_NE(first, second);
    REFUSED(kg_object_drop(first), -KG_ESTALE);
    REFUSED(kg_object_info(first, &info), -KG_ESTALE);
    REFUSED(kg_object_give(first, domain_a), -KG_ESTALE);
    REFUSED(kg_object_take(first), -KG_ESTALE);
    REFUSED(kg_object_pin(first), -KG_ESTALE);
    REFUSED(kg_object_unpin(first), -KG_ESTALE);
    (void)value0(GATE(domain_a, add0));
    REFUSED(kg_gate_call(GATE_WITH(domain_a, object_drop, .arguments = {KG_GIVE}), NULL, first),
            -KG_ESTALE);
    WORKS(kg_object_drop(second));
    PASS();
}

KG_TEST(object, handles_never_given_out_are_refused)
{
    struct kg_object_info info;
    kg_handle handle = make(64);
    const kg_handle bad[] = {
        0,
        UINT64_MAX,
        handle + 1,                        /* a generation to come */
        handle + (UINT64_C(1) << 20),      /* the next entry of the table */
        handle ^ (UINT64_C(1) << 36),      /* another address */
        handle | UINT64_C(0xffff) << 20,   /* the last entry */
        handle & ~UINT64_C(0xfffff),       /* generation 0 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        KG_NOTE("handle %zu\n", i);
        REFUSED(kg_object_info(bad[i], &info), -KG_EHANDLE);
        REFUSED(kg_object_drop(bad[i]), -KG_EHANDLE);
        REFUSED(kg_object_give(bad[i], domain_a), -KG_EHANDLE);
        REFUSED(kg_object_pin(bad[i]), -KG_EHANDLE);
        KG_ASSERT_STATUS(as_status(value1(GATE(domain_a, object_drop), bad[i])), -KG_EHANDLE);
    }
    KG_ASSERT(kg_object_address(0) == NULL);
    KG_ASSERT(kg_object_address(UINT64_MAX) == NULL);
    WORKS(kg_object_drop(handle));
    PASS();
}

KG_TEST(object, pins_count)
{
    struct kg_object_info info;
    kg_handle handle = make(64);
    (void)value0(GATE(domain_a, add0));
    REFUSED(kg_object_unpin(handle), -KG_ENOTPINNED);
    WORKS(kg_object_pin(handle));
    WORKS(kg_object_pin(handle));
    KG_ASSERT_STATUS(kg_object_info(handle, &info), 0);
    KG_ASSERT_EQ(info.pins, 2);
    REFUSED(kg_object_drop(handle), -KG_EPINNED);
    REFUSED(kg_object_give(handle, domain_a), -KG_EPINNED);
    REFUSED(kg_gate_call(GATE_WITH(domain_a, object_sum, .arguments = {KG_GIVE}), NULL, handle,
                         4),
            -KG_EPINNED);
    REFUSED(kg_gate_call(GATE_WITH(domain_a, object_sum, .arguments = {KG_LEND}), NULL, handle,
                         4),
            -KG_EPINNED);
    WORKS(kg_object_unpin(handle));
    REFUSED(kg_object_drop(handle), -KG_EPINNED);
    WORKS(kg_object_unpin(handle));
    REFUSED(kg_object_unpin(handle), -KG_ENOTPINNED);
    WORKS(kg_object_drop(handle));
    PASS();
}

KG_TEST(object, belongs_to_the_domain_that_makes_it)
{
    struct kg_object_info info;
    struct kg_account account;
    kg_handle handle = watch(value2(GATE(domain_a, object_make), 5000, KG_OBJECT_REKEYED));
    KG_ASSERT(as_status(handle) != 0 && (int64_t)handle > 0);
    CHECK_CALL(tags_agree());
    KG_ASSERT_STATUS(kg_object_info(handle, &info), 0);
    KG_ASSERT_EQ(info.owner, value0(GATE(domain_a, self)));
    KG_ASSERT_EQ(info.type, 7);
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.objects, 1);
    KG_ASSERT_EQ(account.object_bytes, info.bytes);
    (void)value0(GATE(domain_b, add0));
    REFUSED(kg_object_drop(handle), -KG_EOWNER);
    REFUSED(kg_object_pin(handle), -KG_EOWNER);
    REFUSED(kg_object_give(handle, domain_b), -KG_EOWNER);
    REFUSED(as_status(value1(GATE(domain_b, object_drop), handle)), -KG_EOWNER);
    REFUSED(as_status(value1(GATE(domain_b, object_pin), handle)), -KG_EOWNER);
    REFUSED(kg_gate_call(GATE_WITH(domain_b, object_sum, .arguments = {KG_LEND}), NULL, handle,
                         4),
            -KG_EOWNER);
    KG_ASSERT_STATUS(as_status(value1(GATE(domain_a, object_pin), handle)), 0);
    KG_ASSERT_STATUS(as_status(value1(GATE(domain_a, object_drop), handle)), -KG_EPINNED);
    KG_ASSERT_STATUS(as_status(value1(GATE(domain_a, object_unpin), handle)), 0);
    KG_ASSERT_STATUS(as_status(value1(GATE(domain_a, object_unpin), handle)), -KG_ENOTPINNED);
    KG_ASSERT_STATUS(as_status(value1(GATE(domain_a, object_drop), handle)), 0);
    KG_ASSERT_STATUS(as_status(value1(GATE(domain_a, object_drop), handle)), -KG_ESTALE);
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.objects, 0);
    KG_ASSERT_EQ(account.object_bytes, 0);
    PASS();
}

KG_TEST(object, domains_are_told_of_bad_sizes)
{
    const struct kg_gate *create = GATE(domain_a, object_make);
    KG_ASSERT_STATUS(as_status(value2(create, 0, 0)), -KG_EARGUMENT);
    KG_ASSERT_STATUS(as_status(value2(create, (uint64_t)KG_OBJECT_BYTES_MAX + 1, 0)),
                     -KG_EARGUMENT);
    KG_ASSERT_STATUS(as_status(value2(create, UINT64_MAX, 0)), -KG_EARGUMENT);
    KG_ASSERT_STATUS(as_status(value2(create, 64, 2)), -KG_EARGUMENT);
    KG_ASSERT_STATUS(as_status(value2(create, 64, UINT64_MAX)), -KG_EARGUMENT);
    PASS();
}

static enum greatest_test_res come_and_go(void)
{
    (void)value1(GATE(domain_a, object_churn), scaled(2000));
    (void)value1(GATE(domain_b, object_churn), scaled(2000));
    kg_handle held[24];
    for (uint64_t round = 0; round < scaled(20); round++) {
        for (size_t i = 0; i < 24; i++) {
            const struct kg_object_options options = {.bytes = 1 + (round + i * 977) % 20000};
            KG_ASSERT_STATUS(kg_object_create(&options, &held[i]), 0);
        }
        for (size_t i = 0; i < 24; i++) {
            KG_ASSERT_STATUS(kg_object_drop(held[(i * 7 + round) % 24]), 0);
        }
    }
    struct kg_account account;
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.objects, 0);
    KG_ASSERT_EQ(account.object_bytes, 0);
    PASS();
}

/* What a kernel makes for the first time, page tables, stays. */
KG_TEST(object, many_come_and_go)
{
    CHECK_CALL(come_and_go());
    size_t maps = mappings();
    CHECK_CALL(come_and_go());
    KG_ASSERT(mappings() <= maps + 8);
    PASS();
}

KG_TEST(object, tag_is_read_where_it_is)
{
    uint32_t owner;
    bool readonly;
    kg_handle handle = make(100);
    struct kg_object_info info;
    KG_ASSERT_STATUS(kg_object_info(handle, &info), 0);
    REFUSED(kg_object_tag(handle, info.bytes, &owner, &readonly), -KG_EARGUMENT);
    REFUSED(kg_object_tag(handle, SIZE_MAX, &owner, &readonly), -KG_EARGUMENT);
    REFUSED(kg_object_tag(handle, 0, NULL, &readonly), -KG_EARGUMENT);
    REFUSED(kg_object_tag(handle, 0, &owner, NULL), -KG_EARGUMENT);
    REFUSED(kg_object_tag(0, 0, &owner, &readonly), -KG_EHANDLE);
    REFUSED(kg_object_info(handle, NULL), -KG_EARGUMENT);
    WORKS(kg_object_drop(handle));
    REFUSED(kg_object_tag(handle, 0, &owner, &readonly), -KG_ESTALE);
    PASS();
}

/* A generation has twenty bits, and is never 0. */
KG_TEST(object, generations_start_again)
{
    uint64_t rounds = UINT64_C(1) << 20;
    if (unit_bytes() != 16 || scaled(rounds) != rounds) {
        KG_SKIP("it takes a million objects: full scale, and no pages of their own");
    }
    for (uint64_t i = 0; i < rounds + 2; i++) {
        const struct kg_object_options options = {.bytes = 16};
        kg_handle handle = 0;
        KG_ASSERT_STATUS(kg_object_create(&options, &handle), 0);
        KG_ASSERT_NE(handle & 0xfffff, 0);
        KG_ASSERT_STATUS(kg_object_drop(handle), 0);
    }
    PASS();
}

/* What a domain owns is limited by count and by bytes, whoever gave it; dropping makes room. */
KG_TEST(object, budget_is_kept)
{
    struct kg_account account;
    struct kg_domain *domain = NULL;
    size_t unit = unit_bytes();
    const struct kg_domain_options options = {.objects_max = 2, .object_bytes_max = 4 * unit};
    KG_ASSERT_STATUS(kg_domain_create(&options, &domain), 0);
    const struct kg_gate *make_in = gate_of(domain, KG_ENTRY_OF(object_make), NULL);
    const struct kg_gate *drop_in = gate_of(domain, KG_ENTRY_OF(object_drop), NULL);
    KG_ASSERT_EQ(as_status(value2(make_in, 5 * unit, KG_OBJECT_REKEYED)), -KG_EBUDGET);
    uint64_t first = value2(make_in, 3 * unit, KG_OBJECT_REKEYED);
    KG_ASSERT_EQ(as_status(value2(make_in, 2 * unit, KG_OBJECT_REKEYED)), -KG_EBUDGET);
    uint64_t second = value2(make_in, unit, KG_OBJECT_REKEYED);
    KG_ASSERT(as_status(second) > 0 || second >> 32 != 0);
    KG_ASSERT_EQ(as_status(value1(drop_in, first)), 0);
    KG_ASSERT_STATUS(kg_object_give(make(16), domain), 0);
    KG_ASSERT_EQ(as_status(value2(make_in, 1, KG_OBJECT_REKEYED)), -KG_EBUDGET);
    KG_ASSERT_STATUS(kg_domain_account(domain, &account), 0);
    KG_ASSERT_EQ(account.objects, 2);
    KG_ASSERT_EQ(account.object_bytes, 2 * unit);
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

/* Memory that can't be taken back stays an object; it is not used again with its old tag. */
KG_TEST(object, drop_that_is_refused_is_told)
{
    enum kg_backend_id id = kg_backend();
    bool pages = unit_bytes() == 4096;
    if ((id != KG_BACKEND_MTE && !pages) || !fail_point(NULL)) {
        KG_SKIP("nobody asked could refuse, or the shared library has no failure points");
    }
    struct kg_object_info info;
    kg_handle handle = make(64);
    (void)fail_point(pages ? "unmap" : "tag");
    int status = kg_object_drop(handle);
    (void)fail_point(NULL);
    KG_ASSERT_STATUS(status, -KG_ESYSTEM);
    KG_ASSERT_STATUS(kg_object_info(handle, &info), 0);
    KG_ASSERT_EQ(info.owner, KG_OWNER_HOST);
    if (!pages) {
        CHECK_CALL(tags_agree()); /* pages are shut at least */
    }
    WORKS(kg_object_drop(handle));
    REFUSED(kg_object_drop(handle), -KG_ESTALE);
    PASS();
}
