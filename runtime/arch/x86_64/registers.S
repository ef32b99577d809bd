/* SPDX-License-Identifier: MIT */
/* Off a domain's stack, for what software tags have to do in C. */
#define GATE_RIGHTS 0
#define GATE_CLEAR 0
#define GATE_AROUND 0
#include "gate.h"

/* Places in a report: runtime/include/keygate/fault.h. */
#define R_BYTES 272
#define R_RBX 8
#define R_RBP 48
#define R_RSP 56
#define R_R12 96
#define R_R13 104
#define R_R14 112
#define R_R15 120
#define R_RIP 128

/* void kg_arch_deny(uintptr_t address, uint64_t write)
 *
 * Why: a refused access ends the domain, with its registers in the report. In: rdi, rsi; the rest
 * as the domain had it when it asked, the place it asked from on top of its stack. Out: never.
 * Trusts: thread and frames. */
FUNC kg_arch_deny
    /* FROM: the checks, in a domain.  RIGHTS: as they are, there are none.  STACK: the domain's. */
    LOCAL_FIND %r10
    movq LOCAL(L_THREAD, %r10), %r11
    movq T_TOP(%r11), %r9
    movq %rsp, %r10
    movq F_BYTES + F_RSP(%r11, %r9), %rsp
    andq $-16, %rsp
    subq $R_BYTES, %rsp
    .cfi_undefined rip
    /* STACK: of whoever waits, below all it uses. */
    movq %rdi, %r8
    movq %rsp, %rdi
    movl $(R_BYTES / 8), %ecx
    xorl %eax, %eax
    rep stosq
    movq (%r10), %rdx
    leaq 8(%r10), %rax
    movq %rbx, R_RBX(%rsp)
    movq %rbp, R_RBP(%rsp)
    movq %rax, R_RSP(%rsp)
    movq %r12, R_R12(%rsp)
    movq %r13, R_R13(%rsp)
    movq %r14, R_R14(%rsp)
    movq %r15, R_R15(%rsp)
    movq %rdx, R_RIP(%rsp)
    movq %r8, %rdi
    movq %rsp, %rcx
    call kg_soft_denied
    ud2
ENDFUNC kg_arch_deny

/* void kg_arch_call_on(const struct kg_frame *frame, void (*function)(void *argument),
 *                      void *argument)
 *
 * Why: asking the system needs more stack than a domain may have left. In: rdi frame whose saved
 * stack is to be used, rsi function, rdx its argument. Out: nothing. Clobbers: as a C call.
 * Trusts: the frame. */
FUNC kg_arch_call_on
    /* FROM: C, in a domain.  RIGHTS: as they are, there are none.  STACK: the domain's. */
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    movq %rsp, %rbp
    .cfi_def_cfa_register rbp
    movq F_RSP(%rdi), %rsp
    andq $-16, %rsp
    /* STACK: of whoever waits, below all it uses. */
    movq %rdx, %rdi
    call *%rsi
    movq %rbp, %rsp
    popq %rbp
    .cfi_def_cfa rsp, 8
    .cfi_restore rbp
    ret
ENDFUNC kg_arch_call_on
