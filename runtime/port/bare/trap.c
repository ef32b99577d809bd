/* SPDX-License-Identifier: MIT */
/* What a kernel's exception and interrupt handlers tell the monitor. Part of the library. */
#include "core/core.h"

static void fill(struct kg_fault *fault, struct kg_thread *thread, const struct kg_trap *trap)
{
    fault->thread = thread;
    fault->signal = 0;
    fault->code = 0;
    fault->key = -1;
    fault->address = trap->address;
    fault->instruction = trap->instruction;
    fault->stack = trap->stack;
    fault->write = trap->write;
    fault->cause = trap->cause;
    fault->message = NULL;
    fault->registers = trap->registers;
}

static bool died(struct kg_thread *thread, const struct kg_trap *trap)
{
    struct kg_fault fault;
    fill(&fault, thread, trap);
    kg_local.settling = true;
    (void)kg_fault_settle(&fault);
    kg_local.settling = false;
    return true;
}

static bool late(struct kg_thread *thread, const struct kg_trap *trap)
{
    if (kg_death_noticed(thread)) {
        return true;
    }
    if (thread->deadline == NULL) {
        return false;
    }
    struct kg_fault fault;
    fill(&fault, thread, trap);
    kg_local.settling = true;
    bool out = kg_deadline_expired(&fault);
    kg_local.settling = false;
    return out;
}

/* The page backend opens the monitor's memory before it is touched, and shuts it again when the
 * interrupted domain goes on. */
static inline __attribute__((always_inline)) enum kg_trap_answer settle(
    struct kg_trap *trap, bool (*about)(struct kg_thread *, const struct kg_trap *))
{
    const struct kg_backend *backend = kg_sealed.active;
    struct kg_thread *thread = kg_local.real;
    if (backend == NULL || thread == NULL || kg_local.thread != thread || !kg_inside_by_books()) {
        return KG_TRAP_NOT_OURS;
    }
    if (backend->signal_enter != NULL) {
        backend->signal_enter();
    }
    if (!kg_local.settling && about(thread, trap)) {
        trap->resume = (uintptr_t)backend->unwind;
        return KG_TRAP_RESUME;
    }
    if (backend->signal_leave != NULL) {
        backend->signal_leave();
    }
    return KG_TRAP_NOT_OURS;
}

enum kg_trap_answer kg_trap_fault(struct kg_trap *trap)
{
    const struct kg_backend *backend = kg_sealed.active;
    enum kg_trap_answer answer = settle(trap, died);
    if (answer == KG_TRAP_NOT_OURS && backend != NULL && backend->host_fault != NULL &&
        trap->address != 0 && backend->host_fault(trap->address)) {
        answer = KG_TRAP_RETRY;
    }
    return answer;
}

enum kg_trap_answer kg_trap_look(struct kg_trap *trap)
{
    return settle(trap, late);
}

int kg_trap_stack(void *stack, size_t bytes)
{
    const struct kg_backend *backend = kg_sealed.active;
    return backend->trap_stack != NULL ? backend->trap_stack(stack, bytes) : 0;
}
