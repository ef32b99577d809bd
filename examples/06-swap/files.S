/* SPDX-License-Identifier: MIT */
/* Both images, as data of the program. */
    .section .rodata
    .globl greeter_1, greeter_1_end, greeter_2, greeter_2_end
    .p2align 4
greeter_1:
    .incbin "greeter_1.kgd"
greeter_1_end:
    .p2align 4
greeter_2:
    .incbin "greeter_2.kgd"
greeter_2_end:

#if defined(__aarch64__)
    .section .note.GNU-stack, "", %progbits
#else
    .section .note.GNU-stack, "", @progbits
#endif
