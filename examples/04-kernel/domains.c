/* SPDX-License-Identifier: MIT */
/* The code of the two domains. One counts in its own heap; the other adds, or does what it is told
 * that it should not. */
#include "domains.h"

static uint64_t count(uint64_t by)
{
    uint64_t *counter = kg_alloc(sizeof *counter);
    kg_assert(counter != NULL);
    *counter += by;
    uint64_t value = *counter;
    kg_free(counter);
    return value;
}
KG_ENTRY(count, 1);

static uint64_t add(uint64_t a, uint64_t b)
{
    return a + b;
}
KG_ENTRY(add, 2);

static uint64_t misbehave(uint64_t how, uint64_t where)
{
    switch (how) {
    case MISBEHAVE_WRITE:
        *(volatile uint64_t *)(uintptr_t)where = 0;
        break;
    case MISBEHAVE_READ:
        return *(const volatile uint64_t *)(uintptr_t)where;
    case MISBEHAVE_LOOP:
        for (;;) {
            __asm__ volatile("" ::: "memory");
        }
    default:
        kg_panic("as asked");
    }
    return 0;
}
KG_ENTRY(misbehave, 2);
