/* SPDX-License-Identifier: MIT */
/* Threads' stacks in domains: made at a thread's first call, emptied by the domain's reload. */
#include "active.h"

/* Where this thread's stack in the domain goes; NULL: there is no room. Code with forced tags finds
 * the stack's place in its upper bits, whatever the stack's size, and lies at the place's end. */
static unsigned char *stack_place(const struct kg_thread *thread, const struct kg_domain *domain)
{
    const struct kg_forced_ways *forced = kg_sealed.active->forced;
    uint64_t guard = KG_STACK_GUARD_BYTES;
    uint64_t first = guard;
    uint64_t stride = domain->stack_bytes + guard;
    if (domain->image.forced) {
        guard = forced->guard_bytes;
        stride = 2 * forced->stack_bytes; /* places are aligned, and have guards between */
        first = 2 * forced->stack_bytes - domain->stack_bytes;
    }
    uint64_t offset = first + thread->index * stride;
    if (offset + domain->stack_bytes + guard > KG_SPAN_IMAGE - KG_SPAN_STACKS) {
        return NULL;
    }
    return kg_span(domain->slot) + KG_SPAN_STACKS + offset;
}

/* Maps and tags one. */
static int stack_map(struct kg_thread *thread, const struct kg_domain *domain,
                     unsigned char *base)
{
    uint32_t slot = domain->slot;
    int status = kg_port_map(base, domain->stack_bytes, KG_MAP_WRITE | KG_MAP_TAGGED);
    if (status != 0) {
        return status;
    }
    status = kg_active_tag(base, domain->stack_bytes, slot, KG_ACCESS_WRITE);
    if (status != 0) {
        kg_port_unmap(base, domain->stack_bytes);
        return status;
    }
    thread->stack_base[slot] = (uintptr_t)base;
    thread->stack_bytes[slot] = domain->stack_bytes;
    return 0;
}

/* This thread's first call into a live domain: a stack with guards, tagged, and the door. */
int kg_stack_open(struct kg_thread *thread, struct kg_domain *domain)
{
    uint32_t slot = domain->slot;
    unsigned char *base = stack_place(thread, domain);
    if (base == NULL) {
        return -KG_ESTACKS;
    }
    int status = thread->stack_empty[slot]
                     ? kg_active_tag_again(base, domain->stack_bytes, slot)
                     : stack_map(thread, domain, base);
    if (status != 0) {
        return status;
    }
    thread->stack_empty[slot] = 0;
    domain->stacks++;
    void *top = base + domain->stack_bytes - KG_STACK_TOP_BYTES;
    thread->door[slot] = (uintptr_t)kg_active_pointer(top, slot);
    return 0;
}

/* The account has a stack no more; its memory may stay the domain's. */
static void stack_leave(struct kg_thread *thread, uint32_t slot)
{
    thread->door[slot] = 0;
    if (!thread->stack_empty[slot]) {
        kg_books->domains[slot].stacks--;
    }
    thread->stack_empty[slot] = 1;
}

void kg_stack_close(struct kg_thread *thread, uint32_t slot)
{
    if (thread->stack_base[slot] == 0) {
        return;
    }
    stack_leave(thread, slot);
    kg_port_unmap((void *)(uintptr_t)thread->stack_base[slot], thread->stack_bytes[slot]);
    thread->stack_base[slot] = 0;
    thread->stack_empty[slot] = 0;
}

void kg_stacks_close(const struct kg_domain *domain)
{
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = thread->next) {
        kg_stack_close(thread, domain->slot);
    }
}

/* The domain has none again. What can be emptied where it is waits there for its thread's next
 * call. */
void kg_stacks_empty(const struct kg_domain *domain)
{
    uint32_t slot = domain->slot;
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = thread->next) {
        void *base = (void *)(uintptr_t)thread->stack_base[slot];
        if (base == NULL || thread->stack_empty[slot]) {
            continue;
        }
        if (kg_port_forget(base, thread->stack_bytes[slot]) == 0) {
            stack_leave(thread, slot);
        } else {
            kg_stack_close(thread, slot);
        }
    }
}
