/* SPDX-License-Identifier: MIT */
/* An image for kg-verify whose forbidden instruction is part of another one. */
#include <keygate/domain.h>

static uint64_t hidden(void)
{
    uint64_t value;
    __asm__ volatile("movl $0xef010f, %%eax" : "=a"(value));
    return value;
}
KG_ENTRY(hidden, 0);
