/* SPDX-License-Identifier: MIT */
/* The images, as data of the program. */
#if defined(__aarch64__)
    .section .note.GNU-stack, "", %progbits
#else
    .section .note.GNU-stack, "", @progbits
#endif

.macro FILE name
    .globl \name, \name\()_end
    .p2align 4
\name:
    .incbin "\name\().kgd"
\name\()_end:
.endm

    .section .rodata
FILE greeter_1
FILE greeter_1_soft
FILE greeter_2
FILE greeter_2_soft
