/* SPDX-License-Identifier: MIT */
/* From a handle to its object, whether it may go, and the re-tag: the path of every hand-over. */
#ifndef KG_CORE_HANDLES_H
#define KG_CORE_HANDLES_H

#include "active.h"

#define KG_UNIT_BYTES 16u

/* Why kg_object_find and kg_object_usable say no; the latter may find that it need not. */
int kg_object_missing(kg_handle handle);
int kg_object_refused(struct kg_object *object, uint32_t slot);

/* A handle has its entry's number in bits 20-35. *out is NULL unless this returns 0. */
static inline int kg_object_find(kg_handle handle, struct kg_object **out)
{
    uint32_t index = (uint32_t)(handle >> 20) & 0xffffu;
    *out = NULL;
    if (handle == 0 || index >= kg_books->object_count) {
        return kg_object_missing(handle);
    }
    struct kg_object *object = kg_books->objects + index;
    if (object->handle != handle) {
        return kg_object_missing(handle);
    }
    *out = object;
    return 0;
}

/* Whether `slot` may give, lend or drop the object now. */
static inline int kg_object_usable(struct kg_object *object, uint32_t slot)
{
    if (object->owner != slot || object->overdue || object->borrower != KG_OWNER_NOBODY ||
        object->pins != 0 || object->chain != NULL) {
        return kg_object_refused(object, slot);
    }
    return 0;
}

static inline void *kg_object_memory(const struct kg_object *object)
{
    return kg_sealed.arena + (uint64_t)object->unit * KG_UNIT_BYTES;
}

/* Re-tags: `slot` has the object when this returns 0, and nobody else. */
static inline int kg_object_move(struct kg_object *object, uint32_t slot, enum kg_access access)
{
    const struct kg_backend *backend = kg_sealed.active;
    if (object->kind == KG_OBJECT_WINDOW && backend->window) {
        return backend->window_move(kg_local.thread, object->window, slot, access);
    }
    return kg_active_tag(kg_object_memory(object), object->bytes, slot, access);
}

/* The books of both owners; the host, NULL, has none. */
static inline void kg_object_pass(struct kg_object *object, struct kg_domain *from,
                                  struct kg_domain *to, uint32_t slot)
{
    if (from != NULL) {
        from->objects--;
        from->object_bytes -= object->bytes;
    }
    if (to != NULL) {
        to->objects++;
        to->object_bytes += object->bytes;
    }
    object->owner = slot;
}

static inline void kg_object_own(struct kg_object *object, uint32_t slot)
{
    kg_object_pass(object, kg_domain_find(object->owner), kg_domain_find(slot), slot);
}

#endif
