/* SPDX-License-Identifier: MIT */
/* Constants the x86-64 gates read, and what this processor has to clear. */
#include "offsets.h"

#include "core/core.h"

#include <cpuid.h>
#include <keygate/status.h>
#include <kg_arch_frame.h>

extern const uint32_t kg_mxcsr_default;
extern const uint16_t kg_fcw_default;
extern const int64_t kg_status_depth;
extern const int64_t kg_status_killed;

const uint32_t kg_mxcsr_default = MXCSR_DEFAULT;
const uint16_t kg_fcw_default = FCW_DEFAULT;
const int64_t kg_status_depth = -KG_EDEPTH;
const int64_t kg_status_killed = -KG_EKILLED;

/* XCR0, bits 1-2: SSE and AVX state; bits 5-7: AVX-512 state (SDM vol. 1, 13.3). */
#define XCR0_AVX 0x6u
#define XCR0_AVX512 0xe0u

enum kg_vectors kg_arch_vectors(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_OSXSAVE) == 0 || (c & bit_AVX) == 0) {
        return KG_VECTORS_SSE;
    }
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & XCR0_AVX) != XCR0_AVX) {
        return KG_VECTORS_SSE;
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX512F) != 0 &&
        (low & XCR0_AVX512) == XCR0_AVX512) {
        return KG_VECTORS_AVX512;
    }
    return KG_VECTORS_AVX;
}

/* The order of kg_report.registers. */
enum { RBX = 1, RBP = 6, RSP = 7, R12 = 12, R13 = 13, R14 = 14, R15 = 15, RIP = 16 };

void kg_arch_caller(const struct kg_saved *saved, bool clears, uint64_t *registers)
{
    const uint64_t *stack = (const uint64_t *)(uintptr_t)saved->rsp;
    registers[RBX] = saved->rbx;
    registers[RBP] = clears ? saved->rbp : stack[0];
    registers[R12] = saved->r12;
    registers[R13] = saved->r13;
    registers[R14] = saved->r14;
    registers[R15] = saved->r15;
    registers[RIP] = stack[1];
    registers[RSP] = saved->rsp + 16;
}

/* The processor sees what is written to code (SDM vol. 3, 8.1.3), and nobody has run it yet. */
void kg_arch_code_written(void *code, size_t bytes)
{
    (void)code;
    (void)bytes;
}
