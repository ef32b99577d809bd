/* SPDX-License-Identifier: MIT */
/* What the files of this CPU share. */
#ifndef KG_BARE_MACHINE_H
#define KG_BARE_MACHINE_H

#include "layout.h"
#include "port/bare/platform.h"

#define MSR_APIC_BASE 0x1bu
#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_SFMASK 0xc0000084u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u

/* ---- Instructions ---- */

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint64_t msr_read(uint32_t number)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number) : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t number, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t part)
{
    struct cpuid id;
    __asm__ volatile("cpuid"
                     : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx)
                     : "a"(leaf), "c"(part));
    return id;
}

/* Not before what comes first in the program is done (SDM vol. 2, RDTSC). */
static inline uint64_t ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* value * factor / 2^32, in full. */
static inline uint64_t scale(uint64_t value, uint64_t factor)
{
    uint64_t low, high;
    __asm__("mulq %3" : "=a"(low), "=d"(high) : "a"(value), "rm"(factor) : "cc");
    return high << 32 | low >> 32;
}

/* ---- Traps (traps.S, traps.c, descriptors.c) ---- */

/* The kernel's own copy of what was interrupted; the first 18 as a report keeps them. */
struct trap_frame {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rflags;
    uint64_t cs, ss;
    uint64_t error;
    uint64_t vector;
    uint64_t rights; /* as kg_trap_rights_open gave them */
    uint64_t depth;  /* TRAP_DEPTH, but for an INT instruction with an exception's number */
    uint64_t busy;   /* one while this frame is in use, else zero */
    uint64_t unused;
};

struct trap_area {
    uint8_t closed[KG_PAGE_BYTES];
    uint8_t stack[TRAP_AREA_BYTES - KG_PAGE_BYTES - F_BYTES];
    struct trap_frame frame;
};

extern uint8_t platform_trap_stacks[PLATFORM_CPUS_MAX][TRAP_KINDS][1 << TRAP_STACK_SHIFT];
extern struct trap_area platform_trap_areas[PLATFORM_CPUS_MAX][TRAP_KINDS];
extern const uint8_t platform_vectors[256][16];
extern const char platform_trap_text_start[], platform_trap_text_end[];

enum trap_way {
    TRAP_RETURN = 0, /* to what was interrupted, with its rights */
    TRAP_RESUME,     /* to where the frame says, with the monitor's */
};
uint64_t platform_trap(struct trap_frame *frame);

/* What the CPU reads on its way into a trap, whole pages, read-only, the same for all CPUs. It
 * reads them with the rights that are in force, and PKRS guards that too (SDM vol. 3, 4.6.2: all
 * but instruction fetches; seen on QEMU 7.2): where they are denied, a trap ends in a triple
 * fault. */
void *platform_trap_tables(size_t *bytes);

/* Fills the tables all CPUs share; and loads them on the calling one. */
void platform_descriptors_start(void);
void platform_descriptors_load(uint32_t cpu);

/* ---- Processors (cpus.c, apic.c, acpi.c, start.c) ---- */

/* Stacks of the CPUs' threads; the lowest page of each stays closed. */
extern uint8_t platform_cpu_stacks[PLATFORM_CPUS_MAX][CPU_STACK];

/* The local APIC identifiers the machine says it has, the caller's first. */
uint32_t platform_apics_find(uintptr_t rsdp, uint32_t *identifiers, uint32_t max);

/* `rsdp` of the firmware's tables, or 0. */
void platform_cpus_find(uintptr_t rsdp);

/* Control registers and what belongs to one CPU. */
void platform_cpu_prepare(void);

/* Says why this machine will not do, and ends. */
_Noreturn void platform_machine_lacks(const char *what);

/* An NMI has come: whatever other CPUs ask of this one. */
void platform_requests_answer(void);

/* Whether domains can run in ring 3 (ring3.c). */
extern uint8_t platform_ring3;

/* Readies this CPU for them. */
void platform_ring3_prepare(void);

/* How many CPUs run besides the first, or are about to. */
extern uint32_t platform_others_running;

/* Asks all other CPUs for a full flush of their translations and a barrier, and waits. One that is
 * not counted yet flushes after it is, and then finds what was written before the fence. */
void platform_others_ask(void);
static inline void platform_requests_make(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(__atomic_load_n(&platform_others_running, __ATOMIC_RELAXED) != 0, 0)) {
        platform_others_ask();
    }
}

/* Where start.S takes a second CPU, one at a time. */
struct platform_start_record {
    uint64_t wanted; /* one for the CPU that may go on; late ones find zero */
    uint64_t stack;
    uint64_t cpu;
    uint64_t tables;
};
extern struct platform_start_record platform_second;
extern const uint8_t platform_trampoline[], platform_trampoline_end[];
_Noreturn void platform_second_cpu(uint32_t cpu);

void platform_apic_start(void);
uint32_t platform_apic_identifier(void);
void platform_apic_done(void);
void platform_apic_send(uint32_t identifier, uint32_t command);
void platform_apic_timer(uint32_t count);
uint32_t platform_apic_timer_left(void);

/* Low words of the interrupt command register (SDM vol. 3, 10.6.1). */
#define APIC_FIXED 0x00004000u
#define APIC_NMI 0x00004400u
#define APIC_INIT 0x00004500u
#define APIC_STARTUP 0x00004600u

/* Measures the clocks. The APIC must be on. */
void platform_timer_start(void);
bool platform_timer_due(void);
void platform_wait_ns(uint64_t ns);

/* ---- Memory (tables.c) ---- */

struct physical_range {
    uint64_t start;
    uint64_t end;
};

/* Builds the tables for these ranges of memory, with pages taken from *free on, and loads them. */
void platform_tables_start(const struct physical_range *memory, uint32_t count, uintptr_t *free);
uintptr_t platform_tables(void);
void platform_tables_reload(void);

/* Whether an address lies in a page that is closed because a stack ends there. */
bool platform_stack_end(uintptr_t address);

void platform_console_start(void);

#endif
