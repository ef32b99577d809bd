/* SPDX-License-Identifier: MIT */
#include "asm.h"
#include "offsets.h"

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

/* void kg_arch_call_on(const struct kg_frame *frame,
 *                      void (*function)(void *argument, const uint64_t *registers),
 *                      void *argument)
 *
 * Why: a failed check has work that needs more stack than a domain may have left. In: rdi frame
 * whose saved stack is to be used, rsi function, rdx its argument. Out: nothing, if the function
 * returns. Clobbers: as a C call. Trusts: the frame. */
FUNC kg_arch_call_on
    /* FROM: C, in a domain.  RIGHTS: as they are, there are none.  STACK: the domain's. */
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    movq %rsp, %rbp
    .cfi_def_cfa_register rbp
    movq F_RSP(%rdi), %rsp
    andq $-16, %rsp
    subq $R_BYTES, %rsp
    /* STACK: of whoever waits, below all it uses. */
    movq %rsp, %rdi
    movl $(R_BYTES / 8), %ecx
    xorl %eax, %eax
    rep stosq
    movq 0(%rbp), %rax
    movq 8(%rbp), %rcx
    leaq 16(%rbp), %r8
    movq %rbx, R_RBX(%rsp)
    movq %rax, R_RBP(%rsp)
    movq %r8, R_RSP(%rsp)
    movq %r12, R_R12(%rsp)
    movq %r13, R_R13(%rsp)
    movq %r14, R_R14(%rsp)
    movq %r15, R_R15(%rsp)
    movq %rcx, R_RIP(%rsp)
    movq %rsi, %rax
    movq %rdx, %rdi
    movq %rsp, %rsi
    call *%rax
    movq %rbp, %rsp
    popq %rbp
    .cfi_def_cfa rsp, 8
    .cfi_restore rbp
    ret
ENDFUNC kg_arch_call_on
