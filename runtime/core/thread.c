/* SPDX-License-Identifier: MIT */
/* Attached threads: their frames, their stacks in domains, and the doors to those. */
#include "active.h"

#include <string.h>

__thread struct kg_local kg_local = {.thread = &kg_thread_none};

#define STAND_IN                                                                                \
    {                                                                                           \
        .frames = {[1] = {.slot = KG_OWNER_NOBODY}}, .top = 0                                     \
    }
struct kg_thread kg_thread_none = STAND_IN;
struct kg_thread kg_thread_handler = STAND_IN;

/* Asked first: of the rest a domain may be able to read nothing. Handlers have stacks of their
 * own. */
static bool on_domain_stack(void)
{
    return kg_domain_self() != KG_OWNER_HOST;
}

bool kg_inside(void)
{
    return on_domain_stack() || kg_inside_by_books();
}

int kg_check_thread(void)
{
    if (kg_sealed.active == NULL) {
        return -KG_ENOTREADY;
    }
    if (on_domain_stack()) {
        return 0;
    }
    if (kg_local.thread == &kg_thread_handler) {
        if (kg_port_in_handler()) {
            return -KG_ECONTEXT;
        }
        kg_local.thread = kg_local.real;
    }
    return kg_local.thread == &kg_thread_none ? -KG_ETHREAD : 0;
}

int kg_check_host(void)
{
    int status = kg_check_thread();
    if (status == 0 && kg_inside()) {
        status = -KG_EINSIDE;
    }
    return status;
}

static void frames_prepare(struct kg_thread *thread)
{
    for (uint32_t i = 0; i < KG_FRAMES; i++) {
        thread->frames[i].slot = KG_FRAME_HOST;
        thread->frames[i].thread = thread;
    }
    thread->top = (int64_t)(KG_DEPTH_MAX * sizeof(struct kg_frame));
}

static struct kg_thread *block_take(void)
{
    for (uint32_t i = 0; i < KG_THREADS_MAX; i++) {
        if (!kg_books->thread_used[i]) {
            kg_books->thread_used[i] = 1;
            struct kg_thread *thread = kg_thread_block(i);
            memset(thread, 0, sizeof *thread);
            thread->index = i;
            frames_prepare(thread);
            return thread;
        }
    }
    return NULL;
}

/* Attaches the calling thread; the lock is held. */
int kg_thread_start(void)
{
    struct kg_thread *thread = block_take();
    if (thread == NULL) {
        return -KG_ETHREADS;
    }
    int status = kg_active_thread_start(thread);
    if (status != 0) {
        goto no_backend;
    }
    status = kg_port_thread_start(thread);
    if (status != 0) {
        goto no_port;
    }
    for (uint32_t slot = 1; slot <= KG_DOMAINS_MAX; slot++) {
        bool live = kg_books->domains[slot].state == KG_DOMAIN_LIVE;
        thread->dead[slot] = !live;
        thread->rights[slot] = live ? kg_active_rights(thread, slot) : 0;
    }
    thread->next = kg_books->threads;
    kg_books->threads = thread;
    kg_books->thread_count++;
    kg_local.inside = 0; /* an earlier backend may have left a word */
    kg_local.outside = 0;
    kg_local.thread = thread;
    kg_local.real = thread;
    return 0;

no_port:
    kg_active_thread_stop(thread);
no_backend:
    kg_books->thread_used[thread->index] = 0;
    return status;
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

static void stack_close(struct kg_thread *thread, uint32_t slot)
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
        stack_close(thread, domain->slot);
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
            stack_close(thread, slot);
        }
    }
}

/* Detaches a thread that runs no call; the lock is held. The port's part must be undone by the
 * thread itself, so only its own end or kg_exit comes here. */
void kg_thread_end(struct kg_thread *thread)
{
    for (uint32_t slot = 1; slot <= KG_DOMAINS_MAX; slot++) {
        stack_close(thread, slot);
    }
    kg_objects_drop_chain(thread);
    for (struct kg_thread **at = &kg_books->threads; *at != NULL; at = &(*at)->next) {
        if (*at == thread) {
            *at = thread->next;
            break;
        }
    }
    kg_books->thread_count--;
    kg_port_thread_stop(thread);
    kg_active_thread_stop(thread);
    kg_books->thread_used[thread->index] = 0;
    if (kg_local.real == thread) {
        kg_local.thread = &kg_thread_none;
        kg_local.real = NULL;
    }
}

/* In the child of a fork only the forking thread exists. */
void kg_thread_forget_others(void)
{
    struct kg_thread *own = kg_local.real;
    struct kg_thread *next;
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = next) {
        next = thread->next;
        if (thread == own) {
            continue;
        }
        for (uint32_t slot = 1; slot <= KG_DOMAINS_MAX; slot++) {
            stack_close(thread, slot);
        }
        kg_books->thread_used[thread->index] = 0;
        kg_books->thread_count--;
    }
    kg_books->threads = own;
    if (own != NULL) {
        own->next = NULL;
    }
}

static bool under_call(struct kg_thread *thread)
{
    return thread->top != (int64_t)(KG_DEPTH_MAX * sizeof(struct kg_frame));
}

int kg_thread_attach(void)
{
    if (kg_sealed.active == NULL) {
        return -KG_ENOTREADY;
    }
    if (on_domain_stack()) {
        return -KG_EATTACHED;
    }
    if (kg_local.thread == &kg_thread_handler) {
        return -KG_ECONTEXT;
    }
    if (kg_local.thread != &kg_thread_none) {
        return -KG_EATTACHED;
    }
    kg_lock();
    int status = kg_thread_start();
    kg_unlock();
    if (status != 0) {
        return status;
    }
    status = kg_proof_run();
    if (status != 0) {
        kg_lock();
        kg_thread_end(kg_local.real);
        kg_unlock();
    }
    return status;
}

int kg_thread_detach(void)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    if (under_call(kg_local.thread)) {
        return -KG_EBUSY;
    }
    kg_lock();
    kg_thread_end(kg_local.thread);
    kg_unlock();
    return 0;
}

/* The calling thread ends, perhaps in the middle of a call: then the domains on its chain can't be
 * relied on any more, and die. */
void kg_thread_abandon(void)
{
    struct kg_thread *thread = kg_local.real;
    if (thread == NULL) {
        return;
    }
    kg_lock();
    if (under_call(thread)) {
        if (thread->deadline != NULL) {
            kg_port_deadline_clear(thread);
        }
        thread->deadline = NULL; /* these lay on a stack that has been left */
        thread->waiting = NULL;
        kg_fault_abandon(thread);
        frames_prepare(thread);
        kg_local.lock_depth = 1; /* a call of the page backend held it */
    }
    kg_thread_end(thread);
    kg_unlock();
}

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
int kg_thread_stack_open(struct kg_thread *thread, struct kg_domain *domain)
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

static void everybody_sees(void)
{
    if (kg_books->thread_count > 1) {
        kg_port_barrier();
    }
}

/* Shuts every thread's door into a domain for a while. Who is inside stays inside, and whoever is
 * not can't enter without the lock. */
void kg_doors_shut(const struct kg_domain *domain)
{
    uint32_t slot = domain->slot;
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = thread->next) {
        thread->kept[slot] = __atomic_exchange_n(&thread->door[slot], 0, __ATOMIC_RELAXED);
    }
    everybody_sees();
}

/* Whether the thread has a call into the domain under way. */
static bool is_inside(const struct kg_thread *thread, uint32_t slot)
{
    const struct kg_frame *end = &thread->frames[KG_DEPTH_MAX + 1];
    const struct kg_frame *frame = kg_frame_newest((struct kg_thread *)(uintptr_t)thread);
    while (frame < end && frame->slot != slot) {
        frame++;
    }
    return frame < end;
}

/* Takes kg_doors_shut back. A thread inside may have set its own door meanwhile; one that is out of
 * it by now finds its own again at its next call. */
void kg_doors_reopen(const struct kg_domain *domain)
{
    uint32_t slot = domain->slot;
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = thread->next) {
        uint64_t shut = 0;
        if (!is_inside(thread, slot)) {
            continue;
        }
        __atomic_compare_exchange_n(&thread->door[slot], &shut, thread->kept[slot], false,
                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
}

/* The domain is dead: no door leads into it, and no return either. A thread that is on its way
 * out may be writing its own door: once all have seen the death none does so any more. */
void kg_doors_bar(const struct kg_domain *domain)
{
    uint32_t slot = domain->slot;
    if (kg_books->thread_count == 1) {
        struct kg_thread *only = kg_books->threads;
        only->dead[slot] = 1;
        only->door[slot] = 0;
        return;
    }
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = thread->next) {
        __atomic_store_n(&thread->dead[slot], 1, __ATOMIC_RELAXED);
    }
    everybody_sees();
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = thread->next) {
        __atomic_store_n(&thread->door[slot], 0, __ATOMIC_RELAXED);
    }
    everybody_sees();
}

/* The domain lives, with nobody in it and no stacks; doors open one by one, at first calls. */
void kg_doors_fresh(const struct kg_domain *domain)
{
    uint32_t slot = domain->slot;
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = thread->next) {
        thread->dead[slot] = 0;
        thread->rights[slot] = kg_active_rights(thread, slot);
    }
}

/* Whether any thread has a call into the domain under way. Meaningful while the doors are shut. */
bool kg_domain_occupied(uint32_t slot)
{
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = thread->next) {
        if (is_inside(thread, slot)) {
            return true;
        }
    }
    return false;
}
