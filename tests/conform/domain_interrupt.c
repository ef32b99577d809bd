/* SPDX-License-Identifier: MIT */
/* Domain code: what it has while it may be interrupted. */
#include "domain_code.h"

#if defined(__x86_64__)
#define MSR_PKRS 0x6e1u

static uint64_t rights(uint64_t which)
{
    uint32_t low = 0, high;
    if (which == RIGHTS_PKRS) {
        __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_PKRS));
    } else if (which == RIGHTS_PKRU) {
        __asm__ volatile("rdpkru" : "=a"(low), "=d"(high) : "c"(0));
    }
    return low;
}
#else
static uint64_t rights(uint64_t which)
{
    uint64_t tco = 0;
    if (which == RIGHTS_TCO) {
        __asm__ volatile(".arch armv8.5-a+memtag\n mrs %0, tco" : "=r"(tco));
    }
    return tco;
}
#endif

/* The rights in force, which are the same some instructions later. */
static uint64_t rights_inside(uint64_t which)
{
    uint64_t before = rights(which);
    __asm__ volatile("nop\n nop\n nop\n nop");
    kg_assert(rights(which) == before);
    return before;
}
KG_ENTRY(rights_inside, 1);

/* Reads a word until it has this value; how often it read. */
static uint64_t read_until(uint64_t handle, uint64_t value)
{
    const volatile uint64_t *word = kg_object_address(handle);
    uint64_t count = 1;
    while (*word != value) {
        count++;
    }
    return count;
}
KG_ENTRY(read_until, 2);

#if !__STDC_HOSTED__
static void interrupts_set(uint64_t on)
{
#if defined(__x86_64__)
    if (on != 0) {
        __asm__ volatile("sti" : : : "memory");
    } else {
        __asm__ volatile("cli" : : : "memory");
    }
#else
    if (on != 0) {
        __asm__ volatile("msr daifclr, #2" : : : "memory");
    } else {
        __asm__ volatile("msr daifset, #2" : : : "memory");
    }
#endif
}

/* Lets interrupts in or keeps them out; then 0 returns, 1 panics, all else is a gate to call, whose
 * value it returns. */
static uint64_t interrupts_and(uint64_t on, uint64_t then)
{
    uint64_t value = 0;
    interrupts_set(on);
    if (then == 1) {
        kg_panic("as asked");
    }
    if (then > 1) {
        kg_assert(kg_gate_call((const struct kg_gate *)(uintptr_t)then, &value) == 0);
    }
    return value;
}
KG_ENTRY(interrupts_and, 2);
#endif
