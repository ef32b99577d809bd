/* SPDX-License-Identifier: MIT */
/* Threads, which are CPUs here: traps, deadlines, notifications, barriers. */
#include "common.h"

#include "core/layout.h"

#include <keygate/status.h>

#define PERIOD_NS 1000000u

/* By the thread's number in the monitor's books. */
static uint32_t cpu_of[KG_THREADS_MAX];

/* When this CPU's timer goes off next; 0: never. Written by the CPU itself only. */
static uint64_t deadlines[PLATFORM_CPUS_MAX];

int kg_port_thread_start(struct kg_thread *thread)
{
    cpu_of[thread->index] = platform_cpu();
    void *stack;
    for (uint32_t i = 0; (stack = platform_trap_stack(i)) != NULL; i++) {
        int status = kg_trap_stack(stack, PLATFORM_TRAP_STACK_BYTES);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

void kg_port_thread_stop(struct kg_thread *thread)
{
    kg_port_deadline_clear(thread);
}

uint64_t kg_port_signals_hold(void)
{
    return platform_interrupts_off();
}

void kg_port_signals_release(uint64_t held)
{
    platform_interrupts_restore(held);
}

bool kg_port_in_handler(void)
{
    return platform_in_trap();
}

void kg_port_notify(struct kg_thread *thread)
{
    platform_cpu_kick(cpu_of[thread->index]);
}

/* An interrupt between the two writes would ask for the moment after this one. */
static void set(uint64_t at_ns)
{
    uint64_t before = platform_interrupts_off();
    deadlines[platform_cpu()] = at_ns;
    platform_timer_set(at_ns);
    platform_interrupts_restore(before);
}

int kg_port_deadline_set(struct kg_thread *thread, uint64_t at_ns)
{
    (void)thread;
    if (kg_port_failure("timer")) {
        return -KG_ESYSTEM;
    }
    set(at_ns != 0 ? at_ns : 1);
    return 0;
}

void kg_port_deadline_clear(struct kg_thread *thread)
{
    (void)thread;
    set(0);
}

/* Periods that passed while nobody could look are not made up for. */
void platform_timer_expired(void)
{
    uint64_t *deadline = &deadlines[platform_cpu()];
    if (*deadline == 0) {
        platform_timer_set(0);
        return;
    }
    uint64_t now = kg_port_time_ns();
    while (*deadline <= now) {
        *deadline += ((now - *deadline) / PERIOD_NS + 1) * PERIOD_NS;
    }
    platform_timer_set(*deadline);
}

int kg_port_barrier(void)
{
    platform_cpus_barrier();
    return 0;
}
