/* SPDX-License-Identifier: MIT */
/* Which domain runs, for code of the program's own: told by where its stack is. The stack pointer
 * also carries its tag. */
#include "core.h"

#include "domain_heap.h"

#define ADDRESS_BITS UINT64_C(0x00ffffffffffffff)

void *kg_domain_heap_own(void)
{
    uintptr_t stack = kg_arch_stack_pointer();
    uint32_t slot = kg_span_slot(stack & ADDRESS_BITS);
    return slot == 0 ? NULL : (void *)((uintptr_t)kg_span(slot) | (stack & ~ADDRESS_BITS));
}

uint32_t kg_domain_self(void)
{
    uint32_t slot = kg_span_slot(kg_arch_stack_pointer() & ADDRESS_BITS);
    return slot != 0 ? slot : KG_OWNER_HOST;
}
