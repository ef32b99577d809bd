/* SPDX-License-Identifier: MIT */
/* The caller gets back what it had: registers, flags, floating-point control, whatever the callee
 * did to them; and the callee starts with plain ones. */
#include "world.h"

#include "caller.h"
#include "registers.h"

WORLD(control)

KG_TEST(control, survives_a_plain_callee)
{
    CHECK_CALL(caller_same(GATE(domain_a, add0), 0, backend_clears()));
    CHECK_CALL(caller_same(GATE(domain_a, add0), 0, backend_clears()));
    PASS();
}

KG_TEST(control, survives_a_hostile_callee)
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

KG_TEST(control, survives_a_crash)
{
    for (int i = 0; i < 3; i++) {
        CHECK_CALL(caller_same(GATE(domain_a, registers_spoil_crash), -KG_EFAULTED,
                               backend_clears()));
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    PASS();
}

/* Nothing is kept from code without floating point, and yet the handler loses nothing of it. */
KG_TEST(control, survives_general_code)
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
KG_TEST(control, control_starts_plain)
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

KG_TEST(control, survives_a_refusal)
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
#define X87_DEFAULT 0x37f

/* With the usual control word the way back is a shorter one. */
KG_TEST(control, x87_is_empty_and_masked_after_a_hostile_callee)
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
KG_TEST(control, x87_exception_left_behind_is_the_domains)
{
    if (!backend_clears()) {
        KG_SKIP(CLEARS_NOTHING);
    }
    /* page: on the way back C must not meet it, so it is dropped. QEMU's fldcw and emms do not
     * wait. */
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

/* Leaves an exception behind and calls. */
static void divide_and_call(void *gate)
{
    const uint16_t unmasked = 0x37b;
    __asm__ volatile("fldcw %0\n fld1\n fldz\n fdivrp" : : "m"(unmasked));
    (void)kg_gate_call((const struct kg_gate *)gate, NULL);
}

/* And one the host left behind is the host's, wherever it comes up. */
KG_TEST(control, x87_exception_of_the_host_is_the_hosts)
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
    KG_ASSERT_EQ(value0(gate), 1000);
    bool came = kg_host_faults(divide_and_call, (void *)(uintptr_t)gate);
    __asm__ volatile("fninit");
    KG_ASSERT(came);
    KG_ASSERT_EQ(value0(gate), 1000);
    PASS();
}

static void unmask_call_and_wait(void *gate)
{
    const uint16_t unmasked = 0x37b;
    __asm__ volatile("fninit\n fldcw %0" : : "m"(unmasked));
    (void)kg_gate_call((const struct kg_gate *)gate, NULL);
    __asm__ volatile("fwait");
}

/* To a host that unmasks, one the domain has on record would be an exception. */
KG_TEST(control, x87_record_of_the_domain_is_dropped)
{
    if (!backend_clears()) {
        KG_SKIP(CLEARS_NOTHING);
    }
    if (emulated()) {
        KG_SKIP("QEMU's fldcw and emms do not wait for an exception");
    }
    const struct kg_gate *gate = GATE(domain_a, x87_record);
    KG_ASSERT_EQ(value0(gate), 5);
    bool came = kg_host_faults(unmask_call_and_wait, (void *)(uintptr_t)gate);
    __asm__ volatile("fninit");
    KG_ASSERT(!came);
    PASS();
}

/* The direction and alignment-check flags are the caller's own again, and never the callee's. */
KG_TEST(control, alignment_flag_stays_the_callers)
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

KG_TEST(control, odd_flags_stay_on_their_side)
{
    struct caller before, after;
    const struct kg_gate *plain = GATE(domain_a, control_is_plain);
    const struct kg_gate *leave = GATE(domain_a, flags_leave);
    if (!backend_clears()) {
        KG_SKIP(CLEARS_NOTHING);
    }
    if (kg_backend() == KG_BACKEND_PAGE) {
        KG_SKIP("on page every call has work in C, which counts on plain flags");
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
        __asm__ volatile("pushfq\n popq %0" : "=r"(flags));
        __builtin_ia32_writeeflags_u64(0x202);
        KG_ASSERT_STATUS(status, 0);
        KG_ASSERT_EQ(value, 99);
        KG_ASSERT_EQ(flags & 0x244500, 0);
    }
    PASS();
}

#ifndef CONFORM_SHARED
#if __STDC_HOSTED__
extern const unsigned char __executable_start[], etext[];
#define TEXT_START __executable_start
#define TEXT_END etext
#else
extern const unsigned char __text_start[], __text_end[];
#define TEXT_START __text_start
#define TEXT_END __text_end
extern const unsigned char kg_trap_rights_restore[];
#endif

#define MSR_PKRS 0x6e1u
#define NUMBER_BEFORE 96 /* so many bytes at most */

/* WRMSR in a kernel writes much besides: those that have the register's number before them. */
static bool writes_pkrs(const unsigned char *at)
{
    static const unsigned char number[] = {0xb9, 0xe1, 0x06, 0, 0};
    if (at[0] != 0x0f || at[1] != 0x30) {
        return false;
    }
    for (const unsigned char *before = at - NUMBER_BEFORE; before < at; before++) {
        if (memcmp(before, number, sizeof number) == 0) {
            return true;
        }
    }
    return false;
}

/* A trap's way out believes what it is given: it goes to the interrupted rights. */
static bool is_trap_exit(const unsigned char *at)
{
#if __STDC_HOSTED__
    (void)at;
    return false;
#else
    return at >= kg_trap_rights_restore && at < kg_trap_rights_restore + 64;
#endif
}

/* Code of a domain's that writes rights of its own, for another test. */
static bool is_a_domains(const unsigned char *at)
{
#if __STDC_HOSTED__
    (void)at;
    return false;
#else
    return address_of(at) - (uintptr_t)KG_ENTRY_OF(ring3_open_all)->function < 32;
#endif
}

static bool writes_rights(const unsigned char *at)
{
    bool is = kg_backend() == KG_BACKEND_PKS
                  ? writes_pkrs(at)
                  : at[0] == 0x0f && at[1] == 0x01 && at[2] == 0xef;
    return is && !is_trap_exit(at) && !is_a_domains(at);
}

static uint64_t answer(void)
{
    return 42;
}

/* The gates' words are where the thread has them, and not where a domain would like them. */
KG_TEST(control, domain_moves_gs)
{
    const uint64_t closed = UINT64_C(0x700000000000); /* nothing is there */
    if (kg_backend() != KG_BACKEND_PKEY && kg_backend() != KG_BACKEND_PKS) {
        KG_SKIP("no gate finds its words there");
    }
    uint64_t out = (uintptr_t)HOST_GATE(answer, 0);
    struct kg_report report;
    for (int i = 0; i < 3; i++) {
        uint64_t rights = rights_now();
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, gs_move), NULL, closed, 0), -KG_EFAULTED);
        KG_ASSERT_EQ(rights_now(), rights);
        KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
        KG_ASSERT_EQ(report.address >> 12, closed >> 12); /* and the processor could do it */
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, gs_move), NULL, closed, out), -KG_EFAULTED);
        KG_ASSERT_EQ(rights_now(), rights);
        KG_ASSERT_EQ(value0(GATE(domain_b, add0)), 1000);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    }
    PASS();
}

/* Whoever jumps at an instruction that writes rights, with a word of his own, is found out by the
 * instruction after it, at every one of them. */
KG_TEST(control, forged_rights_are_found_out)
{
    extern const unsigned char kg_rights_forged[];
    uint64_t found = 0;
    if (!has_keys()) {
        KG_SKIP("keys only: no other gate writes rights");
    }
    uint64_t number = kg_backend() == KG_BACKEND_PKS ? MSR_PKRS : 0;
    for (const unsigned char *at = TEXT_START + NUMBER_BEFORE; at + 3 < TEXT_END; at++) {
        if (!writes_rights(at)) {
            continue;
        }
        struct kg_report report;
        uint64_t rights = rights_now();
        KG_NOTE("rights written at %p\n", (const void *)at);
        KG_ASSERT_STATUS(
            kg_gate_call(GATE(domain_a, rights_forge), NULL, address_of(at), number),
            -KG_EFAULTED);
        KG_ASSERT_EQ(rights_now(), rights);
        KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
        /* In ring 3 not even the word to compare with can be read. */
        bool unread = kg_backend() == KG_BACKEND_PKU_RING3 &&
                      report.cause == KG_CAUSE_PERMISSION &&
                      report.instruction - address_of(at) < 16;
        if (!unread) {
            KG_ASSERT_EQ(report.instruction, address_of(kg_rights_forged));
        }
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        found++;
    }
    KG_ASSERT(found > 60);
    PASS();
}
#endif
#endif
