/* SPDX-License-Identifier: MIT */
/* Integers, branches, the stack pointer, the link register, system instructions. */
#include "verify_case.h"

    .section .verify_cases, "aw"
    .globl verify_cases
verify_cases:

/* ---- Arithmetic ---- */
ACCEPT "an empty function"
    ret
ACCEPT "arithmetic with immediates"
    add x0, x1, #4095
    sub w2, w3, #1, lsl #12
    adds x4, x5, #7
    cmp w6, #9
ACCEPT "arithmetic with registers"
    add x0, x1, x2, lsr #3
    sub w3, w4, w5, asr #31
    add x6, x7, w8, sxtw #2
    adc x9, x10, x11
    sbcs w12, w13, w14
    neg x15, x16
ACCEPT "logic"
    and x0, x1, #0xff00ff00ff00ff00
    orr w2, w3, #0x3
    eor x4, x5, x6, ror #7
    bics w7, w8, w9
    tst x10, #0x1
    mvn x11, x12
ACCEPT "constants and addresses"
    mov x0, #0x1234
    movk x0, #0x5678, lsl #48
    movn w1, #7
    adr x2, .
    adrp x3, .
ACCEPT "bit fields"
    ubfx x0, x1, #3, #7
    sbfiz w2, w3, #4, #5
    bfxil x4, x5, #1, #60
    extr x6, x7, x8, #63
    ror w9, w10, #31
ACCEPT "multiplication and division"
    madd x0, x1, x2, x3
    smull x4, w5, w6
    umulh x7, x8, x9
    udiv w10, w11, w12
    sdiv x13, x14, x15
ACCEPT "conditions"
    csel x0, x1, x2, eq
    csinc w3, w4, w5, lt
    cset w6, ne
    ccmp x7, x8, #3, ge
    ccmn w9, #31, #0, mi
ACCEPT "counting, reversing, checksums"
    clz x0, x1
    cls w2, w3
    rbit x4, x5
    rev x6, x7
    rev w8, w9
    rev16 w10, w11
    rev32 x12, x13
    crc32b w14, w15, w16
    crc32cx w17, w19, x20
    lsl x25, x26, x27
    ror w28, w29, w0
ACCEPT "scratch registers are anybody's"
    mov x23, x0
    mov x24, x1
    add w23, w23, w24
ACCEPT "reserved registers may be read"
    mov x0, x21
    mov x1, x22
    mov x2, x18
    cmp x21, x22
REJECT "reserved register written", "x21 moved to"
    mov x21, x0
REJECT "reserved register written", "x21 added to"
    add x21, x21, #1
REJECT "reserved register written", "w21"
    mov w21, w0
REJECT "reserved register written", "x22 moved to"
    mov x22, x0
REJECT "reserved register written", "x18 moved to"
    mov x18, x0
REJECT "reserved register written", "x18 by a constant"
    movz x18, #1
REJECT "reserved register written", "x21 by a constant's part"
    movk x21, #5, lsl #48
REJECT "reserved register written", "x18 by ADR"
    adr x18, .
REJECT "reserved register written", "x21 by ADRP"
    adrp x21, .
REJECT "reserved register written", "x22 by a bit field"
    bfi x22, x0, #56, #4
REJECT "reserved register written", "x18 by EXTR"
    extr x18, x0, x1, #4
REJECT "reserved register written", "x21 by a condition"
    csel x21, x0, x1, eq
REJECT "reserved register written", "x21 by flags and difference"
    subs x21, x0, x1
REJECT "reserved register written", "x22 by multiplication"
    madd x22, x0, x1, x2
REJECT "reserved register written", "x18 by division"
    udiv x18, x0, x1
REJECT "reserved register written", "x18 by a shift"
    lsl x18, x0, x1
REJECT "reserved register written", "x21 by REV"
    rev x21, x0
REJECT "reserved register written", "x18 by ORR of an immediate"
    orr x18, x0, #1
REJECT "reserved register written", "x21 by BIC"
    bic x21, x0, x1
REJECT "reserved register written", "x18 by ADC"
    adc x18, x0, x1
REJECT "reserved register written", "x22 by CRC32"
    crc32w w22, w0, w1

/* ---- Guards ---- */
ACCEPT "the guard"
    add x18, x21, w0, uxtw
ACCEPT "the guard of any register"
    add x18, x21, w30, uxtw
    add x18, x21, wzr, uxtw
    add x18, x21, w18, uxtw
REJECT "reserved register written", "a guard with 64 bits"
    add x18, x21, x0, uxtx
REJECT "reserved register written", "a guard that is a plain sum"
    add x18, x21, x0
REJECT "reserved register written", "a guard with sign"
    add x18, x21, w0, sxtw
REJECT "reserved register written", "a guard with a shift"
    add x18, x21, w0, uxtw #1
REJECT "reserved register written", "a guard of 16 bits"
    add x18, x21, w0, uxth
REJECT "reserved register written", "a guard from x22"
    add x18, x22, w0, uxtw
REJECT "reserved register written", "a guard from x18"
    add x18, x18, w0, uxtw
REJECT "reserved register written", "a guard that subtracts"
    sub x18, x21, w0, uxtw
REJECT "reserved register written", "a guard with flags"
    adds x18, x21, w0, uxtw
REJECT "reserved register written", "a guard in 32 bits"
    add w18, w21, w0, uxtw
REJECT "reserved register written", "a step of x18"
    add x18, x18, #8

/* ---- Branches ---- */
ACCEPT "branches inside"
1:  b 2f
    bl 1b
2:  cbz x0, 1b
    tbnz w1, #3, 2b
    b.eq 1b
    ret
ACCEPT "a guarded call"
    add x18, x21, w0, uxtw
    blr x18
ACCEPT "a guarded branch"
    add x18, x21, w0, uxtw
    br x18
ACCEPT "a branch through x18 as it is"
    br x18
REJECT "branch out of the text", "B back"
    b . - 4
REJECT "branch out of the text", "B just behind the end"
    b . + 4
REJECT "branch out of the text", "B far"
    b . + 0x7fffffc
REJECT "branch out of the text", "BL"
    bl . + 8
REJECT "branch out of the text", "B.cond"
    b.ne . + 8
REJECT "branch out of the text", "CBZ"
    cbz x0, . - 8
REJECT "branch out of the text", "TBZ"
    tbz x0, #1, . + 12
REJECT "unguarded indirect branch", "BR x0"
    br x0
REJECT "unguarded indirect branch", "BR x30"
    br x30
REJECT "unguarded indirect branch", "BLR x1"
    blr x1
REJECT "unguarded indirect branch", "BLR x30"
    blr x30
REJECT "unguarded indirect branch", "BR x21"
    br x21
REJECT "unguarded indirect branch", "RET x0"
    ret x0
REJECT "unguarded indirect branch", "RET x18"
    ret x18
REJECT "unguarded indirect branch", "RETAA"
    .inst 0xd65f0bff
REJECT "unguarded indirect branch", "BRAA x18"
    .inst 0xd71f0a40
REJECT "unguarded indirect branch", "BLRAAZ x18"
    .inst 0xd63f0a5f
REJECT "system instruction", "BC.cond"
    .inst 0x54000010

/* ---- The link register ---- */
ACCEPT "x30 loaded and guarded"
    ldp x29, x30, [sp], #16
    add x30, x21, w30, uxtw
    ret
ACCEPT "x30 guarded a little later"
    ldr x30, [sp]
    mov x0, x1
    ldr x19, [sp, #8]
    add x30, x21, w30, uxtw
    ret
ACCEPT "x30 from another register"
    add x30, x21, w5, uxtw
    ret
REJECT "branch with an unguarded x30", "loaded, then a return"
    ldr x30, [sp]
    ret
REJECT "branch with an unguarded x30", "the second of a pair"
    ldp x29, x30, [sp], #16
    ret
REJECT "branch with an unguarded x30", "moved, then a return"
    mov x30, x0
    ret
REJECT "branch with an unguarded x30", "before a direct branch"
1:  mov x30, x0
    b 1b
REJECT "branch with an unguarded x30", "before a conditional branch"
1:  mov x30, x0
    cbz x1, 1b
    add x30, x21, w30, uxtw
REJECT "branch with an unguarded x30", "before a call"
1:  ldr x30, [x18]
    bl 1b
REJECT "branch with an unguarded x30", "before a branch through x18"
    mov x30, x0
    br x18
REJECT "branch with an unguarded x30", "a guard from x22"
    add x30, x22, w0, uxtw
    ret
REJECT "branch with an unguarded x30", "a guard with a shift"
    add x30, x21, w0, uxtw #2
    ret
REJECT "branch with an unguarded x30", "written by a system register"
    mrs x30, fpcr
    ret
REJECT "branch with an unguarded x30", "written by a vector"
    fmov x30, d0
    ret
REJECT "text ends in the middle of a sequence", "the end with x30 open"
    mov x30, x0

/* ---- The stack pointer ---- */
ACCEPT "a frame"
    stp x29, x30, [sp, #-64]!
    mov x29, sp
    str x0, [sp, #16]
    ldp x29, x30, [sp], #64
    add x30, x21, w30, uxtw
    ret
ACCEPT "a step and an access"
    sub sp, sp, #4080
    str x0, [sp, #8]
    add sp, sp, #4080
    ldr xzr, [sp]
    ret
ACCEPT "the largest step"
    sub sp, sp, #8, lsl #12
    str xzr, [sp]
ACCEPT "a step of nothing"
    add sp, sp, #0
    ret
ACCEPT "a step proved by a pair"
    sub sp, sp, #128
    stp q0, q1, [sp]
    ret
ACCEPT "a step proved by the next one's own access"
    sub sp, sp, #128
    stp x29, x30, [sp, #-16]!
ACCEPT "sp set"
    lsr x23, x0, #4
    add sp, x22, w23, uxth #4
ACCEPT "sp set after a step"
    sub sp, sp, #16
    add sp, x22, w0, uxth #4
    ret
ACCEPT "sp read"
    mov x0, sp
    add x1, sp, #16
    sub x2, sp, x3
    cmp sp, #0
    and x4, x5, #0xf
REJECT "stack pointer not confined", "sp moved to"
    mov sp, x0
REJECT "stack pointer not confined", "sp from another register"
    add sp, x29, #16
REJECT "stack pointer not confined", "sp by a register"
    sub sp, sp, x0
REJECT "stack pointer not confined", "sp by AND"
    and sp, x0, #0xfffffffffffffff0
REJECT "stack pointer not confined", "sp by ORR"
    orr sp, x0, #0x10
REJECT "stack pointer not confined", "a step too large"
    sub sp, sp, #9, lsl #12
REJECT "stack pointer not confined", "a step of 16 MiB"
    add sp, sp, #4095, lsl #12
REJECT "stack pointer not confined", "wsp"
    add wsp, wsp, #16
REJECT "stack pointer not confined", "wsp by ORR"
    orr wsp, w0, #1
REJECT "stack pointer not confined", "sp from the window"
    add sp, x21, w0, uxtw
REJECT "stack pointer not confined", "sp set with 32 bits"
    add sp, x22, w0, uxtw #4
REJECT "stack pointer not confined", "sp set without the shift"
    add sp, x22, w0, uxth
REJECT "stack pointer not confined", "sp set downwards"
    sub sp, x22, w0, uxth #4
REJECT "stack pointer not confined", "sp set with 64 bits"
    add sp, x22, x0, uxtx #4
REJECT "stack pointer not confined", "sp set from sp"
    add sp, sp, w0, uxth #4
REJECT "stack pointer moved without an access", "two steps"
    sub sp, sp, #4080
    sub sp, sp, #4080
    str x0, [sp]
REJECT "stack pointer moved without an access", "a step and a return"
    add sp, sp, #16
    ret
REJECT "stack pointer moved without an access", "a step and a loop"
1:  add sp, sp, #4080
    b 1b
REJECT "stack pointer moved without an access", "a step, an access through x18, a branch"
1:  add sp, sp, #16
    ldr x0, [x18]
    cbz x0, 1b
REJECT "stack pointer moved without an access", "an exclusive store proves nothing"
    sub sp, sp, #16
    stxr w0, x1, [sp]
    ret
REJECT "text ends in the middle of a sequence", "the end with sp moved"
    sub sp, sp, #16

/* ---- The system ---- */
ACCEPT "what a CPU may do to itself"
    nop
    yield
    bti c
    dmb ish
    dsb sy
    isb
    clrex
ACCEPT "traps"
    brk #1
    brk #0xffff
    udf #0
    udf #0xffff
ACCEPT "flags and floating-point control"
    mrs x0, nzcv
    msr nzcv, x0
    mrs x1, fpcr
    msr fpcr, x1
    mrs x2, fpsr
    msr fpsr, x2
REJECT "reserved register written", "x21 by MRS"
    mrs x21, fpcr
REJECT "system instruction", "SVC"
    svc #0
REJECT "system instruction", "HVC"
    hvc #0
REJECT "system instruction", "SMC"
    smc #0
REJECT "system instruction", "HLT"
    hlt #0xf000
REJECT "system instruction", "DCPS1"
    dcps1
REJECT "system instruction", "ERET"
    .inst 0xd69f03e0
REJECT "system instruction", "DRPS"
    .inst 0xd6bf03e0
REJECT "system instruction", "TCO set"
    msr tco, #1
REJECT "system instruction", "TCO by register"
    msr tco, x0
REJECT "system instruction", "TCO read"
    mrs x0, tco
REJECT "system instruction", "the thread pointer read"
    mrs x0, tpidr_el0
REJECT "system instruction", "the thread pointer written"
    msr tpidr_el0, x0
REJECT "system instruction", "the read-only thread pointer"
    mrs x0, tpidrro_el0
REJECT "system instruction", "the counter"
    mrs x0, cntvct_el0
REJECT "system instruction", "interrupts masked"
    msr daifset, #2
REJECT "system instruction", "the stack pointer's choice"
    msr spsel, #0
REJECT "system instruction", "PAN"
    msr pan, #0
REJECT "system instruction", "SSBS"
    msr ssbs, #1
REJECT "system instruction", "DIT"
    msr dit, #1
REJECT "system instruction", "the translation table"
    msr ttbr0_el1, x0
REJECT "system instruction", "the tag control"
    msr tfsre0_el1, x0
REJECT "system instruction", "DC ZVA"
    dc zva, x0
REJECT "system instruction", "DC GVA"
    dc gva, x0
REJECT "system instruction", "DC CIVAC"
    dc civac, x0
REJECT "system instruction", "IC IVAU"
    ic ivau, x0
REJECT "system instruction", "TLBI"
    tlbi vmalle1
REJECT "system instruction", "AT"
    at s1e1r, x0
REJECT "system instruction", "SYSL"
    sysl x0, #3, c7, c4, #1
REJECT "system instruction", "WFI"
    wfi
REJECT "system instruction", "WFE"
    wfe
REJECT "system instruction", "SEV"
    sev
REJECT "system instruction", "PACIASP, which makes x30 unguarded"
    paciasp
REJECT "system instruction", "XPACLRI, the same"
    xpaclri
REJECT "system instruction", "a hint that is none yet"
    hint #127
REJECT "system instruction", "CFINV"
    cfinv
REJECT "system instruction", "AXFLAG"
    axflag
REJECT "system instruction", "SB"
    sb
REJECT "system instruction", "WFET"
    wfet x0
REJECT "unknown instruction", "PACIA x30, x0"
    pacia x30, x0
REJECT "unknown instruction", "SETF8"
    setf8 w0
REJECT "unknown instruction", "RMIF"
    rmif x0, #1, #2

/* ---- What is not there ---- */
REJECT "unknown instruction", "not the trap"
    .inst 0x00010000
REJECT "unknown instruction", "all ones"
    .inst 0xffffffff
REJECT "unknown instruction", "SVE"
    ptrue p0.b
REJECT "unknown instruction", "an SVE load"
    ldr z0, [x18]
REJECT "unknown instruction", "a MOVZ of 32 bits with a shift by 32"
    .inst 0x52c00000
REJECT "unknown instruction", "a bit mask of all ones"
    .inst 0x9240fc00
REJECT "unknown instruction", "a bit mask of 64 bits in 32"
    .inst 0x12400000
REJECT "unknown instruction", "a shift by 40 of 32 bits"
    .inst 0x0b00a000
REJECT "unknown instruction", "a shift by ROR in ADD"
    .inst 0x8bc00000
REJECT "unknown instruction", "an extension by 5"
    .inst 0x8b201400
REJECT "unknown instruction", "a bit field of 64 bits in 32"
    .inst 0x13400000
REJECT "tag instruction", "ADDG"
    addg x0, x1, #0, #1
REJECT "tag instruction", "SUBG"
    subg x0, x1, #16, #0
REJECT "tag instruction", "IRG"
    irg x0, x1
REJECT "tag instruction", "GMI"
    gmi x0, x1, x2
REJECT "tag instruction", "SUBP"
    subp x0, x1, x2
    LAST_CASE
