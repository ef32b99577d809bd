/* SPDX-License-Identifier: MIT */
/*
 * The assembly pass: turns a compiler's AArch64 assembly into code that mte/verify.h accepts. It
 * runs between `gcc -S` and the assembler and nobody has to trust it: the loader checks what comes
 * out.
 *
 * In steps: read.c takes a file apart into lines; link.c gives x30 another name where the compiler
 * uses it for data; lower.c replaces each line by operations that keep the rules, and leaves open
 * how an access gets its address; guard.c decides that, so that an address is guarded once and not
 * at each use; reach.c mends branches that no longer reach; main.c writes it all out.
 */
#ifndef KG_MTE_PASS_PASS_H
#define KG_MTE_PASS_PASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REG_ADDRESS = 18,
    REG_WINDOW = 21,
    REG_STACK = 22,
    REG_SCRATCH = 23,
    REG_LINK_DATA = 24, /* what x30 is called where it holds data */
    REG_LINK = 30,
    REG_ZERO = 31,
    REG_SP = 32,
    REG_NONE = -1,
    OPERANDS_MAX = 8,
};

/* A growing list of things of one size. */
struct list {
    void *items;
    size_t count;
    size_t room;
    size_t size;
};

void *list_add(struct list *list); /* zeroed */
char *text_copy(const char *text, size_t length);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- read.c: lines ---- */

enum line_kind { LINE_LABEL, LINE_DIRECTIVE, LINE_CODE };

struct line {
    enum line_kind kind;
    unsigned number;      /* in the input */
    char *text;           /* whole, without comments; a label without its colon */
    char *name;           /* the instruction or directive */
    char *operands[OPERANDS_MAX];
    unsigned operand_count;
    bool has_link_data; /* in a function where x24 stands for x30 */
};

/* false: said on the error stream. */
bool read_lines(const char *path, struct list *lines);
/* Splits at commas that stand in no bracket; returns how many there are, or OPERANDS_MAX + 1. */
unsigned split_operands(const char *text, char *operands[OPERANDS_MAX]);
/* The general register an operand names, else REG_NONE. *is_64 may be NULL. */
int register_number(const char *operand, bool *is_64);
/* "#12", "-0x10": true and the value. */
bool read_number(const char *text, long *value);

/* ---- table.c: instructions ---- */

enum form {
    FORM_SCALED,   /* one register; any immediate, or a register as offset */
    FORM_UNSCALED, /* one register; an immediate of nine bits */
    FORM_PAIR,
    FORM_BARE,     /* no offset at all */
    FORM_PREFETCH,
};

struct memory_row {
    const char *name;
    enum form form;
    unsigned size;   /* of what is accessed, in bytes; 0: as wide as the first register */
    unsigned writes; /* bit k: operand k gets a value */
    bool is_load;    /* and nothing else */
    bool has_order;  /* may have a, l or al behind its name, then b or h */
};

/* Is it in a list that ends with NULL? */
bool is_one_of(const char *name, const char *const *names);
const struct memory_row *find_memory(const char *name);
/* Why an instruction may not be in a domain, or NULL. */
const char *find_forbidden(const char *name);
/* Does control go elsewhere, maybe? */
bool is_branch(const char *name);
/* Does it leave its first operand alone? */
bool only_reads(const char *name);
/* The condition of b.<condition>, in either spelling, or NULL. */
const char *branch_condition(const char *name);
const char *inverse_condition(const char *condition);

/* ---- link.c ---- */

void rename_link(struct list *lines);

/* ---- operations: what lower.c makes ---- */

enum op_kind {
    OP_TEXT,   /* a directive, or anything that is no code */
    OP_LABEL,
    OP_CODE,
    OP_ACCESS, /* code whose address is still to be guarded */
    OP_DELETED,
};

enum op_flow { FLOW_ON, FLOW_BRANCH, FLOW_JUMP, FLOW_CALL, FLOW_END };

/* The lower half of a + (b << shift); a is REG_NONE for no sum. */
struct sum {
    int a;
    int b;
    unsigned shift;
};

struct op {
    enum op_kind kind;
    enum op_flow flow;
    char *text;      /* the line; of an access, what stands before its address */
    char *target;    /* of a direct branch */
    unsigned line;
    unsigned bytes;  /* as many at most */
    bool has_link_data;
    uint32_t writes; /* general registers that get a value */
    /* to = from + amount, in the lower 32 bits: a copy of an address, or a step. */
    int to;
    int from;
    long amount;
    struct sum sum; /* or a sum, when sum.a is a register */
    /* Of an access: its address is base + offset, base + symbol, or the sum. */
    enum form form;
    unsigned size;
    int base;
    long offset;
    char *symbol;
    unsigned section;
};

struct pass {
    const char *path;
    bool stores_only;
    bool keep_guards; /* guard each access anew */
    struct list lines;
    struct list ops;
    struct list sections;  /* char *: names */
    unsigned section;      /* where lower.c is */
    unsigned source_line;  /* by .loc */
    unsigned errors;
    size_t stack_move;     /* 1 + the operation that moved sp and needs an access, else 0 */
};

/* Says file, line and instruction, and what is wrong with it. */
void pass_error(struct pass *pass, const struct line *line, const char *why);

struct op *add_op(struct pass *pass, enum op_kind kind, const struct line *line, char *text);
struct op *add_code(struct pass *pass, const struct line *line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Nothing may use the registers that are not the compiler's. */
void check_registers(struct pass *pass);

/* "lsl #3", "sxtw 2": the number, 0 if there is none. */
long extend_amount(const char *extend);

void lower_lines(struct pass *pass);
/* lower_memory.c, lower_stack.c: parts of it. */
void lower_memory(struct pass *pass, const struct line *line, const struct memory_row *row,
                  unsigned at);
bool lower_stack(struct pass *pass, const struct line *line);
void settle_stack(struct pass *pass, const struct line *line);

void place_guards(struct pass *pass);
void mend_branches(struct pass *pass);

static inline const char *immediate_text(const char *operand)
{
    return operand[0] == '#' ? operand + 1 : operand;
}

#endif
