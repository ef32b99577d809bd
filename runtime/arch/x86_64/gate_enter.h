/* SPDX-License-Identifier: MIT */
/* The way from the host into a domain and back: ENTER_GATE. See gate.h for the registers. */
#ifndef KG_ARCH_GATE_ENTER_H
#define KG_ARCH_GATE_ENTER_H

#include "gate.h"

/* Gives the waiting side's state back from the frame at r11 + r9 + F_BYTES, then the frame itself,
 * and returns {rax, rdx}. Nothing is taken from the domain but the value already in rdx.
 * FROM: ENTER_GATE and the unwind.  RIGHTS: host.  STACK: the domain's until rsp is loaded. */
.macro LEAVE_TO_HOST level
    RESTORE_SAVED %r11, %r9, F_BYTES
    movq F_BYTES + F_RSP(%r11, %r9), %rsp
    RESTORE_CONTROL \level, F_BYTES, %r11, %r9
    addq $F_BYTES, T_TOP(%r11)
.endm

/* rax:rdx = enter(arguments..., gate)
 *
 * Why: the one way into a domain. In: n arguments in the C registers, the gate after them. Out:
 * struct kg_outcome. Clobbers: what a C call does. Trusts: the gate (read-only memory), the
 * thread and its frames (monitor memory). Takes no lock, allocates nothing, calls no kernel. */
.macro ENTER_GATE family, level, n
FUNC kg_enter_\family\()_\level\()_\n
    /* FROM: kg_gate_call, in the host or in a domain.  LIVE: arguments, gate.  RIGHTS: caller's.
     * STACK: caller's.  Only reads until the caller is known to be the host. */
    FROM_RING3 .Linside_\family\()_\level\()_\n
    LOCAL_FIND %r10
#if GATE_AROUND
    cmpl $0, LOCAL(L_INSIDE, %r10)
    jne .Linside_\family\()_\level\()_\n
#endif
    movq LOCAL(L_THREAD, %r10), %r11
    movq T_TOP(%r11), %rax
    cmpl $FRAME_HOST, F_BYTES + F_SLOT(%r11, %rax)
#if GATE_AROUND || GATE_RING3
    jne .Lunknown_\family\()_\level\()_\n
#else
    jne .Linside_\family\()_\level\()_\n
#endif
    PUSH_FLAGS
#if GATE_CLEAR
    FLAGS_ARE_PLAIN .Lodd_\family\()_\level\()_\n
#endif
    SAVE_HOST %rax
    movq %rsp, F_RSP(%r11, %rax)
    SLOT_OF_GATE \n
    movq %GATE_SLOT(), F_SLOT(%r11, %rax) /* and F_CONTROL */
    SAVE_CONTROL \level, %r11, %rax
#if defined(KG_BARE) && !GATE_CLEAR
    pushfq /* a trap that gives the call up comes back with interrupts off */
    popq F_FLAGS(%r11, %rax)
#endif
#if GATE_RIGHTS
    /* rdpkru and wrpkru take eax, ecx and edx: what they carry moves to saved registers. */
.if \n == 2
    movq %rdx, %rbx
.elseif \n == 3
    movq %rcx, %rbx
.elseif \n == 6
    movq 16(%rsp), %rbx
.endif
.if \n >= 3
    movq %rdx, %r12
.endif
.if \n >= 4
    movq %rcx, %r13
.endif
#if GATE_RING3
    movl (%rsp), %r15d
#endif
    /* The rights to come back to are what the host has now: it may use keys of its own. */
    RIGHTS_READ
    movl %eax, WORD(L_OUTSIDE, %r10)
#endif
    /* The frame is whole: from the next instruction on the call is under way, and giving it up
     * means going to the unwind. */
    subq $F_BYTES, T_TOP(%r11)
#ifndef GATE_NO_DEPTH
    js .Ldepth_\family\()_\level\()_\n
#endif
#if GATE_AROUND
    AROUND_ENTER
    testq %rax, %rax
    jz .Lrefused_\family\()_\level\()_\n
#endif
#if GATE_RIGHTS
    /* Whoever ends a domain shuts its doors and only then looks for frames: this load comes after
     * the store, and finds a shut door where the other did not find the frame. */
    movq T_DOOR(%r11, %r14, 8), %rsp
#ifndef GATE_NO_LIVENESS
    testq %rsp, %rsp
    jz .Lshut_\family\()_\level\()_\n
#endif
    movl T_RIGHTS(%r11, %r14, 4), %eax
    movl %eax, WORD(L_INSIDE, %r10)
    WITH_CALLEE \n, movq, %rbp
    RIGHTS_WRITE
    /* FROM: above, or a domain that jumped here with rights of its own making in eax. */
    RIGHTS_CHECK L_INSIDE
    /* From here on none of the host's memory may be there to read. */
    movq %rbp, %rax
.if \n >= 3
    movq %r12, %rdx
.endif
.if \n >= 4
    movq %r13, %RING_ARGUMENT
.endif
#else
.if \n == 6
#if GATE_CLEAR
    movq 16(%rsp), %rbx
#else
    movq 16(%rsp), %rax
#endif
.endif
#if !GATE_CLEAR
    movq %rsp, %rbp
#endif
#if GATE_AROUND
    movq %rax, %rsp
#else
    movq T_DOOR(%r11, %r10, 8), %rsp
#ifndef GATE_NO_LIVENESS
    testq %rsp, %rsp
    jz .Lshut_\family\()_\level\()_\n
#endif
#endif
#if GATE_CLEAR
    WITH_CALLEE \n, movq, %rax
#endif
#endif
#if GATE_CLEAR
#if GATE_RING3
    RING_FLAGS %r15d
#endif
#ifndef GATE_NO_GENERAL
    CLEAR_GENERAL \n
#endif
#ifndef GATE_NO_VECTOR
    CLEAR_VECTORS \level
#endif
#endif
    /* A walk of the stack ends here; kg_domain_backtrace goes on from the frame. */
    .cfi_undefined rip
    /* LIVE: arguments, rax.  RIGHTS and STACK: the domain's. */
#if GATE_RING3
    INTO_RING3 kg_ring3_call
#elif GATE_CLEAR
    call *%rax
#else
    WITH_CALLEE \n, call
#endif
#if !GATE_RING3
    /* FROM: the callee.  LIVE: rax, its result; every other register is its making. */
#if !GATE_CLEAR
    /* Nothing is protected, so the callee is trusted with what the C rules make it keep: rbp. */
    LOCAL_FIND %r10
    movq LOCAL(L_THREAD, %r10), %r11
    addq $F_BYTES, T_TOP(%r11)
    leave
    movq %rax, %rdx
    xorl %eax, %eax
    .cfi_same_value rip
    .cfi_def_cfa rsp, 8
    ret
#else
    movq %rax, %r8
#if GATE_AROUND
    AROUND_LEAVE \level
#endif
#if GATE_RIGHTS
    WORD_FIND %r10
    movl WORD(L_OUTSIDE, %r10), %eax
    RIGHTS_SELECT
    xorl %edx, %edx
    RIGHTS_WRITE
    /* FROM: above, or a domain that jumped here.  LIVE: r8, no more trusted than a result is. */
    RIGHTS_CHECK L_OUTSIDE
#endif
    LOCAL_FIND %r10
    movq LOCAL(L_THREAD, %r10), %r11
    movq T_TOP(%r11), %r9
    LEAVE_TO_HOST \level
    movq %r8, %rdx
    xorl %eax, %eax
    DROP_FLAGS .Lstirred_\family\()_\level\()_\n
    .cfi_same_value rip
    .cfi_def_cfa rsp, 8
    ret

.Lstirred_\family\()_\level\()_\n:
    FLAGS_AGAIN
#endif
#endif

#if GATE_CLEAR
.Lodd_\family\()_\level\()_\n:
    /* FROM: the first test of the flags.  LIVE: arguments, gate.  RIGHTS and STACK: host.  The same
     * call with plain flags, and the odd ones back afterwards. */
    .cfi_def_cfa rsp, 16
    .cfi_restore rip
    pushq (%rsp)
    andl $~FLAGS_ODD, (%rsp)
    popfq
.if \n == 6
    pushq 16(%rsp)
    .cfi_adjust_cfa_offset 8
.endif
    call kg_enter_\family\()_\level\()_\n
.if \n == 6
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
.endif
    popfq
    .cfi_adjust_cfa_offset -8
    ret
#endif

#if !GATE_AROUND
.Lshut_\family\()_\level\()_\n:
    /* FROM: above: this thread has no stack in the domain yet, or the door was shut.  RIGHTS: host.
     * STACK: none yet.  The frame is given back, and C decides. */
    addq $F_BYTES, T_TOP(%r11)
    movq T_TOP(%r11), %r10
#if GATE_RIGHTS
.if \n == 2
    movq %rbx, %rdx
.elseif \n == 3
    movq %rbx, %rcx
.endif
.if \n >= 3
    movq %r12, %rdx
.endif
.if \n >= 4
    movq %r13, %rcx
.endif
#endif
    movq F_RSP(%r11, %r10), %rsp
    RESTORE_SAVED %r11, %r10, 0
    RESTORE_CONTROL \level, 0, %r11, %r10
    POP_FLAGS
    jmp kg_slow_\family\()_\level\()_\n
#endif

.Ldepth_\family\()_\level\()_\n:
    /* FROM: above, with no frame left.  RIGHTS and STACK: host. */
    addq $F_BYTES, T_TOP(%r11)
    xorl %r9d, %r9d
    RESTORE_SAVED %r11, %r9, 0
    RESTORE_CONTROL \level, 0, %r11, %r9
    POP_FLAGS
    movq kg_status_depth(%rip), %rax
    xorl %edx, %edx
    ret

#if GATE_AROUND
.Lrefused_\family\()_\level\()_\n:
    /* FROM: above: the domain's memory could not be opened.  RIGHTS and STACK: host. */
    LOCAL_FIND %r10
    movq LOCAL(L_THREAD, %r10), %r11
    movq T_TOP(%r11), %r9
    LEAVE_TO_HOST \level
    POP_FLAGS
    movq kg_page_refused(%rip), %rax
    xorl %edx, %edx
    ret
#endif

.Linside_\family\()_\level\()_\n:
    /* FROM: above and kg_slow.  LIVE: arguments, gate.  RIGHTS and STACK: the calling domain's, or
     * a host's whose thread is not attached. */
#if !GATE_AROUND && !GATE_RING3
    cmpl $SLOT_NOBODY, F_BYTES + F_SLOT(%r11, %rax)
    je .Lunknown_\family\()_\level\()_\n
#endif
    GATE_INTO \n, %rax
    jmp kg_leave_\family
ENDFUNC kg_enter_\family\()_\level\()_\n
.endm

/* Six arguments, a struct kg_saved, and what an enter has below the return address. */
#define SLOW_SAVED 48
#define SLOW_BYTES 120

/* rax:rdx = slow(arguments..., gate)
 *
 * Why: objects, deadlines, a first call, a dead domain: C decides, on the caller's stack. In, out:
 * as enter. From a domain it goes the same way as any call out. */
.macro SLOW_GATE family, level, n
FUNC kg_slow_\family\()_\level\()_\n
    /* FROM: kg_gate_call or the enter above.  RIGHTS and STACK: caller's. */
    FROM_RING3 .Linside_\family\()_\level\()_\n
    LOCAL_FIND %r10
#if GATE_AROUND
    cmpl $0, LOCAL(L_INSIDE, %r10)
#else
    movq LOCAL(L_THREAD, %r10), %r11
    movq T_TOP(%r11), %rax
    cmpl $FRAME_HOST, F_BYTES + F_SLOT(%r11, %rax)
#endif
#if !GATE_RING3
    jne .Linside_\family\()_\level\()_\n
#endif
.Lunknown_\family\()_\level\()_\n:
    /* FROM: above, and the enter on a thread that is not attached.  RIGHTS and STACK: host. */
    GATE_INTO \n, %rax
    subq $SLOW_BYTES, %rsp
    .cfi_adjust_cfa_offset SLOW_BYTES
    movq %rdi, 0(%rsp)
    movq %rsi, 8(%rsp)
    movq %rdx, 16(%rsp)
    movq %rcx, 24(%rsp)
    movq %r8, 32(%rsp)
    movq %r9, 40(%rsp)
    /* Who waits: C's frames are gone by the time somebody asks. */
    movq %rbx, SLOW_SAVED + F_RBX(%rsp)
    movq %rbp, SLOW_SAVED + F_RBP(%rsp)
    movq %r12, SLOW_SAVED + F_R12(%rsp)
    movq %r13, SLOW_SAVED + F_R13(%rsp)
    movq %r14, SLOW_SAVED + F_R14(%rsp)
    movq %r15, SLOW_SAVED + F_R15(%rsp)
    movq %rbp, SLOW_BYTES - 8(%rsp)
    leaq SLOW_BYTES - 8(%rsp), %rdx
    movq %rdx, SLOW_SAVED + F_RSP(%rsp)
    movq %rax, %rdi
    movq %rsp, %rsi
    leaq SLOW_SAVED(%rsp), %rdx
    call kg_gate_slow
    addq $SLOW_BYTES, %rsp
    .cfi_adjust_cfa_offset -SLOW_BYTES
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
