/* SPDX-License-Identifier: MIT */
/* The way from a domain out to the monitor and back, and the way out of a call that is given up:
 * LEAVE_GATE and UNWIND_GATE, one of each for all ways in. See gate.h for the conventions. */
#ifndef KG_ARCH_GATE_LEAVE_H
#define KG_ARCH_GATE_LEAVE_H

#include "gate_enter.h"

/* Everything a call may change, towards the domain that called: its level is in w17. Of v8 to v15
 * the lower halves are the domain's; loading those has cleared the rest. */
.macro CLEAR_TOWARDS_CALLER where
    CLEAR_LIST x, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,18
    cbz w17, .Lcleared_\where
    CLEAR_VECTOR_LIST 0,1,2,3,4,5,6,7
    CLEAR_VECTOR_LIST 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    msr fpsr, xzr
    tbz w17, #1, .Lcleared_\where
    CLEAR_PREDICATES 2
.Lcleared_\where:
    mov x17, xzr
.endm

/* x0, x1 = leave(arguments..., gate in x8)
 *
 * Why: a domain calls another domain, a host function or the monitor. The monitor looks at the
 * call in C, with its own rights on the host's stack, so one domain never sees another's. In: six
 * argument registers as they are, the gate in x8. Out: struct kg_outcome. Clobbers: as a C call.
 * Trusts: frames and thread; nothing of the domain's is followed.
 *
 * What is saved and cleared goes by the code that calls, not by the gate it calls: by the level of
 * the enter that runs it. */
.macro LEAVE_GATE family
FUNC kg_leave_\family
    /* FROM: enter or slow, called in a domain.  RIGHTS and STACK: that domain's. */
#if GATE_AROUND
    /* LIVE: arguments, x8. */
    AROUND_CALL_OUT
#endif
#if GATE_RIGHTS
    CHECKS_ON
    /* FROM: above, or a domain that jumped here. */
    CHECKS_ARE_ON
#endif
    /* RIGHTS: host.  STACK: none that may be touched, until sp is the host's. */
    LOCAL_THREAD x9, x10
    ldr x13, [x9, #T_TOP]
    add x12, x9, x13
    SAVE_GENERAL x12
    mov x10, sp
    FRAME_WORD x14, xzr, 0
    stp x10, x14, [x12, #F_SP] /* and F_SLOT: the host */
    ldr w17, [x12, #F_BYTES + F_SLOT]
    add x11, x9, x17, lsl #3
    ldr x14, [x11, #T_DOOR]
    str x14, [x12, #F_DOOR]
    LEVEL_OF_FRAME w16, x12, F_BYTES
    cbz w16, .Lleave_saved_\family
    SAVE_VECTORS x12, 1
    mrs x14, fpcr
    str w14, [x12, #F_FPCR]
.Lleave_saved_\family:
    sub x13, x13, #F_BYTES
    str x13, [x9, #T_TOP] /* there is one left: layout.h, KG_FRAMES */
    /* Whoever enters this domain again on this thread starts below what it uses now; the tag
     * stays as it is. */
    sub x14, x10, #256
    and x14, x14, #~63
    str x14, [x11, #T_DOOR]
    /* But not if it has died: that store may have come after the one that shut the door. */
    LOAD_DEAD x14, w14
    cbz w14, .Lleave_alive_\family
    str xzr, [x11, #T_DOOR]
.Lleave_alive_\family:
    add x12, x12, #F_BYTES
    RESTORE_MASK x12
#if GATE_CONTROL
    cbz w16, .Lleave_control_\family
    ldr w14, [x12, #F_FPCR]
    msr fpcr, x14
.Lleave_control_\family:
#endif
    .cfi_remember_state
    .cfi_undefined x30
    /* x29 too: a walk by frame pointers sees the host's frames, not the domain's. */
    ldr x29, [x12, #F_X29]
    ldr x14, [x12, #F_SP]
    sub sp, x14, #48
    stp x0, x1, [sp]
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    mov x0, x8
    mov x1, sp
    /* LIVE: gate, pointer to the six arguments.  RIGHTS and STACK: host. */
    bl kg_monitor_call
    /* FROM: the monitor.  LIVE: x0 status, x1 value.  RIGHTS and STACK: host. */
    NEWEST_FRAME
    /* x12 is the frame of the leave, the frame above it the enter's. */
    ldr w17, [x12, #F_BYTES + F_SLOT]
    add x11, x9, x17, lsl #3
    ldr x14, [x12, #F_DOOR]
    str x14, [x11, #T_DOOR]
    str x10, [x9, #T_TOP]
    /* From here on a death of this domain unwinds the thread by signal; an earlier one shows. */
    LOAD_DEAD x14, w14
    cbnz w14, .Lleave_dead_\family
#if GATE_AROUND
    /* LIVE: x0, x1, x12, x17. */
    AROUND_RETURN_IN
    .cfi_restore_state
#else
    RESTORE_GENERAL x12
    RESTORE_MASK x12
    ldr x13, [x12, #F_SP]
    mov sp, x13
    .cfi_restore_state
#if GATE_RIGHTS
    CHECKS_ON
    RIGHTS_CHECK kg_rights_forged
#endif
    LEVEL_OF_FRAME w17, x12, F_BYTES
    cbz w17, .Lleave_back_\family
    RESTORE_VECTORS x12, 1
    ldr w13, [x12, #F_FPCR]
    msr fpcr, x13
#endif
.Lleave_back_\family:
    /* LIVE: x0, x1, w17.  RIGHTS and STACK: the domain's. */
#if GATE_CLEAR
    CLEAR_TOWARDS_CALLER leave_\family
#endif
#if GATE_FORCED
    mov x18, x21
    add x30, x21, w30, uxtw
#endif
    ret

.Lleave_dead_\family:
    /* FROM: above: the domain died while this thread was out of it.  RIGHTS and STACK: host. */
    str xzr, [x11, #T_DOOR]
    CONSTANT x10, kg_status_killed
    str x10, [x9, #T_PENDING]
    b kg_unwind_\family
ENDFUNC kg_leave_\family
.endm

/* Does not return to where it came from: ends the newest enter with the thread's pending status.
 *
 * Why: a domain faulted, ran out of time or died. In: nothing; any register, stack and rights; d8
 * to d15 as the domain or a handler without vector code left them. Out: to the caller of the newest
 * enter, as if the callee had returned. Trusts: thread and frames. */
.macro UNWIND_GATE family
LEAVE_GATE \family
FUNC kg_unwind_\family
    .cfi_remember_state
    .cfi_undefined x30
    /* FROM: a fault handler, software tags, or a leave that finds its domain dead.  LIVE: nothing.
     * STACK: not to be touched. */
#if GATE_RIGHTS
    CHECKS_ON
#endif
    NEWEST_FRAME
#if GATE_RIGHTS
    CHECKS_ARE_ON
#endif
#if GATE_AROUND
    AROUND_UNWIND
#endif
    LEVEL_OF_FRAME w13, x12, 0
    cbz w13, .Lunwind_general_\family
    RESTORE_CONTROL x12, 1
    RESTORE_VECTORS x12, 1
.Lunwind_general_\family:
    LEAVE_TO_HOST unwind_\family, 0
    ldr x0, [x9, #T_PENDING]
    mov x1, xzr
    ret
ENDFUNC kg_unwind_\family
.endm

#endif
