/* SPDX-License-Identifier: MIT */
/* What every assembly file starts from: a routine with type, size and unwind information. */
#ifndef KG_ARCH_ASM_H
#define KG_ARCH_ASM_H

.macro FUNC name
    .text
    .p2align 5
    .globl \name
    .hidden \name
    .type \name, @function
\name:
    .cfi_startproc
.endm

.macro ENDFUNC name
    .cfi_endproc
    .size \name, . - \name
.endm

.section .note.GNU-stack, "", @progbits
.text

#endif
