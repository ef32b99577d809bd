/* SPDX-License-Identifier: MIT */
/* The descriptor tables: segments, the stacks for traps, the vectors (SDM vol. 3, 3.4.5, 6.14,
 * 7.7). */
#include "machine.h"

#define SEGMENT_CODE UINT64_C(0x00af9b000000ffff) /* 64-bit, present, accessed */
#define SEGMENT_DATA UINT64_C(0x00cf93000000ffff) /* writable, present, accessed */
#define SEGMENT_RING3 (UINT64_C(3) << 45)
#define SEGMENT_TASK UINT64_C(0x89)               /* 64-bit task segment, not busy */
#define GATE_INTERRUPT 0x8eu                      /* present, for ring 0; interrupts go off */
#define GATE_RING3 0x60u                          /* for ring 3, too */

#define VECTOR_NMI 2u
#define VECTOR_BREAKPOINT 3u
#define VECTOR_OVERFLOW 4u
#define VECTOR_DOUBLE_FAULT 8u
#define VECTOR_MACHINE_CHECK 18u

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t stack;
    uint8_t kind;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};

/* The stack table is all that is used of it: every trap has a stack there, whatever its ring. */
struct task {
    uint32_t reserved;
    uint32_t ring_stacks[6];
    uint32_t reserved_too[2];
    uint32_t trap_stacks[14];
    uint32_t reserved_more[2];
    uint16_t reserved_last;
    uint16_t io_map;
};
_Static_assert(sizeof(struct task) == 104, "a task segment as the CPU has it");
_Static_assert(sizeof(struct gate) == 16, "a gate as the CPU has it");

struct pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

/* All that the CPU itself reads on its way into a trap. Whole pages, which are read-only once they
 * are filled: nothing of a task segment is ever written in 64-bit mode, and of the segments only a
 * task's busy bit, below. */
struct tables {
    struct gate gates[256];
    uint64_t segments[SELECTOR_TSS / 8 + 2 * PLATFORM_CPUS_MAX];
    struct {
        struct task task;
        uint8_t unused[24];
    } tasks[PLATFORM_CPUS_MAX];
};
static union {
    struct tables tables;
    uint8_t pages[(sizeof(struct tables) + KG_PAGE_BYTES - 1) / KG_PAGE_BYTES][KG_PAGE_BYTES];
} whole __attribute__((aligned(4096)));
#define tables whole.tables

#define CR0_WRITE_PROTECT (UINT64_C(1) << 16)

static uint32_t kind_of(uint32_t vector)
{
    if (vector == VECTOR_NMI) {
        return TRAP_NMI;
    }
    if (vector == VECTOR_DOUBLE_FAULT || vector == VECTOR_MACHINE_CHECK) {
        return TRAP_FATAL;
    }
    return vector < VECTOR_INTERRUPTS ? TRAP_EXCEPTION : TRAP_INTERRUPT;
}

static void fill_task(uint32_t cpu)
{
    struct task *task = &tables.tasks[cpu].task;
    uint64_t base = (uintptr_t)task;
    task->io_map = sizeof *task;
    for (uint32_t kind = 0; kind < TRAP_KINDS; kind++) {
        uint64_t top = (uintptr_t)platform_trap_stacks[cpu][kind] + (1u << TRAP_STACK_SHIFT);
        task->trap_stacks[2 * kind] = (uint32_t)top;
        task->trap_stacks[2 * kind + 1] = (uint32_t)(top >> 32);
    }
    uint64_t *segment = &tables.segments[SELECTOR_TSS / 8 + 2 * cpu];
    segment[0] = (sizeof *task - 1) | (base & 0xffffff) << 16 | SEGMENT_TASK << 40 |
                 (base >> 24 & 0xff) << 56;
    segment[1] = base >> 32;
}

void *platform_trap_tables(size_t *bytes)
{
    *bytes = sizeof whole;
    return &whole;
}

bool kg_port_trap_table(uint32_t index, const void **start, size_t *bytes)
{
    *start = platform_trap_tables(bytes);
    return index == 0;
}

void platform_descriptors_start(void)
{
    for (uint32_t vector = 0; vector < 256; vector++) {
        uint64_t at = (uintptr_t)platform_vectors[vector];
        tables.gates[vector] = (struct gate){
            .offset_low = (uint16_t)at,
            .selector = SELECTOR_CODE,
            .stack = (uint8_t)(kind_of(vector) + 1),
            .kind = vector == VECTOR_BREAKPOINT || vector == VECTOR_OVERFLOW
                        ? GATE_INTERRUPT | GATE_RING3
                        : GATE_INTERRUPT,
            .offset_middle = (uint16_t)(at >> 16),
            .offset_high = (uint32_t)(at >> 32),
        };
    }
    tables.segments[SELECTOR_CODE / 8] = SEGMENT_CODE;
    tables.segments[SELECTOR_DATA / 8] = SEGMENT_DATA;
    tables.segments[SELECTOR_RING3_DATA / 8] = SEGMENT_DATA | SEGMENT_RING3;
    tables.segments[SELECTOR_RING3_CODE / 8] = SEGMENT_CODE | SEGMENT_RING3;
    for (uint32_t cpu = 0; cpu < PLATFORM_CPUS_MAX; cpu++) {
        fill_task(cpu);
    }
    size_t bytes;
    uintptr_t start = (uintptr_t)platform_trap_tables(&bytes);
    for (uintptr_t page = start; page < start + bytes; page += KG_PAGE_BYTES) {
        (void)platform_entry_set(page, page, KG_MAP_READ);
    }
    platform_flush(start, bytes);
}

/* Loading a task register sets its descriptor's busy bit, past write protection for once. */
static void load_task(uint32_t cpu)
{
    uint64_t cr0;
    __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("movq %1, %%cr0\n\tltr %w0\n\tmovq %2, %%cr0"
                     :
                     : "r"(SELECTOR_TSS + 16 * cpu), "r"(cr0 & ~CR0_WRITE_PROTECT), "r"(cr0)
                     : "memory");
}

void platform_descriptors_load(uint32_t cpu)
{
    struct pointer table = {sizeof tables.segments - 1, (uintptr_t)tables.segments};
    __asm__ volatile("lgdt %0" : : "m"(table) : "memory");
    load_task(cpu);
    table = (struct pointer){sizeof tables.gates - 1, (uintptr_t)tables.gates};
    __asm__ volatile("lidt %0" : : "m"(table) : "memory");
}

/* The task register is the one place that names the CPU and that nothing else ever writes. Until it
 * is loaded it is zero, on the first CPU. */
uint32_t platform_cpu(void)
{
    uint16_t selector;
    __asm__("str %0" : "=r"(selector));
    return selector < SELECTOR_TSS ? 0 : (selector - SELECTOR_TSS) / 16u;
}

void *platform_trap_stack(uint32_t index)
{
    _Static_assert(sizeof *platform_trap_stacks == PLATFORM_TRAP_STACK_BYTES, "one, of all kinds");
    return index == 0 ? platform_trap_stacks[platform_cpu()] : NULL;
}
