/* SPDX-License-Identifier: MIT */
/* The benchmark's images: LOADED_BYTES of data that is written, or LOADED_CODE bytes of code. */
#include <keygate/domain.h>

static uint64_t null(void)
{
    return 0;
}
KG_ENTRY(null, 0);

static uint64_t poke(uint64_t address)
{
    *(volatile unsigned char *)(uintptr_t)address = 1;
    return 0;
}
KG_ENTRY(poke, 1);

#ifdef LOADED_BYTES
/* With the tables that are in the same segment it makes LOADED_BYTES in whole pages. */
static volatile uint64_t data[LOADED_BYTES / 8 - 256] = {1};

static uint64_t touch(uint64_t index)
{
    return ++data[index];
}
KG_ENTRY(touch, 1);
#else
/* Never run: 16 bytes of ordinary instructions, again and again. One of x86-64's begins with 0f, as
 * all do that must not be. */
__asm__(".pushsection .text.unused, \"ax\"\n"
        "unused:\n"
        ".rept (" LOADED_CODE ") / 16\n"
#if defined(__x86_64__)
        "    mov 8(%rdi), %rax\n"
        "    add %rax, %rsi\n"
        "    movzbl 4(%rdi), %ecx\n"
        "    cmp %rcx, %rsi\n"
        "    pop %rdx\n"
        "    ret\n"
#else
        "    ldr x0, [x1, #8]\n"
        "    add x2, x2, x0\n"
        "    cmp x2, x3\n"
        "    ret\n"
#endif
        ".endr\n"
        ".popsection\n");

extern char unused[];

static uint64_t where(void)
{
    return (uint64_t)(uintptr_t)unused;
}
KG_ENTRY(where, 0);
#endif
