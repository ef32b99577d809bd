/* SPDX-License-Identifier: MIT */
/* Domain code: sums, the heap, the stack, waiting. */
#include "domain_code.h"

static uint64_t add0(void)
{
    return 1000;
}
KG_ENTRY(add0, 0);

static uint64_t add1(uint64_t a)
{
    return 1000 + a;
}
KG_ENTRY(add1, 1);

static uint64_t add2(uint64_t a, uint64_t b)
{
    return 1000 + a + 2 * b;
}
KG_ENTRY(add2, 2);

static uint64_t add3(uint64_t a, uint64_t b, uint64_t c)
{
    return 1000 + a + 2 * b + 3 * c;
}
KG_ENTRY(add3, 3);

static uint64_t add4(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return 1000 + a + 2 * b + 3 * c + 4 * d;
}
KG_ENTRY(add4, 4);

static uint64_t add5(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    return 1000 + a + 2 * b + 3 * c + 4 * d + 5 * e;
}
KG_ENTRY(add5, 5);

static uint64_t add6(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    return 1000 + a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f;
}
KG_ENTRY(add6, 6);

static uint64_t self(void)
{
    return kg_domain_self();
}
KG_ENTRY(self, 0);

static uint64_t sum_to(uint64_t last)
{
    volatile uint64_t sum = 0;
    for (uint64_t i = 1; i <= last; i++) {
        sum += i;
    }
    return sum;
}
KG_ENTRY(sum_to, 1);

/* Takes pieces of `bytes` until the heap is full; how many there were. They stay taken. */
static uint64_t heap_fill(uint64_t bytes)
{
    uint64_t count = 0;
    for (;;) {
        volatile unsigned char *piece = kg_alloc(bytes);
        if (piece == NULL) {
            return count;
        }
        kg_assert((uintptr_t)piece % 16 == 0);
        for (uint64_t i = 0; i < bytes; i++) {
            kg_assert(piece[i] == 0);
            piece[i] = 0xa5;
        }
        count++;
    }
}
KG_ENTRY(heap_fill, 1);

/* Pieces come and go in every order; the heap is whole afterwards. */
static uint64_t heap_reuse(uint64_t rounds)
{
    void *piece[8] = {NULL};
    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t at = (round * 5 + 3) % 8;
        kg_free(piece[at]);
        uint64_t bytes = 16 + round * 37 % 900;
        volatile unsigned char *fresh = kg_alloc(bytes);
        kg_assert(fresh != NULL);
        for (uint64_t i = 0; i < bytes; i++) {
            kg_assert(fresh[i] == 0);
            fresh[i] = (unsigned char)round;
        }
        piece[at] = (void *)(uintptr_t)fresh;
    }
    for (uint64_t i = 0; i < 8; i++) {
        kg_free(piece[i]);
    }
    kg_free(NULL);
    return 0;
}
KG_ENTRY(heap_reuse, 1);

/* The address of eight bytes of its heap that hold `value`. */
static uint64_t heap_keep(uint64_t value)
{
    volatile uint64_t *word = kg_alloc(sizeof *word);
    kg_assert(word != NULL);
    *word = value;
    return (uint64_t)(uintptr_t)word;
}
KG_ENTRY(heap_keep, 1);

/* What there is in a stretch of memory, added up. */
static uint64_t sum_bytes(uint64_t address, uint64_t bytes)
{
    const volatile unsigned char *at = (const volatile unsigned char *)(uintptr_t)address;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < bytes; i++) {
        sum += at[i];
    }
    return sum;
}
KG_ENTRY(sum_bytes, 2);

/* Writes to a large piece of its stack; 0: adds up what was left there. */
static uint64_t stack_mark(uint64_t value)
{
    unsigned char room[12288];
    __asm__ volatile("" : "=m"(room)); /* as if it had been written */
    if (value != 0) {
        __builtin_memset(room, (int)value, sizeof room);
        __asm__ volatile("" : : "m"(room));
    }
    return sum_bytes((uintptr_t)room, sizeof room);
}
KG_ENTRY(stack_mark, 1);

/* 0: frees twice; 1: frees inside a piece; 2: frees the stack; 3: frees the host's memory. */
static uint64_t heap_misuse(uint64_t how, uint64_t host)
{
    volatile unsigned char *piece = kg_alloc(64);
    unsigned char on_stack[32];
    switch (how) {
    case 0:
        kg_free((void *)(uintptr_t)piece);
        kg_free((void *)(uintptr_t)piece);
        break;
    case 1:
        kg_free((void *)(uintptr_t)(piece + 16));
        break;
    case 2:
        kg_free(on_stack);
        break;
    default:
        kg_free((void *)(uintptr_t)host);
        break;
    }
    return 0;
}
KG_ENTRY(heap_misuse, 2);

static uint64_t stack_here(void)
{
    volatile uint64_t here = 0;
    return (uint64_t)(uintptr_t)&here + here;
}
KG_ENTRY(stack_here, 0);

static __attribute__((noinline)) uint64_t stack_page(uint64_t pages)
{
    volatile unsigned char page[4096 - 128];
    page[0] = (unsigned char)pages;
    uint64_t below = pages > 1 ? stack_page(pages - 1) : 0;
    return below + 1 + (page[0] != (unsigned char)pages);
}

/* Uses so many pages of its stack. */
static uint64_t stack_use(uint64_t pages)
{
    return stack_page(pages);
}
KG_ENTRY(stack_use, 1);

/* Waits until the word at the address is not 0. */
static uint64_t wait_for(uint64_t address)
{
    const volatile uint64_t *word = (const volatile uint64_t *)(uintptr_t)address;
    while (*word == 0) {
    }
    return *word;
}
KG_ENTRY(wait_for, 1);

/* Adds up, in its own memory, until told to stop by a word it may read. */
static uint64_t count_up(uint64_t rounds)
{
    volatile uint64_t *count = kg_alloc(sizeof *count);
    kg_assert(count != NULL);
    while (*count < rounds) {
        ++*count;
    }
    uint64_t result = *count;
    kg_free((void *)(uintptr_t)count);
    return result;
}
KG_ENTRY(count_up, 1);
