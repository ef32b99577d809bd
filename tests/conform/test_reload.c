/* SPDX-License-Identifier: MIT */
/* What a death leaves: nothing. Reload, destroy, accounts, and no leak over many cycles. */
#include "world.h"

WORLD(reload)

KG_TEST(reload, domain_is_fresh)
{
    uint64_t word = value1(GATE(domain_a, heap_keep), 99);
    KG_ASSERT_EQ(value1(GATE(domain_a, peek), word), 99);
    uint64_t pieces = value1(GATE(domain_a, heap_fill), 512);
    KG_ASSERT(pieces > 50);
    CHECK_CALL(crash_and_reload(domain_a));
    KG_ASSERT_EQ(value1(GATE(domain_a, heap_keep), 5), word);
    KG_ASSERT(value1(GATE(domain_a, heap_fill), 512) >= pieces); /* it checks for zeroes */
    PASS();
}

/* All of it, each time, and for the domain's own eyes. */
KG_TEST(reload, leaves_no_byte)
{
    enum { HEAD_BYTES = 256, ROOM_BYTES = 12288 };
    size_t bytes = 0;
    uint64_t heap = (uintptr_t)kg_domain_heap(domain_a, &bytes);
    for (int i = 0; i < 3; i++) {
        uint64_t tag = value1(GATE(domain_a, heap_keep), 1) & UINT64_C(0xff) << 56;
        uint64_t start = tag | (heap + HEAD_BYTES);
        KG_ASSERT_EQ(value2(GATE(domain_a, sum_bytes), start, bytes - HEAD_BYTES), 0);
        KG_ASSERT_EQ(value1(GATE(domain_a, stack_mark), 7), 7 * ROOM_BYTES);
        KG_ASSERT_EQ(value1(GATE(domain_a, stack_mark), 0), 7 * ROOM_BYTES);
        KG_ASSERT(value1(GATE(domain_a, heap_fill), 512) > 50);
        CHECK_CALL(crash_and_reload(domain_a));
        KG_ASSERT_EQ(value1(GATE(domain_a, stack_mark), 0), 0);
    }
    PASS();
}

KG_TEST(reload, account_is_zero_after_death)
{
    struct kg_account account;
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.heap_bytes, 64u << 10);
    KG_ASSERT_EQ(account.stacks, 0);
    KG_ASSERT_EQ(account.deaths, 0);
    KG_ASSERT(!account.dead);
    (void)value0(GATE(domain_a, add0));
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.stacks, 1);
    KG_ASSERT_EQ(account.stack_bytes, 64u << 10);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, crash_with_mess), NULL, 5), -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT(account.dead);
    KG_ASSERT_EQ(account.deaths, 1);
    KG_ASSERT_EQ(account.calls_inside, 0);
    KG_ASSERT_EQ(account.heap_bytes, 0);
    KG_ASSERT_EQ(account.objects, 5); /* the host may still take them */
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.stacks, 0);
    KG_ASSERT_EQ(account.stack_bytes, 0);
    KG_ASSERT_EQ(account.objects, 0);
    KG_ASSERT_EQ(account.object_bytes, 0);
    KG_ASSERT_EQ(account.deaths, 1);
    KG_ASSERT(!account.dead);
    PASS();
}

/* What a dead domain had given away lives on. */
KG_TEST(reload, gifts_outlive_the_giver)
{
    kg_handle to_host = 0;
    const struct kg_gate *get = GATE_WITH(domain_a, object_make, .result = KG_GIVE);
    WORKS(kg_gate_call(get, &to_host, 64, KG_OBJECT_REKEYED));
    kg_handle to_b = 0;
    WORKS(kg_gate_call(get, &to_b, 64, KG_OBJECT_REKEYED));
    watch(to_host);
    watch(to_b);
    WORKS(kg_object_give(to_b, domain_b));
    KG_ASSERT_EQ(value3(GATE(domain_b, object_fill), to_b, 64, 1), 0);
    memset(kg_object_address(to_host), 3, 64);
    CHECK_CALL(crash_and_reload(domain_a));
    CHECK_CALL(tags_agree());
    KG_ASSERT_EQ(value2(GATE(domain_b, object_sum), to_b, 3), 1 + 2 + 3);
    KG_ASSERT_EQ(((volatile unsigned char *)kg_object_address(to_host))[63], 3);
    WORKS(kg_object_drop(to_host));
    PASS();
}

KG_TEST(reload, many_times_without_a_leak)
{
    uint64_t cycles = scaled(600);
    size_t maps = 0;
    cycles = cycles < 20 ? 20 : cycles;
    for (uint64_t i = 0; i < cycles; i++) {
        if (i == 5) {
            maps = mappings();
        }
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, crash_with_mess), NULL, 3), -KG_EFAULTED);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        KG_ASSERT_EQ(value1(GATE(domain_a, add1), i), 1000 + i);
    }
    struct kg_account account;
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.deaths, cycles);
    KG_ASSERT_EQ(account.objects, 0);
    KG_NOTE("%zu mappings before, %zu after\n", maps, mappings());
    KG_ASSERT(mappings() <= maps + 3);
    PASS();
}

KG_TEST(reload, destroy_and_create_many_times)
{
    size_t maps = 0;
    for (uint64_t i = 0; i < 60; i++) {
        maps = i == 40 ? mappings() : maps;
        struct kg_domain *domain = NULL;
        const struct kg_gate *gate = NULL;
        const struct kg_domain_options options = {.name = "short", .heap_bytes = 1 + i * 1000};
        KG_ASSERT_STATUS(kg_domain_create(&options, &domain), 0);
        KG_ASSERT_STATUS(kg_gate_create(domain, KG_ENTRY_OF(object_churn), NULL, &gate), 0);
        KG_ASSERT_STATUS(kg_gate_call(gate, NULL, 4), 0);
        if (i % 2 == 0) {
            KG_ASSERT_STATUS(kg_gate_create(domain, KG_ENTRY_OF(crash), NULL, &gate), 0);
            KG_ASSERT_STATUS(kg_gate_call(gate, NULL, CRASH_READ_NULL, 0), -KG_EFAULTED);
        }
        KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
        KG_ASSERT_STATUS(kg_domain_destroy(domain), -KG_EARGUMENT);
    }
    KG_ASSERT(mappings() <= maps + 3);
    PASS();
}

KG_TEST(reload, start_and_end_many_times)
{
    size_t maps = 0;
    for (uint64_t i = 0; i < 12; i++) {
        (void)make(5000);
        (void)value1(GATE(domain_a, object_make_one), 64);
        world_teardown(NULL);
        size_t now = mappings();
        maps = i == 2 ? now : maps;
        KG_ASSERT(i < 2 || now <= maps + 1);
        world_setup(NULL);
    }
    PASS();
}

static int busy[3];

static uint64_t destroy_caller(void)
{
    struct kg_account account;
    busy[0] = kg_domain_destroy(domain_a);
    busy[1] = kg_exit();
    busy[2] = kg_thread_detach();
    (void)kg_domain_account(domain_a, &account);
    return account.calls_inside;
}

KG_TEST(reload, not_under_a_call)
{
    KG_ASSERT_EQ(value2(GATE(domain_a, call_value), address_of(HOST_GATE(destroy_caller, 1)), 0),
                 1);
    for (size_t i = 0; i < 3; i++) {
        KG_ASSERT_STATUS(busy[i], -KG_EBUSY);
    }
    KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    PASS();
}

KG_TEST(reload, heap_and_stack_sizes_are_kept)
{
    struct kg_domain *domain = NULL;
    struct kg_account account;
    const struct kg_domain_options options = {
        .name = "a name that is a good deal longer than thirty-one characters",
        .heap_bytes = 300001,
        .stack_bytes = 200001};
    KG_ASSERT_STATUS(kg_domain_create(&options, &domain), 0);
    KG_ASSERT_EQ(strlen(kg_domain_name(domain)), 31);
    const struct kg_gate *use = NULL;
    const struct kg_gate *fill = NULL;
    KG_ASSERT_STATUS(kg_gate_create(domain, KG_ENTRY_OF(stack_use), NULL, &use), 0);
    KG_ASSERT_STATUS(kg_gate_create(domain, KG_ENTRY_OF(heap_fill), NULL, &fill), 0);
    for (int round = 0; round < 2; round++) {
        KG_ASSERT_EQ(value1(use, 47), 47);
        KG_ASSERT(value1(fill, 16384) >= 16);
        KG_ASSERT_STATUS(kg_domain_account(domain, &account), 0);
        KG_ASSERT_EQ(account.heap_bytes, 303104);
        KG_ASSERT_EQ(account.stack_bytes, 200704);
        KG_ASSERT_STATUS(kg_gate_call(use, NULL, 60), -KG_EFAULTED);
        KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
    }
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

KG_TEST(reload, heap_can_be_used_up_and_used_again)
{
    KG_ASSERT_EQ(value1(GATE(domain_a, heap_reuse), scaled(20000)), 0);
    KG_ASSERT(value1(GATE(domain_a, heap_fill), 4000) >= 15);
    KG_ASSERT(kg_alloc(16) == NULL); /* the host has no heap here */
    kg_free(NULL);
    PASS();
}
