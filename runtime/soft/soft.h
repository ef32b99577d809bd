/* SPDX-License-Identifier: MIT */
/* What the parts of the `soft` backend share: the owner bytes and where a domain may read. */
#ifndef KG_SOFT_SOFT_H
#define KG_SOFT_SOFT_H

#include "core/core.h"

#include "soft_calls.h"
#include "soft_own.h"

#define KG_SHADOW_BYTES (KG_ARENA_BYTES / KG_GRANULE_BYTES)

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

#endif
