/* SPDX-License-Identifier: MIT */
#include "machine.h"

    .arch armv8.5-a+memtag+sve

/* void _start(const void *tree)
 *
 * Why: the first CPU's way into C. In: x0 = device tree, or 0 from loaders of ELF files. Out:
 * never. Trusts: the loader, which leaves the CPU at EL1 with the MMU and interrupts off. */
    .section .text.start, "ax"
    .globl _start
    .type _start, %function
_start:
    .cfi_startproc
    .cfi_undefined x30
    msr daifset, #15
    mov x19, x0
    adrp x1, __bss_start
    add x1, x1, :lo12:__bss_start
    adrp x2, __bss_end
    add x2, x2, :lo12:__bss_end
.Lzero:
    cmp x1, x2
    b.hs .Lzeroed
    stp xzr, xzr, [x1], #16
    b .Lzero
.Lzeroed:
    /* Not for SP alone: an exception that comes from here on ends in a message. */
    adrp x20, machine_cpus
    add x20, x20, :lo12:machine_cpus
    adrp x1, machine_trap_areas + AREA_TRAP_TOP
    str x1, [x20, #CPU_TRAP_STACK]
    adrp x2, machine_trap_areas + AREA_BYTES
    str x2, [x20, #CPU_LAST_STACK]
    msr tpidr_el1, x20
    msr tpidrro_el0, xzr
    adrp x2, machine_vectors
    add x2, x2, :lo12:machine_vectors
    msr vbar_el1, x2
    msr spsel, #1
    mov sp, x1
    msr spsel, #0
    adrp x1, machine_first_stack_top
    add x1, x1, :lo12:machine_first_stack_top
    mov sp, x1
    isb
    mov x0, x19
    mov x29, xzr
    mov x30, xzr
    bl machine_main
    .cfi_endproc
    .size _start, . - _start

/* void machine_secondary(struct machine_cpu *cpu)
 *
 * Why: the other CPUs' way into C. In: x0 = its block, by PSCI's context argument. Out: never.
 * Trusts: the block, which the first CPU has written back to memory: caches are off here. */
    .text
    .p2align 5
    .globl machine_secondary
    .type machine_secondary, %function
machine_secondary:
    .cfi_startproc
    .cfi_undefined x30
    msr daifset, #15
    msr tpidr_el1, x0
    msr tpidrro_el0, xzr
    adrp x1, machine_vectors
    add x1, x1, :lo12:machine_vectors
    msr vbar_el1, x1
    msr spsel, #1
    ldr x1, [x0, #CPU_TRAP_STACK]
    mov sp, x1
    msr spsel, #0
    ldr x1, [x0, #CPU_THREAD_STACK]
    mov sp, x1
    ldr x1, [x0, #CPU_THREAD_POINTER]
    msr tpidr_el0, x1
    bl machine_control_load
    mov x29, xzr
    mov x30, xzr
    bl machine_secondary_main
    .cfi_endproc
    .size machine_secondary, . - machine_secondary

/* void machine_control_load(const struct machine_cpu *cpu)
 *
 * Why: switches MMU, caches, tag checks and vector registers on. In: x0. Out: nothing. Clobbers: x1
 * to x3. Trusts: the block, and that this code is mapped one to one. */
    .p2align 5
    .globl machine_control_load
    .type machine_control_load, %function
machine_control_load:
    .cfi_startproc
    ldp x1, x2, [x0, #CPU_CONTROL]
    msr mair_el1, x1
    msr tcr_el1, x2
    ldp x1, x2, [x0, #CPU_CONTROL + 16]
    msr ttbr0_el1, x1
    ldr x1, [x0, #CPU_CONTROL + 32]
    msr cpacr_el1, x1
    isb
    ldr x1, [x0, #CPU_FLAGS]
    tbz x1, #0, .Lno_mte
    /* Tags are owners' numbers, so IRG gets none to draw from and answers 0. The seed must not be 0
     * (Arm ARM, GCR_EL1 and RGSR_EL1). */
    mov x3, #0xffff
    msr gcr_el1, x3
    mov x3, #0x100
    msr rgsr_el1, x3
.Lno_mte:
    tbz x1, #1, .Lno_sve
    mov x3, #15 /* the longest vectors there are (Arm ARM, ZCR_EL1.LEN) */
    msr zcr_el1, x3
.Lno_sve:
    tlbi vmalle1
    ic iallu
    dsb nsh
    isb
    msr sctlr_el1, x2
    isb
    ret
    .cfi_endproc
    .size machine_control_load, . - machine_control_load

/* void machine_page_zero_tagged(uintptr_t page)
 *
 * Why: zeros and tag 0 at once, whatever tags the page had: DC GZVA is not checked (Arm ARM, DC
 * GZVA). In: x0, untagged. Out: nothing. Clobbers: x0 to x3, flags. Trusts: that the page is mapped
 * one to one with tags. */
    .p2align 5
    .globl machine_page_zero_tagged
    .type machine_page_zero_tagged, %function
machine_page_zero_tagged:
    .cfi_startproc
    add x1, x0, #4096
    mrs x2, dczid_el0
    and x2, x2, #15 /* how many words, as a power of two; never more than 2 KiB */
    mov x3, #4
    lsl x3, x3, x2
.Lblocks:
    dc gzva, x0
    add x0, x0, x3
    cmp x0, x1
    b.lo .Lblocks
    ret
    .cfi_endproc
    .size machine_page_zero_tagged, . - machine_page_zero_tagged

/* uint64_t machine_semihosting(uint64_t operation, const void *block)
 *
 * Why: the emulator's door out. In: w0, x1. Out: x0. Clobbers: what the emulator does. Where nobody
 * answers, the trap handler sees by the address of the HLT that it was this. */
    .p2align 5
    .globl machine_semihosting
    .globl machine_semihosting_halt
    .type machine_semihosting, %function
machine_semihosting:
    .cfi_startproc
machine_semihosting_halt:
    hlt #0xf000
    ret
    .cfi_endproc
    .size machine_semihosting, . - machine_semihosting

/* The first CPU's stack, with a page below it that is never mapped. */
    .section .bss.stack, "aw", %nobits
    .p2align 12
    .globl machine_first_guard
machine_first_guard:
    .skip 4096
    .skip BOOT_STACK_BYTES
    .globl machine_first_stack_top
machine_first_stack_top:

    .section .note.GNU-stack, "", %progbits
