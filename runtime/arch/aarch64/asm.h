/* SPDX-License-Identifier: MIT */
/* What every assembly file starts from: a routine with type, size and unwind information. */
#ifndef KG_ARCH_ASM_H
#define KG_ARCH_ASM_H

    .arch armv8.5-a+memtag+sve

/* Where a pointer to a routine may lead. A landing pad is a HINT, so it costs an instruction also
 * where nobody checks; it is there only when the compiler was asked for it (Arm ARM, BTI). */
.macro LANDING
#ifdef __ARM_FEATURE_BTI_DEFAULT
    bti c
#endif
.endm

.macro FUNC name
    .text
    .p2align 5
    .globl \name
    .hidden \name
    .type \name, %function
\name:
    .cfi_startproc
    LANDING
.endm

.macro ENDFUNC name
    .cfi_endproc
    .size \name, . - \name
.endm

#ifdef __ARM_FEATURE_BTI_DEFAULT
/* GNU_PROPERTY_AARCH64_FEATURE_1_AND with BTI: without it the linker would drop the mark from the
 * whole library. */
.section .note.gnu.property, "a", %note
    .p2align 3
    .word 4, 16, 5
    .asciz "GNU"
    .word 0xc0000000, 4, 1, 0
#endif

.section .note.GNU-stack, "", %progbits
.text

#endif
