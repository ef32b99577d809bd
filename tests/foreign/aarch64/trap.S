/* SPDX-License-Identifier: MIT */
/* Traps: the CPU has gone over to SP_EL1 and switched tag checks off by itself. */
#include "machine.h"

    .section .note.GNU-stack, "", %progbits

.macro THREADS kind
    .p2align 7
    sub sp, sp, #T_BYTES
    str x30, [sp, #240]
    mov x30, #\kind
    b trap_entry
.endm

.macro NOBODY
    .p2align 7
    adrp x0, handler_stack_top
    mov sp, x0
    b machine_trap_twice
.endm

    .text
    .p2align 11
    .globl trap_vectors
trap_vectors:
    THREADS TRAP_SYNCHRONOUS
    THREADS TRAP_INTERRUPT
    .rept 14
    NOBODY
    .endr
    .p2align 7

/* Why: puts what was interrupted where a report has it, and goes back by that. In: x30 = kind, its
 * own value saved. Out: where the record says. STACK: the kernel's, no domain's. */
    .type trap_entry, %function
trap_entry:
    stp x28, x29, [sp, #224]
    stp x26, x27, [sp, #208]
    stp x24, x25, [sp, #192]
    stp x22, x23, [sp, #176]
    stp x20, x21, [sp, #160]
    stp x18, x19, [sp, #144]
    stp x16, x17, [sp, #128]
    stp x14, x15, [sp, #112]
    stp x12, x13, [sp, #96]
    stp x10, x11, [sp, #80]
    stp x8, x9, [sp, #64]
    stp x6, x7, [sp, #48]
    stp x4, x5, [sp, #32]
    stp x2, x3, [sp, #16]
    stp x0, x1, [sp]
    mrs x0, sp_el0
    str x0, [sp, #T_SP]
    mrs x0, elr_el1
    mrs x1, spsr_el1
    stp x0, x1, [sp, #T_PC]
    mov x0, sp
    mov x1, x30
    mov x29, xzr
    bl pebble_trap
    ldp x0, x1, [sp, #T_PC]
    msr elr_el1, x0
    msr spsr_el1, x1
    ldr x0, [sp, #T_SP]
    msr sp_el0, x0
    ldp x0, x1, [sp]
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    ldr x30, [sp, #240]
    add sp, sp, #T_BYTES
    eret
    .size trap_entry, . - trap_entry
