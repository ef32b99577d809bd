/* SPDX-License-Identifier: MIT */
/* Page tables: VMSAv8-64, 4 KiB granule, 39 bits, so three levels that start at level 1 (Arm ARM,
 * the AArch64 Virtual Memory System Architecture). One set of tables for all CPUs, in TTBR0. */
#include "machine.h"

#include <keygate/status.h>
#include <string.h>

#define ENTRIES 512u
#define VALID UINT64_C(1)
#define TABLE UINT64_C(3) /* at levels 1 and 2 */
#define PAGE UINT64_C(3)  /* at level 3 */
#define BLOCK UINT64_C(1)
#define READ_ONLY (UINT64_C(1) << 7)
#define SHARED (UINT64_C(3) << 8) /* inner shareable */
#define ACCESSED (UINT64_C(1) << 10)
#define NO_EXECUTE (UINT64_C(3) << 53) /* PXN, UXN */
#define NO_EXECUTE_0 (UINT64_C(1) << 54) /* UXN: at EL0 */
#define KEPT (UINT64_C(1) << 55)       /* ours: a page that is closed */
#define ADDRESS UINT64_C(0x0000fffffffff000)
#define ATTRIBUTE(index) ((uint64_t)(index) << 2)
#define ATTRIBUTE_OF(entry) ((entry) >> 2 & 7)

/* Places in MAIR_EL1. Tagged memory is 0xf0 (Arm ARM, MAIR_EL1); without MTE that has no meaning
 * and the place holds ordinary memory too. */
enum { NORMAL, TAGGED, DEVICE };

/* Tables of the start, before there is other memory. */
#define EARLY 64u
static uint64_t early[EARLY][ENTRIES] __attribute__((aligned(4096)));
static uint32_t early_used;
static uint64_t root[ENTRIES] __attribute__((aligned(4096)));

/* The tables of level 2 for all the addresses that are handed out, side by side: one look leads to
 * a page's table. */
#define TABLE_BYTES (UINT64_C(512) * KG_PAGE_BYTES)
static uint64_t space[PLATFORM_SPACE_BYTES / TABLE_BYTES] __attribute__((aligned(4096)));

bool machine_mte;

static uint32_t shift_of(uint32_t level)
{
    return 39 - 9 * level;
}

/* Other CPUs' walkers must find the table empty before they find it at all. */
static uint64_t *table_make(uint64_t *entry)
{
    uint64_t *table = early_used < EARLY ? early[early_used++] : (uint64_t *)platform_page_take();
    if (table != NULL) {
        BARRIER("dsb ishst");
        *entry = (uintptr_t)table | TABLE;
    }
    return table;
}

/* The entry of the wanted level for an address, or the block or hole above it, whose level is then
 * the one returned. With `make` tables are made for holes; NULL: no memory for one. */
static uint64_t *walk(uintptr_t address, uint32_t *level, bool make)
{
    uint32_t wanted = *level;
    uint64_t *table = root;
    for (*level = 1;; ++*level) {
        uint64_t *entry = &table[address >> shift_of(*level) & (ENTRIES - 1)];
        if (*level == wanted || (*entry & TABLE) == BLOCK || (*entry == 0 && !make)) {
            return entry;
        }
        table = *entry != 0 ? (uint64_t *)(uintptr_t)(*entry & ADDRESS) : table_make(entry);
        if (table == NULL) {
            return NULL;
        }
    }
}

static bool in_reach(uintptr_t address)
{
    return address >> 39 == 0;
}

static uint64_t bits_of_page(unsigned how)
{
    return SHARED | ACCESSED | KEPT |
           ((how & KG_MAP_EXECUTE) != 0 ? NO_EXECUTE_0 : NO_EXECUTE) |
           ATTRIBUTE((how & KG_MAP_TAGGED) != 0 ? TAGGED : NORMAL) |
           ((how & KG_MAP_WRITE) == 0 ? READ_ONLY : 0) |
           ((how & (KG_MAP_READ | KG_MAP_WRITE)) != 0 ? PAGE : 0);
}

bool platform_entry_set(uintptr_t virtual, uintptr_t physical, unsigned how)
{
    uint32_t level = 3;
    uint64_t *entry = in_reach(virtual) ? walk(virtual, &level, true) : NULL;
    if (entry == NULL || level != 3) {
        return false;
    }
    __atomic_store_n(entry, physical | bits_of_page(how), __ATOMIC_RELAXED);
    return true;
}

bool platform_entry_look(uintptr_t virtual, uintptr_t *physical, unsigned *how)
{
    uint32_t level = 3;
    uint64_t *entry = in_reach(virtual) ? walk(virtual, &level, false) : NULL;
    uint64_t value = entry != NULL ? __atomic_load_n(entry, __ATOMIC_RELAXED) : 0;
    if (value == 0) {
        return false;
    }
    uint64_t inside = (UINT64_C(1) << shift_of(level)) - KG_PAGE_BYTES;
    *physical = (value & ADDRESS & ~inside) | (virtual & inside);
    *how = (value & VALID) == 0       ? KG_MAP_CLOSED
           : (value & READ_ONLY) != 0 ? KG_MAP_READ
                                      : KG_MAP_READ | KG_MAP_WRITE;
    if (ATTRIBUTE_OF(value) == TAGGED) {
        *how |= KG_MAP_TAGGED;
    }
    return true;
}

/* Not every processor keeps a record. */
bool platform_entry_written(uintptr_t virtual, uintptr_t *physical)
{
    unsigned how;
    return platform_entry_look(virtual, physical, &how);
}

void platform_entry_clear(uintptr_t virtual)
{
    uint32_t level = 3;
    uint64_t *entry = walk(virtual, &level, false);
    if (entry != NULL && level == 3) {
        __atomic_store_n(entry, 0, __ATOMIC_RELAXED);
    }
}

_Static_assert(NORMAL == 0 && TAGGED == 1, "or-ing attributes");

/* Gives the entry other bits; tagged memory stays so. Returns in what it differs then from what was
 * written: nothing, or the tables are no memory. */
static inline uint64_t change_entry(uint64_t *entry, uint64_t bits)
{
    uint64_t before = __atomic_load_n(entry, __ATOMIC_RELAXED);
    if (before == 0) {
        return 0;
    }
    uint64_t after = (before & (ADDRESS | ATTRIBUTE(TAGGED))) | bits;
    __atomic_store_n(entry, after, __ATOMIC_RELAXED);
    return __atomic_load_n(entry, __ATOMIC_RELAXED) ^ after;
}

static bool change_run(uintptr_t at, uintptr_t end, uint64_t bits)
{
    uint64_t wrong = 0;
    for (uintptr_t stop; at < end; at = stop) {
        stop = (at | (TABLE_BYTES - 1)) + 1;
        stop = stop < end ? stop : end;
        uint64_t above = space[(at - PLATFORM_SPACE_START) / TABLE_BYTES];
        uint64_t *entry = (uint64_t *)(uintptr_t)(above & ADDRESS) + (at >> 12 & (ENTRIES - 1));
        const uint64_t *last = above != 0 ? entry + (stop - at) / KG_PAGE_BYTES : NULL;
        for (; entry < last; entry++) {
            wrong |= change_entry(entry, bits);
        }
    }
    return wrong == 0;
}

/* Pages of the image; of a block no page can be changed by itself. */
static bool change_elsewhere(uintptr_t at, uintptr_t end, uint64_t bits)
{
    bool changed = true;
    for (; at < end; at += KG_PAGE_BYTES) {
        uint32_t level = 3;
        uint64_t *entry = in_reach(at) ? walk(at, &level, false) : NULL;
        if (entry != NULL && *entry != 0) {
            changed = level == 3 && change_entry(entry, bits) == 0 && changed;
        }
    }
    return changed;
}

int platform_entries_change(uintptr_t virtual, size_t bytes, unsigned how)
{
    uint64_t bits = bits_of_page(how);
    bool changed = virtual - PLATFORM_SPACE_START < PLATFORM_SPACE_BYTES
                       ? change_run(virtual, virtual + bytes, bits)
                       : change_elsewhere(virtual, virtual + bytes, bits);
    platform_flush(virtual, bytes);
    return changed ? 0 : -KG_ESYSTEM;
}

/* TLBI in the inner shareable domain reaches all CPUs, and the DSB waits for them: no interrupt is
 * needed (Arm ARM, TLB maintenance). Many pages are forgotten sooner all at once. */
void platform_flush(uintptr_t virtual, size_t bytes)
{
    BARRIER("dsb ishst");
    if (bytes > ENTRIES * KG_PAGE_BYTES) {
        BARRIER("tlbi vmalle1is");
    } else {
        for (uintptr_t at = virtual; at < virtual + bytes; at += KG_PAGE_BYTES) {
            __asm__ volatile("tlbi vaae1is, %0" : : "r"(at >> 12 & UINT64_C(0xfffffffffff)));
        }
    }
    BARRIER("dsb ish");
    BARRIER("isb");
}

void platform_page_zero(uintptr_t page)
{
    if (machine_mte) {
        machine_page_zero_tagged(page);
    } else {
        memset((void *)page, 0, KG_PAGE_BYTES);
    }
}

static uint64_t bits_of(enum machine_kind kind)
{
    const uint64_t plain = ACCESSED | SHARED;
    switch (kind) {
    case MACHINE_TEXT:
        return plain | READ_ONLY | ATTRIBUTE(NORMAL);
    case MACHINE_CONSTANTS:
        return plain | READ_ONLY | NO_EXECUTE | ATTRIBUTE(NORMAL);
    case MACHINE_DATA:
        return plain | NO_EXECUTE | ATTRIBUTE(NORMAL);
    case MACHINE_MEMORY:
        return plain | NO_EXECUTE | ATTRIBUTE(machine_mte ? TAGGED : NORMAL);
    default:
        return plain | NO_EXECUTE | ATTRIBUTE(DEVICE);
    }
}

/* One to one, by the largest blocks that fit; what is mapped or guarded already stays. */
void machine_map(uint64_t start, uint64_t end, enum machine_kind kind)
{
    uint64_t at = start & ~UINT64_C(0xfff);
    while (at < end && in_reach(at)) {
        uint64_t bytes = 0;
        for (uint32_t wanted = 1; wanted <= 3 && bytes == 0; wanted++) {
            uint64_t size = UINT64_C(1) << shift_of(wanted);
            bool last = wanted == 3;
            if (!last && ((at & (size - 1)) != 0 || end - at < size)) {
                continue;
            }
            uint32_t level = wanted;
            uint64_t *entry = walk(at, &level, true);
            if (entry == NULL) {
                platform_panic("no memory for page tables");
            }
            if (level != wanted || (last && *entry != 0)) {
                bytes = UINT64_C(1) << shift_of(level); /* there already */
            } else if (*entry == 0) {
                *entry = at | bits_of(kind) | (last ? PAGE | KEPT : BLOCK);
                bytes = size;
            }
        }
        at = (at & ~(bytes - 1)) + bytes;
    }
    BARRIER("dsb ish");
    BARRIER("isb");
}

/* A hole that looks taken. Only for pages of the image, before it is mapped. */
void machine_guard(uintptr_t page)
{
    (void)platform_entry_set(page, page, KG_MAP_CLOSED);
}

void machine_map_image(void)
{
    for (uint64_t at = 0; at < PLATFORM_SPACE_BYTES; at += TABLE_BYTES * ENTRIES) {
        root[(PLATFORM_SPACE_START + at) >> shift_of(1)] =
            (uintptr_t)&space[at / TABLE_BYTES] | TABLE;
    }
    machine_map((uintptr_t)__text_start, (uintptr_t)__text_end, MACHINE_TEXT);
    machine_map((uintptr_t)__rodata_start, (uintptr_t)__rodata_end, MACHINE_CONSTANTS);
    machine_map((uintptr_t)__rodata_end, (uintptr_t)__image_end, MACHINE_DATA);
}

/* SCTLR_EL1 (Arm ARM): M, C, SA, I, WXN and the bits that are 1 where nothing gives them a meaning;
 * with MTE2 also ATA and TCF = 1, a fault at the instruction. */
#define CONTROL (UINT64_C(0x30d00800) | 1 | 4 | 8 | 1 << 12 | 1 << 19)
#define CONTROL_MTE (UINT64_C(1) << 43 | UINT64_C(1) << 40)

/* TCR_EL1: T0SZ 25, write-back tables in inner shareable memory, no TTBR1, TBI0; the physical size
 * is the CPU's own, at most 48 bits. */
static uint64_t translation(void)
{
    uint64_t size = READ("id_aa64mmfr0_el1") & 15;
    return 25 | UINT64_C(1) << 8 | UINT64_C(1) << 10 | UINT64_C(3) << 12 | UINT64_C(1) << 23 |
           (size < 5 ? size : 5) << 32 | UINT64_C(1) << 37;
}

void machine_mmu_prepare(struct machine_cpu *cpu)
{
    uint64_t features = READ("id_aa64pfr0_el1");
    bool vectors = (features >> 16 & 15) != 15;      /* AdvSIMD */
    bool scalable = (features >> 32 & 15) != 0;      /* SVE */
    machine_mte = (READ("id_aa64pfr1_el1") >> 8 & 15) >= 2;
    cpu->flags = (machine_mte ? FLAG_MTE : 0u) | (scalable ? FLAG_SVE : 0u);
    cpu->control[0] = UINT64_C(0xff) | (machine_mte ? UINT64_C(0xf0) : UINT64_C(0xff)) << 8;
    cpu->control[1] = translation();
    cpu->control[2] = (uintptr_t)root;
    cpu->control[3] = CONTROL | (machine_mte ? CONTROL_MTE : 0);
    cpu->control[4] = (vectors ? UINT64_C(3) << 20 : 0) | (scalable ? UINT64_C(3) << 16 : 0);
}
