/* SPDX-License-Identifier: MIT */
/* `page`: page permissions, what one would do without tags. While a domain runs, its heap, its
 * stack on this thread and its objects are open, and all other domain memory and the monitor's are
 * closed; while the host runs it is the other way round. Each crossing is system calls, and one
 * domain runs at a time in the whole process. The host's ordinary memory is not guarded. */
#include "page_state.h"

#include "arch/gates.h"
#include "core/text.h"

static void probe(struct kg_backend_report *report)
{
    report->available = true;
    report->domains = KG_DOMAINS_MAX - 1;
    KG_REASON(report, "page permissions: one domain at a time; guards other domains and the "
                           "monitor, not the host's memory");
}

static int start(const struct kg_options *options)
{
    (void)options;
    kg_page_books_start();
    kg_page_state = (struct kg_page_state){.turns = 0};
    return 0;
}

/* What is in force in the host's state, in which the monitor runs. */
static unsigned how_for_host(uint32_t owner, enum kg_access access)
{
    if (owner != KG_OWNER_HOST || access == KG_ACCESS_NONE) {
        return KG_MAP_CLOSED;
    }
    return access == KG_ACCESS_WRITE ? KG_MAP_WRITE : KG_MAP_READ;
}

static bool in_shared_heap(uintptr_t address)
{
    return address - (uintptr_t)kg_sealed.arena < KG_SHARED_BYTES;
}

static int tag(void *address, size_t bytes, uint32_t owner, enum kg_access access)
{
    int status = kg_port_protect(address, bytes, how_for_host(owner, access));
    if (status == 0 && in_shared_heap((uintptr_t)address)) {
        kg_page_books_set((uintptr_t)address, bytes, owner, access);
    }
    return status;
}

static void forget(void *address, size_t bytes)
{
    (void)bytes;
    kg_page_books_forget((uintptr_t)address);
}

/* Permissions say what the host may do; whose the rest is only the books know, as far as the
 * permissions agree. */
static int tag_read(const void *address, uint32_t *owner, enum kg_access *access)
{
    uintptr_t at = (uintptr_t)address;
    unsigned how;
    int status = kg_port_look(address, &how);
    if (status != 0) {
        return status;
    }
    *owner = KG_OWNER_NOBODY;
    *access = KG_ACCESS_NONE;
    if ((how & (KG_MAP_READ | KG_MAP_WRITE)) != 0) { /* it may name a key as well */
        *owner = KG_OWNER_HOST;
        *access = (how & KG_MAP_WRITE) != 0 ? KG_ACCESS_WRITE : KG_ACCESS_READ;
    } else if (in_shared_heap(at)) {
        const struct kg_page_object *object = kg_page_object_holding(at);
        if (object != NULL && object->owner != KG_OWNER_HOST) {
            *owner = object->owner;
            *access = object->access;
        }
    } else if (kg_span_slot(at) != 0) {
        *owner = kg_span_slot(at);
        *access = KG_ACCESS_WRITE;
    }
    return 0;
}

/* The pages that hold [address, address + bytes). */
static void protect_pages(void *address, size_t bytes, unsigned how)
{
    uintptr_t mask = KG_PAGE_BYTES - 1;
    uintptr_t start = (uintptr_t)address & ~mask;
    uintptr_t end = ((uintptr_t)address + bytes + mask) & ~mask;
    kg_page_must_protect((void *)start, end - start, how);
}

static void *monitor_open(void *address, size_t bytes)
{
    if (kg_in_arena((uintptr_t)address)) {
        protect_pages(address, bytes, KG_MAP_WRITE);
    }
    return address;
}

static void monitor_close(void *address, size_t bytes)
{
    unsigned how = KG_MAP_CLOSED;
    if (!kg_in_arena((uintptr_t)address)) {
        return;
    }
    if (in_shared_heap((uintptr_t)address)) {
        const struct kg_page_object *object = kg_page_object_holding((uintptr_t)address);
        how = object != NULL ? how_for_host(object->owner, object->access) : KG_MAP_CLOSED;
    }
    protect_pages(address, bytes, how);
}

static bool in_monitor(uintptr_t address)
{
    return address - (uintptr_t)kg_books < KG_MONITOR_BYTES;
}

/* Of the arena; what a domain may only read, or not execute, is its own all the same. */
static bool is_others(uintptr_t address, uint32_t slot)
{
    if (in_shared_heap(address)) {
        const struct kg_page_object *object = kg_page_object_holding(address);
        return object == NULL || object->owner != slot;
    }
    return kg_span_slot(address) != slot;
}

/* The processor only says that the page is closed. */
static void decode(struct kg_fault *fault)
{
    uintptr_t address = fault->address;
    uint32_t slot = kg_frame_newest(fault->thread)->slot;
    bool others = in_monitor(address) || (kg_in_arena(address) && is_others(address, slot));
    if (fault->cause == KG_CAUSE_PERMISSION && others) {
        fault->cause = KG_CAUSE_TAG;
    }
}

/* Host code on another thread has run into what is closed only while a domain runs: it tries again
 * until that is over. The same place twice in one and the same host's state is a real fault. */
static bool host_fault(uintptr_t address)
{
    static __thread struct {
        uintptr_t address;
        uint64_t turn;
    } last;
    const struct kg_page_state *state = &kg_page_state;
    if (!kg_in_arena(address) && !in_monitor(address)) {
        return false;
    }
    const struct kg_thread *inside = __atomic_load_n(&state->thread, __ATOMIC_RELAXED);
    if (inside != NULL && inside == kg_local.real) {
        return false;
    }
    uint64_t turn = __atomic_load_n(&state->turns, __ATOMIC_ACQUIRE);
    bool again = turn % 2 == 0 && turn == last.turn && address == last.address;
    last.address = address;
    last.turn = turn;
    return !again;
}

const struct kg_backend kg_backend_page = {
    .id = KG_BACKEND_PAGE,
    .name = "page",
    .clears = true,
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_READ |
                KG_PROMISE_MONITOR_WRITE | KG_PROMISE_CONSTANT_WRITE,
    .readonly = true,
    .monitor_hidden = true,
    .build = KG_BUILD_PLAIN,
    .unit_bytes = KG_PAGE_BYTES,
    .probe = probe,
    .start = start,
    .tag = tag,
    .forget = forget,
    .tag_read = tag_read,
    .monitor_open = monitor_open,
    .monitor_close = monitor_close,
    .decode = decode,
    .unwind = kg_unwind_page,
    .enter = KG_GATES_BY_LEVEL(kg_enter_page),
    .slow = KG_GATES_BY_LEVEL(kg_slow_page),
    .signal_enter = kg_page_signal_enter,
    .signal_leave = kg_page_signal_leave,
    .host_fault = host_fault,
};
