/* SPDX-License-Identifier: MIT */
/* The images and the PNG files as data, so that a place without a file system has them too. The
 * list is written by CMake: FILE name, path. */
#if defined(__aarch64__)
    .section .note.GNU-stack, "", %progbits
#else
    .section .note.GNU-stack, "", @progbits
#endif

.macro FILE name, path
    .section .rodata
    .p2align 4
700:
    .incbin "\path"
701:
702:
    .asciz "\name"
    .section .data.rel.ro, "aw"
    .quad 702b, 700b, 701b
.endm

.macro TABLE name
    .section .data.rel.ro, "aw"
    .p2align 3
    .globl \name
\name:
.endm

#include "list.inc"
