/* SPDX-License-Identifier: MIT */
/* Constants the AArch64 gates read, and what this processor has to clear. */
#include <keygate/status.h>
#include <kg_arch_frame.h>
#include <sys/auxv.h>

extern const int64_t kg_status_depth;
extern const int64_t kg_status_killed;

const int64_t kg_status_depth = -KG_EDEPTH;
const int64_t kg_status_killed = -KG_EKILLED;

enum kg_vectors kg_arch_vectors(void)
{
    /* HWCAP_SVE, bit 22 of AT_HWCAP (Linux, Documentation/arm64/elf_hwcaps.rst). */
    return (getauxval(AT_HWCAP) & 1ul << 22) != 0 ? KG_VECTORS_SVE : KG_VECTORS_SIMD;
}
