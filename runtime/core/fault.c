/* SPDX-License-Identifier: MIT */
/* A domain crashed, hung or gave up: who is to blame, what is kept of it, and who must know. Runs
 * in a signal handler or trap that interrupted domain code, so no lock is held by this thread but
 * one a crossing holds. */
#include "active.h"

#include "text.h"

#include <string.h>

/* How far a domain has memory of its own from the address on; 0: it has none there. */
static size_t own_bytes(const struct kg_domain *domain, uintptr_t address)
{
    uint32_t slot = domain->slot;
    uintptr_t offset = address - (uintptr_t)kg_span(slot);
    if (offset < domain->heap_bytes) {
        return domain->heap_bytes - offset;
    }
    for (uint32_t i = 0; i < domain->image.segment_count; i++) {
        const struct kg_image_segment *segment = &domain->image.segments[i];
        offset = address - (uintptr_t)domain->image.base - segment->start;
        if (offset < segment->bytes) {
            return segment->bytes - offset;
        }
    }
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = thread->next) {
        offset = address - thread->stack_base[slot];
        if (thread->stack_base[slot] != 0 && offset < thread->stack_bytes[slot]) {
            return thread->stack_bytes[slot] - offset;
        }
    }
    return 0;
}

/* Whose memory the address is, as far as the books know. */
static void find_owner(struct kg_report *report)
{
    uintptr_t address = report->address;
    report->monitor = false;
    if (kg_in_arena(address)) {
        uint32_t slot = kg_span_slot(address);
        report->owner = slot == 0 ? kg_object_owner_at(address)
                        : own_bytes(&kg_books->domains[slot], address) != 0 ? slot
                                                                            : KG_OWNER_NONE;
        return;
    }
    report->monitor = kg_in_monitor(address);
    report->owner = report->monitor ? KG_OWNER_HOST : KG_OWNER_NONE;
}

static bool in_stack_guard(const struct kg_thread *thread, uint32_t slot, uintptr_t address)
{
    uintptr_t base = thread->stack_base[slot];
    return base != 0 && address < base && base - address <= KG_STACK_GUARD_BYTES;
}

static void copy_registers(uint64_t *to, const uint64_t *from)
{
#pragma GCC unroll 34
    for (uint32_t i = 0; i < KG_ARCH_REGISTERS; i++) {
        to[i] = from[i];
    }
}

/* Whose report it is, kg_domain_report adds. */
static void write_report(struct kg_domain *domain, const struct kg_fault *fault)
{
    struct kg_report *report = &domain->report;
    report->cause = fault->cause;
    report->instruction = fault->instruction;
    report->address = fault->address;
    report->write = fault->write;
    report->signal = fault->signal;
    if (fault->registers != NULL) {
        copy_registers(report->registers, fault->registers);
    } else {
        memset(report->registers, 0, sizeof report->registers);
    }
    const struct kg_frame *frame = kg_frame_newest(fault->thread);
    frame += frame->slot == KG_FRAME_HOST; /* the host waits for it outside that of a call out */
    kg_arch_caller(kg_gate_caller(fault->thread, frame), kg_sealed.active->clears,
                   report->caller);
    report->message = NULL;
    report->message_text[0] = '\0';
    find_owner(report);
    if (in_stack_guard(fault->thread, domain->slot, fault->address)) {
        report->cause = KG_CAUSE_STACK;
    }
}

/* A message is the domain's word: read only where the program's constants or its own memory are,
 * and only as far as they go. */
static void copy_message(struct kg_domain *domain, const char *message)
{
    struct kg_report *report = &domain->report;
    size_t limit = sizeof report->message_text - 1;
    uintptr_t at = (uintptr_t)message & UINT64_C(0x00ffffffffffffff);
    size_t own = kg_span_slot(at) == domain->slot ? own_bytes(domain, at) : 0;
    if (own == 0 && !kg_port_constant(at, 1)) {
        return;
    }
    if (own != 0 && own < limit) {
        limit = own;
    }
    const char *from = message;
    if (own != 0) {
        from = kg_active_monitor_open((void *)at, limit);
    }
    size_t length = 0;
    while (length < limit && (own != 0 || kg_port_constant(at + length, 1)) &&
           from[length] != '\0') {
        report->message_text[length] = from[length];
        length++;
    }
    report->message_text[length] = '\0';
    kg_text_clean(report->message_text);
    report->message = report->message_text;
    if (own != 0) {
        kg_active_monitor_close((void *)at, limit);
    }
}

/* Every thread that runs the domain is told; the one that crashed is on its way out already. */
static void notify_others(const struct kg_domain *domain, const struct kg_thread *self)
{
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = thread->next) {
        if (thread != self && kg_frame_newest(thread)->slot == domain->slot) {
            kg_port_notify(thread);
        }
    }
}

/* kg_panic and kg_assert end in a trap instruction at these addresses, with the message in the
 * first argument register: of the program for function domains, of its own for an image. */
extern const char kg_panic_trap[];
extern const char kg_assert_trap[];

static void find_message(const struct kg_domain *domain, struct kg_fault *fault)
{
    const struct kg_image_part *image = &domain->image;
    uintptr_t at = fault->instruction;
    if ((fault->cause != KG_CAUSE_INSTRUCTION && fault->cause != KG_CAUSE_TRAP) ||
        fault->registers == NULL) {
        return;
    }
    bool panic = at == (uintptr_t)kg_panic_trap || (at == image->panic_trap && at != 0);
    bool failed = at == (uintptr_t)kg_assert_trap || (at == image->assert_trap && at != 0);
    if (panic || failed) {
        fault->cause = panic ? KG_CAUSE_PANIC : KG_CAUSE_ASSERT;
        fault->message = (const char *)(uintptr_t)fault->registers[KG_ARCH_ARGUMENT];
    }
}

static void kill(struct kg_domain *domain, const struct kg_fault *fault)
{
    domain->state = KG_DOMAIN_DEAD;
    domain->killer = fault->thread;
    domain->deaths++;
    kg_doors_bar(domain);
    write_report(domain, fault);
    if (fault->message != NULL) {
        copy_message(domain, fault->message);
    }
    notify_others(domain, fault->thread);
}

static int64_t status_of(enum kg_cause cause)
{
    return cause == KG_CAUSE_DEADLINE ? -KG_EDEADLINE : -KG_EFAULTED;
}

/* Marks the running domain dead and says what its caller gets. The port then makes the thread go
 * on at the backend's unwind. */
int64_t kg_fault_settle(struct kg_fault *fault)
{
    struct kg_thread *thread = fault->thread;
    uint32_t slot = kg_frame_newest(thread)->slot;
    struct kg_domain *domain = kg_domain_find(slot);
    kg_lock();
    if (domain->state == KG_DOMAIN_LIVE) {
        find_message(domain, fault);
        kg_active_decode(fault);
        kill(domain, fault);
        thread->pending_status = status_of(domain->report.cause);
    } else {
        thread->pending_status = -KG_EKILLED;
    }
    kg_unlock();
    return thread->pending_status;
}

/* Kills each domain of the chain whose deadline has passed. Whether `slot` is one of them. */
static bool expire(struct kg_fault *fault, uint32_t slot)
{
    uint64_t now_ns = kg_port_time_ns();
    bool found = false;
    kg_lock();
    fault->cause = KG_CAUSE_DEADLINE;
    for (const struct kg_deadline *at = fault->thread->deadline; at != NULL; at = at->outer) {
        struct kg_domain *domain = kg_domain_find(at->slot);
        if (at->at_ns > now_ns || domain == NULL) {
            continue;
        }
        if (domain->state == KG_DOMAIN_LIVE) {
            kill(domain, fault);
        }
        found = found || at->slot == slot;
    }
    kg_unlock();
    return found;
}

/* The timer has gone off. True when the domain that runs is past its deadline, so that the thread
 * must go on at the unwind. */
bool kg_deadline_expired(struct kg_fault *fault)
{
    struct kg_thread *thread = fault->thread;
    uint32_t running = kg_frame_newest(thread)->slot;
    if (thread->deadline == NULL || running == KG_FRAME_HOST || !expire(fault, running)) {
        return false; /* between calls it fires again */
    }
    thread->pending_status = -KG_EDEADLINE;
    return true;
}

/* The host is about to return into a domain: time it has spent counts as the domain's. The gate
 * finds the domain dead. */
void kg_deadline_check(struct kg_thread *thread)
{
    struct kg_fault fault = {.thread = thread, .key = -1};
    (void)expire(&fault, KG_FRAME_HOST);
}

/* The thread ends within its calls. */
void kg_fault_abandon(struct kg_thread *thread)
{
    struct kg_frame *end = &thread->frames[KG_DEPTH_MAX + 1];
    struct kg_fault fault = {.thread = thread, .key = -1, .cause = KG_CAUSE_ABORT};
    for (struct kg_frame *frame = kg_frame_newest(thread); frame < end; frame++) {
        struct kg_domain *domain = kg_domain_find(frame->slot);
        if (domain != NULL && domain->state == KG_DOMAIN_LIVE) {
            kill(domain, &fault);
        }
        if (domain != NULL) {
            kg_objects_return(domain->slot);
        }
    }
}

/* Somebody asked this thread to look: does it run a domain that is dead? */
bool kg_death_noticed(struct kg_thread *thread)
{
    uint32_t running = kg_frame_newest(thread)->slot;
    if (running == KG_FRAME_HOST || !thread->dead[running]) {
        return false;
    }
    /* The killer itself may be caught once more before it is out. */
    const struct kg_domain *domain = kg_domain_find(running);
    bool killer = domain->killer == thread;
    thread->pending_status = killer ? status_of(domain->report.cause) : -KG_EKILLED;
    return true;
}
