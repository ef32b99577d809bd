/* SPDX-License-Identifier: MIT */
/* What C cannot say about registers: fill all, dump all, spoil all, and what a caller gets back.
 * Words that must not be seen begin with SECRET and end with a number that tells them apart. */
#define SECRET_HIGH 0x5ec2
#define SECRET_MIDDLE 0xe7c0
#define SECRET_LOW 0xde00

/* Dump: 31 general registers and one zero, 32 vector registers, as 64-bit words. */
#define AT_VECTOR 256
#define DUMP_BYTES 768
#define DUMP_WORDS 96

    .section .note.GNU-stack, "", %progbits

    .text

.macro START name
    .globl \name
    .type \name, %function
    .p2align 4
\name:
.endm

.macro FINISH name
    .size \name, . - \name
.endm

.macro SECRET reg, number
    mov \reg, #\number
    movk \reg, #SECRET_LOW, lsl #16
    movk \reg, #SECRET_MIDDLE, lsl #32
    movk \reg, #SECRET_HIGH, lsl #48
.endm

/* Every vector register secret. Clobbers x9. */
.macro FILL_VECTORS
    SECRET x9, 0x100
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    add x9, x9, #1
    stp x9, x9, [sp, #-16]!
    ldr q\i, [sp], #16
    .endr
.endm

/* Secrets in the general registers named. */
.macro FILL_GENERAL registers:vararg
    .irp i, \registers
    SECRET x\i, \i
    .endr
.endm

/* All registers into the dump at sp. */
.macro DUMP
    sub sp, sp, #DUMP_BYTES
    stp x0, x1, [sp, #0]
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    stp x30, xzr, [sp, #240]
    add x9, sp, #AT_VECTOR
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    str q\i, [x9], #16
    .endr
    mov x0, sp
    mov x1, #DUMP_WORDS
.endm

/* uint64_t registers_scan(...): in a domain; which register held a secret on entry, 0 if none. */
START registers_scan
    stp x29, x30, [sp, #-16]!
    DUMP
    bl registers_find
    add sp, sp, #DUMP_BYTES
    ldp x29, x30, [sp], #16
    ret
FINISH registers_scan

/* uint64_t registers_scan_return(gate): in a domain; calls a gate without arguments and looks at
 * what comes back besides x0 and x1. */
START registers_scan_return
    stp x29, x30, [sp, #-16]!
    ldr x9, [x0]
    blr x9
    mov x0, xzr
    mov x1, xzr
    DUMP
    bl registers_find
    add sp, sp, #DUMP_BYTES
    ldp x29, x30, [sp], #16
    ret
FINISH registers_scan_return

/* uint64_t registers_rest(...): in a domain; which register but x16, x17 and x30 holds more than an
 * argument on entry, all of which are 1. 0 if none. */
START registers_rest
    stp x29, x30, [sp, #-16]!
    DUMP
    ldr w1, =0x3ffeffff
    bl registers_more_than_one
    add sp, sp, #DUMP_BYTES
    ldp x29, x30, [sp], #16
    ret
FINISH registers_rest

/* uint64_t registers_rest_return(gate): in a domain; calls a gate without arguments and looks at
 * what comes back in registers that a call may change. */
START registers_rest_return
    stp x29, x30, [sp, #-16]!
    ldr x9, [x0]
    blr x9
    mov x0, xzr
    mov x1, xzr
    DUMP
    ldr w1, =0x7ffff
    bl registers_more_than_one
    add sp, sp, #DUMP_BYTES
    ldp x29, x30, [sp], #16
    ret
FINISH registers_rest_return
    .ltorg

.macro SPOIL
    mov x17, x30
    FILL_VECTORS
    FILL_GENERAL 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16
    FILL_GENERAL 18,19,20,21,22,23,24,25,26,27,28,29,30
    mov x0, #0x3c00000 /* FPCR: rounding towards zero, flush to zero */
    msr fpcr, x0
    cmp xzr, xzr
.endm

/* uint64_t registers_spoil(void): in a domain; returns with nothing left as it was but sp. */
START registers_spoil
    SPOIL
    mov x0, #99
    br x17
FINISH registers_spoil

START registers_spoil_crash
    SPOIL
    .inst 0
FINISH registers_spoil_crash

.arch_extension sve
/* uint64_t predicates_scan(void): in a domain, where there is SVE; how many bits of the predicate
 * registers and of the first-fault register are set. */
START predicates_scan
    mov x0, xzr
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    cntp x1, p\i, p\i\().b
    add x0, x0, x1
    .endr
    rdffr p0.b
    cntp x1, p0, p0.b
    add x0, x0, x1
    ret
FINISH predicates_scan

/* uint64_t predicates_fill(gate): in the host; sets them all and calls a gate without arguments.
 * The value, or all ones when the call failed. */
START predicates_fill
    stp x29, x30, [sp, #-16]!
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    ptrue p\i\().b
    .endr
    setffr
    ldr x9, [x0]
    blr x9
    cmp x0, #0
    csinv x0, x1, xzr, eq
    ldp x29, x30, [sp], #16
    ret
FINISH predicates_fill

.macro SAVE_OWN
    stp x29, x30, [sp, #-176]!
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

.macro RESTORE_OWN
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    ldp x29, x30, [sp], #176
.endm

/* uint64_t registers_fill_N(gate): in the host; calls a gate with N arguments, all 1, and a secret
 * in every other register. The value, or all ones when the call failed. */
.macro FILL_CALL n
START registers_fill_\n
    SAVE_OWN
    FILL_VECTORS
    mov x30, x0
    .irp i, 0,1,2,3,4,5,6,7
.if \i < \n
    mov x\i, #1
.elseif \i > \n
    SECRET x\i, \i
.endif
    .endr
    mov x\n, x30
    FILL_GENERAL 8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
    ldr x30, [x\n, #8 * \n]
    blr x30
    cmp x0, #0
    csinv x0, x1, xzr, eq
    RESTORE_OWN
    ret
FINISH registers_fill_\n
.endm

FILL_CALL 0
FILL_CALL 1
FILL_CALL 2
FILL_CALL 3
FILL_CALL 4
FILL_CALL 5
FILL_CALL 6

/* int64_t caller_call(gate, const struct caller *before, struct caller *after): in the host; loads
 * what the C rules or the gate keep from *before, calls a gate without arguments, and stores what
 * is there afterwards. struct caller: x19-x29, sp, d8-d15, fpcr, 64 bits each. */
START caller_call
    SAVE_OWN
    str x2, [sp, #160]
    mrs x9, fpcr
    str x9, [sp, #168]
    ldp x19, x20, [x1, #0]
    ldp x21, x22, [x1, #16]
    ldp x23, x24, [x1, #32]
    ldp x25, x26, [x1, #48]
    ldp x27, x28, [x1, #64]
    ldr x29, [x1, #80]
    ldp d8, d9, [x1, #96]
    ldp d10, d11, [x1, #112]
    ldp d12, d13, [x1, #128]
    ldp d14, d15, [x1, #144]
    ldr x9, [x1, #160]
    msr fpcr, x9
    sub sp, sp, #16
    mov x9, sp
    str x9, [sp]
    ldr x9, [x0]
    blr x9
    ldr x9, [sp]
    mov x10, sp
    sub x10, x10, x9
    add sp, sp, #16
    ldr x2, [sp, #160]
    stp x19, x20, [x2, #0]
    stp x21, x22, [x2, #16]
    stp x23, x24, [x2, #32]
    stp x25, x26, [x2, #48]
    stp x27, x28, [x2, #64]
    stp x29, x10, [x2, #80]
    stp d8, d9, [x2, #96]
    stp d10, d11, [x2, #112]
    stp d12, d13, [x2, #128]
    stp d14, d15, [x2, #144]
    mrs x9, fpcr
    str x9, [x2, #160]
    ldr x9, [sp, #168]
    msr fpcr, x9
    RESTORE_OWN
    ret
FINISH caller_call
