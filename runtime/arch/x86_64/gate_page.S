/* SPDX-License-Identifier: MIT */
/* The gate of `page`: everything is cleared as on `pkey`, and instead of a rights register the
 * system is asked to open and close memory, in C, on the host's stack. While a domain runs the
 * monitor's memory can't be read: what is needed before it is open lies in thread-local words. */
#define GATE_RIGHTS 0
#define GATE_CLEAR 1
#define GATE_AROUND 1
#include "gate_leave.h"

/* This thread's kg_page_local.stack, the first of its words. */
#ifdef KG_STATIC
#define PAGE_STACK(reg) %fs:kg_page_local@tpoff
.macro PAGE_FIND reg
.endm
#else
#define PAGE_STACK(reg) %fs:0(reg)
.macro PAGE_FIND reg
    movq kg_page_local@gottpoff(%rip), \reg
.endm
#endif

/* In: r10 slot; rsp the stack the frame has. Out: rax the stack to enter with, or zero. Keeps the
 * six arguments. RIGHTS: host's before; after, if rax is not zero, the monitor's memory is
 * closed. */
.macro AROUND_ENTER
    .irp reg, rdi,rsi,rdx,rcx,r8,r9
    pushq %\reg
    .cfi_adjust_cfa_offset 8
    .endr
    movl %r10d, %edi
    leaq 48(%rsp), %rsi
    call kg_page_enter
    .irp reg, r9,r8,rcx,rdx,rsi,rdi
    popq %\reg
    .cfi_adjust_cfa_offset -8
    .endr
.endm

/* In: r8 the result. Out: r8; rsp is the host's. The flags are the domain's making, and so may be
 * an x87 exception that waits: C code would mind either. */
.macro AROUND_LEAVE level
.if \level >= 1
    fninit
.endif
    PAGE_FIND %r10
    movq PAGE_STACK(%r10), %rsp
    pushq $FLAGS_DEFAULT
    popfq
    pushq %r8
    pushq %r8
    call kg_page_leave
    popq %r8
    popq %r8
.endm

/* In: the six arguments in rdi, rsi, r10, r11, r8, r9, the gate in xmm0. Out: the same; rsp is the
 * domain's again, not to be touched. */
.macro AROUND_CALL_OUT
    movq %rsp, %rdx
    PAGE_FIND %rax
    movq PAGE_STACK(%rax), %rsp
    pushq $FLAGS_DEFAULT
    popfq
    movq %xmm0, %rax
    .irp reg, rdx,rdi,rsi,r10,r11,r8,r9,rax
    pushq %\reg
    .endr
    call kg_page_leave
    .irp reg, rax,r9,r8,r11,r10,rsi,rdi
    popq %\reg
    .endr
    movq %rax, %xmm0
    popq %rsp
.endm

/* In: r11 the frame of the leave, ecx the slot, r8 status, rbp value. Out: r8 status, r9 value, and
 * all of the domain that the frame holds. */
.macro AROUND_RETURN_IN
    movq F_BYTES + F_RSP(%r11), %rsp
    pushq F_RSP(%r11)
    pushq %r8
    pushq %rbp
    pushq %rbp
    movl %ecx, %edi
    leaq 32(%rsp), %rsi
    xorl %eax, %eax
    RESTORE_SAVED %r11, %rax, 0
    CONTROL_OF_DOMAIN
    call kg_page_return
    popq %r9
    popq %r9
    popq %r8
    popq %rsp
.endm

/* In: r11 thread, r9 its newest frame's offset. Out: the same. */
.macro AROUND_UNWIND
    movq F_BYTES + F_RSP(%r11, %r9), %rsp
    call kg_page_leave
    LOCAL_FIND %r10
    movq LOCAL(L_THREAD, %r10), %r11
    movq T_TOP(%r11), %r9
.endm

UNWIND_GATE page
GATE_SET page, 0
GATE_SET page, 1
GATE_SET page, 2
GATE_SET page, 3
