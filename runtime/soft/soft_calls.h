/* SPDX-License-Identifier: MIT */
/* What code built for software tags makes calls of: the program's and an image's have one each. */
#ifndef KG_SOFT_CALLS_H
#define KG_SOFT_CALLS_H

#include <stddef.h>
#include <stdint.h>

/* By the compiler's own doing, for each size. */
#define KG_SOFT_ACCESS(bytes)                                                                   \
    void __asan_load##bytes##_noabort(uintptr_t address);                                       \
    void __asan_store##bytes##_noabort(uintptr_t address);                                      \
    void __asan_load##bytes(uintptr_t address);                                                 \
    void __asan_store##bytes(uintptr_t address)
KG_SOFT_ACCESS(1);
KG_SOFT_ACCESS(2);
KG_SOFT_ACCESS(4);
KG_SOFT_ACCESS(8);
KG_SOFT_ACCESS(16);
void __asan_loadN_noabort(uintptr_t address, size_t bytes);
void __asan_storeN_noabort(uintptr_t address, size_t bytes);
void __asan_loadN(uintptr_t address, size_t bytes);
void __asan_storeN(uintptr_t address, size_t bytes);
void __asan_handle_no_return(void);

/* Those the compiler makes, for who has `is_own`, the fast path (soft_own.h), and `check`, which
 * does not return when it refuses. That comes last, so it becomes a jump: a refusal is told as of
 * whoever asked. */
#define KG_SOFT_CALL_PAIR(api, size, parameters, bytes, align, is_own, check)                   \
    api void __asan_load##size##_noabort parameters                                             \
    {                                                                                           \
        if (__builtin_expect(!is_own(address, bytes, align, false), 0)) {                       \
            check(address, bytes, false);                                                       \
        }                                                                                       \
    }                                                                                           \
    api void __asan_store##size##_noabort parameters                                            \
    {                                                                                           \
        if (__builtin_expect(!is_own(address, bytes, align, true), 0)) {                        \
            check(address, bytes, true);                                                        \
        }                                                                                       \
    }
#define KG_SOFT_CALLS(api, is_own, check)                                                       \
    KG_SOFT_CALL_PAIR(api, 1, (uintptr_t address), 1, 1, is_own, check)                         \
    KG_SOFT_CALL_PAIR(api, 2, (uintptr_t address), 2, 2, is_own, check)                         \
    KG_SOFT_CALL_PAIR(api, 4, (uintptr_t address), 4, 4, is_own, check)                         \
    KG_SOFT_CALL_PAIR(api, 8, (uintptr_t address), 8, 8, is_own, check)                         \
    KG_SOFT_CALL_PAIR(api, 16, (uintptr_t address), 16, 16, is_own, check)                      \
    KG_SOFT_CALL_PAIR(api, N, (uintptr_t address, size_t bytes), bytes, 1, is_own, check)

/* By keygate/soft.h, in place of memcpy and its like. */
void *kg_soft_memcpy(void *to, const void *from, size_t bytes);
void *kg_soft_mempcpy(void *to, const void *from, size_t bytes);
void *kg_soft_memmove(void *to, const void *from, size_t bytes);
void *kg_soft_memset(void *to, int value, size_t bytes);
int kg_soft_memcmp(const void *a, const void *b, size_t bytes);

#endif
