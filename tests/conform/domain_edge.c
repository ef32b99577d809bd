/* SPDX-License-Identifier: MIT */
/* Domain code that goes to the edge of its memory. */
#include "domain_code.h"

#define LOCALS 4000u

/* Fills its frame, calls a gate, and says whether the frame is as it was. */
static uint64_t keep_locals_over(uint64_t gate)
{
    volatile uint64_t locals[LOCALS];
    for (uint64_t i = 0; i < LOCALS; i++) {
        locals[i] = i;
    }
    kg_assert(kg_gate_call((const struct kg_gate *)(uintptr_t)gate, NULL) == 0);
    for (uint64_t i = 0; i < LOCALS; i++) {
        kg_assert(locals[i] == i);
    }
    return 1;
}
KG_ENTRY(keep_locals_over, 1);

/* Touches the far end of a frame of so many bytes, and nothing between. */
static uint64_t large_frame(uint64_t bytes)
{
    volatile unsigned char frame[bytes];
    frame[0] = 66;
    __asm__ volatile("" : : "r"(frame) : "memory");
    return frame[0];
}
KG_ENTRY(large_frame, 1);

static uint64_t panic_from_stack(void)
{
    char text[] = "from my own stack";
    __asm__ volatile("" : : "r"(text) : "memory");
    kg_panic(text);
}
KG_ENTRY(panic_from_stack, 0);

static uint64_t panic_at_end(uint64_t end)
{
    char *text = (char *)(uintptr_t)(end - 4);
#if defined(__aarch64__)
    /* An address of the host's has no tag; the domain's own pointers have its number. */
    text = (char *)((uintptr_t)text | ((uintptr_t)kg_alloc(16) & UINT64_C(0x0f00000000000000)));
#endif
    text[0] = 'e';
    text[1] = 'n';
    text[2] = 'd';
    text[3] = '\0';
    kg_panic(text);
}
KG_ENTRY(panic_at_end, 1);

static uint64_t write_word(uint64_t address, uint64_t value)
{
    *(volatile uint64_t *)(uintptr_t)address = value;
    return 0;
}
KG_ENTRY(write_word, 2);
