/* SPDX-License-Identifier: MIT */
/* A stranger's domain, as a file. */
#include <keygate/domain.h>
#include <string.h>

KG_IMPORT(ask, 1);

static uint64_t calls;

static uint64_t add(uint64_t a, uint64_t b)
{
    uint64_t more = 0;
    kg_assert(kg_gate_call(KG_IMPORT_OF(ask), &more, ++calls) == 0);
    return a + b + more + strlen("four");
}
KG_ENTRY(add, 2);
