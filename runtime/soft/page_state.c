/* SPDX-License-Identifier: MIT */
/* Between the host's state and a domain's: what a crossing opens and closes. The monitor's lock is
 * held from the way in to the way out, so nobody else changes anything meanwhile.
 *
 * No handler but a fault's runs between the two states. One that interrupts a domain goes to the
 * host's state first and, if the domain goes on, back. */
#include "page_state.h"

struct kg_page_state kg_page_state;
__thread struct kg_page_local kg_page_local;

const int64_t kg_page_refused = -KG_ESYSTEM;

/* There is no going on without. It concerns whole mappings, which the system can change without
 * memory of its own. */
void kg_page_must_protect(void *address, size_t bytes, unsigned how)
{
    for (int i = 0; i < 1000; i++) {
        if (kg_port_protect(address, bytes, how) == 0) {
            return;
        }
    }
    kg_port_message("keygate: the system refuses to open or close memory of the monitor or host\n");
    __builtin_trap();
}

static unsigned how_of(const struct kg_page_object *object)
{
    return object->access == KG_ACCESS_WRITE ? KG_MAP_WRITE : KG_MAP_READ;
}

static int protect_objects(uint32_t owner, bool open)
{
    const struct kg_page_object *object = NULL;
    int status = 0;
    while (status == 0 && (object = kg_page_object_next(owner, object)) != NULL) {
        unsigned how = open ? how_of(object) : KG_MAP_CLOSED;
        status = kg_port_protect((void *)object->address, object->bytes, how);
    }
    return status;
}

static void open_host_objects(void)
{
    const struct kg_page_object *object = NULL;
    while ((object = kg_page_object_next(KG_OWNER_HOST, object)) != NULL) {
        kg_page_must_protect((void *)object->address, object->bytes, how_of(object));
    }
}

static int protect_image(const struct kg_image_part *image, bool open)
{
    int status = 0;
    for (uint32_t i = 0; i < image->segment_count && status == 0; i++) {
        const struct kg_image_segment *segment = &image->segments[i];
        unsigned how = !open                               ? KG_MAP_CLOSED
                       : segment->access == KG_ACCESS_WRITE ? KG_MAP_WRITE
                       : segment->access == KG_ACCESS_RUN   ? KG_MAP_READ | KG_MAP_EXECUTE
                                                            : KG_MAP_READ;
        status = kg_port_protect(image->base + segment->start, segment->bytes, how);
    }
    return status;
}

/* All the open domain has: its heap, its image, one thread's stack, its objects. */
static int protect_domain(bool open)
{
    const struct kg_page_state *state = &kg_page_state;
    unsigned how = open ? KG_MAP_WRITE : KG_MAP_CLOSED;
    size_t heap_bytes = kg_books->domains[state->slot].heap_bytes;
    int status = kg_port_protect(kg_span(state->slot), heap_bytes, how);
    if (status == 0) {
        status = protect_image(&kg_books->domains[state->slot].image, open);
    }
    if (status == 0) {
        status = kg_port_protect(state->stack, state->stack_bytes, how);
    }
    return status == 0 ? protect_objects(state->slot, open) : status;
}

static void turn(void)
{
    __atomic_store_n(&kg_page_state.turns, kg_page_state.turns + 1, __ATOMIC_RELEASE);
}

/* Both do nothing where nothing is to be done. This one does not fail. */
static void to_host(void)
{
    struct kg_page_state *state = &kg_page_state;
    if (state->monitor_shut) {
        kg_page_must_protect(kg_books, KG_MONITOR_BYTES, KG_MAP_WRITE);
        state->monitor_shut = false;
    }
    /* What can't be closed now is closed before the next domain runs, or none does. */
    if (state->slot != 0 && protect_domain(false) == 0) {
        state->slot = 0;
    }
    if (state->thread != NULL) {
        open_host_objects();
        state->thread = NULL;
        turn();
    }
}

static void shut_monitor(void)
{
    kg_page_state.monitor_shut = true;
    kg_page_must_protect(kg_books, KG_MONITOR_BYTES, KG_MAP_CLOSED);
}

/* Fails with everything as it was. */
static int to_domain(struct kg_thread *thread, uint32_t slot)
{
    struct kg_page_state *state = &kg_page_state;
    if (state->slot != 0) {
        if (protect_domain(false) != 0) {
            return -KG_ESYSTEM;
        }
        state->slot = 0;
    }
    state->thread = thread;
    turn();
    int status = protect_objects(KG_OWNER_HOST, false);
    if (status == 0) {
        state->slot = slot;
        state->stack = (void *)(uintptr_t)thread->stack_base[slot];
        state->stack_bytes = thread->stack_bytes[slot];
        status = protect_domain(true);
    }
    if (status != 0) {
        to_host();
        return status;
    }
    shut_monitor();
    return 0;
}

uint64_t kg_page_enter(uint32_t slot, uint64_t stack)
{
    struct kg_thread *thread = kg_local.thread;
    uint64_t door = thread->door[slot];
    uint64_t held = kg_port_signals_hold();
    if (to_domain(thread, slot) == 0) {
        kg_page_local.stack = stack;
        kg_local.inside = slot;
    } else {
        door = 0;
    }
    kg_port_signals_release(held);
    return door;
}

void kg_page_leave(void)
{
    uint64_t held = kg_port_signals_hold();
    kg_local.inside = 0;
    kg_page_local.signals = 0;
    to_host();
    kg_port_signals_release(held);
}

void kg_page_return(uint32_t slot, uint64_t stack)
{
    struct kg_thread *thread = kg_local.thread;
    uint64_t held = kg_port_signals_hold();
    if (to_domain(thread, slot) != 0) {
        /* The domain can't go on, and its call was half done: it dies. */
        struct kg_fault fault = {.thread = thread, .key = -1, .cause = KG_CAUSE_PERMISSION};
        kg_fault_settle(&fault);
        kg_port_signals_release(held);
        kg_sealed.active->unwind();
    }
    kg_page_local.stack = stack;
    kg_local.inside = slot;
    kg_port_signals_release(held);
}

/* A handler that interrupted a domain runs in the host's state. */
void kg_page_signal_enter(void)
{
    uint64_t held = kg_port_signals_hold();
    if (kg_page_local.signals++ == 0) {
        to_host();
    }
    kg_port_signals_release(held);
}

void kg_page_signal_leave(void)
{
    uint64_t held = kg_port_signals_hold();
    if (--kg_page_local.signals == 0 &&
        to_domain(kg_local.real, kg_local.inside) != 0) {
        shut_monitor(); /* with its own memory closed the domain faults, and ends */
    }
    kg_port_signals_release(held);
}
