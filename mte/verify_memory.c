/* SPDX-License-Identifier: MIT */
/* Loads, stores and atomics of forced-tag code (Arm ARM, C4.1, Loads and Stores; Armv8.1). */
#include "verify_parts.h"

enum kind {
    UNSIGNED_OFFSET, /* [xN, #imm] */
    UNSCALED,        /* the same with a signed offset */
    WRITEBACK,       /* [xN], #imm and [xN, #imm]! */
    REGISTER_OFFSET, /* [xN, xM] in all its forms */
    PAIR,
    PAIR_WRITEBACK,
    EXCLUSIVE, /* LDXR, STXR, LDAR, STLR, CAS */
    ATOMIC,    /* LDADD, SWP and so on */
    VECTORS,   /* LD1 to ST4 of whole vectors */
    LANES,     /* of one lane, and LD1R to LD4R */
    LITERAL,
    REFUSE_TAG,
};

/* First match counts. */
static const struct kg_verify_row rows[] = {
    {0xff200000, 0xd9200000, REFUSE_TAG}, /* STG, LDG and the like */
    {0xfe400000, 0x68000000, REFUSE_TAG}, /* STGP */
    {0x3b000000, 0x39000000, UNSIGNED_OFFSET},
    {0x3b200c00, 0x38000000, UNSCALED},
    {0x3b200400, 0x38000400, WRITEBACK},
    {0x3b200c00, 0x38200800, REGISTER_OFFSET},
    {0x3f208c00, 0x38200000, ATOMIC}, /* LDADD, LDCLR and so on */
    {0x3f20fc00, 0x38208000, ATOMIC}, /* SWP */
    {0x3a800000, 0x28800000, PAIR_WRITEBACK},
    {0x3a800000, 0x28000000, PAIR},
    {0x3f000000, 0x08000000, EXCLUSIVE},
    {0xbfbf0000, 0x0c000000, VECTORS},
    {0xbf9f0000, 0x0d000000, LANES},
    {0x3b000000, 0x18000000, LITERAL},
};

struct access {
    unsigned base;
    bool is_load;      /* and nothing else */
    bool is_writeback;
    bool is_exclusive; /* it may turn out not to touch memory */
    bool has_register; /* the offset is a register's */
};

/* May this address be used? */
static enum kg_verify_rule check_address(struct kg_verify_state *state, const struct access *access)
{
    if (access->base == KG_REG_SP && !access->has_register) {
        if (!access->is_exclusive) {
            state->stack_moved = false;
        }
        return KG_RULE_NONE;
    }
    if (access->is_load && state->profile == KG_VERIFY_STORES) {
        return access->is_writeback ? kg_verify_write(state, access->base) : KG_RULE_NONE;
    }
    if (access->is_writeback) {
        return KG_RULE_WRITEBACK;
    }
    return access->base == KG_REG_ADDRESS && !access->has_register ? KG_RULE_NONE
                                                                   : KG_RULE_ADDRESS;
}

/* Size in bits 31 and 30, operation in 23 and 22, vectors in 26. */
static bool single_is_allocated(uint32_t word)
{
    unsigned size = kg_bits(word, 31, 30);
    unsigned operation = kg_bits(word, 23, 22);
    if (kg_bits(word, 26, 26) != 0) {
        return operation < 2 || size == 0;
    }
    return size < 2 || operation < (size == 2 ? 3u : 2u);
}

static enum kg_verify_rule check_single(struct kg_verify_state *state, uint32_t word, unsigned kind)
{
    unsigned operation = kg_bits(word, 23, 22);
    bool is_vector = kg_bits(word, 26, 26) != 0;
    unsigned to = kg_bits(word, 4, 0);
    struct access access = {
        .base = kg_bits(word, 9, 5),
        .is_load = is_vector ? (operation & 1) != 0 : operation != 0,
        .is_writeback = kind == WRITEBACK,
        .has_register = kind == REGISTER_OFFSET,
    };
    if (!single_is_allocated(word)) {
        return KG_RULE_UNKNOWN;
    }
    if (kind == REGISTER_OFFSET && kg_bits(word, 14, 14) == 0) {
        return KG_RULE_UNKNOWN;
    }
    if (access.is_writeback && !is_vector && to == access.base && to != KG_REG_SP) {
        return KG_RULE_OVERLAP;
    }
    /* [x21, wN, UXTW], not shifted: 32 bits added to a base whose low 32 are zero. */
    bool is_window = kind == REGISTER_OFFSET && access.base == KG_REG_WINDOW &&
                     kg_bits(word, 15, 12) == 4;
    enum kg_verify_rule rule = is_window ? KG_RULE_NONE : check_address(state, &access);
    if (rule != KG_RULE_NONE || is_vector || !access.is_load) {
        return rule;
    }
    return kg_verify_write(state, to);
}

static enum kg_verify_rule check_pair(struct kg_verify_state *state, uint32_t word, unsigned kind)
{
    unsigned size = kg_bits(word, 31, 30);
    bool is_vector = kg_bits(word, 26, 26) != 0;
    unsigned one = kg_bits(word, 4, 0);
    unsigned two = kg_bits(word, 14, 10);
    struct access access = {
        .base = kg_bits(word, 9, 5),
        .is_load = kg_bits(word, 22, 22) != 0,
        .is_writeback = kind == PAIR_WRITEBACK,
    };
    /* Of size 1 with general registers there is only LDPSW, and not without a cache hint. */
    bool is_ldpsw = !is_vector && size == 1;
    if (size == 3 || (is_ldpsw && kg_bits(word, 24, 23) == 0)) {
        return KG_RULE_UNKNOWN;
    }
    if (access.is_load && one == two) {
        return KG_RULE_OVERLAP;
    }
    if (access.is_writeback && !is_vector && access.base != KG_REG_SP &&
        (one == access.base || two == access.base)) {
        return KG_RULE_OVERLAP;
    }
    enum kg_verify_rule rule = check_address(state, &access);
    if (rule == KG_RULE_NONE && access.is_load && !is_vector) {
        rule = kg_verify_write(state, one);
        return rule == KG_RULE_NONE ? kg_verify_write(state, two) : rule;
    }
    return rule;
}

/* Bits 23, 22, 21 and 15 tell them apart: o2, L, o1, o0. */
static enum kg_verify_rule check_exclusive(struct kg_verify_state *state, uint32_t word)
{
    unsigned size = kg_bits(word, 31, 30);
    bool is_ordered = kg_bits(word, 23, 23) != 0; /* LDAR, STLR, CAS: not exclusive */
    bool is_load = kg_bits(word, 22, 22) != 0;
    bool has_two = kg_bits(word, 21, 21) != 0;
    unsigned status = kg_bits(word, 20, 16);
    unsigned one = kg_bits(word, 4, 0);
    unsigned two = kg_bits(word, 14, 10);
    bool is_pair = !is_ordered && has_two && size >= 2;
    bool is_swap = has_two && !is_pair; /* CAS, CASP */
    struct access access = {
        .base = kg_bits(word, 9, 5), .is_load = is_load && !is_swap, .is_exclusive = true};
    bool writes_status = is_swap || (!is_ordered && !is_load);
    enum kg_verify_rule rule = check_address(state, &access);

    if ((!writes_status && status != 31) || (!is_pair && two != 31)) {
        return KG_RULE_UNKNOWN;
    }
    if (is_swap && !is_ordered && ((status | one) & 1) != 0) {
        return KG_RULE_UNKNOWN; /* CASP takes even registers and the next ones */
    }
    if (is_pair && is_load && one == two) {
        return KG_RULE_OVERLAP;
    }
    if (writes_status && !is_swap &&
        (status == one || (is_pair && status == two) || status == access.base)) {
        return KG_RULE_OVERLAP;
    }
    if (rule == KG_RULE_NONE && writes_status) {
        rule = kg_verify_write(state, status);
        if (rule == KG_RULE_NONE && is_swap && !is_ordered) {
            rule = kg_verify_write(state, status + 1);
        }
    } else if (rule == KG_RULE_NONE && is_load) {
        rule = kg_verify_write(state, one);
        if (rule == KG_RULE_NONE && is_pair) {
            rule = kg_verify_write(state, two);
        }
    }
    return rule;
}

static enum kg_verify_rule check_atomic(struct kg_verify_state *state, uint32_t word)
{
    struct access access = {.base = kg_bits(word, 9, 5), .is_exclusive = true};
    enum kg_verify_rule rule = check_address(state, &access);
    return rule == KG_RULE_NONE ? kg_verify_write(state, kg_bits(word, 4, 0)) : rule;
}

/* LD1 takes one to four vectors of any kind; LD2 to LD4 none of a single 64-bit lane. */
static bool vectors_are_allocated(uint32_t word)
{
    switch (kg_bits(word, 15, 12)) {
    case 0: /* LD4 */
    case 4: /* LD3 */
    case 8: /* LD2 */
        return kg_bits(word, 30, 30) != 0 || kg_bits(word, 11, 10) != 3;
    case 2:
    case 6:
    case 7:
    case 10: /* LD1 */
        return true;
    default:
        return false;
    }
}

static bool lanes_are_allocated(uint32_t word)
{
    unsigned size = kg_bits(word, 11, 10);
    bool upper = kg_bits(word, 12, 12) != 0;
    switch (kg_bits(word, 15, 14)) {
    case 0: /* bytes */
        return true;
    case 1: /* 16 bits */
        return (size & 1) == 0;
    case 2: /* 32 bits, and 64 */
        return size == 0 || (size == 1 && !upper);
    default: /* LD1R to LD4R */
        return kg_bits(word, 22, 22) != 0 && !upper;
    }
}

static enum kg_verify_rule check_vectors(struct kg_verify_state *state, uint32_t word,
                                         bool is_known)
{
    struct access access = {
        .base = kg_bits(word, 9, 5), .is_load = kg_bits(word, 22, 22) != 0, .is_exclusive = true};
    return is_known ? check_address(state, &access) : KG_RULE_UNKNOWN;
}

enum kg_verify_rule kg_verify_memory(struct kg_verify_state *state, uint32_t word)
{
    const struct kg_verify_row *row =
        kg_verify_find(rows, rows + sizeof(rows) / sizeof(rows[0]), word);
    if (row == NULL) {
        return KG_RULE_UNKNOWN;
    }
    switch (row->kind) {
    case PAIR:
    case PAIR_WRITEBACK:
        return check_pair(state, word, row->kind);
    case EXCLUSIVE:
        return check_exclusive(state, word);
    case ATOMIC:
        return check_atomic(state, word);
    case VECTORS:
        return check_vectors(state, word, vectors_are_allocated(word));
    case LANES:
        return check_vectors(state, word, lanes_are_allocated(word));
    case LITERAL:
        return KG_RULE_LITERAL;
    case REFUSE_TAG:
        return KG_RULE_TAG;
    default:
        return check_single(state, word, row->kind);
    }
}
