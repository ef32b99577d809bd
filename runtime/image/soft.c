/* SPDX-License-Identifier: MIT */
/* What the code of an image built for software tags asks before each load and store. The owner byte
 * says yes to a program that does nothing wrong; whatever else there is to know, the host's own
 * check knows (runtime/soft/soft_check.c). Compiled without the checks. */
#include "header.h"

#include "soft/soft_calls.h"

#include <string.h>

static inline bool is_own(uintptr_t address, size_t bytes, size_t align, bool write)
{
    return kg_soft_is_own(&kg_image_home.checks.tags, (uint32_t)kg_image_home.slot, address, bytes,
                          align, write);
}

static inline void check(uintptr_t address, size_t bytes, bool write)
{
    kg_image_home.checks.check(address, bytes, write);
}

KG_SOFT_CALLS(, is_own, check)

/* setjmp_<cpu>.S */
void kg_image_soft_ask(uintptr_t address, size_t bytes, uint64_t write);

void kg_image_soft_ask(uintptr_t address, size_t bytes, uint64_t write)
{
    kg_image_home.checks.check(address, bytes, write);
}

/* Comes before each call that does not return. No stack is poisoned here. */
void __asan_handle_no_return(void)
{
}

void *kg_soft_memcpy(void *to, const void *from, size_t bytes)
{
    check((uintptr_t)from, bytes, false);
    check((uintptr_t)to, bytes, true);
    return memcpy(to, from, bytes);
}

void *kg_soft_mempcpy(void *to, const void *from, size_t bytes)
{
    return (char *)kg_soft_memcpy(to, from, bytes) + bytes;
}

void *kg_soft_memmove(void *to, const void *from, size_t bytes)
{
    check((uintptr_t)from, bytes, false);
    check((uintptr_t)to, bytes, true);
    return memmove(to, from, bytes);
}

void *kg_soft_memset(void *to, int value, size_t bytes)
{
    check((uintptr_t)to, bytes, true);
    return memset(to, value, bytes);
}

int kg_soft_memcmp(const void *a, const void *b, size_t bytes)
{
    check((uintptr_t)a, bytes, false);
    check((uintptr_t)b, bytes, false);
    return memcmp(a, b, bytes);
}
