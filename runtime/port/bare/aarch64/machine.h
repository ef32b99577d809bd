/* SPDX-License-Identifier: MIT */
/* What the files of the reference platform for AArch64 share. The assembly takes the numbers. */
#ifndef KG_BARE_AARCH64_MACHINE_H
#define KG_BARE_AARCH64_MACHINE_H

/* struct machine_cpu, checked in cpus.c. */
#define CPU_TRAP_STACK 0
#define CPU_LAST_STACK 8
#define CPU_THREAD_STACK 16
#define CPU_THREAD_POINTER 24
#define CPU_CONTROL 32 /* MAIR, TCR, TTBR0, SCTLR, CPACR, as the first CPU has them */
#define CPU_FLAGS 72
#define CPU_BYTES 128

#define FLAG_MTE 1 /* GCR_EL1 and RGSR_EL1 exist (MTE2) */
#define FLAG_SVE 2 /* ZCR_EL1 exists */

/* struct machine_frame, checked in traps.c. */
#define FRAME_SP 248
#define FRAME_ELR 256
#define FRAME_SPSR 264
#define FRAME_BYTES 272

/* Why a vector was entered. The first is worth a look; the others are the end. */
#define TRAP_SYNCHRONOUS 0
#define TRAP_INTERRUPT 1
#define TRAP_NESTED 2    /* within a trap */
#define TRAP_UNEXPECTED 3 /* fast interrupt, system error, anything from EL0 */

#define SEMIHOSTING_EXIT 0x18
#define SEMIHOSTING_STOPPED 0x20026 /* ADP_Stopped_ApplicationExit */
#define PSCI_SYSTEM_OFF 0x84000008
#define PSCI_CPU_ON 0xc4000003

#define BOOT_STACK_BYTES 65536

/* struct machine_trap_area, checked in cpus.c. */
#define AREA_TRAP_TOP 0x5000
#define AREA_BYTES 0x8000

#ifndef __ASSEMBLER__

#include "port/bare/platform.h"

#define READ(name)                                                                              \
    __extension__({                                                                             \
        uint64_t value_;                                                                        \
        __asm__ volatile("mrs %0, " name : "=r"(value_) : : "memory");                          \
        value_;                                                                                 \
    })
#define WRITE(name, value)                                                                      \
    __asm__ volatile("msr " name ", %0" : : "r"((uint64_t)(value)) : "memory")
#define BARRIER(text) __asm__ volatile(text : : : "memory")

/* One for each CPU; TPIDR_EL1 leads to it. */
struct machine_cpu {
    uint64_t trap_stack; /* tops */
    uint64_t last_stack;
    uint64_t thread_stack;
    uint64_t thread_pointer;
    uint64_t control[5];
    uint64_t flags;
    uint64_t mpidr;
    uint32_t index;
    uint32_t running;     /* takes interrupts */
    uint64_t answered;    /* the newest barrier it has passed */
    uint64_t gic_target;  /* GICv2: its bit; GICv3: its redistributor */
    uint64_t gic_pending; /* what to hand back at the end of the interrupt */
};

extern struct machine_cpu machine_cpus[PLATFORM_CPUS_MAX];
extern uint32_t machine_cpu_count; /* those that the tree names */

struct machine_region {
    uint64_t start;
    uint64_t bytes;
};

/* A CPU's stacks for traps and for its last words. Nothing is ever mapped at the guards. */
struct machine_trap_area {
    unsigned char trap_guard[KG_PAGE_BYTES];
    unsigned char trap[PLATFORM_TRAP_STACK_BYTES];
    unsigned char last_guard[KG_PAGE_BYTES];
    unsigned char last[2 * KG_PAGE_BYTES];
};

extern struct machine_trap_area machine_trap_areas[PLATFORM_CPUS_MAX];

/* What the device tree says. */
struct machine_tree {
    struct machine_region memory; /* the part that holds the image */
    struct machine_region console;
    struct machine_region gic[2];
    uint32_t gic_version; /* 0: none was found */
    uint32_t timer_interrupt;
    bool psci_smc; /* else HVC */
    const char *arguments;
    void (*device)(uint64_t start, uint64_t bytes);
};

extern struct machine_tree machine_tree;
extern bool machine_mte;

/* In the order a report keeps registers. */
struct machine_frame {
    uint64_t x[31];
    uint64_t sp;
    uint64_t elr;
    uint64_t spsr;
};

/* tree.c: `device` is called for each device's registers. False: this is no device tree. */
bool machine_tree_read(const void *tree, void (*device)(uint64_t start, uint64_t bytes));
uint64_t machine_tree_bytes(const void *tree);

/* tables.c */
enum machine_kind { MACHINE_TEXT, MACHINE_CONSTANTS, MACHINE_DATA, MACHINE_MEMORY, MACHINE_DEVICE };
void machine_map(uint64_t start, uint64_t end, enum machine_kind kind);
void machine_map_image(void);
void machine_guard(uintptr_t page);
void machine_mmu_prepare(struct machine_cpu *cpu); /* for machine_control_load */

/* gic.c */
#define GIC_KICK 0u
#define GIC_BARRIER 1u
#define GIC_NONE 1023u
void machine_gic_start(void);
void machine_gic_cpu_start(struct machine_cpu *cpu);
uint32_t machine_gic_take(struct machine_cpu *cpu); /* the interrupt's number, or GIC_NONE */
void machine_gic_done(struct machine_cpu *cpu);
void machine_gic_send(const struct machine_cpu *cpu, uint32_t number);

/* timer.c, cpus.c, console.c */
void machine_timer_cpu_start(void);
void machine_cpus_prepare(void);
void machine_barrier_answer(void);
void machine_console_start(uintptr_t base);
_Noreturn void machine_off(void);
uint64_t machine_psci(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

/* start.S */
extern char machine_vectors[];
extern char machine_secondary[];
extern char machine_semihosting_halt[];
void machine_control_load(const struct machine_cpu *cpu);
void machine_page_zero_tagged(uintptr_t page);
uint64_t machine_semihosting(uint64_t operation, const void *block);

static inline struct machine_cpu *machine_self(void)
{
    return (struct machine_cpu *)READ("tpidr_el1");
}

#endif
#endif
