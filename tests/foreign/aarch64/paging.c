/* SPDX-License-Identifier: MIT */
/* Page tables (Arm ARM, D8.3), three levels of four KiB. Only two kinds of addresses have tables of
 * the last level: the image's four mebibytes, and the window, whose 8192 directory entries are one
 * array. Memory is tagged in the window only, so the one-to-one map of frames is never checked. */
#include "../pebble.h"

#include "machine.h"

#include <port/port.h>

#define VALID UINT64_C(1)
#define PAGE UINT64_C(0x702)     /* but for the valid bit: accessed, inner shareable, a page */
#define READ_ONLY UINT64_C(0x80)
#define ATTRIBUTE_TAGGED UINT64_C(0x08)
#define NO_EXECUTE (UINT64_C(3) << 53)
#define TAGGED (UINT64_C(1) << 55) /* ours */
#define FRAME UINT64_C(0x0000fffffffff000)
#define BRANCH UINT64_C(3)

#define MANY_PAGES 64u

extern uint64_t image_leaves[1024];
extern uint64_t window_directories[WINDOW_BYTES / TABLE_BYTES];

uint64_t *machine_entry(uintptr_t address, bool make)
{
    uintptr_t from_image = address - IMAGE_TABLES;
    if (from_image < sizeof image_leaves / sizeof *image_leaves * KG_PAGE_BYTES) {
        return &image_leaves[from_image / KG_PAGE_BYTES];
    }
    if (address - WINDOW >= WINDOW_BYTES) {
        return NULL;
    }
    uint64_t *branch = &window_directories[(address - WINDOW) / TABLE_BYTES];
    if (*branch == 0) {
        if (!make) {
            return NULL;
        }
        uintptr_t table = pebble_frame_take();
        __builtin_memset((void *)table, 0, KG_PAGE_BYTES);
        *branch = table | BRANCH;
    }
    uint64_t *leaf = (uint64_t *)(uintptr_t)(*branch & FRAME);
    return &leaf[address / KG_PAGE_BYTES % 512];
}

/* A closed page keeps its frame and is not valid. There are no keys. */
uint64_t machine_entry_of(uintptr_t frame, unsigned how)
{
    uint64_t entry = frame | PAGE | NO_EXECUTE;
    if ((how & KG_MAP_TAGGED) != 0) {
        entry |= machine_tags ? TAGGED | ATTRIBUTE_TAGGED : TAGGED;
    }
    if ((how & KG_MAP_WRITE) == 0) {
        entry |= READ_ONLY;
    }
    return (how & (KG_MAP_READ | KG_MAP_WRITE)) != 0 ? entry | VALID : entry;
}

unsigned machine_entry_how(uint64_t entry)
{
    unsigned how = (entry & TAGGED) != 0 ? KG_MAP_TAGGED : KG_MAP_CLOSED;
    if ((entry & VALID) != 0) {
        how |= (entry & READ_ONLY) != 0 ? KG_MAP_READ : KG_MAP_READ | KG_MAP_WRITE;
    }
    return how;
}

uintptr_t machine_entry_frame(uint64_t entry)
{
    return entry & FRAME;
}

void machine_forget(uintptr_t address, size_t bytes)
{
    __asm__ volatile("dsb ishst" : : : "memory");
    if (bytes / KG_PAGE_BYTES > MANY_PAGES) {
        __asm__ volatile("tlbi vmalle1is" : : : "memory");
    } else {
        for (uintptr_t at = address; at < address + bytes; at += KG_PAGE_BYTES) {
            __asm__ volatile("tlbi vaae1is, %0" : : "r"(at / KG_PAGE_BYTES) : "memory");
        }
    }
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

/* STZG stores zeros and the tag of its address, which is 0, and is not checked itself. */
void machine_clear(uintptr_t address, bool tagged)
{
    if (!tagged || !machine_tags) {
        __builtin_memset((void *)address, 0, KG_PAGE_BYTES);
        return;
    }
    for (uintptr_t at = address; at < address + KG_PAGE_BYTES; at += 16) {
        __asm__ volatile("stzg %0, [%0]" : : "r"(at) : "memory");
    }
}

static void close(char *from, char *to, uint64_t with)
{
    for (uintptr_t at = (uintptr_t)from; at < (uintptr_t)to; at += KG_PAGE_BYTES) {
        image_leaves[(at - IMAGE_TABLES) / KG_PAGE_BYTES] |= with;
    }
}

/* Code and constants are nobody's to write, and nothing else is to be executed. */
void machine_spaces_start(void)
{
    close(image_start, image_text_end, READ_ONLY);
    close(image_text_end, image_constants_end, READ_ONLY | NO_EXECUTE);
    close(image_constants_end, image_end, NO_EXECUTE);
    machine_forget(0, MANY_PAGES * 2 * KG_PAGE_BYTES);
}
