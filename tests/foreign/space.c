/* SPDX-License-Identifier: MIT */
/* Address space: what port.h asks of memory. Reservations are cut from one window of addresses. */
#include "pebble.h"

#include "machine.h"

#include <keygate/status.h>
#include <port/port.h>

#define RANGES 12u

static struct range {
    uintptr_t start; /* guards included */
    uintptr_t end;   /* 0: unused */
} ranges[RANGES];

static bool clear_of_others(uintptr_t start, uintptr_t end)
{
    for (uint32_t i = 0; i < RANGES; i++) {
        if (ranges[i].end != 0 && start < ranges[i].end && end > ranges[i].start) {
            return false;
        }
    }
    return start >= WINDOW && end <= WINDOW + WINDOW_BYTES;
}

/* Behind the window's start or behind another reservation, wherever there is room. */
int kg_port_reserve(size_t bytes, size_t align, size_t guard, void **base)
{
    struct range *unused = NULL;
    for (uint32_t i = 0; i < RANGES; i++) {
        unused = ranges[i].end == 0 ? &ranges[i] : unused;
    }
    for (uint32_t i = 0; i <= RANGES && unused != NULL; i++) {
        uintptr_t from = i == RANGES ? WINDOW : ranges[i].end;
        if (from == 0) {
            continue;
        }
        uintptr_t at = (from + guard + align - 1) & ~(uintptr_t)(align - 1);
        if (clear_of_others(at - guard, at + bytes + guard)) {
            *unused = (struct range){at - guard, at + bytes + guard};
            *base = (void *)at;
            return 0;
        }
    }
    return -KG_EMEMORY;
}

static void drop(uintptr_t start, uintptr_t end)
{
    for (uintptr_t at = start; at < end; at += KG_PAGE_BYTES) {
        uint64_t *entry = machine_entry(at, false);
        if (entry == NULL) { /* nor has anything else of this table one */
            at |= TABLE_BYTES - KG_PAGE_BYTES;
        } else if (machine_entry_frame(*entry) != 0) {
            uintptr_t frame = machine_entry_frame(*entry);
            *entry = 0;
            machine_forget(at, KG_PAGE_BYTES);
            pebble_frame_give(frame);
        }
    }
}

void kg_port_release(void *base, size_t bytes, size_t guard)
{
    uintptr_t start = (uintptr_t)base;
    drop(start, start + bytes);
    for (uint32_t i = 0; i < RANGES; i++) {
        if (ranges[i].start == start - guard) {
            ranges[i] = (struct range){0, 0};
        }
    }
}

int kg_port_unmap(void *address, size_t bytes)
{
    drop((uintptr_t)address, (uintptr_t)address + bytes);
    return 0;
}

/* What is there already is used again: memory may be mapped anew without being unmapped first. */
int kg_port_map(void *address, size_t bytes, unsigned how)
{
    uintptr_t start = (uintptr_t)address;
    bool tagged = (how & KG_MAP_TAGGED) != 0;
    if (pebble_frames_free() < bytes / KG_PAGE_BYTES + bytes / TABLE_BYTES + 2) {
        return -KG_EMEMORY;
    }
    for (uintptr_t at = start; at < start + bytes; at += KG_PAGE_BYTES) {
        uint64_t *entry = machine_entry(at, true);
        uintptr_t frame = machine_entry_frame(*entry);
        if (frame != 0) {
            *entry = 0;
            machine_forget(at, KG_PAGE_BYTES);
        } else {
            frame = pebble_frame_take();
        }
        *entry = machine_entry_of(frame, KG_MAP_WRITE | (how & KG_MAP_TAGGED));
        machine_forget(at, 0);
        machine_clear(at, tagged);
        *entry = machine_entry_of(frame, how);
    }
    machine_forget(start, bytes);
    return 0;
}

/* Of the image's pages too: trap stacks and the library's sealed page lie there. Traps come here,
 * so it takes no lock and no memory. That memory can be tagged, or is user-marked, stays. */
int kg_port_protect(void *address, size_t bytes, unsigned how)
{
    uintptr_t start = (uintptr_t)address;
    for (uintptr_t at = start; at < start + bytes; at += KG_PAGE_BYTES) {
        const uint64_t *entry = machine_entry(at, false);
        if (entry == NULL || machine_entry_frame(*entry) == 0) {
            return -KG_ESYSTEM;
        }
    }
    for (uintptr_t at = start; at < start + bytes; at += KG_PAGE_BYTES) {
        uint64_t *entry = machine_entry(at, false);
        unsigned before = machine_entry_how(*entry);
        unsigned key = (how & KG_MAP_KEYED) != 0 ? how : before;
        unsigned stays = (before & (KG_MAP_TAGGED | KG_MAP_USER)) | (key & KG_MAP_KEY(15));
        *entry = machine_entry_of(machine_entry_frame(*entry), how | stays);
    }
    machine_forget(start, bytes);
    return 0;
}

int kg_port_look(const void *address, unsigned *how)
{
    const uint64_t *entry = machine_entry((uintptr_t)address, false);
    if (entry != NULL && machine_entry_frame(*entry) != 0) {
        *how = machine_entry_how(*entry) & (KG_MAP_READ | KG_MAP_WRITE | KG_MAP_KEY(15));
        return 0;
    }
    *how = KG_MAP_CLOSED;
    return kg_port_mapped((uintptr_t)address) ? 0 : -KG_ESYSTEM;
}

bool kg_port_mapped(uintptr_t address)
{
    if (address >= (uintptr_t)image_start && address < (uintptr_t)image_end) {
        return true;
    }
    return !clear_of_others(address, address + 1) && address - WINDOW < WINDOW_BYTES;
}

bool kg_port_constant_range(uintptr_t address, size_t bytes, uintptr_t *start, uintptr_t *end)
{
    *start = (uintptr_t)image_start;
    *end = (uintptr_t)image_constants_end;
    return address >= *start && address < *end && bytes <= *end - address;
}
