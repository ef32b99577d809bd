/* SPDX-License-Identifier: MIT */
#include "asm.h"
#include "bench/marks.h"

    .arch armv8.5-a+memtag

/* uint64_t window_enter(uintptr_t function, const uint64_t arguments[4], uintptr_t window,
 *                       uintptr_t stack, uintptr_t stack_pointer, uintptr_t way_back)
 *
 * Why: calls a function of an image, as a gate would, without the books. In: x0 to x5. Out: x0,
 * what the function returned. Clobbers: what a call may. Trusts: its caller.
 * Between the two marks only the image's own instructions run, and one branch.
 * FROM: C.  RIGHTS: none change.  STACK: the host's, then the image's; kept in host_stack. */
FUNC window_enter
    stp x29, x30, [sp, #-160]!
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    adrp x9, host_stack
    mov x10, sp
    str x10, [x9, :lo12:host_stack]
    mov x17, x0
    mov x21, x2
    mov x22, x3
    mov x18, x21
    mov sp, x4
    mov x30, x5
    mov x9, x1
    ldp x0, x1, [x9]
    ldp x2, x3, [x9, #16]
    KB_MARK(KB_MARK_BEGIN)
    br x17
ENDFUNC window_enter

/* Behind gate 0. In: x0, the value; nothing else is trusted.
 * FROM: an image's return.  LIVE: x0.  STACK: the image's, then the host's. */
FUNC window_leave
    KB_MARK(KB_MARK_END)
    adrp x9, host_stack
    ldr x10, [x9, :lo12:host_stack]
    mov sp, x10
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    ldp x29, x30, [sp], #160
    ret
ENDFUNC window_leave

/* Behind gate 1: the caller's tag, which it can't choose. Goes back by the lower half of x30, so
 * that what is reached lies in the window. Clobbers: x0, x16.
 * FROM: an image's import stub.  STACK: the image's, untouched. */
FUNC window_who
    ubfx x0, x21, #56, #4
    mov x18, x21
    add x16, x21, w30, uxtw
    br x16
ENDFUNC window_who

/* void window_store_tags(uintptr_t address, size_t bytes): each granule gets the address's tag. */
FUNC window_store_tags
    add x1, x0, x1
.Lnext:
    stg x0, [x0], #16
    cmp x0, x1
    b.lo .Lnext
    ret
ENDFUNC window_store_tags

    .bss
    .balign 8
host_stack:
    .skip 8
    .section .note.GNU-stack, "", %progbits
