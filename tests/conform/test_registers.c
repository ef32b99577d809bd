/* SPDX-License-Identifier: MIT */
/* Registers: a callee sees nothing but its arguments. */
#include "world.h"

#include "caller.h"
#include "registers.h"

WORLD(registers)

typedef uint64_t fill_function(const struct kg_gate *gate);

static fill_function *const fill[] = {
    registers_fill_0, registers_fill_1, registers_fill_2, registers_fill_3,
    registers_fill_4, registers_fill_5, registers_fill_6,
};

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
        KG_SKIP(CLEARS_NOTHING);
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
        KG_SKIP(CLEARS_NOTHING);
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
        KG_SKIP(CLEARS_NOTHING);
    }
    const struct kg_gate *scan = GATE(domain_a, registers_scan_return);
    uint64_t found = value1(scan, address_of(GATE(domain_b, registers_spoil)));
    KG_NOTE("after a domain, word %llu of the dump\n", (unsigned long long)found);
    KG_ASSERT_EQ(found, 0);
    /* A mark on the gate called says nothing about the code that calls. */
    static struct kg_entry general;
    general = *KG_ENTRY_OF(registers_spoil);
    general.build |= KG_BUILD_GENERAL_ONLY;
    found = value1(scan, address_of(gate_of(domain_b, &general, NULL)));
    KG_NOTE("after general code, word %llu of the dump\n", (unsigned long long)found);
    KG_ASSERT_EQ(found, 0);
    found = value1(scan, address_of(HOST_GATE(spoil_and_return, 0)));
    KG_NOTE("after the host, word %llu of the dump\n", (unsigned long long)found);
    KG_ASSERT_EQ(found, 0);
    PASS();
}

/* Not only secrets: nothing of the gate's own either, such as where the monitor's memory is. */
KG_TEST(registers, hold_nothing_but_arguments)
{
    static struct kg_entry entries[KG_ARGUMENTS_MAX + 1];
    if (!backend_clears()) {
        KG_SKIP(CLEARS_NOTHING);
    }
    for (uint32_t n = 0; n <= KG_ARGUMENTS_MAX; n++) {
        entries[n] = *KG_ENTRY_OF(registers_rest);
        entries[n].arguments = n;
        const struct kg_gate *gate = gate_of(domain_a, &entries[n], NULL);
        (void)fill[n](gate); /* the first call comes by way of C */
        uint64_t found = fill[n](gate);
        KG_NOTE("with %u arguments, word %llu of the dump\n", n, (unsigned long long)found);
        KG_ASSERT_EQ(found, 0);
    }
    uint64_t found =
        value1(GATE(domain_a, registers_rest_return), address_of(GATE(domain_b, add0)));
    KG_NOTE("after a call out, word %llu of the dump\n", (unsigned long long)found);
    KG_ASSERT_EQ(found, 0);
    PASS();
}

static uint64_t control_in_host(void)
{
#if defined(__x86_64__)
    uint32_t mxcsr = 0;
    uint16_t fcw = 0;
    uint64_t flags; /* gcc 12 gets its own built-in wrong when it keeps the result in memory */
    __asm__ volatile("pushfq\n popq %0" : "=r"(flags));
    __asm__ volatile("cld");
    __asm__ volatile("stmxcsr %0\n fnstcw %1" : "=m"(mxcsr), "=m"(fcw));
    return (flags & 0x244500) << 32 | (mxcsr & 0xffc0u) << 16 | fcw;
#else
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return fpcr;
#endif
}

static uint64_t seen_in_host;

static uint64_t look_at_control(void)
{
    seen_in_host = control_in_host();
    return 0;
}

/* A call out: the host code has the host's, and the domain gets its own back. */
KG_TEST(registers, control_of_each_side_is_its_own)
{
    if (!backend_clears()) {
        KG_SKIP(CLEARS_NOTHING);
    }
    const struct kg_gate *gate = GATE(domain_a, control_own);
    uint64_t plain = address_of(GATE(domain_b, control_is_plain));
    uint64_t look = address_of(HOST_GATE(look_at_control, 0));
    KG_ASSERT_EQ(value1(gate, plain), 0);
#if defined(__x86_64__)
    const uint32_t mxcsr = 0x3f80, mxcsr_usual = 0x1f80; /* downwards */
    const uint16_t fcw = 0x77f, fcw_usual = 0x37f;
    __asm__ volatile("ldmxcsr %0\n fldcw %1" : : "m"(mxcsr), "m"(fcw));
#endif
    uint64_t before = control_in_host();
    seen_in_host = ~before;
    uint64_t found[2] = {value1(gate, look), value1(gate, plain)};
    uint64_t after = control_in_host();
#if defined(__x86_64__)
    __asm__ volatile("ldmxcsr %0\n fldcw %1" : : "m"(mxcsr_usual), "m"(fcw_usual));
#endif
    KG_ASSERT_EQ(found[0], 0);
    KG_ASSERT_EQ(found[1], 0);
    KG_ASSERT_EQ(seen_in_host, before);
    KG_ASSERT_EQ(after, before);
#if defined(__x86_64__)
    before = control_in_host();
    KG_ASSERT_EQ(value1(GATE(domain_a, flags_own), look), 0x240400);
    KG_ASSERT_EQ(seen_in_host, before);
#endif
    PASS();
}

#if defined(__aarch64__)
KG_TEST(registers, predicates_are_cleared)
{
    if (!backend_clears()) {
        KG_SKIP(CLEARS_NOTHING);
    }
    if (!kg_host_has_sve()) {
        KG_SKIP("this processor has no predicate registers");
    }
    const struct kg_gate *gate = GATE(domain_a, predicates_scan);
    KG_ASSERT_EQ(value0(gate), 0);
    KG_ASSERT_EQ(predicates_fill(gate), 0);
    PASS();
}

static uint64_t look_at_checks(void)
{
    seen_in_host = rights_now() & (UINT64_C(1) << 25); /* TCO as `mrs` has it */
    return 0;
}

/* A domain can switch tag checks off for itself; the host never notices. */
KG_TEST(registers, tag_checks_of_the_host_stay_on)
{
    if (kg_backend() != KG_BACKEND_MTE) {
        KG_SKIP("mte only: there are no tag checks to switch off");
    }
    const struct kg_gate *gate = GATE(domain_a, checks_off);
    uint64_t rights = rights_now();
    KG_ASSERT_EQ(value1(gate, 0), 0);
    KG_ASSERT_EQ(rights_now(), rights);
    KG_ASSERT_EQ(value1(gate, 0), 0);
    KG_ASSERT_EQ(rights_now(), rights);
    seen_in_host = 99;
    KG_ASSERT_EQ(value1(gate, address_of(HOST_GATE(look_at_checks, 0))), 0);
    KG_ASSERT_EQ(seen_in_host, 0);
    KG_ASSERT_EQ(rights_now(), rights);
    KG_ASSERT_STATUS(kg_gate_call(gate, NULL, 2), -KG_EFAULTED);
    KG_ASSERT_EQ(rights_now(), rights);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    (void)value0(GATE(domain_a, add0));
    /* And a host that had them off has them off again; in a kernel they are off in the handlers of
     * traps only, which cross nowhere, so they come back on. */
    uint64_t value = 0;
    __asm__ volatile(".arch armv8.5-a+memtag\n msr tco, #1");
    int status = kg_gate_call(gate, &value, 0);
    uint64_t after = rights_now();
    __asm__ volatile(".arch armv8.5-a+memtag\n msr tco, #0");
    KG_ASSERT_STATUS(status, 0);
    KG_ASSERT_EQ(after >> 25 & 1, __STDC_HOSTED__);
    PASS();
}
#endif

KG_TEST(registers, leave_nothing_on_the_stack)
{
    const struct kg_gate *gate = GATE(domain_a, stack_scan);
    KG_ASSERT_EQ(value0(gate), 0);
    KG_ASSERT_EQ(registers_fill_0(gate), 0);
    gate = GATE_WITH(domain_a, stack_scan, .deadline_ns = 60000000000u);
    KG_ASSERT_EQ(registers_fill_0(gate), 0);
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
#endif
