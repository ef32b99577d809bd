/* SPDX-License-Identifier: MIT */
/* Images as data, so that tests without a file system have them. */
#if defined(__aarch64__)
    .section .note.GNU-stack, "", %progbits
#else
    .section .note.GNU-stack, "", @progbits
#endif

.macro FILE name
    .globl image_\name
    .globl image_\name\()_end
    .p2align 4
image_\name:
    .incbin "\name\().kgd"
image_\name\()_end:
.endm

    .section .rodata
FILE forbidden
FILE parts
FILE parts_soft
FILE chain
FILE chain_soft
FILE hosted
FILE hosted_soft
#if defined(LIBC)
FILE library
FILE library_soft
#if defined(__aarch64__)
FILE library_forced
#endif
#endif
#if defined(__aarch64__)
FILE parts_forced
FILE chain_forced
FILE hosted_forced
#endif
