/* SPDX-License-Identifier: MIT */
/* What the parts of the `soft` backend share: the owner bytes and where a domain may read. */
#ifndef KG_SOFT_SOFT_H
#define KG_SOFT_SOFT_H

#include "core/core.h"

#define KG_GRANULE_BYTES 16u
#define KG_GRANULE_SHIFT 4
#define KG_SHADOW_BYTES (KG_ARENA_BYTES / KG_GRANULE_BYTES)

/* An owner byte is a slot, KG_OWNER_HOST, KG_OWNER_NOBODY or 0 where nothing was ever tagged; with
 * this bit the owner may only read. */
#define KG_SOFT_READONLY 0x10u

/* Written at start and stop only. Lies in the host's memory, which checked code can't write. */
struct kg_soft {
    uintptr_t arena;
    uint64_t limit;         /* KG_ARENA_BYTES while `soft` runs, else 0 */
    unsigned char *shadow;  /* an owner byte for each granule of the arena */
};

extern struct kg_soft kg_soft;

/* Where a domain may read outside the arena. */
void kg_soft_readable_reset(void);
void kg_soft_readable_add(uintptr_t start, uintptr_t end);
bool kg_soft_readable(uintptr_t address, size_t bytes);

/* For what the fast path of a check does not allow: returns when the access is right after all,
 * else ends the domain. `instruction` is where the access is. */
void kg_soft_check(uintptr_t address, size_t bytes, bool write, const void *instruction);

/* Runs function(argument, registers) on the stack of whoever waits in `frame`, because a domain's
 * own may be full. `registers` are the caller's of this call, in a report's order: those that a
 * call keeps. */
void kg_arch_call_on(const struct kg_frame *frame,
                     void (*function)(void *argument, const uint64_t *registers), void *argument);

/* soft_names.c: what the compiler and keygate/soft.h make calls of. */
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

#endif
