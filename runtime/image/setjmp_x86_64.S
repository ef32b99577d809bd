/* SPDX-License-Identifier: MIT */
#include "asm.h"

/* int setjmp(jmp_buf there); int _setjmp(jmp_buf there);
 *
 * Why: libraries leave through longjmp when they meet an error. Both ends lie in one domain, so all
 * there is to save is what a C function keeps for its caller: no rights, no signal mask.
 * In: rdi = there. Out: eax = 0, or what longjmp was given. Clobbers: rdx. Trusts: nothing. */
FUNC _setjmp
    .globl setjmp
    .hidden setjmp
    .type setjmp, @function
setjmp:
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
