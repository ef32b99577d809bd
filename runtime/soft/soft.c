/* SPDX-License-Identifier: MIT */
/* `soft`: software tags, an owner byte for each 16-byte granule of the arena. Domain code asks them
 * before each access (soft_check.c). Guards against bugs of code that was built for it; what was
 * not, assembly or a C library, is not seen.
 *
 * A hand-over is a memset of owner bytes. A thread that had asked just before may still do the
 * access it asked for: other CPUs are shut out at the giver's next check, not at once. */
#include "soft.h"

#include "arch/gates.h"
#include "core/text.h"
#include "image/header.h"

#include <string.h>

#define SHADOW_GUARD_BYTES KG_PAGE_BYTES

static void probe(struct kg_backend_report *report)
{
    report->available = true;
    report->domains = KG_DOMAINS_MAX - 1;
    KG_REASON(report, "software tags: every access of code built for them is checked");
}

static int start(const struct kg_options *options)
{
    (void)options;
    void *shadow = NULL;
    int status = kg_port_reserve(KG_SHADOW_BYTES, KG_PAGE_BYTES, SHADOW_GUARD_BYTES, &shadow);
    if (status != 0) {
        return status;
    }
    status = kg_port_map(shadow, KG_SHADOW_BYTES, KG_MAP_WRITE);
    if (status != 0) {
        kg_port_release(shadow, KG_SHADOW_BYTES, SHADOW_GUARD_BYTES);
        return status;
    }
    kg_soft_readable_reset();
    uintptr_t gates = (uintptr_t)kg_sealed.gates;
    uintptr_t sealed = (uintptr_t)&kg_sealed_page;
    kg_soft_readable_add(gates, gates + KG_GATES_MAX * sizeof(struct kg_gate));
    kg_soft_readable_add(sealed, sealed + sizeof kg_sealed_page);
    kg_soft = (struct kg_soft){(uintptr_t)kg_sealed.arena, KG_ARENA_BYTES, shadow};
    return 0;
}

static void stop(void)
{
    unsigned char *shadow = kg_soft.shadow;
    kg_soft = (struct kg_soft){0, 0, NULL};
    kg_port_release(shadow, KG_SHADOW_BYTES, SHADOW_GUARD_BYTES);
}

static unsigned char *shadow_of(const void *address)
{
    return kg_soft.shadow + (((uintptr_t)address - kg_soft.arena) >> KG_GRANULE_SHIFT);
}

/* The slot's span has no memory any more; its owner bytes go the same way. */
static void domain_close(uint32_t slot)
{
    unsigned char *owners = shadow_of(kg_span(slot));
    if (kg_port_map(owners, KG_SPAN_BYTES / KG_GRANULE_BYTES, KG_MAP_WRITE) != 0) {
        memset(owners, KG_OWNER_NOBODY, KG_SPAN_BYTES / KG_GRANULE_BYTES);
    }
}

static int tag(void *address, size_t bytes, uint32_t owner, enum kg_access access)
{
    unsigned char word = access == KG_ACCESS_NONE ? KG_OWNER_NOBODY : (unsigned char)owner;
    if (access != KG_ACCESS_WRITE && owner != KG_OWNER_NOBODY) {
        word |= KG_SOFT_READONLY;
    }
    memset(shadow_of(address), word, bytes / KG_GRANULE_BYTES);
    return 0;
}

static int tag_read(const void *address, uint32_t *owner, enum kg_access *access)
{
    uint32_t word = *shadow_of(address);
    *owner = word & ~KG_SOFT_READONLY;
    if (*owner == 0) {
        *owner = KG_OWNER_NOBODY;
    }
    *access = *owner == KG_OWNER_NOBODY         ? KG_ACCESS_NONE
              : (word & KG_SOFT_READONLY) != 0 ? KG_ACCESS_READ
                                               : KG_ACCESS_WRITE;
    return 0;
}

static void image_checks(struct kg_image_checks *checks)
{
    *checks = (struct kg_image_checks){kg_soft, kg_soft_check};
}

const struct kg_backend kg_backend_soft = {
    .id = KG_BACKEND_SOFT,
    .name = "soft",
    .clears = true,
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_READ |
                KG_PROMISE_MONITOR_WRITE | KG_PROMISE_HOST_READ | KG_PROMISE_HOST_WRITE |
                KG_PROMISE_CONSTANT_WRITE,
    .readonly = true,
    .build = KG_BUILD_SOFT,
    .unit_bytes = KG_GRANULE_BYTES,
    .probe = probe,
    .start = start,
    .stop = stop,
    .domain_close = domain_close,
    .tag = tag,
    .tag_read = tag_read,
    .image_checks = image_checks,
    .unwind = kg_unwind_soft,
    .enter = KG_GATES_BY_LEVEL(kg_enter_soft),
    .slow = KG_GATES_BY_LEVEL(kg_slow_soft),
};
