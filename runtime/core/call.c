/* SPDX-License-Identifier: MIT */
/* Calls that need C before or after the crossing: a first call, objects, deadlines, calls out of a
 * domain. */
#include "handles.h"

/* Through the backend's own way in, once everything else is done. */
static struct kg_outcome cross(const struct kg_gate *gate, const uint64_t *a)
{
    const struct kg_gate_head *in = &gate->fast;
    switch (gate->arguments) {
    case 0:
        return in->enter0(gate);
    case 1:
        return in->enter1(a[0], gate);
    case 2:
        return in->enter2(a[0], a[1], gate);
    case 3:
        return in->enter3(a[0], a[1], a[2], gate);
    case 4:
        return in->enter4(a[0], a[1], a[2], a[3], gate);
    case 5:
        return in->enter5(a[0], a[1], a[2], a[3], a[4], gate);
    default:
        return in->enter6(a[0], a[1], a[2], a[3], a[4], a[5], gate);
    }
}

/* A door that was shut for a moment while this thread was out of the domain altogether. */
static void door_again(struct kg_thread *thread, uint32_t slot)
{
    struct kg_frame *end = &thread->frames[KG_DEPTH_MAX + 1];
    for (struct kg_frame *frame = kg_frame_newest(thread); frame < end; frame++) {
        if (frame->slot == slot) {
            return;
        }
    }
    void *top = (void *)(uintptr_t)(thread->stack_base[slot] + thread->stack_bytes[slot] -
                                    KG_STACK_TOP_BYTES);
    thread->door[slot] = (uintptr_t)kg_active_pointer(top, slot);
}

static __attribute__((noinline)) int door_make(struct kg_thread *thread,
                                               const struct kg_gate *gate)
{
    uint32_t slot = gate->slot;
    kg_lock();
    /* While this waited, the domain may have ended and another begun in its slot. */
    bool gone_by_now = !gate->live || gate->slot != slot;
    int status = gone_by_now || gate->domain->state != KG_DOMAIN_LIVE ? -KG_EDEAD : 0;
    if (status == 0 && (thread->stack_base[slot] == 0 || thread->stack_empty[slot])) {
        status = kg_stack_open(thread, gate->domain);
    } else if (status == 0 && thread->door[slot] == 0) {
        door_again(thread, slot);
    }
    kg_unlock();
    return status;
}

/* Makes sure this thread can enter: the domain lives and there is a stack. */
static inline int door_open(struct kg_thread *thread, const struct kg_gate *gate)
{
    if (!gate->live || gate->domain->state != KG_DOMAIN_LIVE) {
        return -KG_EDEAD;
    }
    return thread->door[gate->slot] != 0 ? 0 : door_make(thread, gate);
}

/* When the first of the deadlines under way ends, 0: there is none. */
static uint64_t soonest(const struct kg_thread *thread)
{
    uint64_t at_ns = 0;
    for (const struct kg_deadline *at = thread->deadline; at != NULL; at = at->outer) {
        at_ns = at_ns == 0 || at->at_ns < at_ns ? at->at_ns : at_ns;
    }
    return at_ns;
}

/* The timer is set for the first of the deadlines under way and then ticks on, so that it finds the
 * later ones as well. */
static int timer_set(struct kg_thread *thread)
{
    uint64_t at_ns = soonest(thread);
    if (at_ns == 0) {
        kg_port_deadline_clear(thread);
        return 0;
    }
    return kg_port_deadline_set(thread, at_ns);
}

static struct kg_outcome cross_until(struct kg_thread *thread, const struct kg_gate *gate,
                                     const uint64_t *arguments)
{
    if (gate->deadline_ns == 0) {
        return cross(gate, arguments);
    }
    uint64_t now_ns = kg_port_time_ns();
    uint64_t room_ns = INT64_MAX - now_ns;
    uint64_t at_ns = now_ns + (gate->deadline_ns < room_ns ? gate->deadline_ns : room_ns);
    const struct kg_deadline own = {thread->deadline, at_ns, gate->slot};
    thread->deadline = &own;
    int status = timer_set(thread);
    struct kg_outcome outcome = {status, 0};
    if (status == 0) {
        outcome = cross(gate, arguments);
    }
    thread->deadline = own.outer;
    bool late = gate->domain->killer == thread &&
                gate->domain->report.cause == KG_CAUSE_DEADLINE;
    if (outcome.status == -KG_EKILLED && late) {
        outcome.status = -KG_EDEADLINE; /* it ran out in a call of its own, which came back first */
    }
    if (status == 0) {
        (void)timer_set(thread); /* else it ticks from the earlier moment */
    }
    return outcome;
}

/* A host function, called for a domain: on the host's stack with the host's rights. No timer
 * interrupts its system calls; what time it took is counted when it is done. */
static struct kg_outcome call_back(struct kg_thread *thread, const struct kg_gate *gate,
                                   const uint64_t *a)
{
    typedef uint64_t function6(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
    /* Every argument travels in a register, so passing more than it takes is harmless. */
    function6 *function = (function6 *)(void (*)(void))gate->function;
    bool timed = thread->deadline != NULL;
    if (timed) {
        kg_port_deadline_clear(thread);
    }
    const struct kg_gate *followed = thread->following; /* it may follow other links meanwhile */
    struct kg_outcome outcome = {0, function(a[0], a[1], a[2], a[3], a[4], a[5])};
    thread->following = followed;
    if (timed) {
        kg_deadline_check(thread);
        int status = timer_set(thread);
        if (status != 0) {
            outcome = (struct kg_outcome){status, 0};
        }
    }
    return outcome;
}

/* The short way for a call that gives one object and does nothing else with any. */
static inline __attribute__((always_inline)) struct kg_outcome call_giving(
    struct kg_thread *thread, uint32_t caller, const struct kg_gate *gate,
    const uint64_t *arguments)
{
    struct kg_object *object;
    kg_handle handle = arguments[gate->given - 1];
    int status = door_open(thread, gate);
    if (status != 0) {
        return (struct kg_outcome){status, 0};
    }
    kg_lock();
    status = kg_object_find(handle, &object);
    if (status == 0) {
        status = kg_object_usable(object, caller);
    }
    if (status == 0) {
        status = kg_object_move(object, gate->slot, KG_ACCESS_WRITE);
    }
    if (status == 0) {
        kg_object_pass(object, kg_domain_find(caller), gate->domain, gate->slot);
    }
    kg_unlock();
    if (status != 0) {
        return (struct kg_outcome){status, 0};
    }
    struct kg_outcome outcome = cross(gate, arguments);
    if (outcome.status != 0 && !kg_callee_ran(outcome.status)) {
        kg_handover_give_back(handle, caller, gate->slot);
    }
    return outcome;
}

/* One more call in a domain that may have only so many. Each thread counts its own, so that what a
 * thread leaves behind when it ends is easily forgotten. */
static int admit(struct kg_thread *thread, const struct kg_domain *domain)
{
    uint32_t calls = 0;
    kg_lock();
    for (const struct kg_thread *one = kg_books->threads; one != NULL; one = one->next) {
        calls += __atomic_load_n(&one->calls[domain->slot], __ATOMIC_RELAXED);
    }
    bool room = calls < domain->calls_max;
    if (room) {
        __atomic_add_fetch(&thread->calls[domain->slot], 1, __ATOMIC_RELAXED);
    }
    kg_unlock();
    return room ? 0 : -KG_ECALLS;
}

static struct kg_outcome cross_counted(struct kg_thread *thread, const struct kg_gate *gate,
                                       const uint64_t *arguments)
{
    if (gate->domain->calls_max == 0) {
        return cross_until(thread, gate, arguments);
    }
    uint32_t slot = gate->slot;
    int status = admit(thread, gate->domain);
    if (status != 0) {
        return (struct kg_outcome){status, 0};
    }
    struct kg_outcome outcome = cross_until(thread, gate, arguments);
    __atomic_sub_fetch(&thread->calls[slot], 1, __ATOMIC_RELAXED);
    return outcome;
}

/* A call with everything checked in C. `caller` is who asks: the host or a domain's slot. */
static __attribute__((noinline)) struct kg_outcome call_checked(
    struct kg_thread *thread, uint32_t caller, const struct kg_gate *gate,
    const uint64_t *arguments)
{
    struct kg_handover handover;
    bool host = gate->slot == KG_OWNER_HOST;
    int status = host ? 0 : door_open(thread, gate);
    if (status == 0 && gate->slow) {
        status = kg_handover_begin(&handover, gate, caller, arguments);
    }
    if (status != 0) {
        return (struct kg_outcome){status, 0};
    }
    struct kg_outcome outcome =
        host ? call_back(thread, gate, arguments) : cross_counted(thread, gate, arguments);
    if (gate->slow) {
        kg_handover_end(&handover, gate, &outcome);
    }
    return outcome;
}

static inline __attribute__((always_inline)) struct kg_outcome call(
    struct kg_thread *thread, uint32_t caller, const struct kg_gate *gate,
    const uint64_t *arguments)
{
    return gate->given != 0 ? call_giving(thread, caller, gate, arguments)
                            : call_checked(thread, caller, gate, arguments);
}

/* Who waits for the call in this frame: C may stand between. */
const struct kg_saved *kg_gate_caller(const struct kg_thread *thread, const struct kg_frame *frame)
{
    int64_t at = (const char *)frame - (const char *)thread;
    for (const struct kg_waiting *one = thread->waiting; one != NULL; one = one->outer) {
        if (one->top == at) {
            return one->caller;
        }
    }
    return &frame->saved;
}

/* From the host, when the fast path has a reason not to. */
struct kg_outcome kg_gate_slow(const struct kg_gate *gate, const uint64_t *arguments,
                               const struct kg_saved *caller)
{
    struct kg_thread *thread = kg_local.thread;
    if (thread != kg_local.real) { /* which one that is attached and in no handler is */
        int status = kg_check_thread();
        if (status != 0) {
            return (struct kg_outcome){status, 0};
        }
        thread = kg_local.thread;
    }
    bool hidden = kg_sealed.active->monitor_hidden;
    if (hidden) {
        kg_lock();
    }
    const struct kg_waiting waiting = {thread->waiting, caller, thread->top};
    thread->waiting = &waiting;
    struct kg_outcome outcome = call(thread, KG_OWNER_HOST, gate, arguments);
    thread->waiting = waiting.outer;
    if (hidden) {
        kg_unlock();
    }
    return outcome;
}

static struct kg_outcome serve(enum kg_service service, uint32_t caller, const uint64_t *a)
{
    switch (service) {
    case KG_SERVICE_OBJECT_CREATE:
        return kg_object_create_for(caller, a[0], a[1], (uint32_t)a[2]);
    case KG_SERVICE_OBJECT_DROP:
        return (struct kg_outcome){kg_object_drop_for(caller, a[0]), 0};
    case KG_SERVICE_OBJECT_PIN:
        return (struct kg_outcome){kg_object_pin_for(caller, a[0], a[1] != 0), 0};
    case KG_SERVICE_LOG:
        kg_domain_log(kg_domain_find(caller), a);
        return (struct kg_outcome){0, 0};
    case KG_SERVICE_TIME:
        return (struct kg_outcome){0, kg_port_time_ns()};
    default:
        return (struct kg_outcome){-KG_EARGUMENT, 0};
    }
}

/* From a domain: kg_leave has brought the call here, onto the host's stack. The gate pointer is
 * the domain's word and is looked up, not followed. */
struct kg_outcome kg_monitor_call(const struct kg_gate *gate, const uint64_t *arguments)
{
    struct kg_thread *thread = kg_local.thread;
    uint32_t caller = (kg_frame_newest(thread) + 1)->slot;
    uintptr_t offset = (uintptr_t)gate - (uintptr_t)kg_sealed.gates;
    size_t index = offset / sizeof(struct kg_gate);
    if (index >= KG_GATES_MAX || offset % sizeof(struct kg_gate) != 0) {
        return (struct kg_outcome){-KG_EARGUMENT, 0};
    }
    if (index < KG_SERVICE_COUNT) {
        return serve((enum kg_service)index, caller, arguments);
    }
    if (!gate->live) {
        return (struct kg_outcome){-KG_EDEAD, 0};
    }
    /* What a domain leaves on its own stack is not for the monitor to read: should the callee die,
     * the host function that called the domain is who waits. */
    const struct kg_frame *outer = kg_frame_newest(thread) + 1;
    const struct kg_waiting waiting = {thread->waiting, kg_gate_caller(thread, outer), thread->top};
    thread->waiting = &waiting;
    struct kg_outcome outcome = call(thread, caller, gate, arguments);
    thread->waiting = waiting.outer;
    return outcome;
}

/* From inside a domain: a call to the monitor itself. */
struct kg_outcome kg_service_call(enum kg_service service, uint64_t a, uint64_t b, uint64_t c)
{
    const struct kg_gate *gate = &kg_sealed.gates[service];
    return gate->head.enter3(a, b, c, gate);
}
