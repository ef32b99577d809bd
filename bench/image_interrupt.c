/* SPDX-License-Identifier: MIT */
/* What a timer's interrupt takes from the code it interrupts: so many turns of a loop in which one
 * comes, and the same turns without. The report shows the difference. */
#include "kb.h"

#include "port/bare/platform.h"

#include <keygate/keygate.h>

/* The loop runs a nanosecond an instruction, and the interrupt comes well within it, whatever the
 * setting of the timer and the way in take. */
#define TURNS 20000u
#define FIRST_NS 10000u

static int outside(void *context, uint64_t n)
{
    const bool *timer = context;
    KB_LOOP_APART(n, if (*timer) { platform_timer_set(kg_port_time_ns() + FIRST_NS); },
                  KB_USE(kb_turns(TURNS)), platform_timer_set(0));
    return 0;
}

struct inside {
    const struct kg_gate *gate;
    bool timer;
};

static int inside(void *context, uint64_t n)
{
    const struct inside *inside = context;
    int bad = 0;
    KB_LOOP_APART(n, if (inside->timer) { platform_timer_set(kg_port_time_ns() + FIRST_NS); },
                  bad |= kg_gate_call(inside->gate, NULL, TURNS), platform_timer_set(0));
    return bad;
}

void kb_work_interrupt(const struct kb_backend *backend)
{
    static struct kg_entry turns;
    static const bool no = false, yes = true;
    turns = kb_entry(backend, (kg_function *)(void (*)(void))kb_turns, 1, 0);
    struct inside call = {kb_gate(backend->a, &turns, NULL), false};
    kb_row_apart("turns-outside", outside, (void *)(uintptr_t)&no);
    kb_row_apart("interrupt-outside", outside, (void *)(uintptr_t)&yes);
    kb_row_apart("turns-inside", inside, &call);
    call.timer = true;
    kb_row_apart("interrupt-inside", inside, &call);
}
