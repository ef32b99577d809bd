/* SPDX-License-Identifier: MIT */
#include "asm.h"

/* Whether the image was built for general registers only, from its note: NE when it was. Vector
 * instructions may be forbidden to it then. */
.macro LOOK_GENERAL_ONLY
    adrp x9, kg_image_build_word
    ldr w9, [x9, :lo12:kg_image_build_word]
    tst w9, #4
.endm

/* Of code built for software tags: asks them for a jmp_buf, as the compiler would have. */
.macro ASK write
#if defined(KEYGATE_SOFT)
    stp x0, x1, [sp, #-32]!
    .cfi_adjust_cfa_offset 32
    str x30, [sp, #16]
    .cfi_rel_offset x30, 16
    mov x1, #168
    mov x2, #\write
    bl kg_image_soft_ask
    ldr x30, [sp, #16]
    .cfi_restore x30
    ldp x0, x1, [sp], #32
    .cfi_adjust_cfa_offset -32
#endif
.endm

/* int setjmp(jmp_buf there); int _setjmp(jmp_buf there);
 *
 * Why: libraries leave through longjmp when they meet an error. Both ends lie in one domain, so all
 * there is to save is what a C function keeps for its caller: no rights, no signal mask.
 * In: x0 = there. Out: w0 = 0, or what longjmp was given. Clobbers: x9, flags, for software tags
 * what a call does. Trusts: nothing. */
FUNC _setjmp
    .globl setjmp
    .hidden setjmp
    .type setjmp, %function
setjmp:
    ASK 1
    stp x19, x20, [x0]
    stp x21, x22, [x0, #16]
    stp x23, x24, [x0, #32]
    stp x25, x26, [x0, #48]
    stp x27, x28, [x0, #64]
    stp x29, x30, [x0, #80]
    mov x9, sp
    str x9, [x0, #96]
    LOOK_GENERAL_ONLY
    b.ne 1f
    stp d8, d9, [x0, #104]
    stp d10, d11, [x0, #120]
    stp d12, d13, [x0, #136]
    stp d14, d15, [x0, #152]
1:  mov w0, #0
    ret
ENDFUNC _setjmp

/* void longjmp(jmp_buf there, int value);
 *
 * Why: the way back to setjmp. In: x0 = there, w1 = value. Out: in setjmp's caller, w0 = value, or
 * 1 when that is 0. Clobbers: all but what setjmp saved. Trusts: that setjmp's caller is still
 * there; if not, the harm is the domain's own. */
FUNC longjmp
    ASK 0
    ldp x19, x20, [x0]
    ldp x21, x22, [x0, #16]
    ldp x23, x24, [x0, #32]
    ldp x25, x26, [x0, #48]
    ldp x27, x28, [x0, #64]
    ldp x29, x30, [x0, #80]
    ldr x9, [x0, #96]
    mov sp, x9
    LOOK_GENERAL_ONLY
    b.ne 1f
    ldp d8, d9, [x0, #104]
    ldp d10, d11, [x0, #120]
    ldp d12, d13, [x0, #136]
    ldp d14, d15, [x0, #152]
1:  cmp w1, #0
    csinc w0, w1, wzr, ne
    ret
ENDFUNC longjmp
