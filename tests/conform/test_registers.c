/* SPDX-License-Identifier: MIT */
/* Registers: a callee sees nothing but its arguments, and a caller gets back what it had. */
#include "world.h"

#include "registers.h"

WORLD(registers)

typedef uint64_t fill_function(const struct kg_gate *gate);

static fill_function *const fill[] = {
    registers_fill_0, registers_fill_1, registers_fill_2, registers_fill_3,
    registers_fill_4, registers_fill_5, registers_fill_6,
};

/* `none` clears nothing and trusts the callee with what the C rules make it keep. */
static bool backend_clears(void)
{
    return kg_backend() != KG_BACKEND_NONE;
}

/* The scan with so many arguments: it looks at registers and takes none. */
static const struct kg_gate *scan_gate(struct kg_domain *domain, uint32_t arguments,
                                       uint64_t deadline_ns)
{
    static struct kg_entry entries[KG_ARGUMENTS_MAX + 1];
    entries[arguments] = *KG_ENTRY_OF(registers_scan);
    entries[arguments].arguments = arguments;
    const struct kg_gate_options options = {.deadline_ns = deadline_ns};
    return gate_of(domain, &entries[arguments], &options);
}

KG_TEST(registers, hold_no_leftovers_of_the_host)
{
    for (uint32_t n = 0; n <= KG_ARGUMENTS_MAX; n++) {
        uint64_t found = fill[n](scan_gate(domain_a, n, 0));
        KG_NOTE("with %u arguments, word %llu of the dump\n", n, (unsigned long long)found);
        if (backend_clears()) {
            KG_ASSERT_EQ(found, 0);
        } else {
            KG_ASSERT_NE(found, 0); /* nothing is cleared, and the books say so */
        }
    }
    PASS();
}

KG_TEST(registers, hold_no_leftovers_after_work_in_c)
{
    if (!backend_clears()) {
        PASS();
    }
    for (uint32_t n = 0; n <= KG_ARGUMENTS_MAX; n++) {
        uint64_t found = fill[n](scan_gate(domain_a, n, 60000000000u));
        KG_NOTE("with %u arguments, word %llu of the dump\n", n, (unsigned long long)found);
        KG_ASSERT_EQ(found, 0);
    }
    PASS();
}

static uint64_t fill_and_scan(void)
{
    return registers_fill_0(scan_gate(domain_b, 0, 0));
}

/* host -> a -> host -> b: the host's secrets do not reach b. */
KG_TEST(registers, hold_no_leftovers_in_the_second_domain)
{
    if (!backend_clears()) {
        PASS();
    }
    KG_ASSERT_EQ(value2(GATE(domain_a, call_value), address_of(HOST_GATE(fill_and_scan, 1)), 0),
                 0);
    PASS();
}

static uint64_t spoil_and_return(void)
{
    (void)registers_fill_0(scan_gate(domain_b, 0, 0));
    return 5;
}

/* What the caller's registers hold when a call out of a domain comes back. */
KG_TEST(registers, hold_no_leftovers_when_a_call_out_returns)
{
    if (!backend_clears()) {
        PASS();
    }
    const struct kg_gate *scan = GATE(domain_a, registers_scan_return);
    uint64_t found = value1(scan, address_of(GATE(domain_b, registers_spoil)));
    KG_NOTE("after a domain, word %llu of the dump\n", (unsigned long long)found);
    KG_ASSERT_EQ(found, 0);
    found = value1(scan, address_of(HOST_GATE(spoil_and_return, 0)));
    KG_NOTE("after the host, word %llu of the dump\n", (unsigned long long)found);
    KG_ASSERT_EQ(found, 0);
    PASS();
}

KG_TEST(registers, leave_nothing_on_the_stack)
{
    const struct kg_gate *gate = GATE(domain_a, stack_scan);
    KG_ASSERT_EQ(value0(gate), 0);
    KG_ASSERT_EQ(registers_fill_0(gate), 0);
    gate = GATE_WITH(domain_a, stack_scan, .deadline_ns = 60000000000u);
    KG_ASSERT_EQ(registers_fill_0(gate), 0);
    PASS();
}

/* Any call may change the arithmetic flags. */
#define ARITHMETIC UINT64_C(0x8d5)

static void caller_prepare(struct caller *caller)
{
    memset(caller, 0, sizeof *caller);
    for (size_t i = 0; i < sizeof caller->general / sizeof *caller->general; i++) {
        caller->general[i] = UINT64_C(0x1111111111111111) * (i + 1);
    }
#if defined(__x86_64__)
    caller->flags = 0x202 | 0xd5; /* carry, parity, adjust, zero, sign */
    caller->mxcsr = 0x7f80 | 0x2; /* towards zero, and one exception has been */
    caller->fcw = 0xf7f;          /* towards zero, extended precision */
#else
    for (size_t i = 0; i < 8; i++) {
        caller->vector[i] = UINT64_C(0x0101010101010101) * (i + 1);
    }
    caller->fpcr = UINT64_C(3) << 22; /* towards zero */
#endif
}

static enum greatest_test_res caller_same(const struct kg_gate *gate, int64_t expected,
                                          bool control)
{
    struct caller before, after;
    caller_prepare(&before);
    memset(&after, 0, sizeof after);
    uint64_t rights = rights_now();
    int64_t status = caller_call(gate, &before, &after);
    KG_ASSERT_STATUS(status, expected);
    KG_ASSERT_EQ(rights_now(), rights);
    KG_ASSERT_EQ(after.stack, 0);
    ASSERT_MEM_EQ(before.general, after.general, sizeof before.general);
#if defined(__x86_64__)
    if (control) {
        KG_ASSERT_EQ(after.flags & ~ARITHMETIC, before.flags & ~ARITHMETIC);
        KG_ASSERT_EQ(after.mxcsr, before.mxcsr);
        KG_ASSERT_EQ(after.fcw, before.fcw);
    }
#else
    ASSERT_MEM_EQ(before.vector, after.vector, sizeof before.vector);
    if (control) {
        KG_ASSERT_EQ(after.fpcr, before.fpcr);
    }
#endif
    PASS();
}

KG_TEST(registers, of_the_caller_survive_a_plain_callee)
{
    CHECK_CALL(caller_same(GATE(domain_a, add0), 0, backend_clears()));
    CHECK_CALL(caller_same(GATE(domain_a, add0), 0, backend_clears()));
    PASS();
}

KG_TEST(registers, of_the_caller_survive_a_hostile_callee)
{
    if (!backend_clears()) {
        PASS(); /* the callee is trusted with the C rules */
    }
    const struct kg_gate *gate = GATE(domain_a, registers_spoil);
    KG_ASSERT_EQ(value0(gate), 99);
    for (int i = 0; i < 3; i++) {
        CHECK_CALL(caller_same(gate, 0, true));
    }
    PASS();
}

KG_TEST(registers, of_the_caller_survive_a_crash)
{
    for (int i = 0; i < 3; i++) {
        CHECK_CALL(caller_same(GATE(domain_a, registers_spoil_crash), -KG_EFAULTED,
                               backend_clears()));
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    PASS();
}

KG_TEST(registers, of_the_caller_survive_a_refusal)
{
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, crash), NULL, CRASH_READ_NULL, 0),
                     -KG_EFAULTED);
    struct kg_domain *dead = domain_a;
    KG_ASSERT_STATUS(kg_domain_reload(dead), 0);
    const struct kg_gate *gate = GATE(dead, add0);
    KG_ASSERT_STATUS(kg_gate_call(GATE(dead, crash), NULL, CRASH_READ_NULL, 0), -KG_EFAULTED);
    CHECK_CALL(caller_same(gate, -KG_EDEAD, false));
    PASS();
}

#if defined(__x86_64__)
/* A caveat, kept honest: what x87 and MMX instructions left behind can be read in a domain. */
KG_TEST(registers, of_mmx_are_not_cleared)
{
    uint64_t word = registers_fill_0(GATE(domain_a, registers_mmx));
    KG_ASSERT_EQ(word & REGISTERS_SECRET_MASK, REGISTERS_SECRET);
    PASS();
}

/* The direction and alignment-check flags are the caller's own again, and never the callee's. */
KG_TEST(registers, alignment_flag_stays_the_callers)
{
    struct caller before, after;
    const struct kg_gate *gate = GATE(domain_a, add0);
    KG_ASSERT_EQ(value0(gate), 1000);
    if (!backend_clears() || unit_bytes() == 0 || kg_backend() == KG_BACKEND_PAGE) {
        PASS(); /* page: every call has work in C, which may do misaligned accesses */
    }
    caller_prepare(&before);
    before.flags |= 1u << 18;
    KG_ASSERT_STATUS(caller_call(gate, &before, &after), 0);
    KG_ASSERT_EQ(after.flags & ~ARITHMETIC, before.flags & ~ARITHMETIC);
    PASS();
}
#endif
