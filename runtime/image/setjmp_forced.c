/* SPDX-License-Identifier: MIT */
/* setjmp_aarch64.S for images with forced tags. In C, because C goes through the assembly pass: it
 * puts every access, the stack pointer and the return address into the domain's window. x21 to x24
 * are the window's, and nobody's to save. */
#define LOOK_GENERAL_ONLY \
    "    adrp x9, kg_image_build_word\n" \
    "    ldr w9, [x9, :lo12:kg_image_build_word]\n" \
    "    tst w9, 4\n"

__asm__(
    "    .text\n"
    "    .p2align 2\n"
    "    .globl _setjmp\n"
    "    .hidden _setjmp\n"
    "    .type _setjmp, %function\n"
    "_setjmp:\n"
    "    .cfi_startproc\n"
    "    stp x19, x20, [x0]\n"
    "    stp x25, x26, [x0, 16]\n"
    "    stp x27, x28, [x0, 32]\n"
    "    stp x29, x30, [x0, 48]\n"
    "    mov x9, sp\n"
    "    str x9, [x0, 64]\n"
    LOOK_GENERAL_ONLY
    "    b.ne 1f\n"
    "    stp d8, d9, [x0, 72]\n"
    "    stp d10, d11, [x0, 88]\n"
    "    stp d12, d13, [x0, 104]\n"
    "    stp d14, d15, [x0, 120]\n"
    "1:  mov w0, 0\n"
    "    ret\n"
    "    .cfi_endproc\n"
    "    .size _setjmp, . - _setjmp\n"
    "    .p2align 2\n"
    "    .globl longjmp\n"
    "    .hidden longjmp\n"
    "    .type longjmp, %function\n"
    "longjmp:\n"
    "    .cfi_startproc\n"
    "    ldp x19, x20, [x0]\n"
    "    ldp x25, x26, [x0, 16]\n"
    "    ldp x27, x28, [x0, 32]\n"
    "    ldp x29, x30, [x0, 48]\n"
    "    ldr x9, [x0, 64]\n"
    "    mov sp, x9\n"
    LOOK_GENERAL_ONLY
    "    b.ne 1f\n"
    "    ldp d8, d9, [x0, 72]\n"
    "    ldp d10, d11, [x0, 88]\n"
    "    ldp d12, d13, [x0, 104]\n"
    "    ldp d14, d15, [x0, 120]\n"
    "1:  cmp w1, 0\n"
    "    csinc w0, w1, wzr, ne\n"
    "    ret\n"
    "    .cfi_endproc\n"
    "    .size longjmp, . - longjmp\n");
