/* SPDX-License-Identifier: MIT */
/* The fast path of a software check, for the host's program and for images alike: all that such
 * tags cost code that does nothing wrong. */
#ifndef KG_SOFT_OWN_H
#define KG_SOFT_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KG_GRANULE_BYTES 16u
#define KG_GRANULE_SHIFT 4

/* An owner byte is a slot, KG_OWNER_HOST, KG_OWNER_NOBODY or 0 where nothing was ever tagged; with
 * this bit the owner may only read. */
#define KG_SOFT_READONLY 0x10u

/* Written at start and stop only. Lies where checked code can't write. */
struct kg_soft {
    uintptr_t arena;
    uint64_t limit;         /* KG_ARENA_BYTES while `soft` runs, else 0 */
    unsigned char *shadow;  /* an owner byte for each granule of the arena */
};

/* Whether an access that lies in one granule is to memory of `slot`. What is aligned to its own
 * size does; `align` is that, or 1 where it is not known. */
static inline bool kg_soft_is_own(const struct kg_soft *soft, uint32_t slot, uintptr_t address,
                                  size_t bytes, size_t align, bool write)
{
    uint64_t offset = address - soft->arena;
    bool aligned = bytes == 1 || (align != 1 && address % align == 0);
    if (offset >= soft->limit ||
        (!aligned && (bytes > KG_GRANULE_BYTES ||
                      address % KG_GRANULE_BYTES + bytes > KG_GRANULE_BYTES))) {
        return false;
    }
    uint32_t owner = soft->shadow[offset >> KG_GRANULE_SHIFT];
    if (!write) {
        owner &= ~KG_SOFT_READONLY;
    }
    return owner == slot;
}

#endif
