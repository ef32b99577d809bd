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

/* Ends the running domain because of an access it may not make. `registers` are the domain's, in a
 * report's order: those that a call keeps. */
void kg_soft_denied(uintptr_t address, uint64_t write, uintptr_t instruction,
                    const uint64_t *registers);

/* Goes to the above on the stack of whoever waits, because a domain's own may be full. Must be the
 * last call of a checking function, which then is out of the way: the registers are as its caller,
 * the domain, had them. Does not return; the result pleases the checking functions. */
void *kg_arch_deny(uintptr_t address, uint64_t write);
int kg_arch_deny_number(uintptr_t address, uint64_t write) __asm__("kg_arch_deny");

/* Runs function(argument) on the stack of whoever waits in `frame`. */
void kg_arch_call_on(const struct kg_frame *frame, void (*function)(void *argument),
                     void *argument);

/* For what the fast path of a check does not allow: returns when the access is right after all. */
void kg_soft_check(uintptr_t address, size_t bytes, uint64_t write);

/* What the compiler and keygate/soft.h make calls of. */
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
