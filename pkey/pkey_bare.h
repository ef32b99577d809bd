/* SPDX-License-Identifier: MIT */
/* What the backends with keys look at in a kernel before they start. */
#ifndef KG_PKEY_BARE_H
#define KG_PKEY_BARE_H

#include "kg_pkey.h"

#include "arch/gates.h"
#include "core/core.h"

#include <cpuid.h>

/* CPUID leaf 7, ECX; CR0 and CR4 (SDM vol. 3, 2.5). */
#define CPUID_PKU (1u << 3)
#define CPUID_PKS (1u << 31)
#define CR0_WP (UINT64_C(1) << 16)
#define CR4_FSGSBASE (UINT64_C(1) << 16)
#define CR4_SMEP (UINT64_C(1) << 20)
#define CR4_SMAP (UINT64_C(1) << 21)
#define CR4_PKE (UINT64_C(1) << 22)
#define CR4_PKS (UINT64_C(1) << 24)

static inline bool kg_cr0_has(uint64_t bit)
{
    uint64_t value;
    __asm__ volatile("movq %%cr0, %0" : "=r"(value));
    return (value & bit) != 0;
}

static inline bool kg_cr4_has(uint64_t bit)
{
    uint64_t value;
    __asm__ volatile("movq %%cr4, %0" : "=r"(value));
    return (value & bit) != 0;
}

static inline bool kg_processor_has(uint32_t bit)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (c & bit) != 0;
}

/* NULL when user-marked pages can be guarded by PKRU; else what is missing. */
static inline const char *kg_pku_missing(void)
{
    return !kg_processor_has(CPUID_PKU) ? "this processor has no protection keys (CPUID: PKU)"
           : !kg_cr4_has(CR4_PKE)       ? "the kernel has not switched keys on (CR4.PKE)"
           : kg_cr4_has(CR4_SMAP)       ? "the kernel keeps user pages from itself (CR4.SMAP)"
           : !kg_cr0_has(CR0_WP)        ? "the kernel ignores write protection (CR0.WP)"
                                        : NULL;
}

#endif
