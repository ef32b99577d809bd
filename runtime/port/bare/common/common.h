/* SPDX-License-Identifier: MIT */
/* What the files of the reference platform that are the same on both CPUs share. */
#ifndef KG_BARE_COMMON_H
#define KG_BARE_COMMON_H

#include "port/bare/platform.h"

/* Waiting CPUs are served in the order they came. */
struct platform_lock {
    uint32_t next;
    uint32_t serving;
};

void platform_lock_take(struct platform_lock *lock);
void platform_lock_give(struct platform_lock *lock);

void platform_pages_start(uintptr_t memory, size_t bytes);
void platform_arguments_start(const char *text);

/* Pages that follow each other, for what is larger than one; they are never given back. 0: none. */
uintptr_t platform_pages_take(size_t count);

#endif
