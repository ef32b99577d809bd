/* SPDX-License-Identifier: MIT */
/* The AArch64 gate, as steps. Every backend's gate is these macros in the same order; what differs
 * is RIGHTS_* (mte/gate_aarch64.S, the others nothing), AROUND_* (the page backend's system calls)
 * and whether leftovers are cleared.
 *
 * A file that includes this defines, as 0 or 1:
 *   GATE_RIGHTS   rights are the stack pointer's tag, which is the domain's number, and PSTATE.TCO,
 *                 which turns tag checks off
 *   GATE_CLEAR    clear towards the domain, normalise floating-point control
 *   GATE_AROUND   AROUND_* make system calls around the callee, and the monitor's memory can't be
 *                 read in a domain: the thread-local words come first
 *   GATE_FORCED   (0 if not defined) for images with forced tags: mte/gate_forced_aarch64.S
 * The GATE_NO_* switches take one protective step out, for the benchmark's ablations only.
 * GATE_NO_FLAGS takes nothing out here: what a compare leaves in NZCV is the gate's own.
 *
 * Labels say: FROM who jumps here; LIVE registers that hold something; RIGHTS whose; STACK whose.
 *
 * Registers in an enter:  x9 thread, x17 slot, x12 frame, x13 its offset,
 * x16 stack pointer then callee, x10 and x14 nothing for long. The gate comes in the register
 * after the last argument.
 *
 * A signal may arrive between any two instructions. Handlers take no frames, so loading, changing
 * and storing thread->top needs no exclusive access; the store is where a call begins or ends.
 *
 * A callee marked to be without floating-point and vector code (level 0) has neither cleared for
 * it, nor are d8 to d15 and FPCR kept from it.
 *
 * Not looked after: the streaming mode of SME, which a domain could leave switched on. */
#ifndef KG_ARCH_GATE_H
#define KG_ARCH_GATE_H

#include "asm.h"
#include "offsets.h"

#ifndef GATE_FORCED
#define GATE_FORCED 0
#endif
#if GATE_RIGHTS && !defined(GATE_NO_RIGHTS)
#define GATE_TCO 1
#else
#define GATE_TCO 0
#endif
#if GATE_TCO && !defined(GATE_NO_CHECK)
#define GATE_CHECKED 1
#else
#define GATE_CHECKED 0
#endif
#if GATE_CLEAR && !defined(GATE_NO_CONTROL)
#define GATE_CONTROL 1
#else
#define GATE_CONTROL 0
#endif

/* This thread's kg_local.thread, the first word of its thread-local words. The static library goes
 * into executables only, where the linker knows the place; a shared one asks its GOT. */
.macro LOCAL_THREAD reg, scratch
#ifdef KG_STATIC
    mrs \scratch, tpidr_el0
    add \scratch, \scratch, :tprel_hi12:kg_local, lsl 12
    ldr \reg, [\scratch, :tprel_lo12_nc:kg_local]
#else
    adrp \reg, :gottprel:kg_local
    ldr \reg, [\reg, :gottprel_lo12:kg_local]
    mrs \scratch, tpidr_el0
    ldr \reg, [\scratch, \reg]
#endif
.endm

/* Its kg_local.inside. */
.macro LOCAL_INSIDE reg, scratch
#ifdef KG_STATIC
    mrs \scratch, tpidr_el0
    add \scratch, \scratch, :tprel_hi12:kg_local, lsl 12
    add \scratch, \scratch, :tprel_lo12_nc:kg_local
#else
    mrs \scratch, tpidr_el0
    adrp x11, :gottprel:kg_local
    ldr x11, [x11, :gottprel_lo12:kg_local]
    add \scratch, \scratch, x11
#endif
    ldr \reg, [\scratch, #L_INSIDE]
.endm

/* The newest crossing: x9 thread, x10 its offset, x12 its frame. Nothing is taken from registers,
 * so it is right wherever one comes from. */
.macro NEWEST_FRAME
    LOCAL_THREAD x9, x10
    ldr x10, [x9, #T_TOP]
    add x10, x10, #F_BYTES
    add x12, x9, x10
.endm

/* In a kernel a domain may mask interrupts; the frame has the mask of the side that waits, besides
 * its level (bits 1 and 0; DAIF has 9 to 6), in F_LEVEL. */
.macro FRAME_WORD to, slot, level
#ifdef KG_BARE
    mrs \to, daif
.if \level >= 1
    orr \to, \to, #\level
.endif
    orr \to, \slot, \to, lsl #LEVEL_SHIFT
#else
.if \level >= 1
    orr \to, \slot, #\level << LEVEL_SHIFT
.else
    mov \to, \slot
.endif
#endif
.endm

.macro RESTORE_MASK frame
#ifdef KG_BARE
    ldr w13, [\frame, #F_LEVEL]
    msr daif, x13
#endif
.endm

.macro LEVEL_OF_FRAME reg, frame, plus
    ldr \reg, [\frame, #\plus + F_LEVEL]
#ifdef KG_BARE
    and \reg, \reg, #3
#endif
.endm

/* A constant of support.c. */
.macro CONSTANT reg, name
    adrp \reg, \name
    ldr \reg, [\reg, :lo12:\name]
.endm

/* Whether the domain in slot x17 died on thread x9. */
.macro LOAD_DEAD wide, narrow
    mov \wide, #T_DEAD
    add \wide, \wide, x17
    ldrb \narrow, [x9, \wide]
.endm

.macro SAVE_GENERAL frame
    stp x19, x20, [\frame, #F_X19]
    stp x21, x22, [\frame, #F_X21]
    stp x23, x24, [\frame, #F_X23]
    stp x25, x26, [\frame, #F_X25]
    stp x27, x28, [\frame, #F_X27]
    stp x29, x30, [\frame, #F_X29]
.endm

.macro RESTORE_GENERAL frame
    ldp x19, x20, [\frame, #F_X19]
    ldp x21, x22, [\frame, #F_X21]
    ldp x23, x24, [\frame, #F_X23]
    ldp x25, x26, [\frame, #F_X25]
    ldp x27, x28, [\frame, #F_X27]
    ldp x29, x30, [\frame, #F_X29]
.endm

.macro SAVE_VECTORS frame, level
.if \level >= 1
    stp d8, d9, [\frame, #F_D8]
    stp d10, d11, [\frame, #F_D10]
    stp d12, d13, [\frame, #F_D12]
    stp d14, d15, [\frame, #F_D14]
.endif
.endm

.macro RESTORE_VECTORS frame, level
.if \level >= 1
    ldp d8, d9, [\frame, #F_D8]
    ldp d10, d11, [\frame, #F_D10]
    ldp d12, d13, [\frame, #F_D12]
    ldp d14, d15, [\frame, #F_D14]
.endif
.endm

/* FPCR, for a callee that may have floating-point code. */
.macro SAVE_CONTROL frame, level
.if \level >= 1 && GATE_CONTROL
    mrs x10, fpcr
    str w10, [\frame, #F_FPCR]
.endif
.endm

.macro RESTORE_CONTROL frame, level
.if \level >= 1 && GATE_CONTROL
    ldr w13, [\frame, #F_FPCR]
    msr fpcr, x13
.endif
.endm

.macro CLEAR_LIST prefix, registers:vararg
    .irp i, \registers
    mov \prefix\i, xzr
    .endr
.endm

/* General registers towards a domain that carry no argument. x16 holds the callee; the check has
 * left zero in x17. */
.macro CLEAR_GENERAL n
.if \n < 1
    mov x0, xzr
.endif
.if \n < 2
    mov x1, xzr
.endif
.if \n < 3
    mov x2, xzr
.endif
.if \n < 4
    mov x3, xzr
.endif
.if \n < 5
    mov x4, xzr
.endif
.if \n < 6
    mov x5, xzr
.endif
    CLEAR_LIST x, 6,7,8,9,10,11,12,13,14,15,18,19,20,21,22,23,24,25,26,27,28,29
#if !GATE_CHECKED
    mov x17, xzr
#endif
.endm

/* Writing d clears the rest of v, and writing v the rest of z (Arm ARM, SVE). FFR can only be
 * written from a predicate. */
.macro CLEAR_VECTOR_LIST registers:vararg
    .irp i, \registers
    movi d\i, #0
    .endr
.endm

.macro CLEAR_PREDICATES level
.if \level >= 2
    .irp reg, p0.b,p1.b,p2.b,p3.b,p4.b,p5.b,p6.b,p7.b
    pfalse \reg
    .endr
    .irp reg, p8.b,p9.b,p10.b,p11.b,p12.b,p13.b,p14.b,p15.b
    pfalse \reg
    .endr
    wrffr p0.b
.endif
.endm

.macro CLEAR_VECTORS level
.if \level >= 1
    CLEAR_VECTOR_LIST 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    CLEAR_VECTOR_LIST 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
.endif
    CLEAR_PREDICATES \level
.endm

/* The callee's floating-point control: round to nearest, nothing trapped or flushed; and none of
 * the caller's exception flags. */
.macro NORMALISE_CONTROL level
.if \level >= 1 && GATE_CONTROL
    msr fpcr, xzr
    msr fpsr, xzr
.endif
.endm

#if GATE_RIGHTS
/* Tag checks on (Arm ARM, TCO: it is the running code's to write at EL0, so a domain can have
 * switched them off). */
.macro CHECKS_ON
#if GATE_TCO
    msr tco, #0
#endif
.endm

/* What is in force is read back: checks on. Whoever jumps here fools nobody, the CPU itself
 * answers and the right answer is a constant. */
.macro CHECKS_ARE_ON
#if GATE_CHECKED
    mrs x13, tco
    cbnz x13, kg_rights_forged
#endif
.endm

/* Towards a domain: the stack pointer x16 carries the tag of slot x17. [sp, #imm] is an
 * unchecked access (Arm ARM, Memory Tagging Extension), so a wrong one would not show until a
 * pointer into the stack is used. Leaves x17 = 0 when all is well. */
.macro STACK_CHECK otherwise
#if GATE_CHECKED
    eor x17, x17, x16, lsr #56
    cbnz x17, \otherwise
#endif
.endm

/* And back into one: the same, and that checks are on. Clobbers x13, x16, x17. */
.macro RIGHTS_CHECK otherwise
#if GATE_CHECKED
    mrs x13, tco
    mov x16, sp
    eor x17, x17, x16, lsr #56
    orr x13, x13, x17
    cbnz x13, \otherwise
#endif
.endm
#endif

#endif
