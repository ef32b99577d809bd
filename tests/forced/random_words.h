/* SPDX-License-Identifier: MIT */
/* Random instructions, of the kinds that matter to the verifier more often than others. */
#ifndef KG_TEST_IMAGES_RANDOM_WORDS_H
#define KG_TEST_IMAGES_RANDOM_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* xorshift64*; *state must not be 0. */
static inline uint32_t random_word(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)(*state * 0x2545f4914f6cdd1du >> 32);
}

/* By chance addresses through x18, sp and x21, loads, stores, and fields of all ones are rare. */
static inline uint32_t random_instruction(uint64_t *state)
{
    uint32_t word = random_word(state);
    uint32_t how = random_word(state);
    static const unsigned bases[] = {18, 31, 21, 18};
    if ((how & 1) != 0) {
        word = (word & ~0x3e0u) | bases[how >> 1 & 3] << 5;
    }
    /* Bits 28 to 25: half of all vectors, a quarter memory. */
    if ((how & 0x18) >= 0x10) {
        word |= 0x0e000000;
    } else if ((how & 0x18) == 8) {
        word = (word & ~0x02000000u) | 0x08000000;
    }
    if ((how & 0x60) == 0) {
        word = (word & ~0x1f0000u) | ((how & 0x80) != 0 ? 0x1f0000u : 0);
    }
    if ((how & 0x300) == 0) {
        word &= random_word(state) | 0xff0003ff;
    }
    if ((how & 0xc00) == 0) {
        word |= 0x7c00;
    }
    return word;
}

/* Branches, and ADR: what they do depends on where they stand. */
static inline bool is_relative(uint32_t word)
{
    return (word >> 25 & 14) == 10 || (word >> 24 & 31) == 16;
}

#endif
