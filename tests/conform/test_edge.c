/* SPDX-License-Identifier: MIT */
/* Where things nearly touch: frames larger than a guard, the last bytes of a heap, who waited for a
 * call that C made. */
#include "world.h"

WORLD(edge)

static struct kg_host_barrier both_inside;

static uint64_t wait_for_both(void)
{
    kg_host_barrier_wait(&both_inside);
    kg_host_barrier_wait(&both_inside);
    return 0;
}

static void *keep_locals(void *unused)
{
    (void)unused;
    must(kg_thread_attach(), "attach");
    int status = kg_gate_call(GATE(domain_a, keep_locals_over), NULL,
                              address_of(HOST_GATE(wait_for_both, 0)));
    must(kg_thread_detach(), "detach");
    return (void *)(intptr_t)status;
}

/* One thread waits in the domain; another's frame is larger than its stack, and would reach the
 * first one's if it could step over the guard. */
KG_TEST(edge, a_large_frame_meets_the_guard)
{
    struct kg_host_thread thread;
    struct kg_report report;
    uint64_t top = 0;
    if (kg_backend() == KG_BACKEND_PAGE) {
        SKIPm("page: one thread at a time is in a domain");
    }
    NEEDS_THREADS(1);
    kg_host_barrier_init(&both_inside, 2);
    (void)HOST_GATE(wait_for_both, 0);
    (void)GATE(domain_a, keep_locals_over);
    /* This thread's stack lies above the other's. */
    KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    KG_ASSERT(kg_host_thread_start(&thread, keep_locals, NULL));
    kg_host_barrier_wait(&both_inside);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_b, large_frame), &top, 70000), -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_report(domain_b, &report), 0);
    KG_ASSERT_EQ(report.cause, KG_CAUSE_STACK);
    KG_ASSERT_STATUS(kg_domain_reload(domain_b), 0);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, large_frame), &top, 100000), -KG_EFAULTED);
    kg_host_barrier_wait(&both_inside);
    KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
    KG_ASSERT_EQ(report.cause, KG_CAUSE_STACK);
    KG_ASSERT_STATUS((int)(intptr_t)kg_host_thread_join(&thread), -KG_EKILLED);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    PASS();
}

KG_TEST(edge, the_largest_heap)
{
    const struct kg_domain_options largest = {.heap_bytes = KG_HEAP_BYTES_MAX};
    const struct kg_domain_options larger = {.heap_bytes = KG_HEAP_BYTES_MAX + 1};
    struct kg_domain *domain = NULL;
    KG_ASSERT_STATUS(kg_domain_create(&larger, &domain), -KG_EARGUMENT);
    KG_ASSERT_STATUS(kg_domain_create(&largest, &domain), 0);
    KG_ASSERT_EQ(value0(gate_of(domain, KG_ENTRY_OF(add0), NULL)), 1000);
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

KG_TEST(edge, a_message_on_the_stack_and_at_the_end_of_the_heap)
{
    struct kg_report report;
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, panic_from_stack), NULL), -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
    KG_ASSERT_STR(report.message, "from my own stack");
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    size_t bytes;
    uint64_t end = address_of(kg_domain_heap(domain_a, &bytes)) + bytes;
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, panic_at_end), NULL, end), -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
    KG_ASSERT_STR(report.message, "end");
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    PASS();
}

/* Half a page of code is more than this function has. */
#define CALLER_BYTES 2048u

__attribute__((noinline)) static int crash_from_here(const struct kg_gate *gate, int *depth)
{
    uintptr_t addresses[64];
    int status = kg_gate_call(gate, NULL, CRASH_READ_NULL, 0);
    int count = kg_domain_backtrace(domain_a, addresses, 64);
    *depth = 0;
    for (int i = count - 1; i >= 0; i--) {
        if (addresses[i] - (uintptr_t)crash_from_here < CALLER_BYTES) {
            *depth = i;
        }
    }
    return count < 0 ? count : status;
}

/* The trace leads from the domain's function through the gate to the very function that called:
 * over the same number of frames whether C had a hand in the call or not. */
KG_TEST(edge, a_trace_leads_to_the_caller)
{
    int first = 0, depth = 0;
    const struct kg_gate *quick = GATE(domain_a, crash);
    const struct kg_gate *slow = GATE_WITH(domain_a, crash, .deadline_ns = 60000000000u);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 2; j++) {
            KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000); /* a first call is slow as well */
            int status = crash_from_here(j == 0 ? quick : slow, &depth);
            if (status == -KG_ESYSTEM) {
                KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
                SKIPm("built without libunwind");
            }
            KG_ASSERT_STATUS(status, -KG_EFAULTED);
            first = first == 0 ? depth : first;
            KG_ASSERT(depth > 1);
            KG_ASSERT_EQ(depth, first);
            KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        }
    }
    PASS();
}

static void *as_the_host(void *word)
{
    const struct kg_entry *entry = KG_ENTRY_OF(write_word);
    uint64_t (*function)(uint64_t, uint64_t) =
        (uint64_t (*)(uint64_t, uint64_t))(void (*)(void))entry->function;
    function(address_of(word), 5);
    return NULL;
}

/* Code built for the software tags is ordinary code where no domain runs, attached or not. */
KG_TEST(edge, checked_code_of_the_host_is_not_checked)
{
    struct kg_host_thread thread;
    static volatile uint64_t word;
    NEEDS_THREADS(1);
    word = 0;
    KG_ASSERT(kg_host_thread_start(&thread, as_the_host, (void *)(uintptr_t)&word));
    (void)kg_host_thread_join(&thread);
    KG_ASSERT_EQ(word, 5);
    PASS();
}
