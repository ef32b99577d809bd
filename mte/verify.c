/* SPDX-License-Identifier: MIT */
/* The list of instructions that forced-tag code may have: integers, branches and the few system
 * instructions. Fields and encodings are those of the Arm ARM (C4.1, A64 encodings), Armv8.1. */
#include "verify_parts.h"

enum kind {
    NO_RESULT,
    RESULT, /* writes the general register in bits 4 to 0 */
    SHIFTED,
    ARITHMETIC_IMMEDIATE,
    ARITHMETIC_EXTENDED,
    LOGICAL_IMMEDIATE,
    MOVE_WIDE,
    BITFIELD,
    EXTRACT,
    BRANCH_26,
    BRANCH_19,
    BRANCH_14,
    INDIRECT,
    RETURN,
    REFUSE_TAG,
};

static const struct kg_verify_row immediate_rows[] = {
    {0x1f000000, 0x10000000, RESULT}, /* ADR, ADRP */
    {0x1f800000, 0x11000000, ARITHMETIC_IMMEDIATE},
    {0x1f800000, 0x11800000, REFUSE_TAG}, /* ADDG, SUBG */
    {0x1f800000, 0x12000000, LOGICAL_IMMEDIATE},
    {0x1f800000, 0x12800000, MOVE_WIDE},
    {0x1f800000, 0x13000000, BITFIELD},
    {0x7fa00000, 0x13800000, EXTRACT},
};

static const struct kg_verify_row register_rows[] = {
    {0x1f000000, 0x0a000000, SHIFTED}, /* AND, ORR and so on */
    {0x1fe00000, 0x0b000000, SHIFTED}, /* ADD, SUB with LSL */
    {0x1fe00000, 0x0b400000, SHIFTED}, /* LSR */
    {0x1fe00000, 0x0b800000, SHIFTED}, /* ASR */
    {0x1fe00000, 0x0b200000, ARITHMETIC_EXTENDED},
    {0x1fe0fc00, 0x1a000000, RESULT},    /* ADC, SBC */
    {0x3fe00c10, 0x3a400000, NO_RESULT}, /* CCMP, CCMN with a register */
    {0x3fe00c10, 0x3a400800, NO_RESULT}, /* and with an immediate */
    {0x3fe00800, 0x1a800000, RESULT},    /* CSEL, CSINC, CSINV, CSNEG */
    {0x7fe0f800, 0x1ac00800, RESULT},    /* UDIV, SDIV */
    {0x7fe0f000, 0x1ac02000, RESULT},    /* LSLV, LSRV, ASRV, RORV */
    {0xffe0e800, 0x1ac04000, RESULT},    /* CRC32 of a byte or two */
    {0xffe0ec00, 0x1ac04800, RESULT},    /* of four */
    {0xffe0ec00, 0x9ac04c00, RESULT},    /* of eight */
    {0x7ffff800, 0x5ac00000, RESULT},    /* RBIT, REV16 */
    {0x7ffffc00, 0x5ac00800, RESULT},    /* REV32, REV of 32 bits */
    {0xfffffc00, 0xdac00c00, RESULT},    /* REV of 64 */
    {0x7ffff800, 0x5ac01000, RESULT},    /* CLZ, CLS */
    {0x7fe00000, 0x1b000000, RESULT},    /* MADD, MSUB */
    {0xff600000, 0x9b200000, RESULT},    /* SMADDL and so on */
    {0xff60fc00, 0x9b407c00, RESULT},    /* SMULH, UMULH */
    {0xffe0f000, 0x9ac01000, REFUSE_TAG}, /* IRG, GMI */
    {0xdfe0fc00, 0x9ac00000, REFUSE_TAG}, /* SUBP, SUBPS */
};

/* NZCV, FPCR and FPSR decide nothing about what is reached, and gates set all three on the way in
 * and give the caller its own back. Every other system register is refused: TPIDR_EL0 says where
 * the host is, counters measure what others do. */
static const struct kg_verify_row branch_rows[] = {
    {0x7c000000, 0x14000000, BRANCH_26}, /* B, BL */
    {0xff000010, 0x54000000, BRANCH_19}, /* B.cond */
    {0x7e000000, 0x34000000, BRANCH_19}, /* CBZ, CBNZ */
    {0x7e000000, 0x36000000, BRANCH_14}, /* TBZ, TBNZ */
    {0xffdffc1f, 0xd61f0000, INDIRECT},  /* BR, BLR */
    {0xfffffc1f, 0xd65f0000, RETURN},
    {0xffffffff, 0xd503201f, NO_RESULT}, /* NOP */
    {0xffffffff, 0xd503203f, NO_RESULT}, /* YIELD */
    {0xffffff3f, 0xd503241f, NO_RESULT}, /* BTI */
    {0xfffff0ff, 0xd503305f, NO_RESULT}, /* CLREX */
    {0xfffff0ff, 0xd503309f, NO_RESULT}, /* DSB */
    {0xfffff0ff, 0xd50330bf, NO_RESULT}, /* DMB */
    {0xfffff0ff, 0xd50330df, NO_RESULT}, /* ISB */
    {0xffffffe0, 0xd53b4200, RESULT},    /* MRS NZCV */
    {0xffffffc0, 0xd53b4400, RESULT},    /* MRS FPCR, FPSR */
    {0xffffffe0, 0xd51b4200, NO_RESULT}, /* MSR NZCV */
    {0xffffffc0, 0xd51b4400, NO_RESULT}, /* MSR FPCR, FPSR */
    {0xffe0001f, 0xd4200000, NO_RESULT}, /* BRK: traps */
};

#define FIND(rows, word) kg_verify_find(rows, rows + sizeof(rows) / sizeof(rows[0]), word)

enum kg_verify_rule kg_verify_write(struct kg_verify_state *state, unsigned reg)
{
    if (reg == KG_REG_ADDRESS || reg == KG_REG_WINDOW || reg == KG_REG_STACK) {
        return KG_RULE_RESERVED;
    }
    if (reg == KG_REG_LINK) {
        state->link_open = true;
    }
    return KG_RULE_NONE;
}

/* Before any branch, and where text ends, nothing may be half done. */
static enum kg_verify_rule settled(const struct kg_verify_state *state)
{
    if (state->link_open) {
        return KG_RULE_LINK;
    }
    return state->stack_moved ? KG_RULE_PROBE : KG_RULE_NONE;
}

/* ADD and SUB of 12 bits, shifted by 12 or not. */
static enum kg_verify_rule arithmetic_immediate(struct kg_verify_state *state, uint32_t word)
{
    unsigned to = kg_bits(word, 4, 0);
    bool sets_flags = kg_bits(word, 29, 29) != 0;
    if (to != KG_REG_SP || sets_flags) {
        return kg_verify_write(state, to);
    }
    uint32_t step = kg_bits(word, 21, 10) << (kg_bits(word, 22, 22) * 12);
    bool is_64_bit = kg_bits(word, 31, 31) != 0;
    if (!is_64_bit || kg_bits(word, 9, 5) != KG_REG_SP || step > KG_FORCED_STEP) {
        return KG_RULE_STACK;
    }
    if (state->stack_moved) {
        return KG_RULE_PROBE;
    }
    state->stack_moved = step != 0;
    return KG_RULE_NONE;
}

/* The guards: ADD x18 or x30, x21, wN, UXTW and ADD sp, x22, wN, UXTH #4. */
static enum kg_verify_rule arithmetic_extended(struct kg_verify_state *state, uint32_t word)
{
    unsigned to = kg_bits(word, 4, 0);
    unsigned from = kg_bits(word, 9, 5);
    if (kg_bits(word, 12, 10) > 4) {
        return KG_RULE_UNKNOWN;
    }
    if ((word & 0xffe0fc00) == 0x8b204000 && from == KG_REG_WINDOW) {
        if (to == KG_REG_ADDRESS) {
            return KG_RULE_NONE;
        }
        if (to == KG_REG_LINK) {
            state->link_open = false;
            return KG_RULE_NONE;
        }
    }
    if (to == KG_REG_SP && kg_bits(word, 29, 29) == 0) {
        if ((word & 0xffe0fc00) != 0x8b203000 || from != KG_REG_STACK) {
            return KG_RULE_STACK;
        }
        state->stack_moved = false;
        return KG_RULE_NONE;
    }
    return kg_verify_write(state, to);
}

/* N, immr and imms must be a bit mask (Arm ARM, DecodeBitMasks), not all ones. */
static enum kg_verify_rule logical_immediate(struct kg_verify_state *state, uint32_t word)
{
    uint32_t inverted = kg_bits(word, 22, 22) << 6 | (~kg_bits(word, 15, 10) & 63);
    bool is_64_bit = kg_bits(word, 31, 31) != 0;
    uint32_t size = 64;
    while (size > 1 && (inverted & size) == 0) {
        size >>= 1;
    }
    uint32_t ones = kg_bits(word, 15, 10) & (size - 1);
    if (size < 2 || ones == size - 1 || (!is_64_bit && size == 64)) {
        return KG_RULE_UNKNOWN;
    }
    bool sets_flags = kg_bits(word, 30, 29) == 3;
    unsigned to = kg_bits(word, 4, 0);
    return to == KG_REG_SP && !sets_flags ? KG_RULE_STACK : kg_verify_write(state, to);
}

static bool integer_is_allocated(uint32_t word, unsigned kind)
{
    unsigned is_64_bit = kg_bits(word, 31, 31);
    unsigned operation = kg_bits(word, 30, 29);
    switch (kind) {
    case SHIFTED:
        return is_64_bit || kg_bits(word, 15, 15) == 0;
    case MOVE_WIDE:
        return operation != 1 && (is_64_bit || kg_bits(word, 22, 22) == 0);
    case BITFIELD:
        return operation != 3 && kg_bits(word, 22, 22) == is_64_bit &&
               (is_64_bit || (kg_bits(word, 21, 21) == 0 && kg_bits(word, 15, 15) == 0));
    case EXTRACT:
        return kg_bits(word, 22, 22) == is_64_bit &&
               (is_64_bit || kg_bits(word, 15, 15) == 0);
    default:
        return true;
    }
}

static enum kg_verify_rule check_integer(struct kg_verify_state *state,
                                         const struct kg_verify_row *row, uint32_t word)
{
    if (row == NULL || !integer_is_allocated(word, row->kind)) {
        return KG_RULE_UNKNOWN;
    }
    switch (row->kind) {
    case NO_RESULT:
        return KG_RULE_NONE;
    case ARITHMETIC_IMMEDIATE:
        return arithmetic_immediate(state, word);
    case ARITHMETIC_EXTENDED:
        return arithmetic_extended(state, word);
    case LOGICAL_IMMEDIATE:
        return logical_immediate(state, word);
    case REFUSE_TAG:
        return KG_RULE_TAG;
    default:
        return kg_verify_write(state, kg_bits(word, 4, 0));
    }
}

/* The offset is the field's two's complement, in words. */
static enum kg_verify_rule direct_branch(const struct kg_verify_state *state, uint32_t field,
                                         unsigned bits)
{
    uint32_t sign = 1u << (bits - 1);
    int64_t target = (int64_t)state->at + (int64_t)(field ^ sign) - (int64_t)sign;
    enum kg_verify_rule rule = settled(state);
    if (rule != KG_RULE_NONE) {
        return rule;
    }
    return target >= 0 && (uint64_t)target < state->words ? KG_RULE_NONE : KG_RULE_BRANCH;
}

static enum kg_verify_rule check_branch(struct kg_verify_state *state, uint32_t word)
{
    const struct kg_verify_row *row = FIND(branch_rows, word);
    unsigned through = kg_bits(word, 9, 5);
    if (row == NULL) {
        /* Of 1101011 in bits 31 to 25, with bit 23 are ERET and DRPS; without, branches. */
        bool is_jump = kg_bits(word, 31, 25) == 0x6b && kg_bits(word, 23, 23) == 0;
        return is_jump ? KG_RULE_INDIRECT : KG_RULE_SYSTEM;
    }
    switch (row->kind) {
    case BRANCH_26:
        return direct_branch(state, kg_bits(word, 25, 0), 26);
    case BRANCH_19:
        return direct_branch(state, kg_bits(word, 23, 5), 19);
    case BRANCH_14:
        return direct_branch(state, kg_bits(word, 18, 5), 14);
    case INDIRECT:
        return through == KG_REG_ADDRESS ? settled(state) : KG_RULE_INDIRECT;
    case RETURN:
        return through == KG_REG_LINK ? settled(state) : KG_RULE_INDIRECT;
    case RESULT:
        return kg_verify_write(state, kg_bits(word, 4, 0));
    default:
        return KG_RULE_NONE;
    }
}

/* The top level of the encoding: bits 28 to 25. */
static enum kg_verify_rule check(struct kg_verify_state *state, uint32_t word)
{
    unsigned group = kg_bits(word, 28, 25);
    bool general = false;
    if ((group & 5) == 4) {
        return kg_verify_memory(state, word);
    }
    switch (group) {
    case 0: /* UDF traps; the rest is for other extensions */
        return word >> 16 == 0 ? KG_RULE_NONE : KG_RULE_UNKNOWN;
    case 8:
    case 9:
        return check_integer(state, FIND(immediate_rows, word), word);
    case 10:
    case 11:
        return check_branch(state, word);
    case 5:
    case 13:
        return check_integer(state, FIND(register_rows, word), word);
    case 7:
    case 15: {
        enum kg_verify_rule rule = kg_verify_simd(word, &general);
        return rule == KG_RULE_NONE && general ? kg_verify_write(state, kg_bits(word, 4, 0))
                                               : rule;
    }
    default:
        return KG_RULE_UNKNOWN;
    }
}

bool kg_verify_aarch64(const uint32_t *code, size_t words, enum kg_verify_profile profile,
                       struct kg_verify_refusal *why)
{
    struct kg_verify_state state = {.profile = profile, .words = words};
    enum kg_verify_rule rule = KG_RULE_NONE;
    for (; state.at < words; state.at++) {
        rule = check(&state, code[state.at]);
        if (rule != KG_RULE_NONE) {
            *why = (struct kg_verify_refusal){state.at * 4, code[state.at], rule};
            return false;
        }
    }
    if (settled(&state) != KG_RULE_NONE) {
        *why = (struct kg_verify_refusal){words * 4, 0, KG_RULE_END};
        return false;
    }
    *why = (struct kg_verify_refusal){0, 0, KG_RULE_NONE};
    return true;
}

const char *kg_verify_rule_name(enum kg_verify_rule rule)
{
    static const char *const names[KG_RULES] = {
        [KG_RULE_NONE] = "accepted",
        [KG_RULE_UNKNOWN] = "unknown instruction",
        [KG_RULE_SYSTEM] = "system instruction",
        [KG_RULE_TAG] = "tag instruction",
        [KG_RULE_ADDRESS] = "unguarded address",
        [KG_RULE_LITERAL] = "literal load",
        [KG_RULE_WRITEBACK] = "writeback to an address register",
        [KG_RULE_RESERVED] = "reserved register written",
        [KG_RULE_STACK] = "stack pointer not confined",
        [KG_RULE_PROBE] = "stack pointer moved without an access",
        [KG_RULE_LINK] = "branch with an unguarded x30",
        [KG_RULE_BRANCH] = "branch out of the text",
        [KG_RULE_INDIRECT] = "unguarded indirect branch",
        [KG_RULE_OVERLAP] = "registers overlap",
        [KG_RULE_END] = "text ends in the middle of a sequence",
    };
    return (unsigned)rule < KG_RULES ? names[rule] : "no such rule";
}
