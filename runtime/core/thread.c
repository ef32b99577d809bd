/* SPDX-License-Identifier: MIT */
/* Attached threads: their frames, and the doors to their stacks in domains. */
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

/* Detaches a thread that runs no call; the lock is held. The port's part must be undone by the
 * thread itself, so only its own end or kg_exit comes here. */
void kg_thread_end(struct kg_thread *thread)
{
    for (uint32_t slot = 1; slot <= KG_DOMAINS_MAX; slot++) {
        kg_stack_close(thread, slot);
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
            kg_stack_close(thread, slot);
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
