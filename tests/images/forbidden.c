/* SPDX-License-Identifier: MIT */
/* An image with an instruction that no domain may have. */
#include <keygate/domain.h>

static uint64_t forbidden(void)
{
#if defined(__x86_64__)
    __asm__ volatile("wrpkru" : : "a"(0), "c"(0), "d"(0));
#else
    __asm__ volatile(".arch armv8.5-a+memtag\n msr tco, #1");
#endif
    return 1;
}
KG_ENTRY(forbidden, 0);
