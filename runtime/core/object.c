/* SPDX-License-Identifier: MIT */
/* The object table and the room behind it. */
#include "handles.h"

#include <string.h>

#define UNIT_BYTES KG_UNIT_BYTES
#define UNITS (KG_SHARED_BYTES / UNIT_BYTES)
#define GENERATION_MASK 0xfffffu
#define MAP_CHUNK_BYTES (256u << 10)

/* A handle: generation in bits 0-19, table index in 20-35, first unit in 36-63. */
static kg_handle handle_of(const struct kg_object *object)
{
    uint64_t index = (uint64_t)(object - kg_books->objects);
    return object->generation | index << 20 | (uint64_t)object->unit << 36;
}

void kg_objects_start(void)
{
    kg_books->object_free = KG_OBJECTS_MAX;
    const struct kg_forced_ways *forced = kg_sealed.active->forced;
    uint32_t first = forced != NULL ? (uint32_t)(forced->first / UNIT_BYTES) : 0;
    kg_books->extents[0] = (struct kg_extent){first, (uint32_t)UNITS - first};
    kg_books->mapped_units = first;
    kg_books->extent_count = 1;
}

/* First fit; the extents are in ascending order and never touch. */
static bool room_take(uint32_t units, uint32_t align, uint32_t *unit)
{
    for (uint32_t i = 0; i < kg_books->extent_count; i++) {
        struct kg_extent *extent = &kg_books->extents[i];
        if (extent->units < units || extent->unit % align != 0) {
            continue;
        }
        *unit = extent->unit;
        extent->unit += units;
        extent->units -= units;
        if (extent->units == 0) {
            kg_books->extent_count--;
            memmove(extent, extent + 1,
                    (kg_books->extent_count - i) * sizeof(struct kg_extent));
        }
        return true;
    }
    return false;
}

static void room_give(uint32_t unit, uint32_t units)
{
    struct kg_extent *extents = kg_books->extents;
    uint32_t count = kg_books->extent_count;
    uint32_t i = 0;
    while (i < count && extents[i].unit < unit) {
        i++;
    }
    bool joins_low = i > 0 && extents[i - 1].unit + extents[i - 1].units == unit;
    bool joins_high = i < count && unit + units == extents[i].unit;
    if (joins_low && joins_high) {
        extents[i - 1].units += units + extents[i].units;
        memmove(&extents[i], &extents[i + 1], (count - i - 1) * sizeof *extents);
        kg_books->extent_count--;
    } else if (joins_low) {
        extents[i - 1].units += units;
    } else if (joins_high) {
        extents[i].unit = unit;
        extents[i].units += units;
    } else {
        memmove(&extents[i + 1], &extents[i], (count - i) * sizeof *extents);
        extents[i] = (struct kg_extent){unit, units};
        kg_books->extent_count++;
    }
}

/* On backends that tag pages an object has pages of its own and a closed page behind it, so that
 * it is one whole mapping and re-keying it splits none. */
static uint32_t units_taken(size_t bytes)
{
    size_t guard = kg_sealed.active->unit_bytes == KG_PAGE_BYTES ? KG_GUARD_BYTES : 0;
    return (uint32_t)((bytes + guard) / UNIT_BYTES);
}

/* Memory behind an object, zeroed, and reachable by nobody but the monitor. */
static int back_with_memory(struct kg_object *object)
{
    const struct kg_backend *backend = kg_sealed.active;
    unsigned char *memory = kg_object_memory(object);
    if (backend->unit_bytes == KG_PAGE_BYTES) {
        return kg_port_map(memory, object->bytes, KG_MAP_WRITE);
    }
    uint32_t end = object->unit + (uint32_t)(object->bytes / UNIT_BYTES);
    uint32_t used = kg_books->mapped_units; /* what lies behind is fresh, and zero */
    while (kg_books->mapped_units < end) {
        unsigned char *chunk = kg_sealed.arena + (uint64_t)kg_books->mapped_units * UNIT_BYTES;
        int status = kg_port_map(chunk, MAP_CHUNK_BYTES, KG_MAP_WRITE | KG_MAP_TAGGED);
        if (status == 0) {
            status = kg_active_tag(chunk, MAP_CHUNK_BYTES, KG_OWNER_NOBODY, KG_ACCESS_NONE);
        }
        if (status != 0) {
            return status;
        }
        kg_books->mapped_units += MAP_CHUNK_BYTES / UNIT_BYTES;
    }
    if (object->unit < used) {
        size_t bytes = (size_t)((end < used ? end : used) - object->unit) * UNIT_BYTES;
        memset(kg_active_monitor_open(memory, bytes), 0, bytes);
        kg_active_monitor_close(memory, bytes);
    }
    return 0;
}

/* Takes memory from whoever had it; it stays closed until it is given out again. */
static int take_memory_back(struct kg_object *object)
{
    const struct kg_backend *backend = kg_sealed.active;
    void *memory = kg_object_memory(object);
    if (object->kind == KG_OBJECT_WINDOW && backend->window) {
        backend->window_close(object->window, memory, object->bytes);
        kg_books->windows_taken &= ~(1u << object->window);
    }
    if (backend->unit_bytes == KG_PAGE_BYTES) {
        if (backend->forget != NULL) {
            backend->forget(memory, object->bytes);
        }
        return kg_port_unmap(memory, object->bytes);
    }
    return kg_active_tag(memory, object->bytes, KG_OWNER_NOBODY, KG_ACCESS_NONE);
}

static int window_take(struct kg_object *object)
{
    object->chain = kg_local.thread;
    if (!kg_sealed.active->window) {
        return 0;
    }
    uint32_t window = 0;
    while (window < KG_WINDOWS_MAX && (kg_books->windows_taken & (1u << window)) != 0) {
        window++;
    }
    if (window == KG_WINDOWS_MAX) {
        return -KG_ENOWINDOW;
    }
    int status =
        kg_sealed.active->window_open(window, kg_object_memory(object), object->bytes);
    if (status == 0) {
        object->window = window;
        kg_books->windows_taken |= 1u << window;
    }
    return status;
}

static void account(uint32_t slot, const struct kg_object *object, bool add)
{
    struct kg_domain *domain = kg_domain_find(slot);
    if (domain != NULL) {
        domain->objects += add ? 1 : -1u;
        domain->object_bytes += add ? object->bytes : -object->bytes;
    }
}

static int create(uint32_t slot, struct kg_object *object)
{
    uint32_t units = units_taken(object->bytes);
    uint32_t align = kg_sealed.active->unit_bytes / UNIT_BYTES;
    if (!room_take(units, align, &object->unit)) {
        return -KG_EHEAP;
    }
    int status = back_with_memory(object);
    if (status != 0) {
        room_give(object->unit, units); /* there may be nothing behind it to take back */
        return status;
    }
    if (object->kind == KG_OBJECT_WINDOW) {
        status = window_take(object);
        if (status != 0) {
            object->kind = KG_OBJECT_REKEYED;
        }
    }
    if (status == 0) {
        status = kg_object_move(object, slot, KG_ACCESS_WRITE);
    }
    if (status != 0) {
        take_memory_back(object);
        room_give(object->unit, units);
    }
    return status;
}

/* One that was used before, or the next of those never touched. */
static uint32_t free_entry(void)
{
    uint32_t index = kg_books->object_free;
    if (index == KG_OBJECTS_MAX && kg_books->object_count < KG_OBJECTS_MAX) {
        index = kg_books->object_count;
        kg_books->objects[index].next_free = KG_OBJECTS_MAX;
        kg_books->objects[index].generation = 1;
    }
    return index;
}

/* Whether the domain may own so much more; the host, NULL, always may. */
static bool may_hold(const struct kg_domain *domain, size_t bytes)
{
    if (domain == NULL) {
        return true;
    }
    bool objects = domain->objects_max == 0 || domain->objects < domain->objects_max;
    size_t left = domain->object_bytes_max - domain->object_bytes;
    return objects && (domain->object_bytes_max == 0 ||
                       (domain->object_bytes <= domain->object_bytes_max && bytes <= left));
}

struct kg_outcome kg_object_create_for(uint32_t slot, size_t bytes, uint64_t kind, uint32_t type)
{
    if (bytes == 0 || bytes > KG_OBJECT_BYTES_MAX || kind > KG_OBJECT_WINDOW) {
        return (struct kg_outcome){-KG_EARGUMENT, 0};
    }
    kg_lock();
    uint32_t index = free_entry();
    if (index == KG_OBJECTS_MAX) {
        kg_unlock();
        return (struct kg_outcome){-KG_EOBJECTS, 0};
    }
    struct kg_object *object = &kg_books->objects[index];
    size_t unit = kg_sealed.active->unit_bytes;
    object->bytes = (bytes + unit - 1) & ~(unit - 1);
    object->kind = (enum kg_object_kind)kind;
    object->type = type;
    object->pins = 0;
    object->borrower = KG_OWNER_NOBODY;
    object->overdue = false;
    object->chain = NULL;
    int status = may_hold(kg_domain_find(slot), object->bytes) ? create(slot, object) : -KG_EBUDGET;
    kg_handle handle = 0;
    if (status == 0) {
        kg_books->object_free = object->next_free;
        if (index >= kg_books->object_count) {
            kg_books->object_count = index + 1;
        }
        object->owner = slot;
        account(slot, object, true);
        handle = handle_of(object);
        object->handle = handle;
    }
    kg_unlock();
    return (struct kg_outcome){status, handle};
}

/* The entry's number may be right all the same, and its object another one by now. */
int kg_object_missing(kg_handle handle)
{
    uint32_t index = (uint32_t)(handle >> 20) & 0xffffu;
    uint32_t generation = (uint32_t)handle & GENERATION_MASK;
    if (handle == 0 || index >= kg_books->object_count || generation == 0) {
        return -KG_EHANDLE;
    }
    return generation < kg_books->objects[index].generation ? -KG_ESTALE : -KG_EHANDLE;
}

/* A loan ends: the owner may write again. Fails when the system refuses the re-tag. */
int kg_object_return(struct kg_object *object)
{
    int status = kg_object_move(object, object->owner, KG_ACCESS_WRITE);
    object->overdue = status != 0;
    if (status == 0) {
        object->borrower = KG_OWNER_NOBODY;
    }
    return status;
}

/* A loan that could not be ended with its call ends here, and a window may go within its chain. */
int kg_object_refused(struct kg_object *object, uint32_t slot)
{
    if (object->owner != slot) {
        return -KG_EOWNER;
    }
    int status = object->overdue ? kg_object_return(object) : 0;
    if (status != 0) {
        return status;
    }
    if (object->borrower != KG_OWNER_NOBODY) {
        return -KG_ELENT;
    }
    if (object->pins != 0) {
        return -KG_EPINNED;
    }
    return object->chain != NULL && object->chain != kg_local.thread ? -KG_EWINDOW : 0;
}

static int destroy(struct kg_object *object)
{
    int status = take_memory_back(object);
    if (status != 0) {
        return status;
    }
    account(object->owner, object, false);
    room_give(object->unit, units_taken(object->bytes));
    object->handle = 0;
    object->generation = object->generation == GENERATION_MASK ? 1 : object->generation + 1;
    object->next_free = kg_books->object_free;
    kg_books->object_free = (uint32_t)(object - kg_books->objects);
    return 0;
}

int kg_object_drop_for(uint32_t slot, kg_handle handle)
{
    struct kg_object *object;
    kg_lock();
    int status = kg_object_find(handle, &object);
    if (status == 0) {
        status = kg_object_usable(object, slot);
    }
    if (status == 0) {
        status = destroy(object);
    }
    kg_unlock();
    return status;
}

int kg_object_pin_for(uint32_t slot, kg_handle handle, bool pin)
{
    struct kg_object *object;
    kg_lock();
    int status = kg_object_find(handle, &object);
    if (status == 0 && object->owner != slot) {
        status = -KG_EOWNER;
    }
    if (status == 0 && object->borrower != KG_OWNER_NOBODY) {
        status = -KG_ELENT;
    }
    if (status == 0 && !pin && object->pins == 0) {
        status = -KG_ENOTPINNED;
    }
    if (status == 0) {
        object->pins += pin ? 1 : -1u;
    }
    kg_unlock();
    return status;
}

/* What a domain was lent by a call that will never come back. */
void kg_objects_return(uint32_t slot)
{
    for (uint32_t i = 0; i < kg_books->object_count; i++) {
        struct kg_object *object = &kg_books->objects[i];
        if (object->handle != 0 && object->borrower == slot) {
            (void)kg_object_return(object);
        }
    }
}

/* Everything a dead or ending domain owned; pins do not outlive their owner. */
void kg_objects_drop_all(uint32_t slot)
{
    for (uint32_t i = 0; i < kg_books->object_count; i++) {
        struct kg_object *object = &kg_books->objects[i];
        if (object->handle != 0 && object->owner == slot) {
            destroy(object);
        }
    }
}

/* Windows of a thread that leaves: nobody else could use them. */
void kg_objects_drop_chain(const struct kg_thread *thread)
{
    for (uint32_t i = 0; i < kg_books->object_count; i++) {
        struct kg_object *object = &kg_books->objects[i];
        if (object->handle != 0 && object->chain == thread) {
            destroy(object);
        }
    }
}

uint32_t kg_object_owner_at(uintptr_t address)
{
    uint64_t unit = (address - (uintptr_t)kg_sealed.arena) / UNIT_BYTES;
    for (uint32_t i = 0; i < kg_books->object_count; i++) {
        const struct kg_object *object = &kg_books->objects[i];
        if (object->handle != 0 && unit >= object->unit &&
            unit < object->unit + object->bytes / UNIT_BYTES) {
            return object->borrower != KG_OWNER_NOBODY ? object->borrower : object->owner;
        }
    }
    return KG_OWNER_NOBODY;
}
