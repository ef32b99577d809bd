/* SPDX-License-Identifier: MIT */
/* Several CPUs: a shoot-down that a writer races with, requests from everywhere to everywhere, and
 * registers of a CPU that is asked all the time. */
#include "trap_check_x86_64.h"

#define ROUNDS 1000u
#define ROUNDS_NS UINT64_C(2000000000) /* where CPUs take turns (-icount) a round takes long */
#define WATCH_NS 100000u
#define LONG_NS 3000000u /* until a writer that is not running at the moment has had its turn */
#define LOOPS 30u
#define LOOPS_NS UINT64_C(100000000)
#define STORM_BARRIERS 50u

static void *add_one(void *argument)
{
    return (char *)argument + platform_cpu() + 1;
}

struct race {
    volatile uint64_t *word; /* as the second CPU sees it */
    uint64_t count;
    bool stop;
};

static void write_on(void *argument)
{
    struct race *race = argument;
    for (;;) {
        race->count++;
        *race->word = race->count;
    }
}

static void *race_writer(void *argument)
{
    struct race *race = argument;
    check_expected[platform_cpu()] = true;
    (void)check_try(write_on, race);
    check_expected[platform_cpu()] = false;
    return check_seen[platform_cpu()].write ? race : NULL;
}

/* What the second CPU has written when the flush is over must be its last. */
static uint64_t race_round(uint32_t cpu, uintptr_t virtual, bool flush, uint32_t round)
{
    uintptr_t physical;
    unsigned how;
    struct race race = {.word = (volatile uint64_t *)virtual};
    if (!platform_entry_look(virtual, &physical, &how) ||
        !platform_cpu_run(cpu, race_writer, &race)) {
        return 1000000;
    }
    volatile uint64_t *own = (volatile uint64_t *)physical;
    *own = 0;
    while (*own < 10 + round % 97) {
        platform_pause();
    }
    unsigned after = round % 2 == 0 ? KG_MAP_CLOSED : KG_MAP_READ;
    (void)platform_entry_set(virtual, physical, after);
    if (flush) {
        platform_flush(virtual, KG_PAGE_BYTES);
    }
    uint64_t then = *own;
    uint64_t until = kg_port_time_ns() + (flush ? WATCH_NS : LONG_NS);
    while (kg_port_time_ns() < until) {
        platform_pause();
    }
    uint64_t late = *own - then;
    if (!flush) {
        platform_flush(virtual, KG_PAGE_BYTES);
    }
    check(platform_cpu_wait(cpu) == &race, "the writer faulted");
    (void)platform_entry_set(virtual, physical, KG_MAP_WRITE);
    return late;
}

static void check_race(uint32_t cpus, uintptr_t page, bool flush)
{
    uint64_t late = 0;
    uint32_t rounds = 0;
    uint64_t start = kg_port_time_ns();
    for (; rounds < ROUNDS && kg_port_time_ns() - start < ROUNDS_NS; rounds++) {
        late += race_round(1 + rounds % (cpus - 1), page, flush, rounds) != 0;
    }
    platform_print("shoot-down: %u rounds, %lu with a late write%s\n", rounds, late,
                   flush ? "" : " (nothing was flushed)");
    check(flush ? late == 0 : late > 0, "shoot-down");
}

static uint32_t storm_left;

/* All at once, with interrupts off: each waits for the others. */
static void *storm(void *argument)
{
    uint64_t before = platform_interrupts_off();
    __atomic_sub_fetch(&storm_left, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&storm_left, __ATOMIC_SEQ_CST) != 0) {
        platform_pause();
    }
    for (uint32_t i = 0; i < STORM_BARRIERS; i++) {
        platform_cpus_barrier();
    }
    platform_interrupts_restore(before);
    return argument;
}

/* Registers and rights of a CPU that timers, kicks and other CPUs' requests keep interrupting. */
static void *loop_on(void *argument)
{
    bool same = true;
    uint64_t rights = check_narrow_rights();
    uint64_t before = check_looks[platform_cpu()];
    platform_timer_set(kg_port_time_ns() + check_period_ns);
    for (uint32_t i = 0; i < LOOPS || check_looks[platform_cpu()] - before < 20; i++) {
        same = same && check_loop(1000000, rights);
    }
    platform_timer_set(0);
    return same ? argument : NULL;
}

static void check_disturbed(void)
{
    bool done = false;
    uint64_t requests = 0;
    check_period_ns = 50000;
    check(platform_cpu_run(1, loop_on, &done), "a loop");
    uint64_t until = kg_port_time_ns() + LOOPS_NS;
    while (kg_port_time_ns() < until) {
        platform_cpus_barrier();
        platform_cpu_kick(1);
        requests++;
    }
    check(platform_cpu_wait(1) == &done, "registers and rights across requests");
    check_period_ns = 0;
    platform_timer_set(0);
    platform_print("requests: %lu during a loop\n", requests);
}

void check_cpus(uintptr_t page, bool flush)
{
    uint32_t cpus = platform_cpus_start();
    platform_print("cpus: %u\n", cpus);
    for (uint32_t cpu = 1; cpu < cpus; cpu++) {
        uint64_t before = check_looks[cpu];
        while (!platform_cpu_run(cpu, add_one, (void *)0x1000)) {
            platform_pause();
        }
        check(platform_cpu_wait(cpu) == (void *)(uintptr_t)(0x1001 + cpu), "work on a second CPU");
        platform_wait_ns(1000000);
        check(check_looks[cpu] > before, "a kick");
    }
    if (cpus == 1) {
        return;
    }
    check_race(cpus, page, flush);
    storm_left = cpus;
    for (uint32_t cpu = 1; cpu < cpus; cpu++) {
        check(platform_cpu_run(cpu, storm, &storm_left), "a storm");
    }
    (void)storm(NULL);
    for (uint32_t cpu = 1; cpu < cpus; cpu++) {
        check(platform_cpu_wait(cpu) == &storm_left, "a storm's end");
    }
    platform_print("barriers: all CPUs at once\n");
    check_disturbed();
}

