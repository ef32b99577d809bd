/* SPDX-License-Identifier: MIT */
/* Page tables (SDM vol. 3, 4.5): memory and devices one to one, and the addresses handed out. */
#include "machine.h"

#include <keygate/status.h>
#include <string.h>

#define PRESENT UINT64_C(1)
#define WRITABLE UINT64_C(2)
#define USER UINT64_C(4)
#define UNCACHED UINT64_C(0x18) /* PWT, PCD */
#define ACCESSED UINT64_C(0x20)
#define WRITTEN UINT64_C(0x40)
#define LARGE UINT64_C(0x80)
#define SET UINT64_C(0x200) /* ours: there is a page, though it may be closed */
#define NO_EXECUTE (UINT64_C(1) << 63)
#define KEY_SHIFT 59
#define KEY_MASK (UINT64_C(15) << KEY_SHIFT)
#define ADDRESS UINT64_C(0x000ffffffffff000)

#define LARGE_BYTES UINT64_C(0x200000)
#define LEVELS 4
#define LAST 0 /* the level whose entries are pages */

#define DEVICES_START UINT64_C(0xb0000000) /* PCI Express configuration space on QEMU's q35 */
#define DEVICES_END UINT64_C(0x100000000)

/* A level decides nothing but that it is there: rights, key and ring are the page's own. */
#define TABLE_BITS (PRESENT | WRITABLE | USER)

#define INVALIDATE_MAX 32u

static uint64_t *root;

/* The tables above those of the last level, for all the addresses that are handed out, side by
 * side: one look leads to a page's table. */
static uint64_t space[PLATFORM_SPACE_BYTES / LARGE_BYTES] __attribute__((aligned(4096)));

static uintptr_t *early; /* where pages come from until the common files have them; then NULL */

/* Two CPUs may miss the same table. */
static uint32_t busy;

static uint64_t lock(void)
{
    uint64_t before = platform_interrupts_off();
    while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE) != 0) {
        platform_pause();
    }
    return before;
}

static void unlock(uint64_t before)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    platform_interrupts_restore(before);
}

static uintptr_t take_table(void)
{
    if (early == NULL) {
        return platform_page_take();
    }
    uintptr_t page = *early;
    *early += KG_PAGE_BYTES;
    memset((void *)page, 0, KG_PAGE_BYTES);
    return page;
}

static uint64_t *entry_in(uint64_t *table, uintptr_t virtual, int level)
{
    return &table[virtual >> (12 + 9 * level) & 511];
}

static uint64_t *table_of(uint64_t entry)
{
    return (uint64_t *)(uintptr_t)(entry & ADDRESS);
}

static uint64_t load(const uint64_t *entry)
{
    return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

/* One store: a CPU that walks the tables meanwhile sees the entry before or after. */
static void store(uint64_t *entry, uint64_t value)
{
    __atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

/* Small pages in the place of a large one, which mean the same. */
static bool split(uint64_t *entry)
{
    uint64_t large = load(entry);
    uintptr_t page = take_table();
    if (page == 0) {
        return false;
    }
    uint64_t first = (large & ~LARGE) | SET;
    for (uint64_t i = 0; i < 512; i++) {
        store(&table_of(page)[i], first + i * KG_PAGE_BYTES);
    }
    store(entry, page | TABLE_BITS);
    return true;
}

/* The entry for `virtual` at `level`, with all tables above it; NULL: no memory for them. */
static uint64_t *make(uintptr_t virtual, int level)
{
    uint64_t *table = root;
    for (int at = LEVELS - 1; at > level; at--) {
        uint64_t *entry = entry_in(table, virtual, at);
        if (load(entry) == 0) {
            uintptr_t page = take_table();
            if (page == 0) {
                return NULL;
            }
            store(entry, page | TABLE_BITS);
        } else if ((load(entry) & LARGE) != 0 && !split(entry)) {
            return NULL;
        }
        table = table_of(load(entry));
    }
    return entry_in(table, virtual, level);
}

static bool in_space(uintptr_t virtual)
{
    return virtual - PLATFORM_SPACE_START < PLATFORM_SPACE_BYTES;
}

/* The entry for a page of the addresses that are handed out; NULL: there is no table yet. */
static uint64_t *entry_in_space(uintptr_t virtual)
{
    uint64_t table = load(&space[(virtual - PLATFORM_SPACE_START) / LARGE_BYTES]);
    return table != 0 ? entry_in(table_of(table), virtual, LAST) : NULL;
}

/* What is in force for `virtual`; of a large page, as if it were a small one. 0: nothing. Takes no
 * lock, as faults ask; tables stay once they are there. */
static uint64_t find(uintptr_t virtual)
{
    if (in_space(virtual)) {
        const uint64_t *entry = entry_in_space(virtual);
        return entry != NULL ? load(entry) : 0;
    }
    uint64_t *table = root;
    if (virtual >> 47 != 0) {
        return 0;
    }
    for (int at = LEVELS - 1; at > LAST; at--) {
        uint64_t entry = load(entry_in(table, virtual, at));
        if (entry == 0) {
            return 0;
        }
        if ((entry & LARGE) != 0) {
            return (entry & ~LARGE) + (virtual & (LARGE_BYTES - KG_PAGE_BYTES));
        }
        table = table_of(entry);
    }
    return load(entry_in(table, virtual, LAST));
}

/* A page counts as written from the start, and again when anything about it changes: a CPU that
 * wrote to it by an older entry would set the bit in vain. */
static uint64_t bits_of(unsigned how)
{
    return SET | ACCESSED | WRITTEN | (uint64_t)KG_MAP_KEY_OF(how) << KEY_SHIFT |
           ((how & KG_MAP_EXECUTE) != 0 ? 0 : NO_EXECUTE) |
           ((how & KG_MAP_USER) != 0 ? USER : 0) | ((how & KG_MAP_WRITE) != 0 ? WRITABLE : 0) |
           ((how & (KG_MAP_READ | KG_MAP_WRITE)) != 0 ? PRESENT : 0);
}

/* Of a closed page the address is kept upside down, so that a processor that goes ahead with an
 * absent page's address finds no memory there (L1 terminal fault). */
static uint64_t entry_of(uintptr_t physical, unsigned how)
{
    uint64_t bits = bits_of(how);
    return bits | ((bits & PRESENT) != 0 ? physical : ~physical & ADDRESS);
}

bool platform_entry_set(uintptr_t virtual, uintptr_t physical, unsigned how)
{
    uint64_t before = lock();
    uint64_t *entry = make(virtual, LAST);
    if (entry != NULL) {
        store(entry, entry_of(physical, how));
    }
    unlock(before);
    return entry != NULL;
}

bool platform_entry_look(uintptr_t virtual, uintptr_t *physical, unsigned *how)
{
    uint64_t entry = find(virtual);
    if ((entry & (SET | PRESENT)) == 0) {
        return false;
    }
    *how = KG_MAP_KEY((entry & KEY_MASK) >> KEY_SHIFT);
    if ((entry & USER) != 0) {
        *how |= KG_MAP_USER;
    }
    if ((entry & PRESENT) == 0) {
        *physical = ~entry & ADDRESS;
        return true;
    }
    *how |= (entry & WRITABLE) != 0 ? KG_MAP_READ | KG_MAP_WRITE : KG_MAP_READ;
    *physical = entry & ADDRESS;
    return true;
}

bool platform_entry_written(uintptr_t virtual, uintptr_t *physical)
{
    uint64_t *entry = entry_in_space(virtual);
    uint64_t value = entry != NULL ? load(entry) : 0;
    if ((value & SET) == 0 || (value & WRITTEN) == 0) {
        return false;
    }
    *physical = ((value & PRESENT) != 0 ? value : ~value) & ADDRESS;
    store(entry, value & ~WRITTEN);
    return true;
}

void platform_entry_clear(uintptr_t virtual)
{
    uint64_t before = lock();
    uint64_t *entry = find(virtual) != 0 ? make(virtual, LAST) : NULL;
    if (entry != NULL) {
        store(entry, 0);
    }
    unlock(before);
}

/* ---- Flushes ---- */

/* No page is global and there are no process-context identifiers, so this flushes everything. */
void platform_tables_reload(void)
{
    __asm__ volatile("movq %0, %%cr3" : : "r"(root) : "memory");
}

static void invalidate(uintptr_t page)
{
    __asm__ volatile("invlpg (%0)" : : "r"(page) : "memory");
}

void platform_flush(uintptr_t virtual, size_t bytes)
{
    uintptr_t end = virtual + bytes;
    if (bytes > INVALIDATE_MAX * KG_PAGE_BYTES) {
        platform_tables_reload();
        virtual = end;
    }
    for (; virtual < end; virtual += KG_PAGE_BYTES) {
        invalidate(virtual);
    }
    platform_requests_make();
}

/* ---- Changes ---- */

/* Gives the entry other bits, but for those it keeps. Returns in what it differs then from what was
 * written: nothing, or the tables are no memory. The address turns upside down with PRESENT. */
static inline uint64_t change_entry(uint64_t *entry, uint64_t bits, uint64_t kept)
{
    uint64_t before = load(entry);
    if ((before & (SET | PRESENT)) == 0) {
        return 0;
    }
    uint64_t turned = -((before ^ bits) & PRESENT) & ADDRESS;
    uint64_t after = ((before ^ turned) & kept) | bits;
    store(entry, after);
    return load(entry) ^ after;
}

static bool change_run(uintptr_t at, uintptr_t end, uint64_t bits, uint64_t kept)
{
    uint64_t wrong = 0;
    for (uintptr_t stop; at < end; at = stop) {
        stop = (at | (LARGE_BYTES - 1)) + 1;
        stop = stop < end ? stop : end;
        uint64_t *entry = entry_in_space(at);
        const uint64_t *last = entry != NULL ? entry + (stop - at) / KG_PAGE_BYTES : NULL;
        for (; entry < last; entry++) {
            wrong |= change_entry(entry, bits, kept);
        }
    }
    return wrong == 0;
}

/* Pages of the image, which may be parts of large ones. */
static bool change_elsewhere(uintptr_t at, uintptr_t end, uint64_t bits, uint64_t kept)
{
    bool changed = true;
    for (; at < end; at += KG_PAGE_BYTES) {
        if ((find(at) & (SET | PRESENT)) != 0) {
            uint64_t before = lock();
            uint64_t *entry = make(at, LAST);
            unlock(before);
            changed = entry != NULL && change_entry(entry, bits, kept) == 0 && changed;
        }
    }
    return changed;
}

static __attribute__((noinline)) int change_many(uintptr_t virtual, size_t bytes, uint64_t bits,
                                                 uint64_t kept)
{
    bool changed = in_space(virtual) ? change_run(virtual, virtual + bytes, bits, kept)
                                     : change_elsewhere(virtual, virtual + bytes, bits, kept);
    platform_flush(virtual, bytes);
    return changed ? 0 : -KG_ESYSTEM;
}

/* One page, which many objects are, is not worth loops and calls. */
int platform_entries_change(uintptr_t virtual, size_t bytes, unsigned how)
{
    uint64_t bits = bits_of(how);
    uint64_t kept = ADDRESS | ((how & KG_MAP_UNMARK) != 0 ? 0 : USER) |
                    ((how & KG_MAP_KEYED) != 0 ? 0 : KEY_MASK);
    if (bytes != KG_PAGE_BYTES || !in_space(virtual)) {
        return change_many(virtual, bytes, bits, kept);
    }
    uint64_t *entry = entry_in_space(virtual);
    if (entry != NULL && change_entry(entry, bits, kept) != 0) {
        platform_flush(virtual, bytes);
        return -KG_ESYSTEM;
    }
    invalidate(virtual);
    platform_requests_make();
    return 0;
}

/* ---- The start ---- */


/* Large pages where they fit. What is mapped already stays. */
static void map(uintptr_t start, uintptr_t end, uint64_t bits)
{
    uintptr_t at = start;
    while (at < end) {
        bool large = (at & (LARGE_BYTES - 1)) == 0 && end - at >= LARGE_BYTES;
        uint64_t *entry = make(at, large ? 1 : LAST);
        if (load(entry) == 0) {
            store(entry, at | bits | (large ? LARGE : SET));
        }
        at += large ? LARGE_BYTES : KG_PAGE_BYTES;
    }
}

static void map_image(void)
{
    uintptr_t text = (uintptr_t)__text_start;
    uintptr_t constants = (uintptr_t)__rodata_start;
    uintptr_t data = (uintptr_t)__rodata_end;
    map(text, (uintptr_t)__text_end, PRESENT);
    map(constants, data, PRESENT | NO_EXECUTE);
    map(data, (uintptr_t)__image_end, PRESENT | WRITABLE | NO_EXECUTE);
    for (uint32_t cpu = 0; cpu < PLATFORM_CPUS_MAX; cpu++) {
        platform_entry_clear((uintptr_t)platform_cpu_stacks[cpu]);
        for (uint32_t kind = 0; kind < TRAP_KINDS; kind++) {
            platform_entry_clear((uintptr_t)platform_trap_areas[cpu][kind].closed);
        }
    }
}

/* Address 0 stays closed, and so does what firmware keeps. */
static void map_memory(uint64_t start, uint64_t end)
{
    uintptr_t image = (uintptr_t)__image_start;
    uintptr_t image_end = (uintptr_t)__image_end;
    start = (start + KG_PAGE_BYTES - 1) & ~(uint64_t)(KG_PAGE_BYTES - 1);
    start = start == 0 ? KG_PAGE_BYTES : start;
    end = end > PLATFORM_SPACE_START ? PLATFORM_SPACE_START : end & ~(uint64_t)(KG_PAGE_BYTES - 1);
    if (start < image_end && end > image) {
        map(start, image, PRESENT | WRITABLE | NO_EXECUTE);
        start = image_end;
    }
    map(start, end, PRESENT | WRITABLE | NO_EXECUTE);
}

void platform_tables_start(const struct physical_range *memory, uint32_t count, uintptr_t *free)
{
    uint64_t devices = DEVICES_START;
    early = free;
    root = (uint64_t *)take_table();
    for (uint64_t at = 0; at < PLATFORM_SPACE_BYTES; at += LARGE_BYTES * 512) {
        store(make(PLATFORM_SPACE_START + at, 2), (uintptr_t)&space[at / LARGE_BYTES] | TABLE_BITS);
    }
    map_image();
    for (uint32_t i = 0; i < count; i++) {
        map_memory(memory[i].start, memory[i].end);
        if (memory[i].start < DEVICES_END && memory[i].end > devices) {
            devices = (memory[i].end + LARGE_BYTES - 1) & ~(LARGE_BYTES - 1);
        }
    }
    map(devices, DEVICES_END, PRESENT | WRITABLE | UNCACHED | NO_EXECUTE);
    platform_tables_reload();
    early = NULL;
}

uintptr_t platform_tables(void)
{
    return (uintptr_t)root;
}

static bool within_page(uintptr_t address, const uint8_t *page)
{
    return address - (uintptr_t)page < KG_PAGE_BYTES;
}

bool platform_stack_end(uintptr_t address)
{
    for (uint32_t cpu = 0; cpu < PLATFORM_CPUS_MAX; cpu++) {
        if (within_page(address, platform_cpu_stacks[cpu])) {
            return true;
        }
    }
    return false;
}
