/* SPDX-License-Identifier: MIT */
/*
 * Floating point and vectors of forced-tag code, without memory (Arm ARM, C4.1, Data Processing --
 * Scalar Floating-Point and Advanced SIMD): Armv8.0 with rounding multiplies (RDM) of Armv8.1, no
 * half precision but its conversions, no cryptography.
 *
 * The larger classes are tables of what is allocated: for each U (bit 29) and opcode, one bit for
 * each value of the size field, or, for floating point, of bits 23 (which operation) and 22
 * (double). In a vector, 64-bit elements need a 128-bit register.
 */
#include "verify_parts.h"

enum kind {
    ANY,
    FLOAT_TYPE,   /* single or double */
    FLOAT_ONE,    /* one operand */
    FLOAT_TWO,    /* two */
    FLOAT_INTEGER,
    FLOAT_FIXED,
    VECTOR_THREE, /* "three same" */
    VECTOR_LONG,  /* "three different" */
    VECTOR_TWO,   /* "two-register miscellaneous" */
    VECTOR_ACROSS,
    VECTOR_COPY,
    VECTOR_INSERT,
    VECTOR_PERMUTE,
    VECTOR_EXTRACT,
    VECTOR_CONSTANT,
    VECTOR_SHIFT,
    VECTOR_INDEXED,
    SCALAR_THREE,
    SCALAR_LONG,
    SCALAR_TWO,
    SCALAR_PAIRWISE,
    SCALAR_COPY,
    SCALAR_SHIFT,
    SCALAR_INDEXED,
};

static const struct kg_verify_row rows[] = {
    {0xff207c00, 0x1e204000, FLOAT_ONE},
    {0xff20fc0f, 0x1e202000, FLOAT_TYPE}, /* FCMP */
    {0xff3ffc0f, 0x1e202008, FLOAT_TYPE}, /* with zero */
    {0xff201fe0, 0x1e201000, FLOAT_TYPE}, /* FMOV of a constant */
    {0xff200c00, 0x1e200400, FLOAT_TYPE}, /* FCCMP */
    {0xff200c00, 0x1e200800, FLOAT_TWO},
    {0xff200c00, 0x1e200c00, FLOAT_TYPE}, /* FCSEL */
    {0xff000000, 0x1f000000, FLOAT_TYPE}, /* FMADD and so on */
    {0x7f20fc00, 0x1e200000, FLOAT_INTEGER},
    {0x7f200000, 0x1e000000, FLOAT_FIXED},
    {0x9f200400, 0x0e200400, VECTOR_THREE},
    {0x9f200c00, 0x0e200000, VECTOR_LONG},
    {0x9f3e0c00, 0x0e200800, VECTOR_TWO},
    {0x9f3e0c00, 0x0e300800, VECTOR_ACROSS},
    {0xbfe08400, 0x0e000400, VECTOR_COPY},
    {0xffe08400, 0x6e000400, VECTOR_INSERT},
    {0xbf208c00, 0x0e000800, VECTOR_PERMUTE},
    {0xbfe08400, 0x2e000000, VECTOR_EXTRACT},
    {0xbfe08c00, 0x0e000000, ANY}, /* TBL, TBX */
    {0x9ff80c00, 0x0f000400, VECTOR_CONSTANT},
    {0x9f800400, 0x0f000400, VECTOR_SHIFT},
    {0x9f000400, 0x0f000000, VECTOR_INDEXED},
    {0xdf200400, 0x5e200400, SCALAR_THREE},
    {0xdf200c00, 0x5e200000, SCALAR_LONG},
    {0xdf3e0c00, 0x5e200800, SCALAR_TWO},
    {0xdf3e0c00, 0x5e300800, SCALAR_PAIRWISE},
    {0xffe0fc00, 0x5e000400, SCALAR_COPY},
    {0xdf800400, 0x5f000400, SCALAR_SHIFT},
    {0xdf000400, 0x5f000000, SCALAR_INDEXED},
};

/* Sizes: 1 is 8 bits, 2 is 16, 4 is 32, 8 is 64. */
static const unsigned char vector_three[2][32] = {
    {7, 15, 7, 15, 7, 15, 15, 15, 15, 15, 15, 15, 7, 7, 7, 7,
     15, 15, 7, 7, 7, 7, 6, 15, 15, 15, 15, 3, 3, 0, 15, 15},
    {7, 15, 7, 15, 7, 15, 15, 15, 15, 15, 15, 15, 7, 7, 7, 7,
     15, 15, 7, 1, 7, 7, 6, 0, 15, 0, 15, 3, 15, 15, 15, 3},
};
static const unsigned char vector_long[2][16] = {
    {7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 7, 6, 7, 6, 1, 0},
    {7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 7, 0, 7, 0, 0, 0},
};
static const unsigned char vector_two[2][32] = {
    {7, 1, 7, 15, 7, 1, 7, 15, 15, 15, 15, 15, 12, 12, 12, 12,
     0, 0, 7, 0, 7, 0, 3, 3, 15, 15, 15, 15, 7, 15, 0, 0},
    {3, 0, 7, 15, 7, 3, 7, 15, 15, 15, 0, 15, 12, 12, 0, 12,
     0, 0, 7, 7, 7, 0, 2, 0, 3, 15, 15, 15, 7, 15, 0, 12},
};
static const unsigned char vector_across[2][32] = {
    {[3] = 7, [10] = 7, [26] = 7, [27] = 7},
    {[3] = 7, [10] = 7, [12] = 5, [15] = 5, [26] = 7},
};
static const unsigned char vector_indexed[2][16] = {
    {0, 12, 6, 6, 0, 12, 6, 6, 6, 12, 6, 6, 6, 6, 0, 0},
    {6, 0, 6, 0, 6, 0, 6, 0, 0, 12, 6, 0, 0, 6, 0, 6},
};
static const unsigned char scalar_three[2][32] = {
    {[1] = 15, [5] = 15, [6] = 8, [7] = 8, [8] = 8, [9] = 15, [10] = 8, [11] = 15, [16] = 8,
     [17] = 8, [22] = 6, [27] = 3, [28] = 3, [31] = 15},
    {[1] = 15, [5] = 15, [6] = 8, [7] = 8, [8] = 8, [9] = 15, [10] = 8, [11] = 15, [16] = 8,
     [17] = 8, [22] = 6, [26] = 12, [28] = 15, [29] = 15},
};
static const unsigned char scalar_long[2][16] = {{[9] = 6, [11] = 6, [13] = 6}};
static const unsigned char scalar_two[2][32] = {
    {[3] = 15, [7] = 15, [8] = 8, [9] = 8, [10] = 8, [11] = 8, [12] = 12, [13] = 12, [14] = 12,
     [20] = 7, [26] = 15, [27] = 15, [28] = 3, [29] = 15, [31] = 12},
    {[3] = 15, [7] = 15, [8] = 8, [9] = 8, [11] = 8, [12] = 12, [13] = 12, [18] = 7, [20] = 7,
     [22] = 2, [26] = 15, [27] = 15, [28] = 3, [29] = 15},
};
static const unsigned char scalar_pairwise[2][32] = {
    {[27] = 8}, {[12] = 15, [13] = 3, [15] = 15}};
static const unsigned char scalar_indexed[2][16] = {
    {[1] = 12, [3] = 6, [5] = 12, [7] = 6, [9] = 12, [11] = 6, [12] = 6, [13] = 6},
    {[9] = 12, [13] = 6, [15] = 6},
};

/* Shifts by immediate: what opcode (bits 15 to 11) is. */
enum shift { NO_SHIFT, SAME, DOUBLEWORD, NARROW, LONG, FIXED };
static const unsigned char vector_shift[2][32] = {
    {[0] = SAME, [2] = SAME, [4] = SAME, [6] = SAME, [10] = SAME, [14] = SAME, [16] = NARROW,
     [17] = NARROW, [18] = NARROW, [19] = NARROW, [20] = LONG, [28] = FIXED, [31] = FIXED},
    {[0] = SAME, [2] = SAME, [4] = SAME, [6] = SAME, [8] = SAME, [10] = SAME, [12] = SAME,
     [14] = SAME, [16] = NARROW, [17] = NARROW, [18] = NARROW, [19] = NARROW, [20] = LONG,
     [28] = FIXED, [31] = FIXED},
};
static const unsigned char scalar_shift[2][32] = {
    {[0] = DOUBLEWORD, [2] = DOUBLEWORD, [4] = DOUBLEWORD, [6] = DOUBLEWORD, [10] = DOUBLEWORD,
     [14] = SAME, [18] = NARROW, [19] = NARROW, [28] = FIXED, [31] = FIXED},
    {[0] = DOUBLEWORD, [2] = DOUBLEWORD, [4] = DOUBLEWORD, [6] = DOUBLEWORD, [8] = DOUBLEWORD,
     [10] = DOUBLEWORD, [12] = SAME, [14] = SAME, [16] = NARROW, [17] = NARROW, [18] = NARROW,
     [19] = NARROW, [28] = FIXED, [31] = FIXED},
};

/* Does the entry for this instruction's U and opcode have its size? */
static bool has_size(unsigned char sizes, uint32_t word)
{
    return (sizes >> kg_bits(word, 23, 22) & 1) != 0;
}

static bool float_one(uint32_t word)
{
    unsigned type = kg_bits(word, 23, 22);
    unsigned operation = kg_bits(word, 20, 15);
    if (type == 3) {
        return operation == 4 || operation == 5; /* FCVT from half precision */
    }
    if (type == 2 || operation > 15 || operation == 6 || operation == 13) {
        return false;
    }
    /* FCVT to the same type is none. */
    return operation != 4 + type;
}

/* Between general and vector registers: type, rmode (bits 20, 19) and opcode. */
static bool float_integer(uint32_t word, bool *general)
{
    unsigned is_64_bit = kg_bits(word, 31, 31);
    unsigned type = kg_bits(word, 23, 22);
    unsigned rounding = kg_bits(word, 20, 19);
    unsigned operation = kg_bits(word, 18, 16);
    *general = operation != 2 && operation != 3 && operation != 7;
    if (type == 2) {
        return is_64_bit && rounding == 1 && operation >= 6; /* FMOV of the upper half */
    }
    if (type == 3) {
        return false;
    }
    if (operation >= 6) {
        return rounding == 0 && type == is_64_bit; /* FMOV */
    }
    return operation < 2 || rounding == 0;
}

static bool float_fixed(uint32_t word, bool *general)
{
    bool is_64_bit = kg_bits(word, 31, 31) != 0;
    unsigned operation = kg_bits(word, 20, 16);
    *general = operation >= 24;
    return kg_bits(word, 23, 22) < 2 && (is_64_bit || kg_bits(word, 15, 15) != 0) &&
           (operation == 2 || operation == 3 || operation == 24 || operation == 25);
}

/* Which size an element index (bits 20 to 16) is of: its lowest bit set; 4 for none. */
static unsigned index_size(uint32_t word)
{
    unsigned size = 0;
    while (size < 4 && kg_bits(word, 16 + size, 16 + size) == 0) {
        size++;
    }
    return size;
}

static bool vector_copy(uint32_t word, bool *general)
{
    bool is_full = kg_bits(word, 30, 30) != 0;
    unsigned size = index_size(word);
    switch (kg_bits(word, 14, 11)) {
    case 0:
    case 1: /* DUP */
        return size < 3 || (size == 3 && is_full);
    case 3: /* INS from a general register */
        return size < 4 && is_full;
    case 5: /* SMOV */
        *general = true;
        return size < (is_full ? 3u : 2u);
    case 7: /* UMOV */
        *general = true;
        return is_full ? size == 3 : size < 3;
    default:
        return false;
    }
}

/* The shift's amount and the element's size are one number, immh:immb, whose highest bit set says
 * which size. */
static bool shift_is_allocated(enum shift shift, uint32_t word, bool is_scalar)
{
    unsigned high = kg_bits(word, 22, 19);
    bool is_full = is_scalar || kg_bits(word, 30, 30) != 0;
    switch (shift) {
    case SAME:
        return high != 0 && (high < 8 || is_full);
    case DOUBLEWORD:
        return high >= 8;
    case NARROW:
    case LONG:
        return high != 0 && high < 8;
    case FIXED:
        return high >= 4 && (high < 8 || is_full);
    default:
        return false;
    }
}

static bool vector_two_is_allocated(uint32_t word)
{
    unsigned operation = kg_bits(word, 16, 12);
    bool is_float = operation >= 24 || (operation >= 12 && operation <= 15);
    bool is_64_bit = is_float ? kg_bits(word, 22, 22) != 0 : kg_bits(word, 23, 22) == 3;
    if (is_64_bit && kg_bits(word, 30, 30) == 0) {
        return false;
    }
    return has_size(vector_two[kg_bits(word, 29, 29)][operation], word);
}

static bool vector_three_is_allocated(uint32_t word)
{
    unsigned operation = kg_bits(word, 15, 11);
    bool is_64_bit = operation >= 24 ? kg_bits(word, 22, 22) != 0
                                     : kg_bits(word, 23, 22) == 3 && operation != 3;
    if (is_64_bit && kg_bits(word, 30, 30) == 0) {
        return false;
    }
    return has_size(vector_three[kg_bits(word, 29, 29)][operation], word);
}

static bool vector_indexed_is_allocated(uint32_t word)
{
    /* FMLA and so on of doubles: no lowest bit of an index, and a full register. */
    if (kg_bits(word, 23, 22) == 3 &&
        (kg_bits(word, 21, 21) != 0 || kg_bits(word, 30, 30) == 0)) {
        return false;
    }
    return has_size(vector_indexed[kg_bits(word, 29, 29)][kg_bits(word, 15, 12)], word);
}

static bool scalar_indexed_is_allocated(uint32_t word)
{
    if (kg_bits(word, 23, 22) == 3 && kg_bits(word, 21, 21) != 0) {
        return false;
    }
    return has_size(scalar_indexed[kg_bits(word, 29, 29)][kg_bits(word, 15, 12)], word);
}

static bool vector_across_is_allocated(uint32_t word)
{
    unsigned size = kg_bits(word, 23, 22);
    unsigned operation = kg_bits(word, 16, 12);
    bool is_float = operation == 12 || operation == 15;
    return (kg_bits(word, 30, 30) != 0 || (size < 2 && !is_float)) &&
           has_size(vector_across[kg_bits(word, 29, 29)][operation], word);
}

static bool vector_is_allocated(uint32_t word, unsigned kind, bool *general)
{
    bool is_full = kg_bits(word, 30, 30) != 0;
    unsigned upper = kg_bits(word, 29, 29);
    unsigned operation = kg_bits(word, 14, 12);
    switch (kind) {
    case VECTOR_THREE:
        return vector_three_is_allocated(word);
    case VECTOR_LONG:
        return has_size(vector_long[upper][kg_bits(word, 15, 12)], word);
    case VECTOR_TWO:
        return vector_two_is_allocated(word);
    case VECTOR_ACROSS:
        return vector_across_is_allocated(word);
    case VECTOR_COPY:
        return vector_copy(word, general);
    case VECTOR_INSERT:
        return index_size(word) < 4;
    case VECTOR_PERMUTE: /* UZP, TRN, ZIP */
        return (operation & 3) != 0 && (is_full || kg_bits(word, 23, 22) != 3);
    case VECTOR_EXTRACT:
        return is_full || kg_bits(word, 14, 14) == 0;
    case VECTOR_CONSTANT: /* FMOV of doubles needs a full register */
        return is_full || upper == 0 || kg_bits(word, 15, 12) != 15;
    case VECTOR_SHIFT:
        return shift_is_allocated(vector_shift[upper][kg_bits(word, 15, 11)], word, false);
    case VECTOR_INDEXED:
        return vector_indexed_is_allocated(word);
    default:
        return false;
    }
}

static bool is_allocated(uint32_t word, unsigned kind, bool *general)
{
    unsigned upper = kg_bits(word, 29, 29);
    bool is_float = kg_bits(word, 23, 22) < 2;
    switch (kind) {
    case ANY:
        return true;
    case FLOAT_TYPE:
        return is_float;
    case FLOAT_ONE:
        return float_one(word);
    case FLOAT_TWO:
        return is_float && kg_bits(word, 15, 12) <= 8;
    case FLOAT_INTEGER:
        return float_integer(word, general);
    case FLOAT_FIXED:
        return float_fixed(word, general);
    case SCALAR_THREE:
        return has_size(scalar_three[upper][kg_bits(word, 15, 11)], word);
    case SCALAR_LONG:
        return has_size(scalar_long[upper][kg_bits(word, 15, 12)], word);
    case SCALAR_TWO:
        return has_size(scalar_two[upper][kg_bits(word, 16, 12)], word);
    case SCALAR_PAIRWISE:
        return has_size(scalar_pairwise[upper][kg_bits(word, 16, 12)], word);
    case SCALAR_COPY:
        return index_size(word) < 4;
    case SCALAR_SHIFT:
        return shift_is_allocated(scalar_shift[upper][kg_bits(word, 15, 11)], word, true);
    case SCALAR_INDEXED:
        return scalar_indexed_is_allocated(word);
    default:
        return vector_is_allocated(word, kind, general);
    }
}

enum kg_verify_rule kg_verify_simd(uint32_t word, bool *general)
{
    const struct kg_verify_row *row =
        kg_verify_find(rows, rows + sizeof(rows) / sizeof(rows[0]), word);
    *general = false;
    return row != NULL && is_allocated(word, row->kind, general) ? KG_RULE_NONE : KG_RULE_UNKNOWN;
}
