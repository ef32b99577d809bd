/* SPDX-License-Identifier: MIT */
/* The ways into and out of the kernel's trap handler. */
#include "layout.h"

    .section .note.GNU-stack, "", @progbits

/* The first area's frame; a trap stack's page number, times the size of an area, leads to its
 * own. */
#define FRAME_OF_AREA (platform_trap_areas + TRAP_AREA_BYTES - F_BYTES)

    .text
    .globl platform_trap_text_start
platform_trap_text_start:

/* One entry of 16 bytes for each vector: whatever the number, an error code and the number lie on
 * the trap stack when trap_entry is reached.
 *
 * FROM: anything, by the interrupt descriptor table, with interrupts off.  LIVE: everything.
 * RIGHTS: of whoever was interrupted.  STACK: the trap stack of the vector's kind. */
    .p2align 4
    .globl platform_vectors
    .type platform_vectors, @object
platform_vectors:
    .set vector, 0
    .rept VECTOR_INTERRUPTS
    .p2align 4
    .if !((VECTORS_WITH_ERROR >> vector) & 1)
    pushq $0
    .endif
    pushq $vector
    jmp trap_entry
    .set vector, vector + 1
    .endr
    .rept 256 - VECTOR_INTERRUPTS
    .p2align 4
    pushq $0
    pushq $vector
    jmp trap_entry
    .set vector, vector + 1
    .endr
    .p2align 4
    .size platform_vectors, . - platform_vectors

/* Takes a trap: copies what was interrupted to the kernel's own memory, handles it on a stack
 * there, and goes back by that copy alone.
 *
 * Why: a domain on another CPU may write to the trap stack at any time, and no memory but it can be
 * touched before rights are open. Which CPU this is follows from the stack, so no register that a
 * domain could have changed is believed. In: vector and error code on a trap stack. Out: where the
 * handler says. Clobbers: nothing when it returns to what was interrupted. Trusts: the interrupt
 * stack table and, for the few instructions until it is copied, what the CPU pushed. */
    .p2align 5
    .type trap_entry, @function
trap_entry:
    /* FROM: platform_vectors.  LIVE: all.  RIGHTS: interrupted.  STACK: trap stack. */
    pushq %rax
    pushq %rcx
    pushq %rdx
    /* Were opening rights to fault, this would go round for ever. */
    movq %rsp, %rax
    andq $-(1 << TRAP_STACK_SHIFT), %rax
    cmpq $TRAP_ENTERING, (%rax)
    je trap_lost
    movq $TRAP_ENTERING, (%rax)
    call kg_trap_rights_open
    /* RIGHTS: monitor's; rax the interrupted. */
    movq %rsp, %rcx
    subq $platform_trap_stacks, %rcx
    shrq $TRAP_STACK_SHIFT, %rcx
    shlq $TRAP_AREA_SHIFT, %rcx
    addq $FRAME_OF_AREA, %rcx
    cmpq $0, F_BUSY(%rcx)
    jne trap_nested
trap_copy:
    movq $1, F_BUSY(%rcx)
    movq %rax, F_RIGHTS(%rcx)
    movq %rbx, F_RBX(%rcx)
    movq %rsi, F_RSI(%rcx)
    movq %rdi, F_RDI(%rcx)
    movq %rbp, F_RBP(%rcx)
    .irp number, 8, 9, 10, 11, 12, 13, 14, 15
    movq %r\number, (F_R8 + 8 * (\number - 8))(%rcx)
    .endr
    movq 16(%rsp), %rax
    movq 8(%rsp), %rbx
    movq (%rsp), %rdx
    movq %rax, F_RAX(%rcx)
    movq %rbx, F_RCX(%rcx)
    movq %rdx, F_RDX(%rcx)
    movq 24(%rsp), %rax
    movq %rax, F_VECTOR(%rcx)
    movl %esp, %edx
    andl $((1 << TRAP_STACK_SHIFT) - 1), %edx
    movq %rdx, F_DEPTH(%rcx)
    /* What the CPU pushes is found from the top, where no error code is in the way. */
    movq %rsp, %rdx
    orq $((1 << TRAP_STACK_SHIFT) - 1), %rdx
    movq (1 - TRAP_PUSHED - 8)(%rdx), %rax
    movq %rax, F_ERROR(%rcx)
    movq (1 - TRAP_PUSHED)(%rdx), %rax
    movq %rax, F_RIP(%rcx)
    movq (1 - TRAP_PUSHED + 8)(%rdx), %rax
    movq %rax, F_CS(%rcx)
    testb $3, %al
    jz 1f
    cmpb $0, platform_ring3(%rip)
    je 1f
    swapgs
    movq %gs:0, %rax
    wrfsbase %rax
1:  movq (1 - TRAP_PUSHED + 16)(%rdx), %rax
    movq %rax, F_RFLAGS(%rcx)
    movq (1 - TRAP_PUSHED + 24)(%rdx), %rax
    movq %rax, F_RSP(%rcx)
    movq (1 - TRAP_PUSHED + 32)(%rdx), %rax
    movq %rax, F_SS(%rcx)
    movq $0, (1 - (1 << TRAP_STACK_SHIFT))(%rdx)
    movq %rcx, %rsp
    /* STACK: the kernel's own, below the frame. Direction, alignment check and all other flags are
     * off from here, whatever was interrupted. */
    pushq $FLAGS_CLEAN
    popfq
    movq %rcx, %rdi
    xorl %ebp, %ebp
    call platform_trap
    /* LIVE: rax the way (enum trap_way). */
    testl %eax, %eax
    jnz trap_resume
    movq %rsp, %rcx
    movq %rcx, %rdx
    subq $FRAME_OF_AREA, %rdx
    shrq $TRAP_AREA_SHIFT, %rdx
    incq %rdx
    shlq $TRAP_STACK_SHIFT, %rdx
    leaq (platform_trap_stacks - TRAP_TAIL)(%rdx), %rsp
    /* STACK: trap stack; what the CPU takes from it must be readable with the rights it goes to. */
    movq F_RDX(%rcx), %rdx
    movq %rdx, (%rsp)
    movq F_RCX(%rcx), %rdx
    movq %rdx, 8(%rsp)
    movq F_RAX(%rcx), %rdx
    movq %rdx, 16(%rsp)
    movq F_RIP(%rcx), %rdx
    movq %rdx, 24(%rsp)
    movq F_CS(%rcx), %rdx
    movq %rdx, 32(%rsp)
    testb $3, %dl
    jz 1f
    cmpb $0, platform_ring3(%rip)
    je 1f
    swapgs
1:  movq F_RFLAGS(%rcx), %rdx
    movq %rdx, 40(%rsp)
    movq F_RSP(%rcx), %rdx
    movq %rdx, 48(%rsp)
    movq F_SS(%rcx), %rdx
    movq %rdx, 56(%rsp)
    movq F_RBX(%rcx), %rbx
    movq F_RSI(%rcx), %rsi
    movq F_RDI(%rcx), %rdi
    movq F_RBP(%rcx), %rbp
    .irp number, 8, 9, 10, 11, 12, 13, 14, 15
    movq (F_R8 + 8 * (\number - 8))(%rcx), %r\number
    .endr
    movq $0, F_BUSY(%rcx)
    movq F_RIGHTS(%rcx), %rax
    call kg_trap_rights_restore
    /* RIGHTS: interrupted. */
    popq %rdx
    popq %rcx
    popq %rax
    iretq

/* What was interrupted is given up for code of the monitor's, which wants what is in force here:
 * its rights, plain flags with interrupts off, the kernel's segments.
 *
 * FROM: trap_entry.  LIVE: nothing.  RIGHTS: monitor's.  STACK: the kernel's own, at the frame. */
trap_resume:
    movq F_RIP(%rsp), %rax
    movq $0, F_BUSY(%rsp)
    movq F_RSP(%rsp), %rsp
    /* STACK: where the frame says. */
    jmp *%rax

.macro SAY letters:vararg
    .irp letter, \letters
    movb $\letter, %al
    outb %al, %dx
    .endr
.endm

/* A trap of a kind that is being handled already: it must not lose the first one's frame. It gets
 * the CPU's last area, which never returns; and if that is taken, there is nothing left to try.
 *
 * FROM: trap_entry.  LIVE: as there, rcx the frame in use.  RIGHTS: monitor's.  STACK: trap
 * stack. */
trap_nested:
    orq $(TRAP_FATAL << TRAP_AREA_SHIFT), %rcx
    cmpq $0, F_BUSY(%rcx)
    je trap_copy
/* The end, without a stack, and without memory, as rights may be anybody's. */
trap_lost:
    movw $CONSOLE_PORT, %dx
    SAY 13, 10, 'k, 'e, 'y, 'g, 'a, 't, 'e, ':, 32
    SAY 't, 'r, 'a, 'p, 32, 'i, 'n, 32, 't, 'r, 'a, 'p, 13, 10
    movl $TRAP_LOST_EXIT, %eax
    movw $DEBUG_EXIT_PORT, %dx
    outl %eax, %dx
1:  cli
    hlt
    jmp 1b
    .size trap_entry, . - trap_entry
    .globl platform_trap_text_end
platform_trap_text_end:

    .section .bss.traps, "aw", @nobits
    .p2align TRAP_AREA_SHIFT + 2
    .globl platform_trap_areas
platform_trap_areas:
    .skip TRAP_CPUS * TRAP_KINDS * TRAP_AREA_BYTES
    .globl platform_trap_stacks
platform_trap_stacks:
    .skip TRAP_CPUS * TRAP_KINDS * (1 << TRAP_STACK_SHIFT)
