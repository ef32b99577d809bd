/* SPDX-License-Identifier: MIT */
/* An image that holds a forbidden instruction by chance: linked as it is written, one function is
 * 0x300f bytes from its caller, and 0f 30 is WRMSR. */
#include <keygate/domain.h>

__asm__(".pushsection .text.chance_a, \"ax\"\n"
        "chance_call: call chance_called\n" /* five bytes */
        "    jmp chance_between\n"          /* five more */
        ".section .text.chance_z, \"ax\"\n"
        "chance_between: ret\n"
        "    .skip 0x300f - 5 - 1, 0xcc\n"
        ".section .text.chance_m, \"ax\"\n"
        "chance_called: movl $7, %eax\n"
        "    ret\n"
        ".popsection\n");

uint64_t chance_call(void);

static uint64_t chance(void)
{
    return chance_call();
}
KG_ENTRY(chance, 0);

/* What code that reads text is full of: 80 3c 0f 30 as a compiler spells it. */
static uint64_t zero_at(uint64_t index, uint64_t b, uint64_t c, uint64_t text)
{
    const char *at = (const char *)(uintptr_t)text;
    (void)b;
    (void)c;
    return at[index] == '0' || at[15] == '0';
}
KG_ENTRY(zero_at, 4);
