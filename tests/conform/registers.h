/* SPDX-License-Identifier: MIT */
/* <cpu>_registers.S, for C. */
#ifndef CONFORM_REGISTERS_H
#define CONFORM_REGISTERS_H

#include <keygate/gate.h>
#include <stdint.h>

/* The upper five bytes of every secret. */
#define REGISTERS_SECRET UINT64_C(0x5ec2e7c0de000000)
#define REGISTERS_SECRET_MASK UINT64_C(0xffffffffff000000)

uint64_t registers_scan(void);
uint64_t registers_scan_return(uint64_t gate);
uint64_t predicates_scan(void);
uint64_t predicates_fill(const struct kg_gate *gate);
uint64_t registers_rest(void);
uint64_t registers_rest_return(uint64_t gate);
uint64_t registers_more_than_one(const uint64_t *words, uint64_t which);
uint64_t flags_leave(uint64_t flags);
uint64_t flags_own(uint64_t gate);
uint64_t flags_signal(uint64_t process, uint64_t thread, uint64_t number);
uint64_t rights_forge(uint64_t address, uint64_t number);
uint64_t registers_spoil(void);
uint64_t registers_spoil_crash(void);

/* 0, or the number of the first word that holds a secret, from 1. */
uint64_t registers_find(const uint64_t *words, uint64_t count);

uint64_t registers_fill_0(const struct kg_gate *gate);
uint64_t registers_fill_1(const struct kg_gate *gate);
uint64_t registers_fill_2(const struct kg_gate *gate);
uint64_t registers_fill_3(const struct kg_gate *gate);
uint64_t registers_fill_4(const struct kg_gate *gate);
uint64_t registers_fill_5(const struct kg_gate *gate);
uint64_t registers_fill_6(const struct kg_gate *gate);

struct caller {
#if defined(__x86_64__)
    uint64_t general[6]; /* rbx rbp r12 r13 r14 r15 */
    uint64_t stack;      /* how far the stack pointer moved */
    uint64_t flags;
    uint64_t mxcsr;
    uint64_t fcw;
#else
    uint64_t general[11]; /* x19-x29 */
    uint64_t stack;
    uint64_t vector[8]; /* d8-d15 */
    uint64_t fpcr;
#endif
};

int64_t caller_call(const struct kg_gate *gate, const struct caller *before,
                    struct caller *after);

#endif
