/* SPDX-License-Identifier: MIT */
#include "asm.h"
#include "offsets.h"

/* Places in a report: runtime/include/keygate/fault.h. */
#define R_BYTES 272
#define R_X19 152
#define R_X29 232
#define R_SP 248

/* void kg_arch_call_on(const struct kg_frame *frame,
 *                      void (*function)(void *argument, const uint64_t *registers),
 *                      void *argument)
 *
 * Why: a failed check has work that needs more stack than a domain may have left. In: x0 frame
 * whose saved stack is to be used, x1 function, x2 its argument. Out: nothing, if the function
 * returns. Clobbers: as a C call. Trusts: the frame. */
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
    sub sp, x9, #R_BYTES
    /* STACK: of whoever waits, below all it uses. */
    .irp i, 0,16,32,48,64,80,96,112,128,144,256
    stp xzr, xzr, [sp, #\i]
    .endr
    ldp x10, x11, [x29]
    add x12, x29, #16
    stp x19, x20, [sp, #R_X19]
    stp x21, x22, [sp, #R_X19 + 16]
    stp x23, x24, [sp, #R_X19 + 32]
    stp x25, x26, [sp, #R_X19 + 48]
    stp x27, x28, [sp, #R_X19 + 64]
    stp x10, x11, [sp, #R_X29]
    /* sp and pc: where the caller goes on. */
    stp x12, x11, [sp, #R_SP]
    mov x9, x1
    mov x0, x2
    mov x1, sp
    blr x9
    mov sp, x29
    ldp x29, x30, [sp], #16
    .cfi_def_cfa sp, 0
    .cfi_restore x29
    .cfi_restore x30
    ret
ENDFUNC kg_arch_call_on
