/* SPDX-License-Identifier: MIT */
/* The CPUs: how the others are started, and what they tell each other. */
#include "machine.h"

#include <stddef.h>

_Static_assert(offsetof(struct machine_cpu, trap_stack) == CPU_TRAP_STACK &&
                   offsetof(struct machine_cpu, last_stack) == CPU_LAST_STACK &&
                   offsetof(struct machine_cpu, thread_stack) == CPU_THREAD_STACK &&
                   offsetof(struct machine_cpu, thread_pointer) == CPU_THREAD_POINTER &&
                   offsetof(struct machine_cpu, control) == CPU_CONTROL &&
                   offsetof(struct machine_cpu, flags) == CPU_FLAGS &&
                   sizeof(struct machine_cpu) <= CPU_BYTES,
               "mend machine.h");
_Static_assert(offsetof(struct machine_trap_area, last_guard) == AREA_TRAP_TOP &&
                   sizeof(struct machine_trap_area) == AREA_BYTES,
               "mend machine.h");

#define THREAD_STACK_BYTES (64u << 10)
#define ARRIVAL_NS UINT64_C(5000000000)
#define MASK_INTERRUPTS (UINT64_C(1) << 7) /* DAIF.I */

struct machine_cpu machine_cpus[PLATFORM_CPUS_MAX];
uint32_t machine_cpu_count;
struct machine_trap_area machine_trap_areas[PLATFORM_CPUS_MAX] __attribute__((aligned(4096)));

static uint64_t barriers; /* how many were ever asked for */

_Noreturn void machine_secondary_main(void);

void machine_cpus_prepare(void)
{
    for (uint32_t i = 0; i < PLATFORM_CPUS_MAX; i++) {
        struct machine_trap_area *area = &machine_trap_areas[i];
        machine_guard((uintptr_t)area->trap_guard);
        machine_guard((uintptr_t)area->last_guard);
        machine_cpus[i].index = i;
        machine_cpus[i].trap_stack = (uintptr_t)area->last_guard;
        machine_cpus[i].last_stack = (uintptr_t)(area + 1);
    }
}

uint32_t platform_cpu(void)
{
    return machine_self()->index;
}

void *platform_trap_stack(uint32_t index)
{
    return index == 0 ? machine_trap_areas[platform_cpu()].trap : NULL;
}

void platform_thread_pointer_set(uintptr_t pointer)
{
    WRITE("tpidr_el0", pointer);
}

uint64_t platform_interrupts_off(void)
{
    uint64_t before = READ("daif");
    BARRIER("msr daifset, #2");
    return before;
}

void platform_interrupts_restore(uint64_t before)
{
    WRITE("daif", before);
}

/* Threads run with PSTATE.SP 0. */
bool platform_in_trap(void)
{
    return READ("spsel") != 0;
}

/* WFI ends also for an interrupt that is masked, so none is slept through. */
void platform_idle(void)
{
    BARRIER("dsb ish\n wfi\n msr daifclr, #2\n isb\n msr daifset, #2");
}

void platform_cpu_kick(uint32_t cpu)
{
    if (__atomic_load_n(&machine_cpus[cpu].running, __ATOMIC_ACQUIRE) != 0) {
        machine_gic_send(&machine_cpus[cpu], GIC_KICK);
    }
}

/* Whoever reads a later number answers the earlier ones with it. The DSB waits for what this CPU
 * has under way, checks of tags included. */
void machine_barrier_answer(void)
{
    struct machine_cpu *cpu = machine_self();
    uint64_t newest = __atomic_load_n(&barriers, __ATOMIC_SEQ_CST);
    BARRIER("dsb ish\n isb");
    __atomic_store_n(&cpu->answered, newest, __ATOMIC_SEQ_CST);
}

void platform_pause(void)
{
    if ((READ("daif") & MASK_INTERRUPTS) != 0) {
        machine_barrier_answer();
    }
    BARRIER("yield");
}

void platform_cpus_barrier(void)
{
    BARRIER("dsb ish");
    uint64_t mine = __atomic_add_fetch(&barriers, 1, __ATOMIC_SEQ_CST);
    uint32_t self = platform_cpu();
    for (uint32_t i = 0; i < machine_cpu_count; i++) {
        if (i != self && __atomic_load_n(&machine_cpus[i].running, __ATOMIC_SEQ_CST) != 0) {
            machine_gic_send(&machine_cpus[i], GIC_BARRIER);
        }
    }
    for (uint32_t i = 0; i < machine_cpu_count; i++) {
        const struct machine_cpu *cpu = &machine_cpus[i];
        while (i != self && __atomic_load_n(&cpu->running, __ATOMIC_SEQ_CST) != 0 &&
               __atomic_load_n(&cpu->answered, __ATOMIC_SEQ_CST) < mine) {
            platform_pause();
        }
    }
}

/* With caches and MMU on since machine_control_load. */
_Noreturn void machine_secondary_main(void)
{
    struct machine_cpu *cpu = machine_self();
    machine_gic_cpu_start(cpu);
    machine_timer_cpu_start();
    __atomic_store_n(&cpu->running, 1, __ATOMIC_SEQ_CST);
    machine_barrier_answer();
    BARRIER("msr daifclr, #15");
    platform_cpu_main(cpu->index);
}

/* The new CPU reads its block with caches off (Arm ARM, DC CIVAC: to the point of coherency). */
static void write_back(const struct machine_cpu *cpu)
{
    for (uintptr_t at = (uintptr_t)cpu; at < (uintptr_t)(cpu + 1); at += 16) {
        __asm__ volatile("dc civac, %0" : : "r"(at) : "memory");
    }
    BARRIER("dsb sy");
}

static bool prepare(struct machine_cpu *cpu)
{
    void *stack = NULL;
    if (kg_port_reserve(THREAD_STACK_BYTES, KG_PAGE_BYTES, KG_PAGE_BYTES, &stack) != 0 ||
        kg_port_map(stack, THREAD_STACK_BYTES, KG_MAP_WRITE) != 0) {
        return false;
    }
    cpu->thread_stack = (uintptr_t)stack + THREAD_STACK_BYTES;
    cpu->thread_pointer = platform_tls_make();
    cpu->flags = machine_cpus[0].flags;
    for (uint32_t i = 0; i < sizeof cpu->control / sizeof *cpu->control; i++) {
        cpu->control[i] = machine_cpus[0].control[i];
    }
    write_back(cpu);
    return cpu->thread_pointer != 0;
}

/* CPUs must have no number left out, so the first that fails is the last; how many run is told. */
uint32_t platform_cpus_start(void)
{
    uint32_t count = 1;
    for (uint32_t i = 1; i < machine_cpu_count; i++, count++) {
        struct machine_cpu *cpu = &machine_cpus[i];
        if (__atomic_load_n(&cpu->running, __ATOMIC_SEQ_CST) != 0) {
            continue;
        }
        if (!prepare(cpu) || machine_psci(PSCI_CPU_ON, cpu->mpidr, (uintptr_t)machine_secondary,
                                          (uintptr_t)cpu) != 0) {
            break;
        }
        uint64_t late = kg_port_time_ns() + ARRIVAL_NS;
        while (__atomic_load_n(&cpu->running, __ATOMIC_SEQ_CST) == 0) {
            if (kg_port_time_ns() > late) {
                platform_panic("a CPU was started and did not arrive");
            }
            platform_pause();
        }
    }
    return count;
}
