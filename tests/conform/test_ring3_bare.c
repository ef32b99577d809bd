/* SPDX-License-Identifier: MIT */
/* What ring 3 is there for: whatever a domain runs, it is not the kernel. */
#include "world.h"

#include "fault.h"

#if defined(__x86_64__)
WORLD(ring3)

static bool elsewhere(void)
{
    return kg_backend() != KG_BACKEND_PKU_RING3;
}
#define WHY "domains of the other backends run in ring 0"

static enum greatest_test_res dead_of(enum kg_cause cause)
{
    struct kg_report report;
    KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
    KG_NOTE("cause: %s\n", kg_cause_name(report.cause));
    KG_ASSERT_EQ(report.cause, cause);
    uintptr_t code = (uintptr_t)KG_ENTRY_OF(ring3_try)->function;
    KG_ASSERT(report.instruction - code < 4096);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    PASS();
}

static bool interrupts_on(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq\n popq %0" : "=r"(flags));
    return (flags & 0x200) != 0;
}

KG_TEST(ring3, has_no_privileged_instruction)
{
    if (elsewhere()) {
        KG_SKIP(WHY);
    }
    for (uint64_t which = 0; which < RING3_TRIES; which++) {
        KG_NOTE("try %d\n", (int)which);
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, ring3_try), NULL, which), -KG_EFAULTED);
        CHECK_CALL(dead_of(KG_CAUSE_INSTRUCTION));
        KG_ASSERT(interrupts_on());
    }
    PASS();
}

static uint64_t calls_out;

static uint64_t count_call(void)
{
    return ++calls_out;
}
KG_ENTRY(count_call, 0);

KG_TEST(ring3, keeps_its_segments_to_itself)
{
    if (elsewhere()) {
        KG_SKIP(WHY);
    }
    const struct kg_gate *gate = GATE(domain_a, ring3_segments);
    uint64_t out = (uintptr_t)gate_of(NULL, KG_ENTRY_OF(count_call), NULL);
    uint64_t value = 0;
    calls_out = 0;
    for (uint64_t i = 0; i < 10; i++) {
        KG_ASSERT_STATUS(kg_gate_call(gate, &value, 0, 0, i * 100000), 0);
        KG_ASSERT_EQ(value, 7);
        KG_ASSERT_STATUS(kg_gate_call(gate, &value, out, 0, 0), 0);
        KG_ASSERT_EQ(calls_out, i + 1);
    }
    for (int i = 0; i < 3; i++) {
        KG_ASSERT_STATUS(kg_gate_call(gate, NULL, 0, 1, 0), -KG_EFAULTED);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    struct kg_gate_options brief = {.deadline_ns = 5000000};
    KG_ASSERT_STATUS(kg_gate_call(gate_of(domain_a, KG_ENTRY_OF(ring3_segments), &brief), NULL, 0,
                                  0, UINT64_MAX),
                     -KG_EDEADLINE);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    PASS();
}

/* Keys are the domain's to change in ring 3 (CAVEATS); pages that are not marked are not. */
KG_TEST(ring3, closes_the_kernel_whatever_the_keys)
{
    if (elsewhere()) {
        KG_SKIP(WHY);
    }
    static volatile uint64_t secret = 5;
    const struct kg_gate *gate = GATE(domain_a, ring3_open_all);
    uint64_t books = (uintptr_t)kg_domain_name(domain_a) & ~UINT64_C(7);
    const uint64_t closed[] = {(uintptr_t)&secret, books, (uintptr_t)__builtin_frame_address(0)};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        uint64_t rights = rights_now();
        KG_ASSERT_STATUS(kg_gate_call(gate, NULL, closed[i]), -KG_EFAULTED);
        KG_ASSERT_EQ(rights_now(), rights);
        CHECK_CALL(dead_of(KG_CAUSE_PERMISSION));
    }
    uint64_t value = 0;
    KG_ASSERT_STATUS(kg_gate_call(gate, &value, (uintptr_t)kg_domain_heap(domain_b, NULL)), 0);
    PASS();
}

/* SYSCALL keeps the stack pointer; the kernel must not follow it. */
KG_TEST(ring3, has_no_word_in_the_kernels_stack)
{
    if (elsewhere()) {
        KG_SKIP(WHY);
    }
    static uint64_t words[64];
    for (size_t i = 0; i < 64; i++) {
        words[i] = i;
    }
    const struct kg_gate *gate = GATE(domain_a, ring3_with_stack);
    uint64_t value = 1;
    const uint64_t stacks[] = {(uintptr_t)&words[32], 0, UINT64_C(0x8000000000000000)};
    for (size_t i = 0; i < sizeof stacks / sizeof *stacks; i++) {
        KG_ASSERT_STATUS(kg_gate_call(gate, NULL, stacks[i], 1), -KG_EFAULTED);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        KG_ASSERT_STATUS(kg_gate_call(gate, &value, stacks[i], 0), 0);
        KG_ASSERT_EQ(value, 0);
    }
    for (size_t i = 0; i < 64; i++) {
        KG_ASSERT_EQ(words[i], i);
    }
    PASS();
}
#endif
