/* SPDX-License-Identifier: MIT */
/* Protection keys from the kernel (pkeys(7)). Where there are none, none are to be had. */
#define _GNU_SOURCE
#include "linux.h"

#include <errno.h>
#include <sys/mman.h>

static const char *reason_of(int error)
{
    switch (error) {
    case ENOSPC:
        return "every protection key is taken by other code in this process";
    case ENOSYS:
        return "pkey_alloc is missing: the kernel is too old, or a container's filter hides it";
    case EPERM:
    case EACCES:
        return "pkey_alloc is forbidden, most likely by a container's system call filter";
    default:
        return "the kernel has protection keys switched off";
    }
}

uint32_t kg_port_keys_take(uint32_t *keys, uint32_t max, const char **why)
{
    uint32_t count = 0;
    while (count < max) {
        int key = pkey_alloc(0, PKEY_DISABLE_ACCESS);
        if (key < 0) {
            *why = reason_of(errno);
            break;
        }
        keys[count++] = (uint32_t)key;
    }
    return count;
}

void kg_port_keys_free(const uint32_t *keys, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        pkey_free((int)keys[i]);
    }
}
