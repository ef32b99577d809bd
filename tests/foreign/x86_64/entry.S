/* SPDX-License-Identifier: MIT */
/* From the PVH note to C. The page tables are there from the beginning, made by the assembler. */
#include "machine.h"

#define RW 3        /* present, writable */
#define BRANCH 7    /* and for user-marked pages below: the last entry decides */
#define LARGE 0x83  /* two mebibytes */

    .section .note.Xen, "a", @note
    .p2align 2
    .long 4, 4, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .long pvh_entry

    .section .note.GNU-stack, "", @progbits

/* void pvh_entry(void)
 *
 * Why: the loader's way in. In: ebx = struct hvm_start_info; 32 bits, no paging. Out: never. */
    .text
    .code32
    .globl pvh_entry
    .type pvh_entry, @function
pvh_entry:
    cli
    cld
    movl %ebx, %edi
    movl $root, %eax
    movl %eax, %cr3
    movl $0x620, %eax /* PAE; OSFXSR and OSXMMEXCPT: a gate out of a domain uses xmm0 */
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    movl $0x900, %eax /* EFER: NXE, LME */
    xorl %edx, %edx
    wrmsr
    movl $0x80010021, %eax /* PG, WP, NE, PE */
    movl %eax, %cr0
    lgdt descriptors_at
    ljmp $CODE, $long_mode
    .code64
long_mode:
    movl $DATA, %eax
    movl %eax, %ss
    movl %eax, %ds
    movl %eax, %es
    movl $boot_stack_top, %esp
    xorl %ebp, %ebp
    call machine_start
    ud2
    .size pvh_entry, . - pvh_entry

/* void machine_switch(uintptr_t *from, uintptr_t to)
 *
 * Why: one fibre gives way to another. In: rdi where to leave the stack pointer, rsi the other's.
 * Out: when the first one's turn comes. Keeps what a call keeps, and RFLAGS. Floating-point control
 * is nobody's business: all code here is for general registers. */
    .globl machine_switch
    .type machine_switch, @function
machine_switch:
    pushfq
    pushq %r15
    pushq %r14
    pushq %r13
    pushq %r12
    pushq %rbx
    pushq %rbp
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %rbp
    popq %rbx
    popq %r12
    popq %r13
    popq %r14
    popq %r15
    popfq
    ret
    .size machine_switch, . - machine_switch

    .data
    .p2align 12
root:
    .quad low_pointers + BRANCH
    .fill 191, 8, 0
    .quad window_pointers + BRANCH
    .fill 319, 8, 0
low_pointers:
    .quad low_directory + BRANCH, 0, 0, device_directory + BRANCH
    .fill 508, 8, 0
device_directory: /* the local APIC's two mebibytes, uncached */
    .fill 503, 8, 0
    .quad LOCAL_APIC + LARGE + 0x18
    .fill 8, 8, 0
low_directory:
    .quad image_leaves + BRANCH, image_leaves + 4096 + BRANCH
    .set at, 0x400000
    .rept 510
    .quad at + LARGE
    .set at, at + 0x200000
    .endr
    .globl image_leaves
image_leaves:
    .set at, 0
    .rept 1024
    .quad at + RW
    .set at, at + 0x1000
    .endr
window_pointers:
    .set at, 0
    .rept 16
    .quad window_directories + at + BRANCH
    .set at, at + 0x1000
    .endr
    .fill 496, 8, 0

    .globl descriptors
    .p2align 3
descriptors:
    .quad 0, 0x00209b0000000000, 0x0000930000000000, 0, 0
descriptors_at:
    .word 39
    .quad descriptors

    .bss
    .p2align 12
    .globl window_directories
window_directories:
    .skip 16 * 4096
    .skip 16384
boot_stack_top:
