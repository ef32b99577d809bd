/* SPDX-License-Identifier: MIT */
/* The gate of images with forced tags. Their code reaches memory through x21, x22 and what is made
 * of them alone (verify.h), so loading those two is the switch of rights, and whoever comes back
 * says by x21 who he is. They are cut out of the stack pointer, which carries the domain's tag and
 * lies in the window, in its own 1 MiB. */
#define GATE_RIGHTS 1
#define GATE_CLEAR 1
#define GATE_AROUND 0
#define GATE_FORCED 1
#include "gate_leave.h"
#include "window.h"

/* The way in, in place of a call: the callee returns to gate 0 of the window.
 * In: x16 callee, sp the door. */
.macro ENTER_FORCED
    mov x21, sp
    and x22, x21, #~(KG_FORCED_STACK - 1)
    and x21, x21, #~0xffffffff
    mov x18, x21
    orr x30, x21, #KG_FORCED_GATES
    br x16
.endm

/* x0, x1 = forced_return(x0): behind gate 0.
 *
 * Why: a callee is done. In: x0, its result; every other register is its making but x21 and x22.
 * Out: to the caller of the newest enter. Trusts: thread and frames. */
FUNC kg_forced_return
    .cfi_undefined x30
    /* FROM: a callee's return, or a domain that jumped to the gate.  RIGHTS and STACK: the
     * domain's. */
    mov x1, x0
    NEWEST_FRAME
    .cfi_remember_state
    CHECKS_ON
    CHECKS_ARE_ON
    LEVEL_OF_FRAME w13, x12, 0
    cbz w13, .Lforced_general
    RESTORE_CONTROL x12, 1
    RESTORE_VECTORS x12, 1
.Lforced_general:
    LEAVE_TO_HOST forced_return, 0
    mov x0, xzr
    ret
ENDFUNC kg_forced_return

/* x0, x1 = forced_out_n(arguments..., gate): behind gates 1 to 7, for each number of arguments.
 *
 * Why: a call out of an image. In: x30's lower half says where to go on. Trusts: nothing yet. */
.macro FORCED_OUT n
FUNC kg_forced_out_\n
    .cfi_undefined x30
    mov x8, x\n
    b kg_leave_forced
ENDFUNC kg_forced_out_\n
.endm
.irp n, 0,1,2,3,4,5,6
FORCED_OUT \n
.endr

UNWIND_GATE forced
GATE_SET forced, 0
GATE_SET forced, 1
GATE_SET forced, 2

/* What the loader puts into the window's gate page, once for each gate: where it goes is in the
 * table, as far away for each. One instruction loads it, so jumping to the second goes to where the
 * domain's own x18 is. */
    .section .rodata
    .p2align 2
    .globl kg_forced_gate_code
    .hidden kg_forced_gate_code
kg_forced_gate_code:
    ldr x18, kg_forced_gate_code - (KG_FORCED_GATES - KG_FORCED_TABLE)
    br x18
