/* SPDX-License-Identifier: MIT */
/* Exceptions and interrupts of threads, and the end of everything else. Here PSTATE.TCO is set, and
 * interrupts are off. */
#include "machine.h"

#include <stddef.h>

_Static_assert(offsetof(struct machine_frame, sp) == FRAME_SP &&
                   offsetof(struct machine_frame, elr) == FRAME_ELR &&
                   offsetof(struct machine_frame, spsr) == FRAME_SPSR &&
                   sizeof(struct machine_frame) == FRAME_BYTES,
               "mend machine.h");

void machine_trap(struct machine_frame *frame, uint64_t kind);
_Noreturn void machine_last_words(uint64_t kind, uint64_t esr, uint64_t elr, uint64_t far);

/* ESR_EL1 (Arm ARM): exception classes, and what their syndromes say. */
enum {
    CLASS_UNKNOWN = 0x00,
    CLASS_FETCH = 0x21,
    CLASS_PC_ALIGNMENT = 0x22,
    CLASS_DATA = 0x25,
    CLASS_SP_ALIGNMENT = 0x26,
    CLASS_FLOAT = 0x2c,
    CLASS_DEBUG_FIRST = 0x30, /* breakpoint, step and watchpoint */
    CLASS_DEBUG_LAST = 0x35,
    CLASS_BRK = 0x3c,
};
enum {
    STATUS_EXTERNAL = 0x10,
    STATUS_TAG = 0x11,
    STATUS_ALIGNMENT = 0x21,
    STATUS_KIND = 0x3c, /* without the level */
    STATUS_TRANSLATION = 0x04,
    STATUS_ACCESS = 0x08,
    STATUS_PERMISSION = 0x0c,
};
#define ESR_CLASS(esr) ((esr) >> 26 & 63)
#define ESR_STATUS(esr) ((esr) & 63)
#define ESR_WRITE (UINT64_C(1) << 6)

/* Bits 63 to 56 may be a tag; bit 55 tells the address space (Arm ARM, address tagging). */
static uintptr_t untagged(uint64_t address)
{
    return (uintptr_t)((int64_t)(address << 8) >> 8);
}

/* What is reserved or closed is there, but not for anybody. */
static enum kg_cause cause_of_abort(uint64_t esr, uintptr_t address)
{
    uint64_t status = ESR_STATUS(esr);
    if (status == STATUS_TAG) {
        return KG_CAUSE_TAG;
    }
    if (status == STATUS_ALIGNMENT) {
        return KG_CAUSE_ALIGNMENT;
    }
    if ((status & STATUS_KIND) == STATUS_PERMISSION || (status & STATUS_KIND) == STATUS_ACCESS) {
        return KG_CAUSE_PERMISSION;
    }
    if ((status & STATUS_KIND) == STATUS_TRANSLATION && kg_port_mapped(address)) {
        return KG_CAUSE_PERMISSION;
    }
    return KG_CAUSE_UNMAPPED;
}

static void decode(struct kg_trap *trap)
{
    uint64_t esr = READ("esr_el1");
    uint64_t class = ESR_CLASS(esr);
    switch (class) {
    case CLASS_FETCH:
    case CLASS_DATA:
        trap->address = untagged(READ("far_el1"));
        trap->write = class == CLASS_DATA && (esr & ESR_WRITE) != 0;
        trap->cause = cause_of_abort(esr, trap->address);
        break;
    case CLASS_PC_ALIGNMENT:
        trap->address = trap->instruction;
        trap->cause = KG_CAUSE_ALIGNMENT;
        break;
    case CLASS_SP_ALIGNMENT:
        trap->address = untagged(trap->stack);
        trap->cause = KG_CAUSE_ALIGNMENT;
        break;
    case CLASS_FLOAT:
        trap->cause = KG_CAUSE_ARITHMETIC;
        break;
    case CLASS_BRK:
        trap->cause = KG_CAUSE_TRAP;
        break;
    default:
        trap->cause = class >= CLASS_DEBUG_FIRST && class <= CLASS_DEBUG_LAST
                          ? KG_CAUSE_TRAP
                          : KG_CAUSE_INSTRUCTION;
    }
}

static void fill(struct kg_trap *trap, const struct machine_frame *frame)
{
    trap->cause = KG_CAUSE_NONE;
    trap->write = false;
    trap->address = 0;
    trap->instruction = frame->elr;
    trap->stack = frame->sp;
    trap->registers = frame->x;
}

/* EL1 on SP_EL0 with DAIF set and tag checks on; PSTATE.PAN stays (Arm ARM, SPSR_EL1). */
#define STATE_EL1T UINT64_C(0x3c4)
#define STATE_PAN (UINT64_C(1) << 22)

static void resume(struct machine_frame *frame, const struct kg_trap *trap)
{
    frame->elr = trap->resume;
    frame->spsr = STATE_EL1T | (frame->spsr & STATE_PAN);
}

static void exception(struct machine_frame *frame)
{
    struct kg_trap trap;
    fill(&trap, frame);
    decode(&trap);
    if (trap.instruction == (uintptr_t)machine_semihosting_halt) {
        machine_off(); /* nobody answers there */
    }
    switch (kg_trap_fault(&trap)) {
    case KG_TRAP_RESUME:
        resume(frame, &trap);
        break;
    case KG_TRAP_RETRY:
        break;
    default:
        frame->elr = platform_trap_unclaimed(&trap);
        if (frame->elr == 0) {
            platform_trap_panic(&trap);
        }
    }
}

static void look(struct machine_frame *frame)
{
    struct kg_trap trap;
    fill(&trap, frame);
    if (kg_trap_look(&trap) == KG_TRAP_RESUME) {
        resume(frame, &trap);
    }
}

static void interrupt(struct machine_frame *frame)
{
    struct machine_cpu *cpu = machine_self();
    uint32_t number = machine_gic_take(cpu);
    if (number == GIC_NONE) {
        return;
    }
    if (number == machine_tree.timer_interrupt) {
        platform_timer_expired();
    } else if (number == GIC_BARRIER) {
        machine_barrier_answer();
    } else if (number != GIC_KICK) {
        platform_panic("an interrupt nobody asked for");
    }
    machine_gic_done(cpu);
    if (number != GIC_BARRIER) {
        look(frame);
    }
}

void machine_trap(struct machine_frame *frame, uint64_t kind)
{
    if (kind == TRAP_INTERRUPT) {
        interrupt(frame);
    } else {
        exception(frame);
    }
}

void machine_last_words(uint64_t kind, uint64_t esr, uint64_t elr, uint64_t far)
{
    if (elr == (uintptr_t)machine_semihosting_halt) {
        machine_off();
    }
    platform_panic_begin();
    platform_print("\nkeygate: an exception %s, on CPU %u: ESR 0x%lx, at 0x%lx, address 0x%lx\n",
                   kind == TRAP_NESTED ? "within a trap" : "of a kind nobody expects",
                   platform_cpu(), (unsigned long)esr, (unsigned long)elr, (unsigned long)far);
    platform_exit(PLATFORM_EXIT_TRAP);
}
