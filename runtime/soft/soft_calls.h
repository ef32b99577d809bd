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

/* By keygate/soft.h, in place of memcpy and its like. */
void *kg_soft_memcpy(void *to, const void *from, size_t bytes);
void *kg_soft_mempcpy(void *to, const void *from, size_t bytes);
void *kg_soft_memmove(void *to, const void *from, size_t bytes);
void *kg_soft_memset(void *to, int value, size_t bytes);
int kg_soft_memcmp(const void *a, const void *b, size_t bytes);

#endif
