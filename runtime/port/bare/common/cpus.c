/* SPDX-License-Identifier: MIT */
/* Work for the CPUs besides the first. */
#include "common.h"

enum state {
    ABSENT = 0, /* has not arrived in platform_cpu_main */
    FREE,
    GIVEN,
    DONE,
};

static struct work {
    uint32_t state;
    void *(*function)(void *);
    void *argument;
    void *result;
    uint32_t giver; /* who is told when it is done */
} works[PLATFORM_CPUS_MAX];

static uint32_t state_of(const struct work *work)
{
    return __atomic_load_n(&work->state, __ATOMIC_ACQUIRE);
}

static void change(struct work *work, uint32_t state)
{
    __atomic_store_n(&work->state, state, __ATOMIC_RELEASE);
}

/* Rests until the work is in that state. Interrupts are off between the look and the rest, so that
 * a kick that comes then ends the rest. */
static void rest_until(const struct work *work, uint32_t state)
{
    uint64_t before = platform_interrupts_off();
    while (state_of(work) != state) {
        platform_idle();
    }
    platform_interrupts_restore(before);
}

_Noreturn void platform_cpu_main(uint32_t cpu)
{
    struct work *work = &works[cpu];
    change(work, FREE);
    for (;;) {
        rest_until(work, GIVEN);
        work->result = work->function(work->argument);
        change(work, DONE);
        platform_cpu_kick(work->giver);
    }
}

bool platform_cpu_run(uint32_t cpu, void *(*function)(void *), void *argument)
{
    if (cpu == 0 || cpu >= PLATFORM_CPUS_MAX || state_of(&works[cpu]) != FREE) {
        return false;
    }
    works[cpu].function = function;
    works[cpu].argument = argument;
    works[cpu].giver = platform_cpu();
    change(&works[cpu], GIVEN);
    platform_cpu_kick(cpu);
    return true;
}

void *platform_cpu_wait(uint32_t cpu)
{
    struct work *work = &works[cpu];
    rest_until(work, DONE);
    void *result = work->result;
    change(work, FREE);
    return result;
}
