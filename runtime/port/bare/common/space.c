/* SPDX-License-Identifier: MIT */
/* Address space: reservations, and the memory behind them. */
#include "common.h"

#include <keygate/status.h>
#include <string.h>

/* One page table of the last level maps this much on both CPUs. */
#define TABLE_BYTES (UINT64_C(512) * KG_PAGE_BYTES)
#define TABLES (PLATFORM_SPACE_BYTES / TABLE_BYTES)
#define RANGES_MAX 256u

/* With its guards, ascending. */
struct range {
    uintptr_t start;
    uintptr_t end;
};

static struct range ranges[RANGES_MAX];
static uint32_t range_count;

/* One bit for each TABLE_BYTES that ever had a page: 4 GiB of empty addresses are quickly left. */
static uint8_t used[TABLES / 8];

static struct platform_lock lock;

static uintptr_t round_up(uintptr_t value, uintptr_t to)
{
    return (value + to - 1) & ~(to - 1);
}

static bool in_space(uintptr_t address)
{
    return address - PLATFORM_SPACE_START < PLATFORM_SPACE_BYTES;
}

/* Where in the room between `from` and `to` a reservation can begin, its lower guard not counted;
 * 0: nowhere. */
static uintptr_t fit(uintptr_t from, uintptr_t to, size_t bytes, size_t align, size_t guard)
{
    uintptr_t base = round_up(from + guard, align);
    if (base > to || bytes > to - base || guard > to - base - bytes) {
        return 0;
    }
    return base;
}

static uintptr_t take_range(size_t bytes, size_t align, size_t guard)
{
    uintptr_t from = PLATFORM_SPACE_START;
    for (uint32_t i = 0; i <= range_count && range_count < RANGES_MAX; i++) {
        uintptr_t to = i < range_count ? ranges[i].start
                                       : PLATFORM_SPACE_START + PLATFORM_SPACE_BYTES;
        uintptr_t base = fit(from, to, bytes, align, guard);
        if (base != 0) {
            memmove(&ranges[i + 1], &ranges[i], (range_count - i) * sizeof *ranges);
            ranges[i] = (struct range){base - guard, base + bytes + guard};
            range_count++;
            return base;
        }
        from = ranges[i].end;
    }
    return 0;
}

int kg_port_reserve(size_t bytes, size_t align, size_t guard, void **base)
{
    if (kg_port_failure("reserve") || bytes > PLATFORM_SPACE_BYTES ||
        guard > PLATFORM_SPACE_BYTES) {
        return -KG_EMEMORY;
    }
    if (align < KG_PAGE_BYTES) {
        align = KG_PAGE_BYTES;
    }
    platform_lock_take(&lock);
    uintptr_t at = take_range(bytes, align, guard);
    platform_lock_give(&lock);
    if (at == 0) {
        return -KG_EMEMORY;
    }
    *base = (void *)at;
    return 0;
}

static bool is_used(uintptr_t address)
{
    size_t table = (address - PLATFORM_SPACE_START) / TABLE_BYTES;
    return (used[table / 8] >> (table % 8) & 1) != 0;
}

static void mark_used(uintptr_t address)
{
    size_t table = (address - PLATFORM_SPACE_START) / TABLE_BYTES;
    used[table / 8] |= (uint8_t)(1u << (table % 8));
}

/* Closes every page of a range that is there, and returns how many there are. */
static size_t close_pages(uintptr_t start, uintptr_t end)
{
    uintptr_t physical;
    unsigned how;
    size_t count = 0;
    uintptr_t at = start;
    while (at < end) {
        if (!is_used(at)) {
            at = round_up(at + 1, TABLE_BYTES);
            continue;
        }
        if (platform_entry_look(at, &physical, &how)) {
            (void)platform_entry_set(at, physical, KG_MAP_CLOSED);
            count++;
        }
        at += KG_PAGE_BYTES;
    }
    if (count != 0) {
        platform_flush(start, end - start);
    }
    return count;
}

/* Only when no CPU can reach a page any more is it given back. */
static void drop_pages(uintptr_t start, uintptr_t end)
{
    uintptr_t physical;
    unsigned how;
    size_t count = close_pages(start, end);
    for (uintptr_t at = start; at < end && count > 0; at += KG_PAGE_BYTES) {
        if (!is_used(at)) {
            at = round_up(at + 1, TABLE_BYTES) - KG_PAGE_BYTES;
        } else if (platform_entry_look(at, &physical, &how)) {
            platform_entry_clear(at);
            platform_page_give(physical);
            count--;
        }
    }
}

void kg_port_release(void *base, size_t bytes, size_t guard)
{
    uintptr_t start = (uintptr_t)base - guard;
    platform_lock_take(&lock);
    drop_pages((uintptr_t)base, (uintptr_t)base + bytes);
    for (uint32_t i = 0; i < range_count; i++) {
        if (ranges[i].start == start) {
            range_count--;
            memmove(&ranges[i], &ranges[i + 1], (range_count - i) * sizeof *ranges);
            break;
        }
    }
    platform_lock_give(&lock);
}

/* What a mapping needs is all taken before anything is changed. */
struct supply {
    uintptr_t first; /* pages, linked through their first words */
};

static uintptr_t supply_take(struct supply *supply)
{
    uintptr_t page = supply->first;
    memcpy(&supply->first, (const void *)page, sizeof supply->first);
    memset((void *)page, 0, sizeof supply->first);
    return page;
}

static void supply_return(struct supply *supply)
{
    while (supply->first != 0) {
        platform_page_give(supply_take(supply));
    }
}

/* Page tables come into being with an entry and stay when it goes. */
static bool supply_page(struct supply *supply, uintptr_t at)
{
    uintptr_t page = platform_page_take();
    if (page == 0) {
        return false;
    }
    memcpy((void *)page, &supply->first, sizeof supply->first);
    supply->first = page;
    if (!is_used(at)) {
        if (!platform_entry_set(at, page, KG_MAP_CLOSED)) {
            return false;
        }
        platform_entry_clear(at);
        mark_used(at);
    }
    return true;
}

static bool supply_range(struct supply *supply, uintptr_t start, uintptr_t end)
{
    uintptr_t physical;
    unsigned how;
    for (uintptr_t at = start; at < end; at += KG_PAGE_BYTES) {
        bool there = is_used(at) && platform_entry_look(at, &physical, &how);
        if (!there && !supply_page(supply, at)) {
            return false;
        }
    }
    return true;
}

/* A page that is there already is emptied and used again. */
static int map_range(uintptr_t start, uintptr_t end, unsigned how)
{
    struct supply supply = {0};
    if (!supply_range(&supply, start, end)) {
        supply_return(&supply);
        return -KG_EMEMORY;
    }
    (void)close_pages(start, end);
    for (uintptr_t at = start; at < end; at += KG_PAGE_BYTES) {
        uintptr_t physical;
        unsigned before;
        if (platform_entry_look(at, &physical, &before)) {
            platform_page_zero(physical);
        } else {
            physical = supply_take(&supply);
        }
        (void)platform_entry_set(at, physical, how);
    }
    return 0;
}

int kg_port_map(void *address, size_t bytes, unsigned how)
{
    uintptr_t start = (uintptr_t)address;
    if (kg_port_failure("map") || !in_space(start)) {
        return -KG_EMEMORY;
    }
    platform_lock_take(&lock);
    int status = map_range(start, start + bytes, how);
    platform_flush(start, bytes);
    platform_lock_give(&lock);
    return status;
}

int kg_port_unmap(void *address, size_t bytes)
{
    uintptr_t start = (uintptr_t)address;
    int status = 0;
    platform_lock_take(&lock);
    if (kg_port_failure("unmap")) {
        (void)close_pages(start, start + bytes);
        status = -KG_ESYSTEM;
    } else {
        drop_pages(start, start + bytes);
    }
    platform_lock_give(&lock);
    return status;
}

int kg_port_forget(void *address, size_t bytes)
{
    uintptr_t start = (uintptr_t)address;
    if (kg_port_failure("forget")) {
        return -KG_ESYSTEM;
    }
    platform_lock_take(&lock);
    for (uintptr_t at = start; at < start + bytes; at += KG_PAGE_BYTES) {
        uintptr_t physical;
        if (platform_entry_written(at, &physical)) {
            platform_page_zero(physical);
        }
    }
    platform_flush(start, bytes);
    platform_lock_give(&lock);
    return 0;
}

/* Takes no lock: a trap may have interrupted whoever holds it, and only permissions change, of
 * pages that are there, which are the caller's; what is only reserved stays closed. What memory may
 * carry, and whose it is, stays. */
int kg_port_protect(void *address, size_t bytes, unsigned how)
{
    if (kg_port_failure("protect")) {
        return -KG_ESYSTEM;
    }
    return platform_entries_change((uintptr_t)address, bytes, how);
}

/* WRITE implies READ. An address that is only reserved is closed. */
int kg_port_look(const void *address, unsigned *how)
{
    uintptr_t at = (uintptr_t)address & ~(uintptr_t)(KG_PAGE_BYTES - 1);
    uintptr_t physical;
    unsigned found;
    if (!platform_entry_look(at, &physical, &found)) {
        *how = KG_MAP_CLOSED;
        return kg_port_mapped(at) ? 0 : -KG_ESYSTEM;
    }
    *how = (found & KG_MAP_WRITE) != 0 ? KG_MAP_READ | KG_MAP_WRITE : found & KG_MAP_READ;
    if ((found & KG_MAP_KEYED) != 0) {
        *how |= found & KG_MAP_KEY(15);
    }
    return 0;
}

/* A reservation counts, as it does where an operating system keeps one. Asked in faults, so without
 * the lock: a reservation that is being made or left just then may be missed. */
bool kg_port_mapped(uintptr_t address)
{
    uintptr_t page = address & ~(uintptr_t)(KG_PAGE_BYTES - 1);
    uintptr_t physical;
    unsigned how;
    if (platform_entry_look(page, &physical, &how)) {
        return true;
    }
    for (uint32_t i = 0; i < range_count; i++) {
        if (page >= ranges[i].start && page < ranges[i].end) {
            return true;
        }
    }
    return false;
}
