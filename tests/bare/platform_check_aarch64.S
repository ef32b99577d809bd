/* SPDX-License-Identifier: MIT */
    .arch armv8.5-a+memtag

.macro SAVE
    stp x29, x30, [sp, #-160]!
    .cfi_def_cfa_offset 160
    .cfi_offset x29, -160
    .cfi_offset x30, -152
    mov x29, sp
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
.endm

.macro RESTORE
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
    .cfi_def_cfa_offset 0
    ret
.endm

.macro FILL_VECTOR n
    dup v\n\().2d, x\n
.endm

.macro VERIFY_VECTOR n
    mov x2, #(\n * 257)
    mov x1, v\n\().d[0]
    cmp x1, x2
    b.ne 9f
    mov x1, v\n\().d[1]
    cmp x1, x2
    b.ne 9f
.endm

/* All values; x0 stays. */
.macro VALUES
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,30
    mov x\n, #(\n * 257)
    .endr
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,30
    FILL_VECTOR \n
    .endr
    dup v0.2d, x1
    dup v29.2d, x2
    dup v31.2d, x3
.endm

/* Goes to 9 when a register differs. Uses x1 last. */
.macro VERIFY
    .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,30,1
    sub x\n, x\n, #(\n * 257) & 0xfff
    sub x\n, x\n, #(\n * 257) & 0xfff000
    cbnz x\n, 9f
    .endr
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,30
    VERIFY_VECTOR \n
    .endr
    mov x1, v31.d[1]
    cmp x1, #(3 * 257)
    b.ne 9f
    cmp sp, x29
    b.ne 9f
.endm

/* bool check_registers_kept(uintptr_t address): reads there; the exception on the way must be
 * repaired and leave all as it was. */
    .text
    .globl check_registers_kept
    .type check_registers_kept, %function
check_registers_kept:
    .cfi_startproc
    SAVE
    VALUES
    ldr x0, [x0]
    VERIFY
    mov x0, #1
    b 1f
9:  mov x0, #0
1:  RESTORE
    .cfi_endproc
    .size check_registers_kept, . - check_registers_kept

/* bool check_registers_spin(uint64_t rounds) */
    .globl check_registers_spin
    .type check_registers_spin, %function
check_registers_spin:
    .cfi_startproc
    SAVE
    VALUES
    /* The flags are part of it. */
2:  cmp x0, #0
    b.eq 3f
    sub x0, x0, #1
    cmn x0, x0
    b 2b
3:  VERIFY
    mov x0, #1
    b 1f
9:  mov x0, #0
1:  RESTORE
    .cfi_endproc
    .size check_registers_spin, . - check_registers_spin

/* void check_clobber(void) */
    .globl check_clobber
    .type check_clobber, %function
check_clobber:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17
    mvn x\n, xzr
    .endr
    cmp xzr, xzr
    ret

/* Exceptions: void (uintptr_t). */
    .irp name, brk, udf, misaligned, svc
    .globl check_do_\name
    .type check_do_\name, %function
    .endr
check_do_brk:
    brk #7
    ret
check_do_udf:
    udf #0
    ret
check_do_misaligned:
    ldaxr x1, [x0]
    ret
check_do_svc:
    svc #0
    ret

/* void check_tag_store(uintptr_t tagged); uintptr_t check_tag_load(uintptr_t address) */
    .globl check_tag_store
    .type check_tag_store, %function
check_tag_store:
    stg x0, [x0]
    ret
    .globl check_tag_load
    .type check_tag_load, %function
check_tag_load:
    ldg x0, [x0]
    ret
/* uintptr_t check_tag_draw(uintptr_t address) */
    .globl check_tag_draw
    .type check_tag_draw, %function
check_tag_draw:
    irg x0, x0
    ret

    .section .note.GNU-stack, "", %progbits
