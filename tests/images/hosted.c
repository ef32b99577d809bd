/* SPDX-License-Identifier: MIT */
/* Code as a C library has it: its memory, its jumps, its end. */
#include <keygate/domain.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

static uint64_t counter = 40;

/* Memory as the C library has it, from the domain's heap. */
static uint64_t hosted(uint64_t bytes)
{
    volatile size_t huge = SIZE_MAX;
    unsigned char *memory = malloc(bytes);
    if (memory == NULL) {
        return 0;
    }
    memset(memory, 7, bytes);
    kg_assert((uintptr_t)memory % 16 == 0);
    memory = realloc(memory, 3 * bytes);
    kg_assert(memory != NULL && memory[0] == 7 && memory[bytes - 1] == 7);
    memory = realloc(memory, 2);
    kg_assert(memory != NULL && memory[1] == 7);
    unsigned char *zeroed = calloc(bytes, 3);
    kg_assert(zeroed != NULL && zeroed[3 * bytes - 1] == 0);
    kg_assert(realloc(zeroed, huge) == NULL && zeroed[0] == 0);
    kg_assert(calloc(huge / 2, 3) == NULL && abs(-4) == 4);
    free(zeroed);
    free(memory);
    free(NULL);
    return 1;
}
KG_ENTRY(hosted, 1);

static jmp_buf back;

/* Leaves with nothing in the registers that a caller keeps. */
__attribute__((noinline)) static void jump(int value)
{
    if (value == 9) {
        abort();
    }
#if defined(__x86_64__)
    __asm__ volatile("xorl %%ebx, %%ebx\n xorl %%ebp, %%ebp\n xorl %%r12d, %%r12d\n"
                     "xorl %%r13d, %%r13d\n xorl %%r14d, %%r14d\n xorl %%r15d, %%r15d\n"
                     "call longjmp" : : "D"(back), "S"(value));
#else
#if !defined(FORCED)
    __asm__ volatile("mov x21, 0\n mov x22, 0\n mov x23, 0\n mov x24, 0" : : :
                     "x21", "x22", "x23", "x24");
#endif
    __asm__ volatile("mov x19, 0\n mov x20, 0\n mov x25, 0\n mov x26, 0\n mov x27, 0\n"
                     "mov x28, 0" : : : "x19", "x20", "x25", "x26", "x27", "x28");
#endif
    longjmp(back, value);
}

__attribute__((noinline)) static int jump_back(int value)
{
    int said = setjmp(back);
    if (said == 0) {
        jump(value);
    }
    return said;
}

/* What setjmp says after a jump, if what the caller had in registers is still there. */
static uint64_t jumped(uint64_t value)
{
    uint64_t a = counter + 1, b = counter + 2, c = counter + 3, d = counter + 4, e = counter + 5;
    uint64_t f = counter + 6, g = counter + 7, h = counter + 8, i = counter + 9, j = counter + 10;
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e));
    __asm__ volatile("" : "+r"(f), "+r"(g), "+r"(h), "+r"(i), "+r"(j));
    int said = jump_back((int)value);
    kg_assert(a == counter + 1 && b == counter + 2 && c == counter + 3 && d == counter + 4);
    kg_assert(e == counter + 5 && f == counter + 6 && g == counter + 7 && h == counter + 8);
    kg_assert(i == counter + 9 && j == counter + 10);
    return (uint64_t)said;
}
KG_ENTRY(jumped, 1);
