/* SPDX-License-Identifier: MIT */
/* From where QEMU or another PVH loader enters, and from where a second CPU wakes, to C. */
#include "layout.h"

#define CR0_SET 0x80010023   /* PG, WP, NE, MP, PE */
#define CR0_CLEAR 0x6004000c /* CD, NW, AM, TS, EM */
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_SET 0x900       /* NXE, LME */
#define PAGE_LARGE 0x83      /* present, writable, 2 MiB */
#define PAGE_TABLE 0x03
#define PAGE_UNCACHED 0x18   /* PCD, PWT */

/* The PVH entry: XEN_ELFNOTE_PHYS32_ENTRY (Xen's docs/misc/pvh.pandoc). */
    .section .note.Xen, "a", @note
    .p2align 2
    .long 4, 4, 18
    .asciz "Xen"
    .long platform_pvh_entry

    .section .note.GNU-stack, "", @progbits

/* From protected mode with paging off to long mode with the first tables, by way of eax, ecx,
 * edx. */
.macro TO_LONG_MODE
    movl $boot_tables, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_SET, %eax
    wrmsr
    movl %cr0, %eax
    andl $~CR0_CLEAR, %eax
    orl $CR0_SET, %eax
    movl %eax, %cr0
.endm

.macro LOAD_SEGMENTS
    movl $SELECTOR_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
.endm

/* void platform_pvh_entry(void)
 *
 * Why: where the loader enters. In: ebx = struct hvm_start_info; 32-bit protected mode with flat
 * segments, paging and interrupts off. Out: never. Trusts: the loader. */
    .text
    .code32
    .globl platform_pvh_entry
    .type platform_pvh_entry, @function
platform_pvh_entry:
    /* FROM: the loader.  STACK: none. */
    cli
    cld
    movl %ebx, %esi
    /* Four GiB one to one; the last, where devices are, uncached. C builds better tables. */
    movl $(boot_directories + PAGE_TABLE), %eax
    movl $boot_pointers, %edi
    movl $4, %ecx
1:  movl %eax, (%edi)
    addl $4096, %eax
    addl $8, %edi
    decl %ecx
    jnz 1b
    movl $(boot_pointers + PAGE_TABLE), boot_tables
    movl $boot_directories, %edi
    movl $PAGE_LARGE, %eax
1:  movl %eax, %edx
    cmpl $0xc0000000, %eax
    jb 2f
    orl $PAGE_UNCACHED, %edx
2:  movl %edx, (%edi)
    addl $8, %edi
    addl $0x200000, %eax
    cmpl $(boot_directories + 4 * 4096), %edi
    jb 1b
    TO_LONG_MODE
    lgdt boot_descriptors_pointer
    ljmp $SELECTOR_CODE, $1f
    .code64
1:  LOAD_SEGMENTS
    movl $(platform_cpu_stacks + CPU_STACK), %esp
    movl %esi, %edi
    xorl %ebp, %ebp
    /* STACK: the first CPU's own. */
    call platform_first_cpu
    ud2
    .size platform_pvh_entry, . - platform_pvh_entry

/* Where a second CPU wakes, copied to TRAMPOLINE: real mode, CS = TRAMPOLINE / 16.
 *
 * Why: a startup interrupt names a page below 1 MiB (SDM vol. 3, 8.4.4). Trusts:
 * platform_second. */
#define THERE(label) (TRAMPOLINE + label - platform_trampoline)
    .section .rodata
    .p2align 4
    .globl platform_trampoline
    .globl platform_trampoline_end
    .code16
platform_trampoline:
    cli
    xorl %eax, %eax
    movl %eax, %ds
    lgdtl THERE(trampoline_descriptors_pointer)
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $SELECTOR_TRAMPOLINE, $THERE(1f)
    .code32
1:  movl $SELECTOR_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    TO_LONG_MODE
    ljmpl $SELECTOR_CODE, $second_cpu_entry
    .p2align 3
trampoline_descriptors:
    .quad 0
    .quad 0x00af9b000000ffff /* SELECTOR_CODE: 64 bits */
    .quad 0x00cf93000000ffff /* SELECTOR_DATA */
    .quad 0
    .quad 0x00cf9b000000ffff /* SELECTOR_TRAMPOLINE */
trampoline_descriptors_pointer:
    .word trampoline_descriptors_pointer - trampoline_descriptors - 1
    .long THERE(trampoline_descriptors)
platform_trampoline_end:

/* Goes on in platform_second_cpu, in C.
 *
 * In: nothing. Out: never. Trusts: platform_second. */
    .text
    .code64
    .type second_cpu_entry, @function
second_cpu_entry:
    /* FROM: the trampoline.  STACK: none. */
    xorl %eax, %eax
    xchgq %rax, platform_second
    testq %rax, %rax
    jz 2f
    lgdt boot_descriptors_pointer
    movq platform_second + 24, %rax
    movq %rax, %cr3
    movq platform_second + 8, %rsp
    movq platform_second + 16, %rdi
    /* STACK: this CPU's own. */
    LOAD_SEGMENTS
    xorl %ebp, %ebp
    call platform_second_cpu
2:  cli
    hlt
    jmp 2b
    .size second_cpu_entry, . - second_cpu_entry

    .section .rodata
    .p2align 3
boot_descriptors:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
boot_descriptors_pointer:
    .word boot_descriptors_pointer - boot_descriptors - 1
    .quad boot_descriptors

    .section .bss.boot, "aw", @nobits
    .p2align 12
boot_tables:
    .skip 4096
boot_pointers:
    .skip 4096
boot_directories:
    .skip 4 * 4096
