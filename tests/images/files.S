/* SPDX-License-Identifier: MIT */
/* Images as data, so that tests without a file system have them. */
#if defined(__aarch64__)
    .section .note.GNU-stack, "", %progbits
#else
    .section .note.GNU-stack, "", @progbits
#endif

.macro FILE name, path
    .globl image_\name
    .globl image_\name\()_end
    .p2align 4
image_\name:
    .incbin "\path"
image_\name\()_end:
.endm

    .section .rodata
FILE parts, parts.kgd
FILE chain, chain.kgd
FILE forbidden, forbidden.kgd
FILE hosted, hosted.kgd
#if defined(__aarch64__)
FILE parts_forced, parts_forced.kgd
FILE chain_forced, chain_forced.kgd
FILE hosted_forced, hosted_forced.kgd
#endif
