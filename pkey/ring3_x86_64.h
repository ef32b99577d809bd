/* SPDX-License-Identifier: MIT */
/* Domains in ring 3 of the kernel's own address space: the ways there and back, as steps of the
 * gate. SYSRET and SYSCALL change the ring and leave stack, FS base and rights alone (SDM vol. 2),
 * so on the way back nothing of the domain's is believed: GS base is the thread's own by SWAPGS,
 * and FS base comes from there. What the kernel owes for it is in port.h. */
#ifndef KG_PKEY_RING3_H
#define KG_PKEY_RING3_H

#include "gate_leave.h"

/* A domain that calls through a gate does so in its own ring. */
.macro FROM_RING3 there
    movl %cs, %eax
    testb $3, %al
    jnz \there
.endm

/* Flags for the domain, where SYSRET takes them: none, and interrupts as the caller has them. */
.macro RING_FLAGS of
    movl \of, %r11d
    andl $FLAG_INTERRUPTS, %r11d
.endm

/* Goes on at `there` in ring 3. In: r11 flags. No trap may come between the two: it would take the
 * domain's GS base for the thread's. */
.macro INTO_RING3 there
    leaq \there(%rip), %rcx
    cli
    swapgs
    sysretq
.endm

/* The ring-3 half of a leave, and where SYSCALL enters; goes on as LEAVE_GATE. */
.macro LEAVE_RING3 family
/* rax:rdx = leave(arguments..., gate in rax)
 *
 * Why: the domain's own part of a call out. Its flags wait on its stack. Trusts: nothing. */
FUNC kg_leave_\family
    /* FROM: enter or slow, called in a domain.  RIGHTS and STACK: that domain's. */
    pushfq
    .cfi_adjust_cfa_offset 8
    movq %rcx, %r10
    syscall
    .globl kg_ring3_goes_on
    .hidden kg_ring3_goes_on
kg_ring3_goes_on:
    /* FROM: kg_ring3_entry's end.  LIVE: rax, rdx.  RIGHTS and STACK: the domain's. */
    xorl %ecx, %ecx
    xorl %r11d, %r11d
    popfq
    .cfi_adjust_cfa_offset -8
    ret
ENDFUNC kg_leave_\family

/* void call(arguments..., callee in rax)
 *
 * Why: the first and last a callee's caller does in ring 3. In: six argument registers, the fourth
 * in r10. Out: by SYSCALL, the value in rax. Trusts: nothing. */
FUNC kg_ring3_call
    .cfi_undefined rip
    /* FROM: an enter.  LIVE: arguments, rax.  RIGHTS and STACK: the domain's. */
    movq %r10, %rcx
    xorl %r10d, %r10d
    xorl %r11d, %r11d
    call *%rax
    syscall
    .globl kg_ring3_returned
    .hidden kg_ring3_returned
kg_ring3_returned:
    ud2
ENDFUNC kg_ring3_call

/* Where SYSCALL enters the kernel, interrupts off.
 *
 * Why: the one way back, for a callee that is done and for calls out. Which of them, the address
 * after the SYSCALL says; rcx is the CPU's word, not the domain's. In: rcx; for a return rax the
 * value; for a call out rax the gate, arguments with the fourth in r10. Out: a return goes to the
 * enter's caller, a call out on as any leave. Trusts: %gs, once swapped. */
FUNC kg_ring3_entry
    .cfi_undefined rip
    /* FROM: ring 3.  LIVE: see above.  RIGHTS and STACK: the domain's, not to be touched. */
    swapgs
    movq %gs:0, %r11
    wrfsbase %r11
    leaq kg_ring3_returned(%rip), %r11
    cmpq %r11, %rcx
    jne .Lring3_leave
    movq %rax, %r8
    WORD_FIND %r10
    movl WORD(L_OUTSIDE, %r10), %eax
    RIGHTS_SELECT
    xorl %edx, %edx
    RIGHTS_WRITE
    RIGHTS_CHECK L_OUTSIDE
    LOCAL_FIND %r10
    /* RIGHTS: host.  LIVE: r8, no more trusted than a result is. */
    movq LOCAL(L_THREAD, %r10), %r11
    movq T_TOP(%r11), %r9
    cmpw $0, F_BYTES + F_CONTROL(%r11, %r9)
    je .Lring3_general
    RESTORE_CONTROL 1, F_BYTES, %r11, %r9
.Lring3_general:
    LEAVE_TO_HOST 0
    movq %r8, %rdx
    xorl %eax, %eax
    popfq
    ret

.Lring3_leave:
    leaq kg_ring3_goes_on(%rip), %r11
    cmpq %r11, %rcx
    jne kg_ring3_foreign
    /* FROM: above: a call out. */
    movq %r10, %r11
.endm

/* FROM: kg_ring3_entry: a SYSCALL of the domain's own.  LIVE: rcx, the address after it.  RIGHTS
 * and STACK: the domain's. The fault handler ends the domain. */
FUNC kg_ring3_foreign
    ud2
ENDFUNC kg_ring3_foreign

#endif
