/* SPDX-License-Identifier: MIT */
/* Traps: from the trap stack into one record, and back. */
#include "machine.h"

    .section .note.GNU-stack, "", @progbits

    .text
    .p2align 4
    .globl trap_vectors
trap_vectors:
    .set vector, 0
    .rept VECTORS
    .p2align 4
    .if vector >= 32 || !((VECTORS_ERROR >> vector) & 1)
    pushq $0
    .endif
    pushq $vector
    jmp trap_entry
    .set vector, vector + 1
    .endr

/* Why: what was interrupted may be a domain, whose rights are in force and whose memory the trap
 * stack is as well. In: vector and error code under what the CPU pushed, interrupts off. Out:
 * back, or where pebble_trap sends it. Trusts: the trap stack until it is copied; there is one CPU,
 * and it is busy here. */
    .type trap_entry, @function
trap_entry:
    /* RIGHTS: interrupted.  STACK: trap stack. */
    pushq %rdx
    pushq %rcx
    pushq %rax
    call kg_trap_rights_open
    /* RIGHTS: monitor's.  LIVE: rax the interrupted. */
    cmpl $0, trap_busy
    jne trap_twice
    movl $1, trap_busy
    movq %rax, trap_record + T_RIGHTS
    popq trap_record + 0  /* rax */
    popq trap_record + 16 /* rcx */
    popq trap_record + 24 /* rdx */
    popq trap_record + T_VECTOR
    popq trap_record + T_ERROR
    popq trap_record + T_RIP
    popq trap_record + T_CS
    popq trap_record + T_RFLAGS
    popq trap_record + 56 /* rsp */
    popq trap_record + T_SS
    movq %rbx, trap_record + 8
    movq %rsi, trap_record + 32
    movq %rdi, trap_record + 40
    movq %rbp, trap_record + 48
    .irp number, 8, 9, 10, 11, 12, 13, 14, 15
    movq %r\number, trap_record + 8 * \number
    .endr
    movl $handler_stack_top, %esp
    /* STACK: the kernel's.  The CPU leaves the direction flag as it was. */
    cld
    xorl %ebp, %ebp
    movl $trap_record, %edi
    call pebble_trap
    /* LIVE: eax whether the call is given up. */
    movl $trap_stack_top, %esp
    pushq trap_record + T_SS
    pushq trap_record + 56
    pushq trap_record + T_RFLAGS
    pushq trap_record + T_CS
    pushq trap_record + T_RIP
    pushq trap_record + 24
    pushq trap_record + 16
    pushq trap_record + 0
    movq trap_record + 8, %rbx
    movq trap_record + 32, %rsi
    movq trap_record + 40, %rdi
    movq trap_record + 48, %rbp
    .irp number, 8, 9, 10, 11, 12, 13, 14, 15
    movq trap_record + 8 * \number, %r\number
    .endr
    movl $0, trap_busy
    testl %eax, %eax
    jnz 1f
    movq trap_record + T_RIGHTS, %rax
    call kg_trap_rights_restore
    /* RIGHTS: interrupted.  STACK: trap stack, which is open to them. */
1:  popq %rax
    popq %rcx
    popq %rdx
    iretq
trap_twice:
    movl $handler_stack_top, %esp
    call machine_trap_twice
    ud2
    .size trap_entry, . - trap_entry

    .bss
    .p2align 12
    .globl trap_stacks
trap_stacks:
    .skip TRAP_STACK
trap_stack_top:
    .skip TRAP_STACK /* of double faults and machine checks */
    .skip HANDLER_STACK
handler_stack_top:
    .globl trap_record
trap_record:
    .skip T_BYTES
    .globl trap_busy
trap_busy:
    .skip 4
