/* SPDX-License-Identifier: MIT */
/*
 * accepted COUNT SEED: writes words that the verifier accepts, by chance, to standard output, for a
 * disassembler to look at. Branches and ADR are left out: what they are depends on
 * where they stand.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "verify.h"

static uint64_t random_state;

/* xorshift64* */
static uint32_t random_word(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)(random_state * 0x2545f4914f6cdd1du >> 32);
}

/* Rare things are tried more often: addresses through x18 and sp, loads and stores, few ones. */
static uint32_t candidate(void)
{
    uint32_t word = random_word();
    uint32_t how = random_word();
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
        word &= random_word() | 0xff0003ff;
    }
    if ((how & 0xc00) == 0) {
        word |= 0x7c00;
    }
    return word;
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fputs("use: accepted COUNT SEED\n", stderr);
        return 2;
    }
    random_state = strtoull(arguments[2], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
    for (long left = strtol(arguments[1], NULL, 10); left > 0;) {
        uint32_t word = candidate();
        struct kg_verify_refusal why;
        bool is_relative = (word >> 25 & 14) == 10 || (word >> 24 & 31) == 16;
        if (is_relative || (!kg_verify_aarch64(&word, 1, KG_VERIFY_FORCED, &why) &&
                          why.rule != KG_RULE_END)) {
            continue;
        }
        if (fwrite(&word, sizeof(word), 1, stdout) != 1) {
            perror("accepted");
            return 1;
        }
        left--;
    }
    return 0;
}
