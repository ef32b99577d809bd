/* SPDX-License-Identifier: MIT */
/* The gate of `page`: everything is cleared as on `mte`, and instead of rights the system is asked
 * to open and close memory, in C, on the host's stack. While a domain runs the monitor's memory
 * can't be read: what is needed before it is open lies in thread-local words. */
#define GATE_RIGHTS 0
#define GATE_CLEAR 1
#define GATE_AROUND 1
#include "gate_leave.h"

/* This thread's kg_page_local.stack, the first of its words. */
.macro PAGE_STACK reg, scratch
#ifdef KG_STATIC
    mrs \scratch, tpidr_el0
    add \scratch, \scratch, :tprel_hi12:kg_page_local, lsl 12
    ldr \reg, [\scratch, :tprel_lo12_nc:kg_page_local]
#else
    adrp \reg, :gottprel:kg_page_local
    ldr \reg, [\reg, :gottprel_lo12:kg_page_local]
    mrs \scratch, tpidr_el0
    ldr \reg, [\scratch, \reg]
#endif
.endm

/* In: x17 slot; sp is what the frame has. Out: x16 the stack to enter with, or zero. Keeps the
 * arguments and the gate. RIGHTS: host's before; after, if x16 is not zero, the monitor's memory is
 * closed. */
.macro AROUND_ENTER n
    stp x0, x1, [sp, #-64]!
    .cfi_adjust_cfa_offset 64
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x30, [sp, #48]
    mov w0, w17
    add x1, sp, #64
    bl kg_page_enter
    mov x16, x0
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x30, [sp, #48]
    ldp x0, x1, [sp], #64
    .cfi_adjust_cfa_offset -64
.endm

/* In: x1 the result. Out: x1; sp is the host's. */
.macro AROUND_LEAVE
    PAGE_STACK x9, x10
    mov sp, x9
    str x1, [sp, #-16]!
    bl kg_page_leave
    ldr x1, [sp], #16
.endm

/* In: the six arguments, the gate in x8. Out: the same; sp and x30 are the domain's again, and sp
 * is not to be touched. */
.macro AROUND_CALL_OUT
    mov x9, sp
    PAGE_STACK x10, x11
    mov sp, x10
    stp x0, x1, [sp, #-80]!
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x8, x9, [sp, #48]
    str x30, [sp, #64]
    bl kg_page_leave
    ldr x30, [sp, #64]
    ldp x8, x9, [sp, #48]
    ldp x4, x5, [sp, #32]
    ldp x2, x3, [sp, #16]
    ldp x0, x1, [sp]
    mov sp, x9
.endm

/* In: x12 the frame of the leave, x17 the slot, x0 and x1 status and value. Out: x0, x1, w17 the
 * level, and all of the domain that the frame holds. */
.macro AROUND_RETURN_IN
    ldr x10, [x12, #F_BYTES + F_SP]
    mov sp, x10
    ldr x13, [x12, #F_SP]
    LEVEL_OF_FRAME w14, x12, F_BYTES
    stp x0, x1, [sp, #-48]!
    stp x13, x14, [sp, #16]
    cbz w14, 1f
    RESTORE_VECTORS x12, 1
    ldr w13, [x12, #F_FPCR]
    msr fpcr, x13
1:
    RESTORE_GENERAL x12
    str x30, [sp, #32]
    mov w0, w17
    add x1, sp, #48
    bl kg_page_return
    ldr x30, [sp, #32]
    ldp x13, x17, [sp, #16]
    ldp x0, x1, [sp]
    mov sp, x13
.endm

/* In: x12 the frame to go back to. Out: as NEWEST_FRAME. */
.macro AROUND_UNWIND
    ldr x13, [x12, #F_SP]
    mov sp, x13
    bl kg_page_leave
    NEWEST_FRAME
.endm

UNWIND_GATE page
GATE_SET page, 0
GATE_SET page, 1
GATE_SET page, 2
