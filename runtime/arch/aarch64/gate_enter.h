/* SPDX-License-Identifier: MIT */
/* The way from the host into a domain and back: ENTER_GATE. See gate.h for the registers. */
#ifndef KG_ARCH_GATE_ENTER_H
#define KG_ARCH_GATE_ENTER_H

#include "gate.h"

/* Gives the waiting side's state back from the frame NEWEST_FRAME found, then the frame itself.
 * Nothing is taken from the domain but the value, which x1 holds already.
 * FROM: ENTER_GATE and the unwind.  RIGHTS: host.  STACK: the domain's until sp is loaded. */
.macro LEAVE_TO_HOST where, level
    RESTORE_GENERAL x12
    RESTORE_CONTROL x12, \level
    RESTORE_MASK x12
    ldr x13, [x12, #F_SP]
    mov sp, x13
    str x10, [x9, #T_TOP]
    .cfi_restore_state
.endm

/* Out of the common path: a host that had switched tag checks off calls again with them on, and
 * gets that back; a domain that left them off changed nothing for the host. */
.macro CHECKS_OFF_PATHS where
#if GATE_TCO && !defined(KG_BARE)
.Loff_\where:
    /* FROM: the first test.  LIVE: arguments, gate.  RIGHTS and STACK: host. */
    stp x29, x30, [sp, #-16]!
    .cfi_adjust_cfa_offset 16
    .cfi_rel_offset x29, 0
    .cfi_rel_offset x30, 8
    msr tco, #0
    bl kg_enter_\where
    msr tco, #1
    ldp x29, x30, [sp], #16
    .cfi_adjust_cfa_offset -16
    .cfi_restore x29
    .cfi_restore x30
    ret

#if !GATE_FORCED
.Lleft_off_\where:
    /* FROM: the return.  LIVE: x1, x10, x12.  RIGHTS: host. */
    msr tco, #0
    b .Lback_on_\where
#endif
#endif
.endm

/* x0, x1 = enter(arguments..., gate)
 *
 * Why: the one way into a domain. In: n arguments in the C registers, the gate after them. Out:
 * struct kg_outcome. Clobbers: what a C call does. Trusts: the gate (read-only memory), the
 * thread and its frames (monitor memory). Takes no lock, allocates nothing, calls no kernel. */
.macro ENTER_GATE family, level, n
FUNC kg_enter_\family\()_\level\()_\n
    /* FROM: kg_gate_call, in the host or in a domain.  LIVE: arguments, gate.  RIGHTS: caller's.
     * STACK: caller's.  Only reads until the caller is known to be the host. */
#if GATE_AROUND
    LOCAL_INSIDE w9, x10
    cbnz w9, .Linside_\family\()_\level\()_\n
#endif
    LOCAL_THREAD x9, x10
    ldr x13, [x9, #T_TOP]
    add x12, x9, x13
    ldr w10, [x12, #F_BYTES + F_SLOT]
#if GATE_AROUND
    cbnz w10, .Lunknown_\family\()_\level\()_\n
#else
    cbnz w10, .Linside_\family\()_\level\()_\n
#endif
#if GATE_TCO && defined(KG_BARE)
    msr tco, #0 /* off in a kernel's trap handlers only, which call no gates */
#elif GATE_TCO
    mrs x14, tco
    cbnz x14, .Loff_\family\()_\level\()_\n
#endif
    SAVE_GENERAL x12
    SAVE_VECTORS x12, \level
    SAVE_CONTROL x12, \level
    ldp w17, w11, [x\n, #G_SLOT] /* and G_DOOR */
    mov x14, sp
#if !defined(KG_BARE)
.if \level == 0
    stp x14, x17, [x12, #F_SP]
.else
    FRAME_WORD x10, x17, \level
    stp x14, x10, [x12, #F_SP]
.endif
#else
    FRAME_WORD x10, x17, \level
    stp x14, x10, [x12, #F_SP]
#endif
    sub x13, x13, #F_BYTES
#ifndef GATE_NO_DEPTH
    tbnz x13, #63, .Ldepth_\family\()_\level\()_\n
#endif
    /* The frame is whole: from the next instruction on the call is under way, and giving it up
     * means going to the unwind. */
    str x13, [x9, #T_TOP]
#if GATE_AROUND
    /* LIVE: arguments, gate, x17. */
    AROUND_ENTER \n
    cbz x16, .Lclosed_\family\()_\level\()_\n
    .cfi_remember_state
    .cfi_undefined x30
    mov sp, x16
#else
    /* Whoever ends a domain shuts its doors and only then looks for frames: this load must come
     * after the store, and finds a shut door where the other did not find the frame. */
    ldr x16, [x9, x11]
#if GATE_RIGHTS
    .cfi_remember_state
    .cfi_undefined x30
    mov sp, x16
    /* STACK: the domain's, or none if the door is shut, which the check sees as a wrong tag. */
    STACK_CHECK .Lrefused_\family\()_\level\()_\n
#else
#ifndef GATE_NO_LIVENESS
    cbz x16, .Lshut_\family\()_\level\()_\n
#endif
    .cfi_remember_state
    .cfi_undefined x30
    mov sp, x16
#endif
#endif
    ldr x16, [x\n, #G_FUNCTION]
#if GATE_CLEAR
#ifndef GATE_NO_GENERAL
    CLEAR_GENERAL \n
#endif
#ifndef GATE_NO_VECTOR
    CLEAR_VECTORS \level
#endif
    NORMALISE_CONTROL \level
#else
    mov x29, x12
#endif
    /* A walk of the stack ends here; kg_domain_backtrace goes on from the frame.
     * LIVE: arguments, x16.  RIGHTS and STACK: the domain's. */
#if GATE_FORCED
    ENTER_FORCED
    .cfi_restore_state
#else
    blr x16
    /* FROM: the callee.  LIVE: x0, its result; every other register is its making. */
    ENTER_RETURN \family\()_\level\()_\n, \level
#endif

#if GATE_RIGHTS
    CHECKS_OFF_PATHS \family\()_\level\()_\n

.Lrefused_\family\()_\level\()_\n:
    /* FROM: the check.  RIGHTS: unknown.  STACK: none.  A shut door is no forgery. */
    cbnz x16, kg_rights_forged
    ldr x14, [x12, #F_SP]
    mov sp, x14
#endif
.Lshut_\family\()_\level\()_\n:
    /* FROM: above: this thread has no stack in the domain yet, or the door was shut.  LIVE:
     * arguments, gate.  RIGHTS and STACK: host. */
    ldr x13, [x9, #T_TOP]
    add x13, x13, #F_BYTES
    str x13, [x9, #T_TOP]
    b kg_slow_\family\()_\level\()_\n

#if GATE_AROUND
.Lclosed_\family\()_\level\()_\n:
    /* FROM: above: the domain's memory could not be opened.  RIGHTS and STACK: host. */
    NEWEST_FRAME
    str x10, [x9, #T_TOP]
    CONSTANT x0, kg_page_refused
    mov x1, xzr
    ret
#endif

.Ldepth_\family\()_\level\()_\n:
    /* FROM: above, with no frame left: the one at hand is scratch.  RIGHTS and STACK: host. */
    CONSTANT x0, kg_status_depth
    mov x1, xzr
    ret

.Linside_\family\()_\level\()_\n:
    /* FROM: above and kg_slow.  LIVE: arguments, gate.  RIGHTS and STACK: the calling domain's, or
     * a host's whose thread is not attached. */
#if !GATE_AROUND
    cmp w10, #SLOT_NOBODY
    b.eq .Lunknown_\family\()_\level\()_\n
#endif
    mov x8, x\n
    b kg_leave_\family
ENDFUNC kg_enter_\family\()_\level\()_\n
.endm

/* From the callee back to the caller. In: x0. Out: x0, x1, and a return. */
.macro ENTER_RETURN where, level
    mov x1, x0
#if GATE_CLEAR
#if GATE_AROUND
    /* LIVE: x1. */
    AROUND_LEAVE
#endif
    NEWEST_FRAME
#if GATE_TCO && defined(KG_BARE)
    /* FROM: above, or a domain that jumped here.  LIVE: x1, no more trusted than a result is. */
    msr tco, #0
#elif GATE_TCO
    /* FROM: above, or a domain that jumped here.  LIVE: x1, no more trusted than a result is. */
    mrs x13, tco
    cbnz x13, .Lleft_off_\where
.Lback_on_\where:
#endif
    RESTORE_VECTORS x12, \level
    LEAVE_TO_HOST \where, \level
#else
    /* Nothing is protected, so the callee is trusted with what the C rules make it keep: x29. */
    ldr x9, [x29, #F_THREAD]
    RESTORE_MASK x29
    ldr x13, [x29, #F_SP]
    mov sp, x13
    sub x10, x29, x9
    ldp x29, x30, [x29, #F_X29]
    str x10, [x9, #T_TOP]
    .cfi_restore_state
#endif
    mov x0, xzr
    ret
.endm

/* x29 and x30, six arguments, a struct kg_saved. */
#define SLOW_SAVED 64
#define SLOW_BYTES 240

/* x0, x1 = slow(arguments..., gate)
 *
 * Why: objects, deadlines, a first call, a dead domain: C decides, on the caller's stack. In, out:
 * as enter. From a domain it goes the same way as any call out. */
.macro SLOW_GATE family, level, n
FUNC kg_slow_\family\()_\level\()_\n
    /* FROM: kg_gate_call or the enter above.  RIGHTS and STACK: caller's. */
#if GATE_AROUND
    LOCAL_INSIDE w9, x10
    cbnz w9, .Linside_\family\()_\level\()_\n
#else
    NEWEST_FRAME
    ldr w10, [x12, #F_SLOT]
    cbnz w10, .Linside_\family\()_\level\()_\n
#endif
.Lunknown_\family\()_\level\()_\n:
    /* FROM: above, and the enter on a thread that is not attached.  RIGHTS and STACK: host. */
    stp x29, x30, [sp, #-SLOW_BYTES]!
    .cfi_def_cfa_offset SLOW_BYTES
    .cfi_offset x29, -SLOW_BYTES
    .cfi_offset x30, 8 - SLOW_BYTES
    mov x29, sp
    stp x0, x1, [sp, #16]
    stp x2, x3, [sp, #32]
    stp x4, x5, [sp, #48]
    mov x0, x\n
    add x1, sp, #16
    /* Who waits: C's frames are gone by the time somebody asks. */
    add x2, sp, #SLOW_SAVED
    SAVE_GENERAL x2
    ldr x9, [sp]
    str x9, [x2, #F_X29]
    add x9, sp, #SLOW_BYTES
    str x9, [x2, #F_SP]
    bl kg_gate_slow
    ldp x29, x30, [sp], #SLOW_BYTES
    .cfi_restore x29
    .cfi_restore x30
    .cfi_def_cfa_offset 0
    ret
ENDFUNC kg_slow_\family\()_\level\()_\n
.endm

/* Seven ways in. What all sets of a family share is UNWIND_GATE's. */
.macro GATE_SET family, level
    .irp n, 0,1,2,3,4,5,6
ENTER_GATE \family, \level, \n
SLOW_GATE \family, \level, \n
    .endr
.endm

#endif
