/* SPDX-License-Identifier: MIT */
/* Which vector registers this processor has and the kernel has switched on. Part of the library. */
#include <kg_arch_frame.h>

/* ID_AA64PFR0_EL1.SVE; CPACR_EL1.FPEN and ZEN (Arm ARM, D17.2). */
#define ID_SVE(pfr0) (((pfr0) >> 32) & 15u)
#define CPACR_ZEN(cpacr) (((cpacr) >> 16) & 3u)
#define CPACR_FPEN(cpacr) (((cpacr) >> 20) & 3u)
#define NOT_TRAPPED 3u

enum kg_vectors kg_arch_vectors(void)
{
    uint64_t pfr0, cpacr;
    __asm__ volatile("mrs %0, id_aa64pfr0_el1\n mrs %1, cpacr_el1" : "=r"(pfr0), "=r"(cpacr));
    if (CPACR_FPEN(cpacr) != NOT_TRAPPED) {
        return KG_VECTORS_GENERAL;
    }
    return ID_SVE(pfr0) != 0 && CPACR_ZEN(cpacr) == NOT_TRAPPED ? KG_VECTORS_SVE
                                                                : KG_VECTORS_SIMD;
}
