/* SPDX-License-Identifier: MIT */
/* Domain code: what a callee finds in its registers and on its stack. */
#include "domain_code.h"
#include "registers.h"

KG_ENTRY(registers_scan, 0);
KG_ENTRY(registers_scan_return, 1);
KG_ENTRY(registers_spoil, 0);
KG_ENTRY(registers_spoil_crash, 0);

/* x87 and MMX registers are not cleared (CAVEATS.md); registers_mmx looks at one of them. */
static uint64_t exempt(uint64_t word)
{
#if defined(__x86_64__)
    return word >= 16 && word < 24;
#else
    return word > UINT64_MAX - 1;
#endif
}

uint64_t registers_find(const uint64_t *words, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (!exempt(i) && (words[i] & REGISTERS_SECRET_MASK) == REGISTERS_SECRET) {
            return i + 1;
        }
    }
    return 0;
}

#if defined(__x86_64__)
static uint64_t registers_mmx(void)
{
    uint64_t word;
    __asm__ volatile("movq %%mm0, %0\n emms" : "=r"(word));
    return word;
}
KG_ENTRY(registers_mmx, 0);

/* Divides by zero and does not wait for the exception; calls a gate first if there is one. */
static uint64_t x87_leave_exception(uint64_t gate)
{
    const uint16_t unmasked = 0x37b;
    __asm__ volatile("fldcw %0\n fld1\n fldz\n fdivrp" : : "m"(unmasked));
    uint64_t value = 0;
    if (gate != 0) {
        kg_assert(kg_gate_call((const struct kg_gate *)(uintptr_t)gate, &value) == 0);
    }
    return value;
}
KG_ENTRY(x87_leave_exception, 1);

/* Divides by zero with exceptions masked: one is on record, and none waits. */
static uint64_t x87_record(void)
{
    __asm__ volatile("fld1\n fldz\n fdivrp\n fstp %%st(0)" : : : "st");
    return 5;
}
KG_ENTRY(x87_record, 0);

/* Loses GS base, and returns, calls a gate or goes on for ever. */
static uint64_t gs_lose(uint64_t gate, uint64_t for_ever)
{
    __asm__ volatile("movl %0, %%gs" : : "r"(0) : "memory");
    for (volatile uint64_t i = 1; for_ever != 0; i++) {
    }
    if (gate != 0) {
        kg_assert(kg_gate_call((const struct kg_gate *)(uintptr_t)gate, NULL) == 0);
    }
    return 5;
}
KG_ENTRY(gs_lose, 2);
#endif

/* Floating-point control and flags are what the ABI promises a function, whatever the caller
 * had. */
static uint64_t control_is_plain(void)
{
#if defined(__x86_64__)
    uint32_t mxcsr = 0;
    uint16_t fcw = 0;
    uint64_t flags;
    __asm__ volatile("stmxcsr %0\n fnstcw %1" : "=m"(mxcsr), "=m"(fcw));
    __asm__ volatile("pushfq\n popq %0" : "=r"(flags) : : "memory");
    kg_assert(mxcsr == 0x1f80);
    kg_assert(fcw == 0x37f);
    kg_assert((flags & 0x244500) == 0); /* TF, DF, NT, AC, ID */
#else
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    kg_assert(fpcr == 0);
#endif
    return 0;
}
KG_ENTRY(control_is_plain, 0);

static uint64_t crash_now(void)
{
    __builtin_trap();
}
KG_ENTRY(crash_now, 0);

/* Looks from its own frame to the end of the page, and well below. */
static uint64_t stack_scan(void)
{
    volatile uint64_t here = 0;
    uintptr_t at = (uintptr_t)&here & ~(uintptr_t)7;
    uintptr_t top = (at | 4095) + 1;
    for (uintptr_t word = at - 8192; word < top; word += 8) {
        uint64_t value = *(const volatile uint64_t *)word;
        if ((value & REGISTERS_SECRET_MASK) == REGISTERS_SECRET) {
            return word - at + 1;
        }
    }
    return here;
}
KG_ENTRY(stack_scan, 0);

KG_ENTRY(registers_rest, 0);
KG_ENTRY(registers_rest_return, 1);
#if defined(__x86_64__)
KG_ENTRY(flags_leave, 1);
KG_ENTRY(flags_own, 1);
KG_ENTRY(flags_signal, 3);
KG_ENTRY(rights_forge, 2);

/* Takes GS base, where some gates have their words, elsewhere; calls a gate if there is one. */
static uint64_t gs_move(uint64_t base, uint64_t gate)
{
    __asm__ volatile("wrgsbase %0" : : "r"(base));
    return gate == 0 ? 0
                     : (uint64_t)kg_gate_call((const struct kg_gate *)(uintptr_t)gate, NULL);
}
KG_ENTRY(gs_move, 2);
#endif

/* The number of the first of the general registers named by a bit in `which` that holds more than
 * an argument, from 1; all arguments are 1. */
uint64_t registers_more_than_one(const uint64_t *words, uint64_t which)
{
    for (uint64_t i = 0; i < 31; i++) {
        if ((which >> i & 1) != 0 && words[i] > 1) {
            return i + 1;
        }
    }
    return 0;
}

/* With floating-point control of its own, calls a gate; that is still so afterwards. */
static uint64_t control_own(uint64_t gate)
{
    int status;
#if defined(__x86_64__)
    uint32_t mxcsr = 0x7f80, mxcsr_after = 0;
    uint16_t fcw = 0xf7f, fcw_after = 0;
    __asm__ volatile("ldmxcsr %0\n fldcw %1" : : "m"(mxcsr), "m"(fcw));
    status = kg_gate_call((const struct kg_gate *)(uintptr_t)gate, NULL);
    __asm__ volatile("stmxcsr %0\n fnstcw %1" : "=m"(mxcsr_after), "=m"(fcw_after));
    kg_assert(mxcsr_after == mxcsr);
    kg_assert(fcw_after == fcw);
#else
    uint64_t fpcr = UINT64_C(3) << 22, fpcr_after;
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr));
    status = kg_gate_call((const struct kg_gate *)(uintptr_t)gate, NULL);
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr_after));
    kg_assert(fpcr_after == fpcr);
#endif
    return (uint64_t)(int64_t)status;
}
KG_ENTRY(control_own, 1);

#if defined(__aarch64__)
KG_ENTRY(predicates_scan, 0);

/* Switches tag checks off, calls a gate if there is one, and leaves them off; 2 dies of it. */
static uint64_t checks_off(uint64_t gate)
{
    int status = 0;
    uint64_t tco;
    __asm__ volatile(".arch armv8.5-a+memtag\n mrs %0, tco" : "=r"(tco));
    kg_assert(tco == 0);
    __asm__ volatile(".arch armv8.5-a+memtag\n msr tco, #1");
    if (gate == 2) {
        __asm__ volatile(".inst 0");
    }
    if (gate > 2) {
        status = kg_gate_call((const struct kg_gate *)(uintptr_t)gate, NULL);
        __asm__ volatile(".arch armv8.5-a+memtag\n msr tco, #1");
    }
    return (uint64_t)(int64_t)status;
}
KG_ENTRY(checks_off, 1);
#endif
