/* SPDX-License-Identifier: MIT */
#include "machine.h"

    .arch armv8.5-a+memtag

/* Threads run at EL1 on SP_EL0, so every trap finds SP_EL1 where the last one left it: at the top
 * of this CPU's trap stack (Arm ARM, stack pointer selection on exception entry). The CPU has set
 * PSTATE.TCO, so that tags are no matter until the return. */
.macro VECTOR kind
    .p2align 7
    sub sp, sp, #FRAME_BYTES
    stp x0, x1, [sp]
    mov x1, #\kind
    b .Ltrap
.endm

/* Not worth a return: SP may be anything. */
.macro LAST kind
    .p2align 7
    mov x0, #\kind
    b .Llast
.endm

    .text
    .p2align 11
    .globl machine_vectors
    .type machine_vectors, %function
machine_vectors:
    /* Current EL with SP_EL0: threads. */
    VECTOR TRAP_SYNCHRONOUS
    VECTOR TRAP_INTERRUPT
    LAST TRAP_UNEXPECTED
    LAST TRAP_UNEXPECTED
    /* Current EL with SP_EL1: traps. */
    .rept 4
    LAST TRAP_NESTED
    .endr
    /* Lower EL: there is none. */
    .rept 8
    LAST TRAP_UNEXPECTED
    .endr
    .p2align 7
    .size machine_vectors, . - machine_vectors

/* void .Ltrap(kind)
 *
 * Why: saves and gives back all that C compiled for general registers changes. FROM: a vector.  IN:
 * x1 = kind; x0 and x1 saved.  STACK: SP_EL1, with room for the frame. Out: where ELR_EL1 says,
 * with everything as it was, but for what machine_trap changes in the frame. */
    .type machine_trap_enter, %function
machine_trap_enter:
    .cfi_startproc
    .cfi_signal_frame
    .cfi_def_cfa sp, FRAME_BYTES
    .cfi_undefined x30
.Ltrap:
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    mrs x2, sp_el0
    stp x30, x2, [sp, #240]
    mrs x2, elr_el1
    mrs x3, spsr_el1
    stp x2, x3, [sp, #FRAME_ELR]
    mov x0, sp
    mov x29, xzr
    bl machine_trap
    ldp x2, x3, [sp, #FRAME_ELR]
    msr elr_el1, x2
    msr spsr_el1, x3
    ldp x30, x2, [sp, #240]
    msr sp_el0, x2
    ldp x28, x29, [sp, #224]
    ldp x26, x27, [sp, #208]
    ldp x24, x25, [sp, #192]
    ldp x22, x23, [sp, #176]
    ldp x20, x21, [sp, #160]
    ldp x18, x19, [sp, #144]
    ldp x16, x17, [sp, #128]
    ldp x14, x15, [sp, #112]
    ldp x12, x13, [sp, #96]
    ldp x10, x11, [sp, #80]
    ldp x8, x9, [sp, #64]
    ldp x6, x7, [sp, #48]
    ldp x4, x5, [sp, #32]
    ldp x2, x3, [sp, #16]
    ldp x0, x1, [sp]
    add sp, sp, #FRAME_BYTES
    eret
    .cfi_endproc
    .size machine_trap_enter, . - machine_trap_enter

/* void .Llast(kind)
 *
 * Why: a message, then the end; what fails on that way fails closer to the end each time, so it
 * can't go round for ever. FROM: a vector.  IN: x0 = kind.  STACK: none. Out: never. Trusts:
 * TPIDR_EL1. The count of ends is kept in TPIDRRO_EL0, which nothing else here uses. */
    .type machine_last, %function
machine_last:
    .cfi_startproc
    .cfi_undefined x30
.Llast:
    mrs x5, tpidrro_el0
    add x5, x5, #1
    msr tpidrro_el0, x5
    msr spsel, #1
    cmp x5, #2
    b.eq .Lsemihosting
    cmp x5, #3
    b.eq .Loff_hvc
    cmp x5, #4
    b.eq .Loff_smc
    b.hi .Lrest
    mrs x1, esr_el1
    mrs x2, elr_el1
    mrs x3, far_el1
    mrs x4, tpidr_el1
    ldr x4, [x4, #CPU_LAST_STACK]
    mov sp, x4
    bl machine_last_words
.Lsemihosting:
    mov x0, #SEMIHOSTING_EXIT
    adrp x1, .Lstopped
    add x1, x1, :lo12:.Lstopped
    hlt #0xf000
.Loff_hvc:
    ldr w0, =PSCI_SYSTEM_OFF
    hvc #0
.Loff_smc:
    ldr w0, =PSCI_SYSTEM_OFF
    smc #0
.Lrest:
    wfe
    b .Lrest
    .cfi_endproc
    .size machine_last, . - machine_last
    .ltorg

    .section .rodata
    .p2align 3
.Lstopped:
    .quad SEMIHOSTING_STOPPED, 99 /* PLATFORM_EXIT_TRAP */

    .section .note.GNU-stack, "", %progbits
