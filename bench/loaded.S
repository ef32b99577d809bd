/* SPDX-License-Identifier: MIT */
/* The images of loaded.c as data. */
#if defined(__aarch64__)
    .section .note.GNU-stack, "", %progbits
#else
    .section .note.GNU-stack, "", @progbits
#endif

.macro FILE name
    .globl loaded_\name
    .globl loaded_\name\()_end
    .p2align 4
loaded_\name:
    .incbin "loaded_\name\().stripped"
loaded_\name\()_end:
.endm

    .section .rodata
FILE 64k
FILE 1m
FILE 4m
FILE code
FILE soft
#if defined(__aarch64__)
FILE forced
#endif
