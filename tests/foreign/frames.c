/* SPDX-License-Identifier: MIT */
/* Physical memory: an array of frames and a bit for each. */
#include "pebble.h"

#include <port/port.h>

#ifndef PEBBLE_MEMORY_MIB
#define PEBBLE_MEMORY_MIB 48
#endif
#define FRAMES (PEBBLE_MEMORY_MIB * 256u)

__attribute__((section(".bss.pool"), aligned(4096)))
static unsigned char frames[FRAMES][KG_PAGE_BYTES];
static uint64_t taken[FRAMES / 64];
static size_t used;
static size_t hand; /* the word that was looked at last */

uintptr_t pebble_frame_take(void)
{
    for (size_t i = 0; i < FRAMES / 64; i++) {
        if (taken[hand] != UINT64_MAX) {
            unsigned bit = (unsigned)__builtin_ctzll(~taken[hand]);
            taken[hand] |= UINT64_C(1) << bit;
            used++;
            return (uintptr_t)frames[hand * 64 + bit];
        }
        hand = (hand + 1) % (FRAMES / 64);
    }
    return 0;
}

void pebble_frame_give(uintptr_t frame)
{
    size_t index = (frame - (uintptr_t)frames) / KG_PAGE_BYTES;
    taken[index / 64] &= ~(UINT64_C(1) << index % 64);
    used--;
}

size_t pebble_frames_free(void)
{
    return FRAMES - used;
}

size_t pebble_frames_used(void)
{
    return used;
}
