/* SPDX-License-Identifier: MIT */
/* The rest of the machine: descriptors, 8259s, 8254, the serial line, and what traps mean. */
#include "machine.h"

#include "../pebble.h"

#include <keygate/keygate.h>
#include <port/port.h>

#define TICK_NS 1000000u
#define PIT_DIVIDER 1193u /* of 1193182 Hz: a millisecond, nearly */
#define SERIAL 0x3f8
#define END 0xf4

#define CR4_PKE (1u << 22)
#define CR4_PKS (1u << 24)
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u
#define MSR_PKRS 0x6e1u
#define FLAG_INTERRUPTS 0x200u

struct gate {
    uint16_t low;
    uint16_t selector;
    uint16_t kind; /* which stack, and what it is */
    uint16_t middle;
    uint32_t high;
    uint32_t zero;
};

extern uint64_t descriptors[5];
extern char trap_vectors[];
extern unsigned char trap_stacks[2][TRAP_STACK];
extern uint32_t trap_busy;

static struct gate gates[VECTORS];
static uint32_t task[26]; /* task segment, by words: stack 1 is at 36 (SDM vol. 3, 7.7) */
static const char *arguments = "";

_Noreturn void machine_trap_twice(void);

static void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

/* ---- Console and end ---- */

void machine_put(char c)
{
    while ((in(SERIAL + 5) & 0x20) == 0) {
    }
    out(SERIAL, (uint8_t)c);
}

/* QEMU's status is 2 n + 1. */
_Noreturn void machine_end(bool well)
{
    __asm__ volatile("outl %0, %1" : : "a"(well ? 16u : 17u), "Nd"((uint16_t)END));
    for (;;) {
        __asm__ volatile("cli\n\thlt");
    }
}

const char *machine_arguments(void)
{
    return arguments;
}

/* ---- Fibres ---- */

uintptr_t machine_prepare(void *top)
{
    uint64_t *stack = top;
    *--stack = 0; /* so that the stack is as at a call */
    *--stack = (uintptr_t)pebble_fibre_begin;
    *--stack = 2; /* RFLAGS: nothing on */
    for (int i = 0; i < 6; i++) {
        *--stack = 0;
    }
    return (uintptr_t)stack;
}

void machine_pointer_set(uintptr_t pointer)
{
    msr_write(MSR_FS_BASE, pointer);
}

/* Variables end where the pointer points, which leads to itself (the psABI's variant 2). */
uintptr_t machine_tls(unsigned char *block, unsigned char **variables)
{
    uintptr_t pointer = (uintptr_t)block + (uintptr_t)image_tls_bytes;
    __builtin_memcpy((void *)pointer, &pointer, sizeof pointer);
    *variables = block;
    return pointer;
}

/* Which register holds rights is the chosen backend's affair. */
uint64_t machine_rights_read(void)
{
    uint32_t low = 0, high;
    if (kg_backend() == KG_BACKEND_PKU) {
        __asm__ volatile("rdpkru" : "=a"(low), "=d"(high) : "c"(0));
    } else if (kg_backend() == KG_BACKEND_PKS) {
        __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_PKRS));
    }
    return low;
}

void machine_rights_write(uint64_t rights)
{
    if (kg_backend() == KG_BACKEND_PKU) {
        __asm__ volatile("wrpkru" : : "a"((uint32_t)rights), "c"(0), "d"(0) : "memory");
    } else if (kg_backend() == KG_BACKEND_PKS) {
        __asm__ volatile("wrmsr" : : "a"((uint32_t)rights), "c"(MSR_PKRS), "d"(0) : "memory");
    }
}

uintptr_t machine_words_read(void)
{
    return kg_backend() == KG_BACKEND_PKS ? msr_read(MSR_GS_BASE) : 0;
}

void machine_words_write(uintptr_t words)
{
    if (kg_backend() == KG_BACKEND_PKS) {
        msr_write(MSR_GS_BASE, words);
    }
}

/* They are on from the start: a gate out of a domain uses one. */
void machine_vectors_on(void)
{
}

uint64_t machine_mask(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(flags) : : "memory");
    return !(flags & FLAG_INTERRUPTS);
}

void machine_unmask(uint64_t before)
{
    if (before == 0) {
        __asm__ volatile("sti" : : : "memory");
    }
}

bool machine_masked(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq\n\tpopq %0" : "=r"(flags));
    return (flags & FLAG_INTERRUPTS) == 0;
}

bool machine_in_trap(void)
{
    return trap_busy != 0;
}

/* A clock of ticks: it stands still while interrupts are off, which nobody here minds. */
uint64_t machine_now_ns(void)
{
    return pebble_ticks() * TICK_NS;
}

bool machine_trap_stack(uint32_t index, void **stack, size_t *bytes)
{
    *stack = trap_stacks[index & 1];
    *bytes = TRAP_STACK;
    return index < 2;
}

/* ---- Traps ---- */

_Noreturn void machine_trap_twice(void)
{
    pebble_die("a trap within a trap", NULL);
}

static void decode(const struct trap *from, struct kg_trap *to)
{
    *to = (struct kg_trap){.cause = KG_CAUSE_INSTRUCTION, .registers = from->registers};
    to->instruction = from->registers[T_RIP / 8];
    to->stack = from->registers[7];
    if (from->vector == 14) {
        __asm__ volatile("movq %%cr2, %0" : "=r"(to->address));
        bool there = (from->error & 1) != 0 || kg_port_mapped(to->address);
        to->write = (from->error & 2) != 0;
        to->cause = (from->error & 32) != 0 ? KG_CAUSE_TAG
                    : there                 ? KG_CAUSE_PERMISSION
                                            : KG_CAUSE_UNMAPPED;
    } else if (from->vector == 0 || from->vector == 16 || from->vector == 19) {
        to->cause = KG_CAUSE_ARITHMETIC;
    } else if (from->vector == 17) {
        to->cause = KG_CAUSE_ALIGNMENT;
    } else if (from->vector == 1 || from->vector == 3) {
        to->cause = KG_CAUSE_TRAP;
    }
}

uint64_t pebble_trap(struct trap *trap)
{
    struct kg_trap ours;
    enum kg_trap_answer answer;
    decode(trap, &ours);
    if (trap->vector == 8 || trap->vector == 18) {
        pebble_die("the machine failed", &ours);
    } else if (trap->vector >= VECTOR_TICK) {
        out(0x20, 0x20);
        if (trap->vector != VECTOR_TICK || !pebble_tick()) {
            return 0;
        }
        answer = kg_trap_look(&ours);
    } else {
        answer = kg_trap_fault(&ours);
        if (answer == KG_TRAP_NOT_OURS) {
            pebble_die("an exception of the kernel's own", &ours);
        }
    }
    if (answer != KG_TRAP_RESUME) {
        return 0;
    }
    trap->registers[T_RIP / 8] = ours.resume;
    trap->registers[T_RFLAGS / 8] = 2;
    trap->cs = CODE;
    trap->ss = DATA;
    return 1;
}

/* ---- Start ---- */

static void start_traps(void)
{
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t top = (uintptr_t)trap_stacks[i] + TRAP_STACK;
        __builtin_memcpy(&task[9 + 2 * i], &top, sizeof top);
    }
    uint64_t base = (uintptr_t)task;
    descriptors[3] = (sizeof task - 1) | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40 |
                     (base >> 24 & 0xff) << 56;
    descriptors[4] = base >> 32;
    __asm__ volatile("ltr %w0" : : "r"(TASK));
    for (uint32_t i = 0; i < VECTORS; i++) {
        uintptr_t entry = (uintptr_t)trap_vectors + 16 * i;
        unsigned stack = i == 2 || i == 8 || i == 18 ? 2 : 1;
        gates[i] = (struct gate){(uint16_t)entry, CODE, (uint16_t)(0x8e00 | stack),
                                 (uint16_t)(entry >> 16), (uint32_t)(entry >> 32), 0};
    }
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } table = {sizeof gates - 1, (uintptr_t)gates};
    __asm__ volatile("lidt %0" : : "m"(table));
}

static void apic_write(uint32_t at, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)(LOCAL_APIC + at) = value;
}

/* The local APIC hands the 8259's interrupts through on LINT0 (SDM vol. 3, 10.5.1). */
static void start_tick(void)
{
    static const uint8_t master[] = {0x11, VECTOR_TICK, 4, 1};
    static const uint8_t slave[] = {0x11, VECTOR_TICK + 8, 2, 1};
    for (uint32_t i = 0; i < 4; i++) {
        out(i == 0 ? 0x20 : 0x21, master[i]);
        out(i == 0 ? 0xa0 : 0xa1, slave[i]);
    }
    apic_write(0xf0, 0x100 | VECTOR_SPURIOUS);
    apic_write(0x350, 0x700);
    out(0x21, 0xfe);
    out(0xa1, 0xff);
    out(0x43, 0x34);
    out(0x40, PIT_DIVIDER & 255);
    out(0x40, PIT_DIVIDER >> 8);
}

/* Keys on, of either kind, if the processor has them. SMAP stays off: the kernel itself uses what
 * is user-marked. */
static void start_keys(void)
{
    uint32_t a = 7, b, c = 0, d;
    uint64_t cr4;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
    cr4 |= (c & 1u << 3) != 0 ? CR4_PKE : 0;
    cr4 |= (c & 1u << 31) != 0 ? CR4_PKS : 0;
    __asm__ volatile("movq %0, %%cr4" : : "r"(cr4));
}

void machine_start(const void *start_info)
{
    uint64_t line;
    __builtin_memcpy(&line, (const char *)start_info + 24, sizeof line);
    arguments = line != 0 ? (const char *)(uintptr_t)line : "";
    machine_spaces_start();
    start_traps();
    start_keys();
    start_tick();
    pebble_fibres_start();
    __asm__ volatile("sti");
    pebble_main();
}
