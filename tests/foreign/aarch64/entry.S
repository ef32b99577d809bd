/* SPDX-License-Identifier: MIT */
/* From the loader to C. The page tables are there from the beginning, made by the assembler. */
#include "machine.h"

#define BRANCH 3
#define NORMAL 0x701  /* valid block: accessed, shared, attribute 0 */
#define PAGE 0x703
#define DEVICE 0x0060000000000405 /* attribute 1, nobody executes */

    .section .note.GNU-stack, "", %progbits

/* void _start(void)
 *
 * Why: the loader's way in. In: EL1, MMU off. Out: never. Threads run on SP_EL0; SP_EL1 is for
 * traps. Floating-point registers stay switched off: no code here has any. */
    .text
    .globl _start
    .type _start, %function
_start:
    msr daifset, #15
    msr spsel, #1
    adrp x0, handler_stack_top
    mov sp, x0
    msr spsel, #0
    adrp x0, boot_stack_top
    mov sp, x0
    adrp x0, trap_vectors
    add x0, x0, :lo12:trap_vectors
    msr vbar_el1, x0
    msr cpacr_el1, xzr
    ldr x0, =0xf000ff /* normal, device, and tagged, which must not be without MTE */
    mrs x1, id_aa64pfr1_el1
    ubfx x1, x1, #8, #4
    cmp x1, #2
    b.hs 1f
    mov x0, #0xff
1:  msr mair_el1, x0
    ldr x0, =0x2200803519 /* T0SZ 25, write-back, inner shareable, EPD1, 40 bits, TBI0 */
    msr tcr_el1, x0
    adrp x0, root
    msr ttbr0_el1, x0
    tlbi vmalle1
    dsb nsh
    isb
    mrs x0, sctlr_el1
    mov x2, #0x1005 /* M, C, I */
    orr x0, x0, x2
    cmp x1, #2
    b.lo 2f
    mov x2, #0x90000000000 /* ATA; TCF 1: a wrong tag faults at the instruction */
    orr x0, x0, x2
2:  msr sctlr_el1, x0
    isb
    mov x29, xzr
    bl machine_start
    brk #0
    .size _start, . - _start
    .ltorg

/* void machine_switch(uintptr_t *from, uintptr_t to)
 *
 * Why: one fibre gives way to another. In: x0 where to leave the stack pointer, x1 the other's.
 * Out: when the first one's turn comes. Keeps what a call keeps, and DAIF. */
    .globl machine_switch
    .type machine_switch, %function
machine_switch:
    mrs x2, daif
    sub sp, sp, #112
    stp x29, x30, [sp]
    stp x27, x28, [sp, #16]
    stp x25, x26, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x21, x22, [sp, #64]
    stp x19, x20, [sp, #80]
    str x2, [sp, #96]
    mov x3, sp
    str x3, [x0]
    mov sp, x1
    ldp x29, x30, [sp]
    ldp x27, x28, [sp, #16]
    ldp x25, x26, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x21, x22, [sp, #64]
    ldp x19, x20, [sp, #80]
    ldr x2, [sp, #96]
    add sp, sp, #112
    msr daif, x2
    ret
    .size machine_switch, . - machine_switch

    .data
    .p2align 12
root:
    .quad DEVICE, low_directory + BRANCH
    .fill 126, 8, 0
    .set at, 0
    .rept 16
    .quad window_directories + at + BRANCH
    .set at, at + 0x1000
    .endr
    .fill 368, 8, 0
low_directory:
    .quad 0x40000000 + NORMAL, image_leaves + BRANCH, image_leaves + 4096 + BRANCH
    .set at, 0x40600000
    .rept 509
    .quad at + NORMAL
    .set at, at + 0x200000
    .endr
    .globl image_leaves
image_leaves:
    .set at, IMAGE_TABLES
    .rept 1024
    .quad at + PAGE
    .set at, at + 0x1000
    .endr

    .bss
    .p2align 12
    .globl window_directories
window_directories:
    .skip 16 * 4096
    .skip 16384
boot_stack_top:
    .skip HANDLER_STACK
    .globl handler_stack_top
handler_stack_top:
