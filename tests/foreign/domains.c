/* SPDX-License-Identifier: MIT */
/* Code of the domains. In a kernel it has the CPU's privileges, so one of the things to try is to
 * leave interrupts off. */
#include "domains.h"

#if defined(__x86_64__)
#define INTERRUPTS_OFF() __asm__ volatile("cli" : : : "memory")
#else
#define INTERRUPTS_OFF() __asm__ volatile("msr daifset, #15" : : : "memory")
#endif

static uint64_t add(uint64_t a, uint64_t b)
{
    return a + b;
}
KG_ENTRY(add, 2);

/* A list in the domain's own heap, made and given back. */
static uint64_t scratch(uint64_t count)
{
    struct node {
        struct node *next;
        uint64_t value;
    } *list = NULL;
    uint64_t sum = 0;
    for (uint64_t i = 1; i <= count; i++) {
        struct node *node = kg_alloc(sizeof *node);
        kg_assert(node != NULL);
        node->value = i;
        node->next = list;
        list = node;
    }
    while (list != NULL) {
        struct node *node = list;
        sum += node->value;
        list = node->next;
        kg_free(node);
    }
    return sum;
}
KG_ENTRY(scratch, 1);

static uint64_t sum_of(const struct numbers *numbers)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < numbers->count; i++) {
        sum += numbers->number[i];
    }
    return sum;
}

static uint64_t total(uint64_t handle)
{
    return sum_of(kg_object_address(handle));
}
KG_ENTRY(total, 1);

/* The object is this domain's now. */
static uint64_t fill(uint64_t handle, uint64_t count)
{
    struct numbers *numbers = kg_object_address(handle);
    for (uint64_t i = 0; i < count; i++) {
        numbers->number[i] = 2 * i;
    }
    numbers->count = count;
    return sum_of(numbers);
}
KG_ENTRY(fill, 2);

/* An object made here, for whoever calls. */
static uint64_t produce(uint64_t count)
{
    kg_handle handle = 0;
    struct kg_object_options options = {.bytes = sizeof(struct numbers)};
    kg_assert(kg_object_create(&options, &handle) == 0);
    (void)fill(handle, count);
    return handle;
}
KG_ENTRY(produce, 1);

static uint64_t store(uint64_t address)
{
    *(volatile uint64_t *)(uintptr_t)address = 1;
    return 0;
}
KG_ENTRY(store, 1);

static uint64_t load(uint64_t address)
{
    return *(const volatile uint64_t *)(uintptr_t)address;
}
KG_ENTRY(load, 1);

static uint64_t give_up(void)
{
    kg_panic("no more");
}
KG_ENTRY(give_up, 0);

/* Runs into the guard below the stack. */
static uint64_t dig(uint64_t depth)
{
    volatile uint64_t room[32];
    room[depth % 32] = depth;
    return depth == 0 ? 0 : room[depth % 32] + dig(depth - 1) + room[0];
}
KG_ENTRY(dig, 1);

static uint64_t spin(void)
{
    volatile uint64_t on = 1;
    while (on != 0) {
        on++;
    }
    return on;
}
KG_ENTRY(spin, 0);

static uint64_t mask(void)
{
    INTERRUPTS_OFF();
    return 1;
}
KG_ENTRY(mask, 0);

static uint64_t mask_and_give_up(void)
{
    INTERRUPTS_OFF();
    kg_panic("in the dark");
}
KG_ENTRY(mask_and_give_up, 0);

/* Calls back in each round, and keeps count on its own stack. */
static uint64_t rounds(uint64_t gate, uint64_t count, uint64_t step)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t got = 0;
        int status = kg_gate_call((const struct kg_gate *)(uintptr_t)gate, &got, i);
        kg_assert(status == 0 && got == i + 1);
        sum += step;
    }
    return sum;
}
KG_ENTRY(rounds, 3);
