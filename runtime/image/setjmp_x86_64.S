/* SPDX-License-Identifier: MIT */
#include "asm.h"

/* Of code built for software tags: asks them for a jmp_buf, as the compiler would have. */
.macro ASK write
#if defined(KEYGATE_SOFT)
    pushq %rdi
    .cfi_adjust_cfa_offset 8
    pushq %rsi
    .cfi_adjust_cfa_offset 8
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    movl $64, %esi
    movl $\write, %edx
    call kg_image_soft_ask
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    popq %rsi
    .cfi_adjust_cfa_offset -8
    popq %rdi
    .cfi_adjust_cfa_offset -8
#endif
.endm

/* int setjmp(jmp_buf there); int _setjmp(jmp_buf there);
 *
 * Why: libraries leave through longjmp when they meet an error. Both ends lie in one domain, so all
 * there is to save is what a C function keeps for its caller: no rights, no signal mask.
 * In: rdi = there. Out: eax = 0, or what longjmp was given. Clobbers: rdx, for software tags what
 * a call does. Trusts: nothing. */
FUNC _setjmp
    .globl setjmp
    .hidden setjmp
    .type setjmp, @function
setjmp:
    ASK 1
    movq %rbx, (%rdi)
    movq %rbp, 8(%rdi)
    movq %r12, 16(%rdi)
    movq %r13, 24(%rdi)
    movq %r14, 32(%rdi)
    movq %r15, 40(%rdi)
    leaq 8(%rsp), %rdx
    movq %rdx, 48(%rdi)
    movq (%rsp), %rdx
    movq %rdx, 56(%rdi)
    xorl %eax, %eax
    ret
ENDFUNC _setjmp

/* void longjmp(jmp_buf there, int value);
 *
 * Why: the way back to setjmp. In: rdi = there, esi = value. Out: in setjmp's caller, eax = value,
 * or 1 when that is 0. Clobbers: all but what setjmp saved. Trusts: that setjmp's caller is still
 * there; if not, the harm is the domain's own. */
FUNC longjmp
    ASK 0
    movl %esi, %eax
    cmpl $1, %eax
    adcl $0, %eax
    movq (%rdi), %rbx
    movq 8(%rdi), %rbp
    movq 16(%rdi), %r12
    movq 24(%rdi), %r13
    movq 32(%rdi), %r14
    movq 40(%rdi), %r15
    movq 48(%rdi), %rsp
    jmp *56(%rdi)
ENDFUNC longjmp
