/* SPDX-License-Identifier: MIT */
/* What checked code asks before each load and store. The fast path is all that software tags cost
 * a program that does nothing wrong, so it is a handful of loads and two compares. Compiled without
 * the checks, and without vector registers: domain code may be built to have none. */
#include "soft.h"

#include <string.h>

struct kg_soft kg_soft;

#define CALLED_FROM __builtin_return_address(0)

/* Whether an access that lies in one granule is to memory of whoever runs. What is aligned to its
 * own size does; `align` is that, or 1 where it is not known. */
static inline bool is_own(uintptr_t address, size_t bytes, size_t align, bool write)
{
    uint64_t offset = address - kg_soft.arena;
    bool aligned = bytes == 1 || (align != 1 && address % align == 0);
    if (offset >= kg_soft.limit ||
        (!aligned && address % KG_GRANULE_BYTES + bytes > KG_GRANULE_BYTES)) {
        return false;
    }
    uint32_t owner = kg_soft.shadow[offset >> KG_GRANULE_SHIFT];
    if (!write) {
        owner &= ~KG_SOFT_READONLY;
    }
    return owner == kg_frame_newest(kg_local.thread)->slot;
}

#define ACCESS(bytes)                                                                           \
    KG_API void __asan_load##bytes##_noabort(uintptr_t address)                                 \
    {                                                                                           \
        if (__builtin_expect(!is_own(address, bytes, bytes, false), 0)) {                              \
            kg_soft_check(address, bytes, false, CALLED_FROM);                                  \
        }                                                                                       \
    }                                                                                           \
    KG_API void __asan_store##bytes##_noabort(uintptr_t address)                                \
    {                                                                                           \
        if (__builtin_expect(!is_own(address, bytes, bytes, true), 0)) {                               \
            kg_soft_check(address, bytes, true, CALLED_FROM);                                   \
        }                                                                                       \
    }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

KG_API void __asan_loadN_noabort(uintptr_t address, size_t bytes)
{
    if (bytes > KG_GRANULE_BYTES || !is_own(address, bytes, 1, false)) {
        kg_soft_check(address, bytes, false, CALLED_FROM);
    }
}

KG_API void __asan_storeN_noabort(uintptr_t address, size_t bytes)
{
    if (bytes > KG_GRANULE_BYTES || !is_own(address, bytes, 1, true)) {
        kg_soft_check(address, bytes, true, CALLED_FROM);
    }
}

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

/* Whether `slot` may make the access; *bad is the first byte it may not touch. */
static bool allowed(uintptr_t address, size_t bytes, bool write, uint32_t slot, uintptr_t *bad)
{
    uint64_t offset = address - kg_soft.arena;
    *bad = address;
    if (offset >= kg_soft.limit) {
        return !write && kg_soft_readable(address, bytes);
    }
    uint64_t end = offset + bytes;
    bool leaves = end < offset || end > kg_soft.limit;
    if (leaves) {
        end = kg_soft.limit;
    }
    uint64_t first = offset >> KG_GRANULE_SHIFT;
    uint64_t count = ((end + KG_GRANULE_BYTES - 1) >> KG_GRANULE_SHIFT) - first;
    uint64_t good = first_foreign(first, count, write, slot);
    if (good == count && !leaves) {
        return true;
    }
    if (good != 0) {
        *bad = kg_soft.arena + ((first + good) << KG_GRANULE_SHIFT);
    }
    return false;
}

struct denial {
    struct kg_thread *thread;
    uintptr_t address;
    bool write;
    const void *instruction;
};

/* The same causes a processor would name. */
static enum kg_cause cause_of(const struct denial *denial)
{
    if (!kg_in_arena(denial->address) && !kg_port_mapped(denial->address)) {
        return KG_CAUSE_UNMAPPED;
    }
    bool constant = denial->write && kg_port_constant(denial->address, 1);
    return constant ? KG_CAUSE_PERMISSION : KG_CAUSE_TAG;
}

/* Runs on the host's stack. The call is given up as after a fault of the processor. */
static void deny(void *argument, const uint64_t *registers)
{
    const struct denial *denial = argument;
    struct kg_fault fault = {
        .thread = denial->thread,
        .key = -1,
        .address = denial->address,
        .instruction = (uintptr_t)denial->instruction,
        .write = denial->write,
    };
    memcpy(fault.registers, registers, sizeof fault.registers);
    kg_local.settling = true; /* a signal on top of this must not give the call up meanwhile */
    fault.cause = cause_of(denial);
    kg_fault_settle(&fault);
    kg_local.settling = false;
    kg_sealed.active->unwind();
}

void kg_soft_check(uintptr_t address, size_t bytes, bool write, const void *instruction)
{
    struct kg_thread *thread = kg_local.thread;
    const struct kg_frame *frame = kg_frame_newest(thread);
    uintptr_t bad;
    if (kg_soft.limit == 0 || frame->slot == KG_OWNER_HOST || bytes == 0 ||
        allowed(address, bytes, write, frame->slot, &bad)) {
        return;
    }
    struct denial denial = {thread, bad, write, instruction};
    kg_arch_call_on(frame, deny, &denial);
}

/* memcpy and its like, as keygate/soft.h has them called. */
void *kg_soft_memcpy(void *to, const void *from, size_t bytes);
void *kg_soft_mempcpy(void *to, const void *from, size_t bytes);
void *kg_soft_memmove(void *to, const void *from, size_t bytes);
void *kg_soft_memset(void *to, int value, size_t bytes);
int kg_soft_memcmp(const void *a, const void *b, size_t bytes);

KG_API void *kg_soft_memcpy(void *to, const void *from, size_t bytes)
{
    kg_soft_check((uintptr_t)from, bytes, false, CALLED_FROM);
    kg_soft_check((uintptr_t)to, bytes, true, CALLED_FROM);
    return memcpy(to, from, bytes);
}

KG_API void *kg_soft_mempcpy(void *to, const void *from, size_t bytes)
{
    kg_soft_check((uintptr_t)from, bytes, false, CALLED_FROM);
    kg_soft_check((uintptr_t)to, bytes, true, CALLED_FROM);
    return (char *)memcpy(to, from, bytes) + bytes;
}

KG_API void *kg_soft_memmove(void *to, const void *from, size_t bytes)
{
    kg_soft_check((uintptr_t)from, bytes, false, CALLED_FROM);
    kg_soft_check((uintptr_t)to, bytes, true, CALLED_FROM);
    return memmove(to, from, bytes);
}

KG_API void *kg_soft_memset(void *to, int value, size_t bytes)
{
    kg_soft_check((uintptr_t)to, bytes, true, CALLED_FROM);
    return memset(to, value, bytes);
}

KG_API int kg_soft_memcmp(const void *a, const void *b, size_t bytes)
{
    kg_soft_check((uintptr_t)a, bytes, false, CALLED_FROM);
    kg_soft_check((uintptr_t)b, bytes, false, CALLED_FROM);
    return memcmp(a, b, bytes);
}
