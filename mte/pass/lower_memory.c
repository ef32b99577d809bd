/* SPDX-License-Identifier: MIT */
/*
 * Loads and stores. What moves its base becomes an access and an addition; the rest is left to
 * guard.c. An offset in a register, however extended and shifted, is an addition of 32 bits, as no
 * more than the lower 32 bits count.
 */
#include <stdlib.h>
#include <string.h>

#include "pass.h"

struct address {
    int base;
    char *offset; /* inside the brackets, or NULL */
    char *extend;
    char *after;  /* behind them: what the base moves by */
    bool is_pre;  /* with "!" */
};

static bool read_address(const struct line *line, unsigned at, struct address *address)
{
    const char *text = line->operands[at];
    size_t length = strlen(text);
    char *parts[OPERANDS_MAX];
    *address = (struct address){.base = REG_NONE};
    if (text[length - 1] == '!') {
        address->is_pre = true;
        length--;
    }
    if (length < 2 || text[length - 1] != ']' || line->operand_count > at + 2) {
        return false;
    }
    unsigned count = split_operands(text_copy(text + 1, length - 2), parts);
    if (count == 0 || count > 3) {
        return false;
    }
    address->base = register_number(parts[0], NULL);
    address->offset = count > 1 ? parts[1] : NULL;
    address->extend = count > 2 ? parts[2] : NULL;
    address->after = line->operand_count == at + 2 ? line->operands[at + 1] : NULL;
    return address->base >= 0 && address->base != REG_ZERO;
}

/* How wide a register is, by its letter. */
static unsigned register_size(const char *operand)
{
    switch (operand[0]) {
    case 'b':
        return 1;
    case 'h':
        return 2;
    case 'w':
    case 's':
        return 4;
    case 'q':
        return 16;
    default:
        return 8;
    }
}

/* The registers an access itself gives values to; *link: x30 is among them. */
static uint32_t written(const struct line *line, const struct memory_row *row, bool *link)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < line->operand_count && i < 4; i++) {
        int number = register_number(line->operands[i], NULL);
        if ((row->writes >> i & 1) != 0 && number >= 0 && number < REG_ZERO) {
            mask |= 1u << number;
        }
    }
    *link = (mask >> REG_LINK & 1) != 0;
    return mask;
}

/* What stands before the address: "ldp x0, x1, ". */
static char *before_address(const struct line *line, unsigned at)
{
    char *text = text_format("%s ", line->name);
    for (unsigned i = 0; i < at; i++) {
        text = text_format("%s%s, ", text, line->operands[i]);
    }
    return text;
}

static void add_step(struct pass *pass, const struct line *line, int base, const char *by)
{
    long amount;
    struct op *op;
    if (read_number(by, &amount)) {
        op = add_code(pass, line, "%s x%d, x%d, #%ld", amount < 0 ? "sub" : "add", base, base,
                      labs(amount));
        op->to = op->from = base;
        op->amount = amount;
    } else {
        op = add_code(pass, line, "add x%d, x%d, %s", base, base, by);
    }
    op->writes = 1u << base;
}

/* "lsl #3", "sxtw 2": the number, 0 if there is none. */
long extend_amount(const char *extend)
{
    const char *number = extend != NULL ? strpbrk(extend, " \t") : NULL;
    return number != NULL ? strtol(immediate_text(number + strspn(number, " \t")), NULL, 0) : 0;
}

/* Through sp as it stands; only plain ones prove where sp is. */
static void add_stack_access(struct pass *pass, const struct line *line,
                             const struct memory_row *row)
{
    bool is_proof = row->form != FORM_BARE;
    if (!is_proof) {
        settle_stack(pass, line);
        if (line->operands[line->operand_count - 1][0] != '[') {
            pass_error(pass, line, "moves sp in a way the pass does not know");
        }
    }
    add_code(pass, line, "%s", line->text);
    if (is_proof) {
        pass->stack_move = 0;
    }
}

static struct op *add_access(struct pass *pass, const struct line *line,
                             const struct memory_row *row, unsigned at,
                             const struct address *address)
{
    struct op *op = add_op(pass, OP_ACCESS, line, before_address(line, at));
    op->bytes = 8;
    op->form = row->form;
    op->size = row->size != 0 || at == 0 ? row->size : register_size(line->operands[0]);
    op->base = address->base;
    bool is_moved = address->is_pre || address->after != NULL;
    bool is_register = address->offset != NULL && register_number(address->offset, NULL) >= 0;
    if (!is_moved && !is_register && address->offset != NULL &&
        !read_number(address->offset, &op->offset)) {
        op->symbol = address->offset;
    }
    return op;
}

static void add_indexed(struct pass *pass, const struct line *line, const struct memory_row *row,
                        unsigned at, const struct address *address, int index)
{
    unsigned shift = (unsigned)extend_amount(address->extend);
    if (address->base != REG_SP) {
        add_access(pass, line, row, at, address)->sum =
            (struct sum){address->base, index, shift};
        return;
    }
    add_code(pass, line, "mov x23, sp")->writes = 1u << REG_SCRATCH;
    add_code(pass, line, "add w23, w23, w%d, lsl #%u", index, shift)->writes = 1u << REG_SCRATCH;
    add_code(pass, line, "%s[x21, w23, uxtw]", before_address(line, at));
}

static void lower_guarded(struct pass *pass, const struct line *line, const struct memory_row *row,
                          unsigned at, const struct address *address)
{
    int index = address->offset != NULL ? register_number(address->offset, NULL) : REG_NONE;
    if (index >= 0 && index != REG_ZERO) {
        add_indexed(pass, line, row, at, address, index);
        return;
    }
    if (address->is_pre) {
        add_step(pass, line, address->base, address->offset);
    }
    add_access(pass, line, row, at, address);
    if (address->after != NULL) {
        add_step(pass, line, address->base, address->after);
    }
}

void lower_memory(struct pass *pass, const struct line *line, const struct memory_row *row,
                  unsigned at)
{
    struct address address;
    bool is_link;
    if (!read_address(line, at, &address)) {
        pass_error(pass, line, "an address the pass does not know");
        return;
    }
    if (row->form == FORM_PREFETCH) {
        return; /* a hint, and not worth a guard */
    }
    bool is_indexed =
        address.offset != NULL && register_number(address.offset, NULL) >= 0;
    uint32_t writes = written(line, row, &is_link);
    size_t first = pass->ops.count;
    if (address.base == REG_SP && !is_indexed) {
        add_stack_access(pass, line, row);
    } else if (pass->stores_only && row->is_load) {
        add_code(pass, line, "%s", line->text);
        if (address.is_pre || address.after != NULL) {
            writes |= 1u << address.base;
        }
    } else {
        lower_guarded(pass, line, row, at, &address);
    }
    /* Before what moves its base or after it: in the end all is written. */
    struct op *ops = pass->ops.items;
    for (size_t i = first; i < pass->ops.count; i++) {
        if (ops[i].to == REG_NONE) {
            ops[i].writes |= writes;
        }
    }
    if (is_link) {
        add_code(pass, line, "add x30, x21, w30, uxtw");
    }
}
