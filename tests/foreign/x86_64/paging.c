/* SPDX-License-Identifier: MIT */
/* Page tables (SDM vol. 3, 4.5). Only two kinds of addresses have tables of the last level: the
 * image's first four mebibytes, and the window, whose 8192 directory entries are one array. */
#include "../pebble.h"

#include "machine.h"

#include <port/port.h>

#define PRESENT UINT64_C(1)
#define WRITABLE UINT64_C(2)
#define USER UINT64_C(4)
#define FRAME UINT64_C(0x000ffffffffff000)
#define TAGGED (UINT64_C(1) << 52) /* of no meaning here; kept for whoever reads it back */
#define KEY_SHIFT 59
#define NO_EXECUTE (UINT64_C(1) << 63)
#define BRANCH UINT64_C(7)

#define MANY_PAGES 64u

extern uint64_t image_leaves[1024];
extern uint64_t window_directories[WINDOW_BYTES / TABLE_BYTES];

uint64_t *machine_entry(uintptr_t address, bool make)
{
    if (address < sizeof image_leaves / sizeof *image_leaves * KG_PAGE_BYTES) {
        return &image_leaves[address / KG_PAGE_BYTES];
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

/* A closed page keeps its frame and key, and is not present. */
uint64_t machine_entry_of(uintptr_t frame, unsigned how)
{
    uint64_t entry = frame | NO_EXECUTE;
    entry |= (how & KG_MAP_USER) != 0 ? USER : 0;
    entry |= (how & KG_MAP_TAGGED) != 0 ? TAGGED : 0;
    entry |= (uint64_t)KG_MAP_KEY_OF(how) << KEY_SHIFT;
    if ((how & KG_MAP_WRITE) != 0) {
        entry |= PRESENT | WRITABLE;
    } else if ((how & KG_MAP_READ) != 0) {
        entry |= PRESENT;
    }
    return entry;
}

unsigned machine_entry_how(uint64_t entry)
{
    unsigned how = KG_MAP_KEY((unsigned)(entry >> KEY_SHIFT) & 15u);
    how |= (entry & USER) != 0 ? KG_MAP_USER : 0;
    how |= (entry & TAGGED) != 0 ? KG_MAP_TAGGED : 0;
    if ((entry & PRESENT) != 0) {
        how |= (entry & WRITABLE) != 0 ? KG_MAP_READ | KG_MAP_WRITE : KG_MAP_READ;
    }
    return how;
}

uintptr_t machine_entry_frame(uint64_t entry)
{
    return entry & FRAME;
}

void machine_forget(uintptr_t address, size_t bytes)
{
    if (bytes / KG_PAGE_BYTES > MANY_PAGES) {
        uint64_t root;
        __asm__ volatile("movq %%cr3, %0\n\tmovq %0, %%cr3" : "=r"(root) : : "memory");
        return;
    }
    for (uintptr_t at = address; at < address + bytes; at += KG_PAGE_BYTES) {
        __asm__ volatile("invlpg (%0)" : : "r"(at) : "memory");
    }
}

void machine_clear(uintptr_t address, bool tagged)
{
    (void)tagged;
    __builtin_memset((void *)address, 0, KG_PAGE_BYTES);
}

static void close(char *from, char *to, uint64_t without, uint64_t with)
{
    for (uintptr_t at = (uintptr_t)from; at < (uintptr_t)to; at += KG_PAGE_BYTES) {
        image_leaves[at / KG_PAGE_BYTES] = (image_leaves[at / KG_PAGE_BYTES] & ~without) | with;
    }
}

/* Code and constants are nobody's to write, and nothing else is to be executed. */
void machine_spaces_start(void)
{
    close(image_start, image_text_end, WRITABLE, 0);
    close(image_text_end, image_constants_end, WRITABLE, NO_EXECUTE);
    close(image_constants_end, image_end, 0, NO_EXECUTE);
    image_leaves[0] = 0;
    machine_forget(0, TABLE_BYTES);
}
