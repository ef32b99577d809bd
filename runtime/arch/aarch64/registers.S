/* SPDX-License-Identifier: MIT */
/* Off a domain's stack, for what software tags have to do in C. */
#define GATE_RIGHTS 0
#define GATE_CLEAR 0
#define GATE_AROUND 0
#include "gate.h"

/* Places in a report: runtime/include/keygate/fault.h. */
#define R_BYTES 272
#define R_X19 152
#define R_X29 232
#define R_SP 248

/* void kg_arch_deny(uintptr_t address, uint64_t write)
 *
 * Why: a refused access ends the domain, with its registers in the report. In: x0, x1; the rest as
 * the domain had it when it asked, the place it asked from in x30. Out: never. Trusts: thread and
 * frames. */
FUNC kg_arch_deny
    /* FROM: the checks, in a domain.  RIGHTS: as they are, there are none.  STACK: the domain's. */
    NEWEST_FRAME
    mov x11, sp
    ldr x13, [x12, #F_SP]
    and x13, x13, #~15
    sub sp, x13, #R_BYTES
    .cfi_undefined x30
    /* STACK: of whoever waits, below all it uses. */
    .irp i, 0,16,32,48,64,80,96,112,128,144,256
    stp xzr, xzr, [sp, #\i]
    .endr
    stp x19, x20, [sp, #R_X19]
    stp x21, x22, [sp, #R_X19 + 16]
    stp x23, x24, [sp, #R_X19 + 32]
    stp x25, x26, [sp, #R_X19 + 48]
    stp x27, x28, [sp, #R_X19 + 64]
    stp x29, x30, [sp, #R_X29]
    /* sp and pc. */
    stp x11, x30, [sp, #R_SP]
    mov x2, x30
    mov x3, sp
    bl kg_soft_denied
    brk #3
ENDFUNC kg_arch_deny

/* void kg_arch_call_on(const struct kg_frame *frame, void (*function)(void *argument),
 *                      void *argument)
 *
 * Why: asking the system needs more stack than a domain may have left. In: x0 frame whose saved
 * stack is to be used, x1 function, x2 its argument. Out: nothing. Clobbers: as a C call. Trusts:
 * the frame. */
FUNC kg_arch_call_on
    /* FROM: C, in a domain.  RIGHTS: as they are, there are none.  STACK: the domain's. */
    stp x29, x30, [sp, #-16]!
    .cfi_def_cfa_offset 16
    .cfi_offset x29, -16
    .cfi_offset x30, -8
    mov x29, sp
    .cfi_def_cfa_register x29
    ldr x9, [x0, #F_SP]
    and x9, x9, #~15
    mov sp, x9
    /* STACK: of whoever waits, below all it uses. */
    mov x0, x2
    blr x1
    mov sp, x29
    ldp x29, x30, [sp], #16
    .cfi_def_cfa sp, 0
    .cfi_restore x29
    .cfi_restore x30
    ret
ENDFUNC kg_arch_call_on
