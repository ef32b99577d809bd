/* SPDX-License-Identifier: MIT */
/* The monitor's lock, and those of the platform's own tables. */
#include "common.h"

static struct platform_lock monitor;

/* A CPU that waits here with interrupts on takes them. One that waits in a trap can't, and the
 * holder may be waiting for it in a barrier: platform_pause answers. */
static __attribute__((noinline)) void await(const struct platform_lock *lock, uint32_t mine)
{
    do {
        platform_pause();
    } while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != mine);
}

void platform_lock_take(struct platform_lock *lock)
{
    uint32_t mine = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
    if (__builtin_expect(__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != mine, 0)) {
        await(lock, mine);
    }
}

void platform_lock_give(struct platform_lock *lock)
{
    __atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}

void kg_port_lock(void)
{
    platform_lock_take(&monitor);
}

void kg_port_unlock(void)
{
    platform_lock_give(&monitor);
}
