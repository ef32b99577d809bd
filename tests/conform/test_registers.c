/* SPDX-License-Identifier: MIT */
/* Registers: a callee sees nothing but its arguments, and a caller gets back what it had. */
#include "world.h"

#include "registers.h"

#include <setjmp.h>
#include <signal.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

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

#define CLEARS_NOTHING "none clears no registers and no floating-point control"

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
        PASS();
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
    uint64_t flags = __builtin_ia32_readeflags_u64();
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
        PASS();
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
    if (!backend_clears() || (getauxval(AT_HWCAP) & (1u << 22)) == 0) { /* HWCAP_SVE */
        PASS();
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
        PASS();
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
    /* And a host that had them off has them off again. */
    uint64_t value = 0;
    __asm__ volatile(".arch armv8.5-a+memtag\n msr tco, #1");
    int status = kg_gate_call(gate, &value, 0);
    uint64_t after = rights_now();
    __asm__ volatile(".arch armv8.5-a+memtag\n msr tco, #0");
    KG_ASSERT_STATUS(status, 0);
    KG_ASSERT_EQ(after & (UINT64_C(1) << 25), UINT64_C(1) << 25);
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
        KG_SKIP("none trusts the callee with the C rules");
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

/* Nothing is kept from code without floating point, and yet the handler loses nothing of it. */
KG_TEST(registers, of_the_caller_survive_general_code)
{
    static struct kg_entry general[2];
    general[0] = *KG_ENTRY_OF(add0);
    general[1] = *KG_ENTRY_OF(crash_now);
    general[0].build |= KG_BUILD_GENERAL_ONLY;
    general[1].build |= KG_BUILD_GENERAL_ONLY;
    for (int i = 0; i < 3; i++) {
        CHECK_CALL(caller_same(gate_of(domain_a, &general[0], NULL), 0, backend_clears()));
        CHECK_CALL(caller_same(gate_of(domain_a, &general[1], NULL), -KG_EFAULTED,
                               backend_clears()));
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    PASS();
}

/* The caller rounds its own way and has exceptions on record; the callee starts afresh. */
KG_TEST(registers, control_starts_plain)
{
    if (!backend_clears()) {
        KG_SKIP(CLEARS_NOTHING);
    }
    CHECK_CALL(caller_same(GATE(domain_a, control_is_plain), 0, true));
    CHECK_CALL(caller_same(GATE(domain_a, control_is_plain), 0, true));
    CHECK_CALL(caller_same(GATE_WITH(domain_a, control_is_plain, .deadline_ns = 60000000000u),
                           0, true));
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

#define X87_DEFAULT 0x37f

/* With the usual control word the way back is a shorter one. */
KG_TEST(registers, x87_is_empty_and_masked_after_a_hostile_callee)
{
    if (!backend_clears()) {
        KG_SKIP(CLEARS_NOTHING);
    }
    struct caller before, after;
    const struct kg_gate *gate = GATE(domain_a, registers_spoil);
    caller_prepare(&before);
    before.fcw = X87_DEFAULT;
    for (int i = 0; i < 3; i++) {
        uint16_t environment[14];
        KG_ASSERT_STATUS(caller_call(gate, &before, &after), 0);
        KG_ASSERT_EQ(after.fcw, X87_DEFAULT);
        KG_ASSERT_EQ(value0(gate), 99);
        __asm__ volatile("fnstenv %0\n fldenv %0" : "=m"(environment));
        KG_ASSERT_EQ(environment[0], X87_DEFAULT);
        KG_ASSERT_EQ(environment[4], 0xffff); /* the tags: all empty */
    }
    PASS();
}

static bool emulated(void)
{
    uint32_t a = 0x40000000, b, c, d;
    char name[13] = "";
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    memcpy(name, &b, 4);
    memcpy(name + 4, &c, 4);
    memcpy(name + 8, &d, 4);
    return strcmp(name, "TCGTCGTCGTCG") == 0;
}

/* An x87 exception waits for the next x87 instruction. That one is the gate's, and yet the
 * exception is the domain's. */
KG_TEST(registers, x87_exception_left_behind_is_the_domains)
{
    if (!backend_clears()) {
        KG_SKIP(CLEARS_NOTHING);
    }
    /* page: on the way back C must not meet it, so it is dropped. QEMU's fldcw and emms do not wait. */
    bool waits = kg_backend() != KG_BACKEND_PAGE && !emulated();
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, x87_leave_exception), NULL, 0),
                     waits ? -KG_EFAULTED : 0);
    __asm__ volatile("fninit");
    if (waits) {
        struct kg_report report;
        KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
        KG_ASSERT_EQ(report.cause, KG_CAUSE_ARITHMETIC);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    /* Calling out with one on record harms nobody. */
    KG_ASSERT_EQ(value1(GATE(domain_a, x87_leave_exception),
                        address_of(GATE(domain_b, add0))), 1000);
    PASS();
}

static sigjmp_buf host_exception;

static void on_host_exception(int number)
{
    siglongjmp(host_exception, number);
}

/* And one the host left behind is the host's, wherever it comes up. */
KG_TEST(registers, x87_exception_of_the_host_is_the_hosts)
{
    if (!backend_clears()) {
        KG_SKIP(CLEARS_NOTHING);
    }
    if (kg_backend() == KG_BACKEND_PAGE) {
        KG_SKIP("on page it comes while the monitor works in C, and must not be jumped out of");
    }
    if (emulated()) {
        KG_SKIP("QEMU's fldcw and emms do not wait for an exception");
    }
    const struct kg_gate *gate = GATE(domain_a, add0);
    struct sigaction before, action = {.sa_handler = on_host_exception};
    KG_ASSERT_EQ(value0(gate), 1000);
    KG_ASSERT_EQ(sigaction(SIGFPE, &action, &before), 0);
    int came = sigsetjmp(host_exception, 1);
    if (came == 0) {
        const uint16_t unmasked = 0x37b;
        __asm__ volatile("fldcw %0\n fld1\n fldz\n fdivrp" : : "m"(unmasked));
        (void)kg_gate_call(gate, NULL);
    }
    __asm__ volatile("fninit");
    KG_ASSERT_EQ(sigaction(SIGFPE, &before, NULL), 0);
    KG_ASSERT_EQ(came, SIGFPE);
    KG_ASSERT_EQ(value0(gate), 1000);
    PASS();
}

/* To a host that unmasks, one the domain has on record would be an exception. */
KG_TEST(registers, x87_record_of_the_domain_is_dropped)
{
    if (!backend_clears() || emulated()) {
        PASS();
    }
    const struct kg_gate *gate = GATE(domain_a, x87_record);
    struct sigaction before, action = {.sa_handler = on_host_exception};
    KG_ASSERT_EQ(value0(gate), 5);
    KG_ASSERT_EQ(sigaction(SIGFPE, &action, &before), 0);
    int came = sigsetjmp(host_exception, 1);
    if (came == 0) {
        const uint16_t unmasked = 0x37b;
        __asm__ volatile("fninit\n fldcw %0" : : "m"(unmasked));
        (void)kg_gate_call(gate, NULL);
        __asm__ volatile("fwait");
    }
    __asm__ volatile("fninit");
    KG_ASSERT_EQ(sigaction(SIGFPE, &before, NULL), 0);
    KG_ASSERT_EQ(came, 0);
    PASS();
}

/* The direction and alignment-check flags are the caller's own again, and never the callee's. */
KG_TEST(registers, alignment_flag_stays_the_callers)
{
    struct caller before, after;
    const struct kg_gate *gate = GATE(domain_a, add0);
    KG_ASSERT_EQ(value0(gate), 1000);
    if (!backend_clears()) {
        KG_SKIP(CLEARS_NOTHING);
    }
    if (kg_backend() == KG_BACKEND_PAGE) {
        KG_SKIP("on page every call has work in C, which may do misaligned accesses");
    }
    caller_prepare(&before);
    before.flags |= 1u << 18;
    KG_ASSERT_STATUS(caller_call(gate, &before, &after), 0);
    KG_ASSERT_EQ(after.flags & ~ARITHMETIC, before.flags & ~ARITHMETIC);
    PASS();
}

/* DF, NT, AC and ID, one at a time. */
static const uint64_t odd_flags[] = {1u << 10, 1u << 14, 1u << 18, 1u << 21};

KG_TEST(registers, odd_flags_stay_on_their_side)
{
    struct caller before, after;
    const struct kg_gate *plain = GATE(domain_a, control_is_plain);
    const struct kg_gate *leave = GATE(domain_a, flags_leave);
    if (!backend_clears() || kg_backend() == KG_BACKEND_PAGE) {
        PASS(); /* page: every call has work in C, which counts on plain flags */
    }
    KG_ASSERT_EQ(value0(plain), 0);
    for (size_t i = 0; i < sizeof odd_flags / sizeof *odd_flags; i++) {
        uint64_t flags, value = 0;
        KG_NOTE("flag %#llx\n", (unsigned long long)odd_flags[i]);
        caller_prepare(&before);
        before.flags |= odd_flags[i];
        KG_ASSERT_STATUS(caller_call(plain, &before, &after), 0);
        KG_ASSERT_EQ(after.flags & ~ARITHMETIC, before.flags & ~ARITHMETIC);
        int status = kg_gate_call(leave, &value, odd_flags[i]);
        flags = __builtin_ia32_readeflags_u64();
        __builtin_ia32_writeeflags_u64(0x202);
        KG_ASSERT_STATUS(status, 0);
        KG_ASSERT_EQ(value, 99);
        KG_ASSERT_EQ(flags & 0x244500, 0);
    }
    PASS();
}

#ifndef CONFORM_SHARED
extern const unsigned char __executable_start[], etext[];

/* Whoever jumps at an instruction that writes rights, with a word of his own, is found out by the
 * instruction after it, at every one of them. */
KG_TEST(registers, forged_rights_are_found_out)
{
    extern const unsigned char kg_rights_forged[];
    uint64_t found = 0;
    if (kg_backend() != KG_BACKEND_PKEY) {
        PASS();
    }
    for (const unsigned char *at = __executable_start; at + 3 < etext; at++) {
        if (at[0] != 0x0f || at[1] != 0x01 || at[2] != 0xef) {
            continue;
        }
        struct kg_report report;
        uint64_t rights = rights_now();
        KG_NOTE("wrpkru at %p\n", (const void *)at);
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, rights_forge), NULL, address_of(at)),
                         -KG_EFAULTED);
        KG_ASSERT_EQ(rights_now(), rights);
        KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
        KG_ASSERT_EQ(report.instruction, address_of(kg_rights_forged));
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        found++;
    }
    KG_ASSERT(found > 60);
    PASS();
}
#endif
#endif
