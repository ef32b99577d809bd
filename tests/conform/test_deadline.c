/* SPDX-License-Identifier: MIT */
/* Calls that take too long. */
#include "world.h"

WORLD(deadline)

#define MS 1000000u

KG_TEST(deadline, ends_an_endless_loop)
{
    struct kg_report report;
    const struct kg_gate *gate = GATE_WITH(domain_a, crash, .deadline_ns = 20 * MS);
    for (int i = 0; i < 5; i++) {
        uint64_t rights = rights_now();
        uint64_t start = kg_test_port_time_ms();
        KG_ASSERT_STATUS(kg_gate_call(gate, NULL, CRASH_LOOP, 0), -KG_EDEADLINE);
        uint64_t took = kg_test_port_time_ms() - start;
        KG_ASSERT_EQ(rights_now(), rights);
        KG_ASSERT(took >= 19 && took < 2000);
        KG_ASSERT_STATUS(kg_gate_call(gate, NULL, CRASH_LOOP, 0), -KG_EDEAD);
        KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
        KG_ASSERT_EQ(report.cause, KG_CAUSE_DEADLINE);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    PASS();
}

KG_TEST(deadline, lets_quick_calls_pass)
{
    const struct kg_gate *gate = GATE_WITH(domain_a, add1, .deadline_ns = 10000u * MS);
    for (uint64_t i = 0; i < scaled(2000); i++) {
        KG_ASSERT_EQ(value1(gate, i), 1000 + i);
    }
    KG_ASSERT_EQ(value1(GATE_WITH(domain_a, add1, .deadline_ns = UINT64_MAX), 1), 1001);
    /* Nothing is left armed that could hit a later call without one. */
    const struct kg_gate *brief = GATE_WITH(domain_a, add1, .deadline_ns = 1000u * MS);
    KG_ASSERT_EQ(value1(brief, 1), 1001);
    uint64_t start = kg_test_port_time_ms();
    while (kg_test_port_time_ms() - start < 1200) {
        KG_ASSERT_EQ(value1(GATE(domain_a, sum_to), 1000), 500500);
    }
    PASS();
}

KG_TEST(deadline, also_ends_a_call_that_faults)
{
    const struct kg_gate *gate = GATE_WITH(domain_a, crash, .deadline_ns = 10000u * MS);
    for (int i = 0; i < 3; i++) {
        KG_ASSERT_STATUS(kg_gate_call(gate, NULL, CRASH_READ_NULL, 0), -KG_EFAULTED);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    PASS();
}

/* a calls b, which loops: b's own deadline ends b, and a goes on. */
KG_TEST(deadline, of_the_inner_call_spares_the_outer_domain)
{
    const struct kg_gate *inner = GATE_WITH(domain_b, crash, .deadline_ns = 20 * MS);
    KG_ASSERT_STATUS(as_status(value3(GATE(domain_a, call_status2), address_of(inner),
                                      CRASH_LOOP, 0)),
                     -KG_EDEADLINE);
    KG_ASSERT_STATUS(kg_domain_reload(domain_b), 0);
    KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    PASS();
}

/* The outer call's deadline is the tighter one. What b does meanwhile is not b's fault, but a is
 * dead when b is done. */
KG_TEST(deadline, of_the_outer_call_holds_while_inside_another)
{
    const struct kg_gate *inner = GATE_WITH(domain_b, crash, .deadline_ns = 300 * MS);
    const struct kg_gate *outer = GATE_WITH(domain_a, call_status2, .deadline_ns = 20 * MS);
    uint64_t value = 4711;
    int status = kg_gate_call(outer, &value, address_of(inner), CRASH_LOOP, 0);
    KG_NOTE("outer: %s\n", kg_status_name(status));
    KG_ASSERT_STATUS(status, -KG_EDEADLINE);
    KG_ASSERT_EQ(value, 4711);
    struct kg_account account;
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT(account.dead);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    PASS();
}

static bool slept;

static uint64_t sleep_a_while(uint64_t ms)
{
    slept = kg_host_sleep_ms(ms);
    return 0;
}

/* Time in the host counts too: the caller must answer for it when it comes back. The host itself is
 * not interrupted. */
KG_TEST(deadline, counts_time_spent_in_the_host)
{
    const struct kg_gate *gate = GATE_WITH(domain_a, call_value, .deadline_ns = 20 * MS);
    const struct kg_gate *nap = HOST_GATE(sleep_a_while, 1);
    for (int i = 0; i < 5; i++) {
        slept = false;
        KG_ASSERT_STATUS(kg_gate_call(gate, NULL, address_of(nap), 100), -KG_EDEADLINE);
        KG_ASSERT(slept);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    }
    /* And a call-back that is quick leaves the deadline in force. */
    gate = GATE_WITH(domain_a, call_then_loop, .deadline_ns = 50 * MS);
    KG_ASSERT_STATUS(kg_gate_call(gate, NULL, address_of(nap), 1), -KG_EDEADLINE);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    PASS();
}

static uint64_t call_with_deadline(uint64_t gate)
{
    return (uint64_t)(int64_t)kg_gate_call((const struct kg_gate *)(uintptr_t)gate, NULL,
                                           CRASH_LOOP, 0);
}

/* host -> a -> host -> b: the later deadline of b holds while a has one of its own. */
KG_TEST(deadline, holds_in_a_call_made_from_a_call_back)
{
    const struct kg_gate *inner = GATE_WITH(domain_b, crash, .deadline_ns = 40 * MS);
    const struct kg_gate *outer = GATE_WITH(domain_a, call_value, .deadline_ns = 10000u * MS);
    uint64_t value = 0;
    KG_ASSERT_STATUS(kg_gate_call(outer, &value, address_of(HOST_GATE(call_with_deadline, 1)),
                                  address_of(inner)),
                     0);
    KG_ASSERT_STATUS(as_status(value), -KG_EDEADLINE);
    KG_ASSERT_STATUS(kg_domain_reload(domain_b), 0);
    PASS();
}

/* The host can't be ended, so a way out to it has no deadline. */
KG_TEST(deadline, is_not_for_gates_to_the_host)
{
    const struct kg_entry *entry = KG_ENTRY_OF(add0);
    const struct kg_gate *gate = NULL;
    const struct kg_gate_options options = {.deadline_ns = MS};
    KG_ASSERT_STATUS(kg_gate_create(NULL, entry, &options, &gate), -KG_EARGUMENT);
    PASS();
}

static volatile uint64_t stop_helper;

static void *cross_all_the_time(void *gate)
{
    uint64_t count = 0;
    must(kg_thread_attach(), "attach");
    while (!stop_helper) {
        uint64_t value = 0;
        must(kg_gate_call((const struct kg_gate *)gate, &value, count), "a call beside");
        must(value == 1000 + count ? 0 : -KG_EPROOF, "its value");
        count++;
    }
    must(kg_thread_detach(), "detach");
    return (void *)(uintptr_t)count;
}

/* One thread runs out of time while another goes on in another domain. */
KG_TEST(deadline, in_one_thread_leaves_others_alone)
{
    struct kg_host_thread thread;
    NEEDS_THREADS(1);
    stop_helper = 0;
    const struct kg_gate *loop = GATE_WITH(domain_a, crash, .deadline_ns = 20 * MS);
    KG_ASSERT(kg_host_thread_start(&thread, cross_all_the_time,
                                   (void *)(uintptr_t)GATE(domain_b, add1)));
    for (int i = 0; i < 5; i++) {
        KG_ASSERT_STATUS(kg_gate_call(loop, NULL, CRASH_LOOP, 0), -KG_EDEADLINE);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    stop_helper = 1;
    uintptr_t count = (uintptr_t)kg_host_thread_join(&thread);
    KG_ASSERT(count > 0 || kg_backend() == KG_BACKEND_PAGE);
    PASS();
}

/* A call with a deadline of its own that ends in time leaves the outer one standing. */
KG_TEST(deadline, outlives_an_inner_one)
{
    const uint64_t rounds = UINT64_C(400000000);
    const struct kg_gate *inner = GATE_WITH(domain_b, add1, .deadline_ns = 5000u * MS);
    const struct kg_gate *soon = GATE_WITH(domain_b, add1, .deadline_ns = 10u * MS);
    const struct kg_gate *outer = GATE_WITH(domain_a, call_then_work, .deadline_ns = 30u * MS);
    (void)value0(GATE(domain_b, add0));
    KG_ASSERT_STATUS(kg_gate_call(outer, NULL, address_of(inner), 1, rounds), -KG_EDEADLINE);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    KG_ASSERT_STATUS(kg_gate_call(outer, NULL, address_of(soon), 1, rounds), -KG_EDEADLINE);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    PASS();
}
