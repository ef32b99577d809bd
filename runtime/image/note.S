/* SPDX-License-Identifier: MIT */
/* The image's note, in two halves. Between them the linker script puts how the image was built,
 * which keygate_domain() knows. */
#include "header.h"

    .section .note.keygate.1, "a"
    .globl kg_image_note
    .hidden kg_image_note
kg_image_note:
    .p2align 2
    .long 1f - 0f
    .long 4 * KG_NOTE_WORDS
    .long KG_IMAGE_NOTE_TYPE
0:  .asciz KG_IMAGE_NOTE_NAME
1:  .long KG_IMAGE_ABI_NUMBER

    .section .note.keygate.2, "a"
    .long kg_entries_start - .
    .long kg_entries_end - .
    .long kg_imports_start - .
    .long kg_imports_end - .
    .long kg_image_home - .
    .long kg_panic_trap - .
    .long kg_assert_trap - .

#if defined(__aarch64__)
    .section .note.GNU-stack, "", %progbits
#else
    .section .note.GNU-stack, "", @progbits
#endif
