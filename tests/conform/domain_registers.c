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
#endif

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
