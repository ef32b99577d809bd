/* SPDX-License-Identifier: MIT */
/* What checked code of the program asks before each load and store, and, when its own fast path
 * does not say yes (runtime/image/soft.c), an image's. Compiled without the checks, and without
 * vector registers: domain code may be built to have none. */
#include "soft.h"

#include <string.h>

struct kg_soft kg_soft;

static inline bool is_own(uintptr_t address, size_t bytes, size_t align, bool write)
{
    uint32_t slot = kg_frame_newest(kg_local.thread)->slot;
    return kg_soft_is_own(&kg_soft, slot, address, bytes, align, write);
}

KG_SOFT_CALLS(KG_API, is_own, kg_soft_check)

/* The first of `count` granules that `slot` may not touch so; `count` when there is none. */
static uint64_t first_foreign(uint64_t granule, uint64_t count, bool write, uint32_t slot)
{
    const unsigned char *owners = kg_soft.shadow + granule;
    const unsigned char mask = write ? 0xff : (unsigned char)~KG_SOFT_READONLY;
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t i = 0;
    while (count - i >= sizeof ones) {
        uint64_t eight;
        memcpy(&eight, owners + i, sizeof eight);
        if ((eight & ones * mask) != ones * slot) {
            break;
        }
        i += sizeof ones;
    }
    while (i < count && (owners[i] & mask) == slot) {
        i++;
    }
    return i;
}

struct verdict {
    uintptr_t bad; /* the first byte that may not be touched so */
    uint64_t denied;
};

static struct verdict judge_arena(uint64_t offset, size_t bytes, bool write, uint32_t slot)
{
    uint64_t end = offset + bytes;
    bool leaves = end < offset || end > kg_soft.limit;
    if (leaves) {
        end = kg_soft.limit;
    }
    uint64_t first = offset >> KG_GRANULE_SHIFT;
    uint64_t count = ((end + KG_GRANULE_BYTES - 1) >> KG_GRANULE_SHIFT) - first;
    uint64_t good = first_foreign(first, count, write, slot);
    uint64_t bad = good == 0 ? offset : (first + good) << KG_GRANULE_SHIFT;
    return (struct verdict){kg_soft.arena + bad, leaves || good != count};
}

static struct verdict judge(uintptr_t address, size_t bytes, bool write)
{
    uint32_t slot = kg_frame_newest(kg_local.thread)->slot;
    uint64_t offset = address - kg_soft.arena;
    bool host = slot == KG_FRAME_HOST || slot == KG_OWNER_NOBODY; /* not attached, or a handler */
    if (kg_soft.limit == 0 || host || bytes == 0) {
        return (struct verdict){0, false};
    }
    if (offset < kg_soft.limit) {
        return judge_arena(offset, bytes, write, slot);
    }
    bool image = kg_domain_find(slot)->image.base != NULL; /* has its own constants */
    return (struct verdict){address, image || write || !kg_soft_readable(address, bytes)};
}

/* Calls in the last place become jumps, which kg_arch_deny counts on. */
__attribute__((noinline)) void kg_soft_check(uintptr_t address, size_t bytes, uint64_t write)
{
    struct verdict verdict = judge(address, bytes, write);
    if (verdict.denied) {
        kg_arch_deny(verdict.bad, write);
    }
}

KG_API void *kg_soft_memcpy(void *to, const void *from, size_t bytes)
{
    struct verdict read = judge((uintptr_t)from, bytes, false);
    struct verdict write = judge((uintptr_t)to, bytes, true);
    if (read.denied || write.denied) {
        return kg_arch_deny(read.denied ? read.bad : write.bad, !read.denied);
    }
    return memcpy(to, from, bytes);
}

KG_API void *kg_soft_mempcpy(void *to, const void *from, size_t bytes)
{
    struct verdict read = judge((uintptr_t)from, bytes, false);
    struct verdict write = judge((uintptr_t)to, bytes, true);
    if (read.denied || write.denied) {
        return kg_arch_deny(read.denied ? read.bad : write.bad, !read.denied);
    }
    return (char *)memcpy(to, from, bytes) + bytes;
}

KG_API void *kg_soft_memmove(void *to, const void *from, size_t bytes)
{
    struct verdict read = judge((uintptr_t)from, bytes, false);
    struct verdict write = judge((uintptr_t)to, bytes, true);
    if (read.denied || write.denied) {
        return kg_arch_deny(read.denied ? read.bad : write.bad, !read.denied);
    }
    return memmove(to, from, bytes);
}

KG_API void *kg_soft_memset(void *to, int value, size_t bytes)
{
    struct verdict write = judge((uintptr_t)to, bytes, true);
    return write.denied ? kg_arch_deny(write.bad, true) : memset(to, value, bytes);
}

KG_API int kg_soft_memcmp(const void *a, const void *b, size_t bytes)
{
    struct verdict one = judge((uintptr_t)a, bytes, false);
    struct verdict two = judge((uintptr_t)b, bytes, false);
    if (one.denied || two.denied) {
        return kg_arch_deny_number(one.denied ? one.bad : two.bad, false);
    }
    return memcmp(a, b, bytes);
}
