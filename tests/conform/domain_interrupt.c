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
