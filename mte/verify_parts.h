/* SPDX-License-Identifier: MIT */
/* What the files of the verifier share. */
#ifndef KG_MTE_VERIFY_PARTS_H
#define KG_MTE_VERIFY_PARTS_H

#include "verify.h"

enum {
    KG_REG_ADDRESS = 18,
    KG_REG_WINDOW = 21,
    KG_REG_STACK = 22,
    KG_REG_LINK = 30,
    KG_REG_SP = 31, /* or the zero register, as the instruction has it */
};

/* What of the code so far matters to the next instruction. */
struct kg_verify_state {
    enum kg_verify_profile profile;
    bool link_open;   /* x30 was written and not yet guarded */
    bool stack_moved; /* sp was moved and no access through it has followed yet */
    size_t at;        /* index of the instruction */
    size_t words;
};

/* Bits high to low of an instruction. */
static inline uint32_t kg_bits(uint32_t word, unsigned high, unsigned low)
{
    return word >> low & ((2u << (high - low)) - 1);
}

/* One line of a list of instructions: those with (word & mask) == value, and how to go on. */
struct kg_verify_row {
    uint32_t mask;
    uint32_t value;
    unsigned kind;
};

static inline const struct kg_verify_row *kg_verify_find(const struct kg_verify_row *row,
                                                         const struct kg_verify_row *end,
                                                         uint32_t word)
{
    while (row < end && (word & row->mask) != row->value) {
        row++;
    }
    return row < end ? row : NULL;
}

/* A general register gets a value the code may choose; 31 is the zero register. */
enum kg_verify_rule kg_verify_write(struct kg_verify_state *state, unsigned reg);

/* verify_memory.c: loads, stores, atomics. */
enum kg_verify_rule kg_verify_memory(struct kg_verify_state *state, uint32_t word);

/* verify_simd.c: floating point and vectors, without memory. *general: it writes the general
 * register in bits 4 to 0. */
enum kg_verify_rule kg_verify_simd(uint32_t word, bool *general);

#endif
