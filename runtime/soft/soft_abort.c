/* SPDX-License-Identifier: MIT */
/* Names the compiler uses only when told to stop at the first error, and a notice that means
 * nothing here. In a file of their own so that a program with another use for these names keeps
 * its own. */
#include "soft.h"

#define ACCESS(bytes)                                                                           \
    KG_API void __asan_load##bytes(uintptr_t address)                                           \
    {                                                                                           \
        kg_soft_check(address, bytes, false);                                                   \
    }                                                                                           \
    KG_API void __asan_store##bytes(uintptr_t address)                                          \
    {                                                                                           \
        kg_soft_check(address, bytes, true);                                                    \
    }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

KG_API void __asan_loadN(uintptr_t address, size_t bytes)
{
    kg_soft_check(address, bytes, false);
}

KG_API void __asan_storeN(uintptr_t address, size_t bytes)
{
    kg_soft_check(address, bytes, true);
}

/* Comes before each call that does not return. No stack is poisoned here. */
KG_API void __asan_handle_no_return(void)
{
}
