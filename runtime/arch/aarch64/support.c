/* SPDX-License-Identifier: MIT */
/* Constants the AArch64 gates read, and what they keep of a caller. */
#include "core/core.h"

#include <keygate/status.h>
#include <kg_arch_frame.h>

extern const int64_t kg_status_depth;
extern const int64_t kg_status_killed;

const int64_t kg_status_depth = -KG_EDEPTH;
const int64_t kg_status_killed = -KG_EKILLED;

/* The order of kg_report.registers. */
enum { X19 = 19, X29 = 29, X30 = 30, SP = 31, PC = 32 };

/* As they are when the gate returns to the caller. */
void kg_arch_caller(const struct kg_saved *saved, bool clears, uint64_t *registers)
{
    (void)clears;
#pragma GCC unroll 10
    for (uint32_t i = 0; i < 10; i++) {
        registers[X19 + i] = saved->x[i];
    }
    registers[X29] = saved->x29;
    registers[X30] = saved->x30;
    registers[SP] = saved->sp;
    registers[PC] = saved->x30;
}

/* Data and instruction caches need not agree (Arm ARM, B2.7.4). The smallest lines there are. */
void kg_arch_code_written(void *code, size_t bytes)
{
    const uintptr_t line = 16;
    uintptr_t start = (uintptr_t)code;
    for (uintptr_t at = start; at < start + bytes; at += line) {
        __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    }
    __asm__ volatile("dsb ish" : : : "memory");
    for (uintptr_t at = start; at < start + bytes; at += line) {
        __asm__ volatile("ic ivau, %0" : : "r"(at) : "memory");
    }
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}
