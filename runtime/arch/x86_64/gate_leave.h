/* SPDX-License-Identifier: MIT */
/* The way from a domain out to the monitor and back, and the way out of a call that is given up:
 * LEAVE_GATE and UNWIND_GATE. See gate.h for the conventions. */
#ifndef KG_ARCH_GATE_LEAVE_H
#define KG_ARCH_GATE_LEAVE_H

#include "gate_enter.h"

/* What this processor has of vector registers, towards a domain whose code may have any of them.
 * In: esi, the sealed word that says so, since the domain's rights may be in force. */
.macro CLEAR_VECTORS_ALL
    cmpl $2, %esi
    jb .Lsse_\@
    ja .Lwide_\@
    CLEAR_VECTORS 2
    jmp .Lcleared_\@
.Lsse_\@:
    CLEAR_VECTORS 1
    jmp .Lcleared_\@
.Lwide_\@:
    CLEAR_VECTORS 3
.Lcleared_\@:
.endm

/* Plain flags for C, in a kernel with IF as the host has it. In: what PUSH_FLAGS left, at rsp;
 * where nothing is cleared the enter's frame at F_BYTES + rax + rdx. */
.macro HOST_FLAGS
#if GATE_CLEAR && defined(KG_BARE)
    pushq (%rsp)
#elif defined(KG_BARE)
    pushq F_BYTES + F_FLAGS(%rax, %rdx)
#else
    pushq $FLAGS_DEFAULT
#endif
    popfq
.endm

/* Floating-point control for a domain that has such code. In: r11 the leave's frame. */
.macro CONTROL_OF_DOMAIN
#if GATE_CLEAR
    cmpw $0, F_BYTES + F_CONTROL(%r11)
    je .Lgeneral_\@
    ldmxcsr F_MXCSR(%r11)
    fninit
    fldcw F_FCW(%r11)
.Lgeneral_\@:
#endif
.endm

/* rax:rdx = leave(arguments..., gate in rax)
 *
 * Why: a domain calls another domain, a host function or the monitor. The monitor looks at the
 * call in C, with its own rights on the host's stack, so one domain never sees another's. In: six
 * argument registers as they are, the gate in rax. Out: struct kg_outcome. Clobbers: as a C call.
 * Trusts: frames and thread; nothing of the domain's is followed. */
.macro LEAVE_GATE family
#if GATE_RING3
LEAVE_RING3 \family
#else
FUNC kg_leave_\family
    /* FROM: enter or slow, called in a domain.  RIGHTS and STACK: that domain's. */
    PUSH_FLAGS
    movq %rcx, %r11
#endif
    movq %rax, %xmm0
    movq %rdx, %r10
#if GATE_AROUND
    AROUND_CALL_OUT
#endif
#if GATE_RIGHTS
    WORD_FIND %rax
    movl WORD(L_OUTSIDE, %rax), %eax
    RIGHTS_SELECT
    xorl %edx, %edx
    RIGHTS_WRITE
    /* FROM: above, or a domain that jumped here. */
    WORD_FIND %rcx
    cmpl WORD(L_OUTSIDE, %rcx), %eax
    jne kg_rights_forged
#endif
    LOCAL_FIND %rcx
    /* RIGHTS: host.  STACK: none that may be touched, until rsp is the host's. */
    movq LOCAL(L_THREAD, %rcx), %rax
    movq T_TOP(%rax), %rdx
    movq %rbx, F_RBX(%rax, %rdx)
    movq %rbp, F_RBP(%rax, %rdx)
    movq %r12, F_R12(%rax, %rdx)
    movq %r13, F_R13(%rax, %rdx)
    movq %r14, F_R14(%rax, %rdx)
    movq %r15, F_R15(%rax, %rdx)
    movq %rsp, F_RSP(%rax, %rdx)
#if GATE_CLEAR
    cmpw $0, F_BYTES + F_CONTROL(%rax, %rdx)
    je .Lleave_saved_\family
    stmxcsr F_MXCSR(%rax, %rdx)
    fnstcw F_FCW(%rax, %rdx)
.Lleave_saved_\family:
#endif
    movl $FRAME_HOST, F_SLOT(%rax, %rdx)
    movl WORD(L_OUTSIDE, %rcx), %ebx
    movl %ebx, F_OUTSIDE(%rax, %rdx)
    movl F_BYTES + F_SLOT(%rax, %rdx), %ecx
    movq T_DOOR(%rax, %rcx, 8), %rbx
    movq %rbx, F_DOOR(%rax, %rdx)
    subq $F_BYTES, T_TOP(%rax) /* there is one left: layout.h, KG_FRAMES */
    /* Whoever enters this domain again on this thread starts below what it uses now. */
    leaq -256(%rsp), %rbx
    andq $-64, %rbx
    movq %rbx, T_DOOR(%rax, %rcx, 8)
    /* But not if it has died: that store may have come after the one that shut the door. */
    cmpb $0, T_DEAD(%rax, %rcx)
    je .Lleave_alive_\family
    movq $0, T_DOOR(%rax, %rcx, 8)
.Lleave_alive_\family:
    movq F_BYTES + F_RSP(%rax, %rdx), %rsp
#if GATE_CLEAR
    cmpw $0, F_BYTES + F_CONTROL(%rax, %rdx)
    je .Lleave_control_\family
    ldmxcsr F_BYTES + F_MXCSR(%rax, %rdx)
    fninit /* whatever the domain left pending is lost here */
    fldcw F_BYTES + F_CONTROL(%rax, %rdx)
.Lleave_control_\family:
#endif
    HOST_FLAGS
    andq $-16, %rsp
    pushq %r9
    pushq %r8
    pushq %r11
    pushq %r10
    pushq %rsi
    pushq %rdi
    movq %rsp, %rsi
    movq %xmm0, %rdi
    .cfi_undefined rip
    /* LIVE: gate, pointer to the six arguments.  RIGHTS and STACK: host. */
    call kg_monitor_call
    movq %rax, %r8
    movq %rdx, %rbp
    /* FROM: the monitor.  LIVE: r8 status, rbp value.  RIGHTS: host. */
    LOCAL_FIND %r10
    movq LOCAL(L_THREAD, %r10), %r11
    movq T_TOP(%r11), %r9
    leaq F_BYTES(%r11, %r9), %r11
    /* r11 is the frame of the leave, the frame above it the enter's. */
    movl F_OUTSIDE(%r11), %eax
    movl %eax, WORD(L_OUTSIDE, %r10)
    movl F_BYTES + F_SLOT(%r11), %ecx
    movq F_DOOR(%r11), %rdx
    movq LOCAL(L_THREAD, %r10), %rbx
    /* Not what it had when it called out: it may have given a window away. */
    movl T_RIGHTS(%rbx, %rcx, 4), %eax
    movl %eax, WORD(L_INSIDE, %r10)
    movq %rdx, T_DOOR(%rbx, %rcx, 8)
    addq $F_BYTES, T_TOP(%rbx)
    /* From here on a death of this domain unwinds the thread by signal; an earlier one shows. */
    cmpb $0, T_DEAD(%rbx, %rcx)
    jne .Lleave_dead_\family
#if GATE_AROUND
    AROUND_RETURN_IN
#else
    movq %rbp, %r9
    movq F_RBX(%r11), %rbx
    movq F_RBP(%r11), %rbp
    movq F_R12(%r11), %r12
    movq F_R13(%r11), %r13
    movq F_R14(%r11), %r14
    movq F_R15(%r11), %r15
    CONTROL_OF_DOMAIN
#if GATE_RING3
    movq F_BYTES + F_RSP(%r11), %rsi
    movl (%rsi), %edi
#endif
    movq F_RSP(%r11), %rsp
#endif
#if GATE_CLEAR
    movl kg_sealed_page + SEALED_VECTORS(%rip), %esi
#endif
#if GATE_RIGHTS
    movl WORD(L_INSIDE, %r10), %eax
    RIGHTS_SELECT
    xorl %edx, %edx
    RIGHTS_WRITE
    RIGHTS_CHECK L_INSIDE
#endif
    /* RIGHTS and STACK: the domain's.  Its caller-saved registers carry nothing of the host's. */
    movq %r8, %rax
    movq %r9, %rdx
#if GATE_CLEAR
#if GATE_RING3
    RING_FLAGS %edi
#else
    xorl %ecx, %ecx
    xorl %r11d, %r11d
#endif
    xorl %edi, %edi
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    CLEAR_VECTORS_ALL
    xorl %esi, %esi
#endif
#if GATE_RING3
    INTO_RING3 kg_ring3_goes_on
#else
    POP_FLAGS
    .cfi_same_value rip
    .cfi_def_cfa rsp, 8
    ret
#endif

.Lleave_dead_\family:
    /* FROM: above: the domain died while this thread was out of it.  RIGHTS: host. */
    movq $0, T_DOOR(%rbx, %rcx, 8)
    movq kg_status_killed(%rip), %rax
    movq %rax, T_PENDING(%rbx)
    jmp kg_unwind_\family
#if GATE_RING3
ENDFUNC kg_ring3_entry
#else
ENDFUNC kg_leave_\family
#endif
.endm

/* rax:rdx = out(arguments..., gate)
 *
 * Why: the way out for an image, which may be unable to read what an enter asks first. In: n
 * arguments in the C registers, the gate after them. Trusts: nothing. */
.macro OUT_GATE family, n
FUNC kg_out_\family\()_\n
    /* FROM: an image.  RIGHTS and STACK: its. */
    GATE_INTO \n, %rax
    jmp kg_leave_\family
ENDFUNC kg_out_\family\()_\n
.endm

/* Does not return to where it came from: ends the newest enter with the thread's pending status.
 *
 * Why: a domain faulted, ran out of time or died. In: nothing; any register, stack and rights. Out:
 * to the caller of the newest enter, as if the callee had returned. Trusts: thread and frames. */
.macro UNWIND_GATE family
LEAVE_GATE \family
#if GATE_RIGHTS
    .irp n, 0,1,2,3,4,5,6
OUT_GATE \family, \n
    .endr
#endif
FUNC kg_unwind_\family
    .cfi_undefined rip
    /* FROM: the kernel returning from a fault handler, software tags, or a leave that finds its
     * domain dead.  LIVE: nothing.  STACK: not to be touched. */
#if GATE_RIGHTS
    WORD_FIND %r10
    movl WORD(L_OUTSIDE, %r10), %eax
    RIGHTS_SELECT
    xorl %edx, %edx
    RIGHTS_WRITE
    RIGHTS_CHECK L_OUTSIDE
#endif
    LOCAL_FIND %r10
    movq LOCAL(L_THREAD, %r10), %r11
    movq T_TOP(%r11), %r9
#if GATE_AROUND
    AROUND_UNWIND
#endif
#if GATE_CLEAR
    cmpw $0, F_BYTES + F_CONTROL(%r11, %r9)
    je .Lunwind_general_\family
    fninit /* nothing is left pending that the way back would run into */
    RESTORE_CONTROL 1, F_BYTES, %r11, %r9
.Lunwind_general_\family:
#endif
#if defined(KG_BARE) && !GATE_CLEAR
    movq F_BYTES + F_FLAGS(%r11, %r9), %rcx
#endif
    LEAVE_TO_HOST 0
#if defined(KG_BARE) && !GATE_CLEAR
    pushq %rcx
    popfq
#endif
    movq T_PENDING(%r11), %rax
    xorl %edx, %edx
    POP_FLAGS
    ret
ENDFUNC kg_unwind_\family
.endm

#endif
