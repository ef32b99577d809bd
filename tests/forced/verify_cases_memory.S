/* SPDX-License-Identifier: MIT */
/* Loads, stores, atomics, vectors. */
#include "verify_case.h"

    .section .verify_cases, "aw"
    .globl verify_cases_memory
verify_cases_memory:

/* ---- Through x18 ---- */
ACCEPT "a guarded load"
    add x18, x21, w0, uxtw
    ldr x1, [x18, #8]
ACCEPT "loads of each width through x18"
    ldrb w0, [x18]
    ldrsb x1, [x18, #4095]
    ldrh w2, [x18, #8190]
    ldrsh w3, [x18]
    ldrsw x4, [x18, #16380]
    ldr w5, [x18]
    ldr x6, [x18, #32760]
ACCEPT "stores of each width through x18"
    strb w0, [x18, #1]
    strh wzr, [x18]
    str w2, [x18]
    str xzr, [x18, #32760]
ACCEPT "unscaled ones"
    ldur x0, [x18, #-256]
    sturb w1, [x18, #255]
    ldursw x2, [x18, #-1]
ACCEPT "pairs"
    ldp x0, x1, [x18, #-512]
    stp w2, w3, [x18, #252]
    ldpsw x4, x5, [x18]
    ldnp x6, x7, [x18]
    stnp x8, x9, [x18]
ACCEPT "of vector registers"
    ldr q0, [x18, #65520]
    str b1, [x18]
    ldp q2, q3, [x18, #1008]
    ldur d4, [x18, #-8]
ACCEPT "whole vectors"
    ld1 {v0.16b}, [x18]
    ld1 {v0.1d, v1.1d}, [x18]
    st4 {v0.4s, v1.4s, v2.4s, v3.4s}, [x18]
    ld3 {v0.8b, v1.8b, v2.8b}, [x18]
ACCEPT "lanes"
    ld1 {v0.b}[15], [x18]
    st2 {v0.h, v1.h}[7], [x18]
    ld4 {v0.d, v1.d, v2.d, v3.d}[1], [x18]
    ld1r {v0.4s}, [x18]
ACCEPT "reserved registers may be stored"
    str x21, [x18]
    stp x18, x22, [x18]
ACCEPT "a load over its own address register's source"
    add x18, x21, w0, uxtw
    ldr x0, [x18]
REJECT "unguarded address", "x0"
    ldr x0, [x0]
REJECT "unguarded address", "x0 for a store"
    str x1, [x0]
REJECT "unguarded address", "x21 with an immediate"
    ldr x0, [x21, #8]
REJECT "unguarded address", "x21 for a store"
    str x0, [x21]
REJECT "unguarded address", "x22"
    ldr x0, [x22]
REJECT "unguarded address", "x29"
    str x0, [x29, #16]
REJECT "unguarded address", "x30"
    ldrb w0, [x30]
REJECT "unguarded address", "x23"
    str w0, [x23]
REJECT "unguarded address", "an unscaled one"
    ldur x0, [x1, #-8]
REJECT "unguarded address", "a pair"
    ldp x0, x1, [x2]
REJECT "unguarded address", "a pair without cache"
    stnp x0, x1, [x2]
REJECT "unguarded address", "a vector register"
    str q0, [x1, #32]
REJECT "unguarded address", "a whole vector"
    st1 {v0.16b}, [x1]
REJECT "unguarded address", "a lane"
    ld1 {v0.s}[1], [x1]
REJECT "unguarded address", "a repeated lane"
    ld2r {v0.8h, v1.8h}, [x21]
REJECT "writeback to an address register", "x18 after"
    ldr x0, [x18], #8
REJECT "writeback to an address register", "x18 before"
    str x0, [x18, #8]!
REJECT "writeback to an address register", "x0"
    ldr x1, [x0], #8
REJECT "writeback to an address register", "x21"
    ldr x1, [x21, #16]!
REJECT "writeback to an address register", "a pair with x18"
    ldp x0, x1, [x18], #16
REJECT "writeback to an address register", "a pair with x1"
    stp x2, x3, [x1, #-16]!
REJECT "writeback to an address register", "a vector register"
    str q0, [x18], #16
REJECT "unknown instruction", "a whole vector and a step"
    ld1 {v0.16b}, [x18], #16
REJECT "unknown instruction", "a whole vector and a register"
    st1 {v0.16b}, [x18], x1
REJECT "unknown instruction", "a lane and a step"
    st1 {v0.b}[1], [x18], #1
REJECT "unknown instruction", "a whole vector and a step of sp"
    ld1 {v0.16b}, [sp], #16
REJECT "reserved register written", "x18 loaded"
    ldr x18, [x18]
REJECT "reserved register written", "x21 loaded from the stack"
    ldr x21, [sp]
REJECT "reserved register written", "x22 as the second"
    ldp x0, x22, [sp]
REJECT "reserved register written", "x21 as the first"
    ldp x21, x0, [sp], #16
REJECT "reserved register written", "w18 by a byte"
    ldrb w18, [x18]
REJECT "reserved register written", "x18 with sign"
    ldrsw x18, [x18]
REJECT "reserved register written", "x22 with sign, as a pair"
    ldpsw x22, x0, [x18]
REJECT "registers overlap", "a pair of one register"
    .inst 0xa9400240
REJECT "literal load", "of a general register"
    ldr x0, .
REJECT "literal load", "with sign"
    ldrsw x0, .
REJECT "literal load", "of a vector"
    ldr q0, .
REJECT "literal load", "a hint"
    prfm pldl1keep, .

/* ---- Through x21 and a register ---- */
ACCEPT "loads and stores of each width"
    ldr x0, [x21, w1, uxtw]
    ldrb w2, [x21, w3, uxtw]
    ldrsh x4, [x21, w5, uxtw]
    strh w6, [x21, w7, uxtw]
    ldrsw x8, [x21, w9, uxtw]
    str q0, [x21, w10, uxtw]
    ldr b1, [x21, wzr, uxtw]
REJECT "unguarded address", "with a shift"
    ldr x0, [x21, w1, uxtw #3]
REJECT "unguarded address", "a byte with the shift of nothing"
    ldrb w0, [x21, w1, uxtw #0]
REJECT "unguarded address", "with sign"
    ldr x0, [x21, w1, sxtw]
REJECT "unguarded address", "with 64 bits"
    ldr x0, [x21, x1]
REJECT "unguarded address", "with 64 bits and sign"
    ldr x0, [x21, x1, sxtx]
REJECT "unguarded address", "from x18"
    ldr x0, [x18, w1, uxtw]
REJECT "unguarded address", "from x22"
    str x0, [x22, w1, uxtw]
REJECT "unguarded address", "from sp"
    ldr x0, [sp, w1, uxtw]
REJECT "unguarded address", "from sp with 64 bits"
    str x0, [sp, x1]
REJECT "unguarded address", "from x0"
    ldr w0, [x0, w1, uxtw]
REJECT "reserved register written", "x21 loaded so"
    ldr x21, [x21, w0, uxtw]
REJECT "unknown instruction", "an extension that is none"
    .inst 0xf8610aa0

/* ---- Through sp ---- */
ACCEPT "loads and stores on the stack"
    ldr x0, [sp]
    str x1, [sp, #32760]
    ldur x2, [sp, #-256]
    stp q0, q1, [sp, #-1024]
    ldr q2, [sp, #65520]
    ld1 {v0.4s}, [sp]
ACCEPT "steps of their own"
    str x0, [sp, #-16]!
    ldr x0, [sp], #16
    stp d8, d9, [sp, #-64]!
    ldp d8, d9, [sp], #64
    str q0, [sp, #-256]!
ACCEPT "a proof by a load of nothing"
    sub sp, sp, #16
    ldr xzr, [sp]
    sub sp, sp, #16
    ldr xzr, [sp], #16
    ret

/* ---- Atomics ---- */
ACCEPT "exclusive ones"
    ldxr x0, [x18]
    ldaxrb w1, [x18]
    stxr w2, x3, [x18]
    stlxrh w4, w5, [x18]
    ldxp x6, x7, [x18]
    stlxp w8, x9, x10, [x18]
ACCEPT "ordered ones"
    ldar x0, [x18]
    stlrb w1, [x18]
    ldlar w2, [x18]
    stllr x3, [x18]
ACCEPT "swaps"
    cas x0, x1, [x18]
    casalb w2, w3, [x18]
    casp x4, x5, x6, x7, [x18]
    swpal x8, x9, [x18]
    swph w10, w11, [x18]
ACCEPT "operations"
    ldadd x0, x1, [x18]
    ldclralb w2, w3, [x18]
    ldsmaxh w4, w5, [x18]
    stumin x6, [x18]
    steorl w7, [x18]
REJECT "unguarded address", "LDXR"
    ldxr x0, [x1]
REJECT "unguarded address", "STXR"
    stxr w0, x1, [x2]
REJECT "unguarded address", "LDAR"
    ldar x0, [x1]
REJECT "unguarded address", "STLR"
    stlr x0, [x21]
REJECT "unguarded address", "CAS"
    cas x0, x1, [x2]
REJECT "unguarded address", "CASP"
    casp x0, x1, x2, x3, [x4]
REJECT "unguarded address", "SWP"
    swp x0, x1, [x2]
REJECT "unguarded address", "LDADD"
    ldadd x0, x1, [x2]
REJECT "unguarded address", "STADD"
    stadd x0, [x22]
REJECT "reserved register written", "x18 by LDXR"
    ldxr x18, [x18]
REJECT "reserved register written", "x21 by LDXP"
    ldxp x0, x21, [x18]
REJECT "reserved register written", "w22 by STXR's status"
    stxr w22, x0, [x18]
REJECT "reserved register written", "x21 by CAS"
    cas x21, x0, [x18]
REJECT "reserved register written", "x22 by CASP"
    casp x22, x23, x0, x1, [x18]
REJECT "reserved register written", "x21 as CASP's second"
    casp x20, x21, x0, x1, [x18]
REJECT "reserved register written", "x21 by LDADD"
    ldadd x0, x21, [x18]
REJECT "reserved register written", "x18 by SWP"
    swp x0, x18, [x18]
REJECT "reserved register written", "x22 by LDAR"
    ldar x22, [x18]
REJECT "registers overlap", "STXR's status and value"
    .inst 0xc8007e40
REJECT "registers overlap", "STXP's status and second"
    .inst 0xc8200240
REJECT "registers overlap", "LDXP of one register"
    .inst 0xc87f0240
REJECT "unknown instruction", "CASP of odd registers"
    .inst 0x48217e42
REJECT "unknown instruction", "LDAPR"
    ldapr x0, [x18]
REJECT "unknown instruction", "LDAPUR"
    .inst 0xd9400240
REJECT "unknown instruction", "LD64B"
    ld64b x0, [x18]
REJECT "unknown instruction", "ST64B"
    st64b x0, [x18]

/* ---- What is not there ---- */
REJECT "tag instruction", "STG"
    stg x0, [x18]
REJECT "tag instruction", "ST2G"
    st2g x0, [x18], #32
REJECT "tag instruction", "STZG"
    stzg x0, [x18]
REJECT "tag instruction", "LDG"
    ldg x0, [x18]
REJECT "tag instruction", "STGP"
    stgp x0, x1, [x18]
REJECT "tag instruction", "STGP on the stack"
    stgp x0, x1, [sp, #-16]!
REJECT "tag instruction", "LDGM"
    .inst 0xd9e00240
REJECT "tag instruction", "STZGM"
    .inst 0xd9200240
REJECT "unknown instruction", "LDTR"
    ldtr x0, [x18]
REJECT "unknown instruction", "STTRB"
    sttrb w0, [x18]
REJECT "unknown instruction", "LDRAA"
    ldraa x0, [x18]
REJECT "unknown instruction", "PRFM"
    prfm pldl1keep, [x18]
REJECT "unknown instruction", "PRFUM"
    prfum pldl1keep, [x18, #1]
REJECT "unknown instruction", "CPYFP"
    .inst 0x19010440
REJECT "unknown instruction", "SETP"
    .inst 0x19c10440
REJECT "unknown instruction", "LD4 of single doublewords"
    .inst 0x0c400e40
REJECT "unknown instruction", "LDNPSW"
    .inst 0x68400240
REJECT "unknown instruction", "a pair of a size that is none"
    .inst 0xe9400240
REJECT "unknown instruction", "a vector pair of a size that is none"
    .inst 0xed400240

/* ---- Vectors and floating point ---- */
ACCEPT "scalars"
    fadd d0, d1, d2
    fmadd s3, s4, s5, s6
    fcmp d7, #0.0
    fccmp s8, s9, #0, eq
    fcsel d10, d11, d12, ne
    fmov s13, #1.0
    fcvt h14, s15
    fcvt d16, h17
    fsqrt d18, d19
    frinta s20, s21
ACCEPT "conversions"
    scvtf d0, x1
    fcvtzs w2, s3
    ucvtf s4, w5, #16
    fcvtzu x6, d7, #63
    fmov x8, d9
    fmov v10.d[1], x11
ACCEPT "integer vectors"
    add v0.16b, v1.16b, v2.16b
    mul v3.4s, v4.4s, v5.s[1]
    sqdmulh v6.8h, v7.8h, v8.8h
    umull2 v9.2d, v10.4s, v11.4s
    addv b12, v13.16b
    cnt v14.8b, v15.8b
    tbl v16.16b, {v17.16b, v18.16b}, v19.16b
    ext v20.16b, v21.16b, v22.16b, #15
    zip1 v23.2d, v24.2d, v25.2d
    sshll v26.8h, v27.8b, #3
    movi v28.2d, #0xff00ff00ff00ff00
    dup v29.4s, w0
    umov w1, v30.h[3]
    smov x2, v31.s[1]
    ins v0.d[1], x3
ACCEPT "floating-point vectors"
    fadd v0.4s, v1.4s, v2.4s
    fmla v3.2d, v4.2d, v5.d[1]
    fcvtzs v6.2d, v7.2d
    fmaxv s8, v9.4s
    frecpe v10.2s, v11.2s
    fcvtn v12.2s, v13.2d
REJECT "reserved register written", "x21 by UMOV"
    umov x21, v0.d[0]
REJECT "reserved register written", "w18 by UMOV"
    umov w18, v0.b[0]
REJECT "reserved register written", "x22 by SMOV"
    smov x22, v0.h[0]
REJECT "reserved register written", "x21 by FMOV"
    fmov x21, d0
REJECT "reserved register written", "x18 by FMOV of the upper half"
    fmov x18, v0.d[1]
REJECT "reserved register written", "x22 by FCVTZS"
    fcvtzs x22, d0
REJECT "reserved register written", "w21 by FCVTZU of a fixed point"
    fcvtzu w21, s0, #3
REJECT "reserved register written", "x18 by FCVTAS"
    fcvtas x18, s0
REJECT "unknown instruction", "half precision"
    fadd h0, h1, h2
REJECT "unknown instruction", "a vector of half precision"
    fadd v0.8h, v1.8h, v2.8h
REJECT "unknown instruction", "a conversion of half precision"
    fcvtzs w0, h1
REJECT "unknown instruction", "AESE"
    aese v0.16b, v1.16b
REJECT "unknown instruction", "SHA256H"
    sha256h q0, q1, v2.4s
REJECT "unknown instruction", "PMULL of doublewords"
    pmull v0.1q, v1.1d, v2.1d
REJECT "unknown instruction", "SDOT"
    .inst 0x4e829420
REJECT "unknown instruction", "FJCVTZS"
    .inst 0x1e7e0020
REJECT "unknown instruction", "FRINT32Z"
    .inst 0x1e684020
REJECT "unknown instruction", "64-bit lanes of a half register"
    .inst 0x0ee28420
    LAST_CASE
