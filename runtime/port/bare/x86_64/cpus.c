/* SPDX-License-Identifier: MIT */
/* The other CPUs: waking them, and having them do something at once. */
#include "machine.h"

#include <string.h>

/* A request is an NMI, because the CPU it is for may have interrupts off and wait for a lock that
 * the asking one holds. NMIs may merge, so what counts are numbers: how often this CPU was asked,
 * and up to where it has answered. */
static struct cpu {
    uint32_t identifier; /* of its local APIC */
    uint32_t running;
    uint64_t asked;
    uint64_t answered;
} cpus[PLATFORM_CPUS_MAX];

static uint32_t found = 1;

uint32_t platform_others_running;

uint8_t platform_cpu_stacks[PLATFORM_CPUS_MAX][CPU_STACK] __attribute__((aligned(4096)));
struct platform_start_record platform_second;

/* A CPU's thread pointer, on its way to it. */
static uintptr_t thread_pointer;

#define ANSWER_NS UINT64_C(10000000000)
#define ARRIVE_NS UINT64_C(1000000000)
#define STARTUP_NS UINT64_C(200000)
#define INIT_NS UINT64_C(10000)

void platform_cpus_find(uintptr_t rsdp)
{
    uint32_t identifiers[PLATFORM_CPUS_MAX];
    found = platform_apics_find(rsdp, identifiers, PLATFORM_CPUS_MAX);
    for (uint32_t cpu = 0; cpu < found; cpu++) {
        cpus[cpu].identifier = identifiers[cpu];
    }
    cpus[0].running = 1;
}

static bool running(uint32_t cpu)
{
    return __atomic_load_n(&cpus[cpu].running, __ATOMIC_SEQ_CST) != 0;
}

/* ---- Requests ---- */

/* The way back from an NMI is a barrier too. */
void platform_requests_answer(void)
{
    struct cpu *own = &cpus[platform_cpu()];
    uint64_t asked = __atomic_load_n(&own->asked, __ATOMIC_SEQ_CST);
    platform_tables_reload();
    __atomic_store_n(&own->answered, asked, __ATOMIC_SEQ_CST);
}

static void await(uint32_t cpu, uint64_t number, uint64_t since)
{
    while (__atomic_load_n(&cpus[cpu].answered, __ATOMIC_SEQ_CST) < number) {
        if (kg_port_time_ns() - since > ANSWER_NS) {
            platform_panic("a CPU does not answer");
        }
        platform_pause();
    }
}

void platform_others_ask(void)
{
    uint64_t numbers[PLATFORM_CPUS_MAX];
    uint32_t self = platform_cpu();
    uint32_t others = 0;
    for (uint32_t cpu = 0; cpu < found; cpu++) {
        if (cpu != self && running(cpu)) {
            numbers[cpu] = __atomic_add_fetch(&cpus[cpu].asked, 1, __ATOMIC_SEQ_CST);
            platform_apic_send(cpus[cpu].identifier, APIC_NMI);
            others |= 1u << cpu;
        }
    }
    uint64_t since = others != 0 ? kg_port_time_ns() : 0;
    for (uint32_t cpu = 0; cpu < found; cpu++) {
        if ((others >> cpu & 1) != 0) {
            await(cpu, numbers[cpu], since);
        }
    }
}

void platform_cpus_barrier(void)
{
    platform_requests_make();
}

void platform_cpu_kick(uint32_t cpu)
{
    if (cpu < found && running(cpu)) {
        platform_apic_send(cpus[cpu].identifier, APIC_FIXED | VECTOR_KICK);
    }
}

/* ---- The start ---- */

/* A CPU that becomes one that is asked may hold translations from before, so it forgets them. */
_Noreturn void platform_second_cpu(uint32_t cpu)
{
    platform_descriptors_load(cpu);
    platform_cpu_prepare();
    platform_thread_pointer_set(thread_pointer);
    platform_apic_start();
    __atomic_add_fetch(&platform_others_running, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&cpus[cpu].running, 1, __ATOMIC_SEQ_CST);
    platform_tables_reload();
    platform_interrupts_restore(UINT64_MAX);
    platform_cpu_main(cpu);
}

static bool arrives(uint32_t cpu, uint64_t within_ns)
{
    uint64_t since = kg_port_time_ns();
    while (!running(cpu)) {
        if (kg_port_time_ns() - since > within_ns) {
            return running(cpu);
        }
        platform_pause();
    }
    return true;
}

/* INIT, then one or two startup interrupts (SDM vol. 3, 8.4.4.1). Its wait of 10 ms is for
 * processors that have no long mode. */
static bool wake(uint32_t cpu)
{
    uint32_t identifier = cpus[cpu].identifier;
    platform_second.stack = (uintptr_t)platform_cpu_stacks[cpu] + CPU_STACK;
    platform_second.cpu = cpu;
    platform_second.tables = platform_tables();
    __atomic_store_n(&platform_second.wanted, 1, __ATOMIC_SEQ_CST);
    platform_apic_send(identifier, APIC_INIT);
    platform_wait_ns(INIT_NS);
    platform_apic_send(identifier, APIC_STARTUP | TRAMPOLINE >> 12);
    if (arrives(cpu, STARTUP_NS)) {
        return true;
    }
    platform_apic_send(identifier, APIC_STARTUP | TRAMPOLINE >> 12);
    return arrives(cpu, ARRIVE_NS) ||
           __atomic_exchange_n(&platform_second.wanted, 0, __ATOMIC_SEQ_CST) == 0;
}

uint32_t platform_cpus_start(void)
{
    memcpy((void *)TRAMPOLINE, platform_trampoline,
           (size_t)(platform_trampoline_end - platform_trampoline));
    for (uint32_t cpu = 1; cpu < found && !running(cpu); cpu++) {
        thread_pointer = platform_tls_make();
        if (thread_pointer == 0) {
            found = cpu;
        } else if (!wake(cpu)) {
            platform_print("keygate: CPU %u did not start\n", cpu);
            found = cpu;
        }
    }
    return found;
}
