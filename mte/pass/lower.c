/* SPDX-License-Identifier: MIT */
/* Lines become operations: branches, registers, directives. Memory and the stack pointer have files
 * of their own. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pass.h"

void pass_error(struct pass *pass, const struct line *line, const char *why)
{
    fprintf(stderr, "%s:%u: ", pass->path, line->number);
    if (pass->source_line != 0) {
        fprintf(stderr, "(source line %u) ", pass->source_line);
    }
    fprintf(stderr, "%s: %s\n", line->text, why);
    pass->errors++;
}

struct op *add_op(struct pass *pass, enum op_kind kind, const struct line *line, char *text)
{
    struct op *op = list_add(&pass->ops);
    op->kind = kind;
    op->text = text;
    op->line = line->number;
    op->has_link_data = line->has_link_data;
    op->to = op->from = op->base = op->sum.a = REG_NONE;
    op->section = pass->section;
    return op;
}

struct op *add_code(struct pass *pass, const struct line *line, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof(text)) {
        pass_error(pass, line, "is too long");
        length = 0;
    }
    struct op *op = add_op(pass, OP_CODE, line, text_copy(text, (size_t)length));
    op->bytes = 4;
    return op;
}

/* ---- Directives ---- */

static void enter_section(struct pass *pass, const char *name)
{
    char **names = pass->sections.items;
    for (pass->section = 0; pass->section < pass->sections.count; pass->section++) {
        if (strcmp(names[pass->section], name) == 0) {
            return;
        }
    }
    *(char **)list_add(&pass->sections) = text_copy(name, strlen(name));
}

static bool is_text_section(const struct pass *pass)
{
    char **names = pass->sections.items;
    return strncmp(names[pass->section], ".text", 5) == 0;
}

static void lower_directive(struct pass *pass, const struct line *line)
{
    static const char *const data[] = {".byte",  ".hword", ".short", ".2byte", ".word", ".long",
                                       ".4byte", ".xword", ".quad",  ".8byte", ".ascii",
                                       ".string", ".asciz", ".zero", ".skip",  ".space",
                                       ".inst",  ".fill",  ".float", ".double", ".octa",
                                       ".incbin", NULL};
    static const char *const unsupported[] = {".macro", ".rept",    ".irp",        ".include",
                                              ".if",    ".ltorg",   ".pool",       ".pushsection",
                                              ".org",   ".previous", ".popsection", ".subsection",
                                              ".altmacro", NULL};
    const char *name = line->name;
    if (is_one_of(name, unsupported)) {
        pass_error(pass, line, "the pass does not follow this directive");
    }
    if (strcmp(name, ".text") == 0 || strcmp(name, ".data") == 0 || strcmp(name, ".bss") == 0) {
        settle_stack(pass, line);
        enter_section(pass, name);
    } else if (strcmp(name, ".section") == 0 && line->operand_count > 0) {
        settle_stack(pass, line);
        enter_section(pass, line->operands[0]);
        if (line->operand_count > 1 && strchr(line->operands[1], 'x') != NULL &&
            !is_text_section(pass)) {
            pass_error(pass, line, "code belongs in sections called .text");
        }
    } else if (strcmp(name, ".loc") == 0 && line->operand_count > 0) {
        const char *number = strpbrk(line->operands[0], " \t");
        pass->source_line = number != NULL ? (unsigned)strtoul(number, NULL, 10) : 0;
    } else if (is_one_of(name, data) && is_text_section(pass)) {
        pass_error(pass, line, "data between code: the loader would take it for code");
    }
    struct op *op = add_op(pass, OP_TEXT, line, text_format("\t%s", line->text));
    if (strcmp(name, ".align") == 0 || strcmp(name, ".p2align") == 0) {
        op->bytes = 1u << (atoi(line->operands[0]) & 15);
    } else if (strcmp(name, ".balign") == 0) {
        op->bytes = (unsigned)atoi(line->operands[0]);
    }
}

/* ---- Branches ---- */

static void add_branch(struct pass *pass, const struct line *line, enum op_flow flow)
{
    settle_stack(pass, line);
    struct op *op = add_code(pass, line, "%s", line->text);
    op->flow = flow;
    op->target = line->operands[line->operand_count - 1];
}

static bool lower_branch(struct pass *pass, const struct line *line)
{
    static const char *const tests[] = {"cbz", "cbnz", "tbz", "tbnz", NULL};
    const char *name = line->name;
    bool is_call = strcmp(name, "blr") == 0;
    bool is_test = is_one_of(name, tests) && line->operand_count > 1;
    if (is_test || (branch_condition(name) != NULL && line->operand_count == 1)) {
        add_branch(pass, line, FLOW_BRANCH);
    } else if ((strcmp(name, "b") == 0 || strcmp(name, "bl") == 0) && line->operand_count == 1) {
        add_branch(pass, line, name[1] == 'l' ? FLOW_CALL : FLOW_JUMP);
    } else if (strcmp(name, "ret") == 0 && line->operand_count == 0) {
        settle_stack(pass, line);
        add_code(pass, line, "ret")->flow = FLOW_END;
    } else if ((is_call || strcmp(name, "br") == 0 || strcmp(name, "ret") == 0) &&
               line->operand_count == 1) {
        int to = register_number(line->operands[0], NULL);
        if (to < 0 || to >= REG_ZERO) {
            pass_error(pass, line, "no register to branch through");
            return true;
        }
        settle_stack(pass, line);
        add_code(pass, line, "add x18, x21, w%d, uxtw", to);
        add_code(pass, line, "%s x18", is_call ? "blr" : "br")->flow =
            is_call ? FLOW_CALL : FLOW_END;
    } else {
        return false;
    }
    return true;
}

/* ---- Everything else ---- */

/* `add xA, xB, xC` and `add xA, xB, xC, lsl #n`, or with xC as a number of 32 bits. */
static void note_sum(struct op *op, const struct line *line, int to, int from)
{
    int other = line->operand_count > 2 ? register_number(line->operands[2], NULL) : REG_NONE;
    const char *extend = line->operand_count == 4 ? line->operands[3] : "lsl";
    bool is_shift = strncmp(extend, "lsl", 3) == 0 || strncmp(extend + 1, "xtw", 3) == 0;
    if (strcmp(line->name, "add") == 0 && is_shift && to >= 0 && from >= 0 && other >= 0 &&
        to < REG_ZERO && from < REG_ZERO && other < REG_ZERO) {
        op->sum = (struct sum){from, other, (unsigned)extend_amount(extend)};
        op->to = to;
    }
}

/* `mov xA, xB` and `add xA, xB, #n`: an address that is known when another is. */
static void note_copy(struct op *op, const struct line *line)
{
    int to = register_number(line->operands[0], NULL);
    int from = line->operand_count > 1 ? register_number(line->operands[1], NULL) : REG_NONE;
    long amount = 0;
    bool is_move = strcmp(line->name, "mov") == 0 && line->operand_count == 2;
    bool is_less = strcmp(line->name, "sub") == 0 || strcmp(line->name, "subs") == 0;
    bool is_step = (is_less || strcmp(line->name, "add") == 0 || strcmp(line->name, "adds") == 0) &&
                   line->operand_count == 3 && read_number(line->operands[2], &amount);
    if ((is_move || is_step) && to >= 0 && to < REG_ZERO && from >= 0 && from < REG_ZERO) {
        op->to = to;
        op->from = from;
        op->amount = is_less ? -amount : amount;
    }
    note_sum(op, line, to, from);
}

static void lower_plain(struct pass *pass, const struct line *line)
{
    struct op *op = add_code(pass, line, "%s", line->text);
    if (line->operand_count == 0 || only_reads(line->name)) {
        return;
    }
    int to = register_number(line->operands[0], NULL);
    if (to >= 0 && to < REG_ZERO) {
        op->writes = 1u << to;
        note_copy(op, line);
    }
    if (to == REG_LINK) {
        add_code(pass, line, "add x30, x21, w30, uxtw");
    }
}

static bool has_reserved(const struct line *line)
{
    static const int reserved[] = {REG_ADDRESS, REG_WINDOW, REG_STACK, REG_SCRATCH,
                                   REG_LINK_DATA};
    for (unsigned i = 0; i < line->operand_count; i++) {
        const char *at = line->operands[i];
        while (*at != '\0') {
            size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_.$");
            char word[8] = "";
            if (length > 0 && length < sizeof(word)) {
                memcpy(word, at, length);
            }
            int number = register_number(word, NULL);
            for (size_t k = 0; k < sizeof(reserved) / sizeof(reserved[0]); k++) {
                if (number == reserved[k]) {
                    return true;
                }
            }
            at += length > 0 ? length : 1;
        }
    }
    return false;
}

void check_registers(struct pass *pass)
{
    const struct line *line = pass->lines.items;
    for (size_t i = 0; i < pass->lines.count; i++, line++) {
        if (line->kind == LINE_CODE && line->operand_count <= OPERANDS_MAX && has_reserved(line)) {
            pass_error(pass, line, "uses a reserved register (compile with -ffixed-x18 "
                                   "-ffixed-x21 -ffixed-x22 -ffixed-x23 -ffixed-x24)");
        }
    }
}

static const char *find_fault(const struct line *line)
{
    static const char *const registers[] = {"nzcv", "fpcr", "fpsr", NULL};
    bool is_read = strcmp(line->name, "mrs") == 0;
    if (line->operand_count > OPERANDS_MAX) {
        return "has too many operands";
    }
    if (is_read || strcmp(line->name, "msr") == 0) {
        bool is_known = line->operand_count == 2 &&
                        is_one_of(line->operands[is_read ? 1 : 0], registers);
        return is_known ? NULL : "a domain may use no such system register";
    }
    return find_forbidden(line->name);
}

static void lower_code(struct pass *pass, const struct line *line)
{
    const char *why = find_fault(line);
    if (why != NULL) {
        pass_error(pass, line, why);
        return;
    }
    if (lower_branch(pass, line)) {
        return;
    }
    const struct memory_row *row = find_memory(line->name);
    unsigned at = 0;
    while (at < line->operand_count && line->operands[at][0] != '[') {
        at++;
    }
    if (row != NULL && at < line->operand_count) {
        lower_memory(pass, line, row, at);
    } else if (row != NULL) {
        if (row->form != FORM_PREFETCH) {
            pass_error(pass, line, "loads relative to the program counter; constants belong in a "
                                   "section of their own");
        }
    } else if (at < line->operand_count) {
        pass_error(pass, line, "the pass does not know this access");
    } else if (!lower_stack(pass, line)) {
        lower_plain(pass, line);
    }
}

void lower_lines(struct pass *pass)
{
    const struct line *line = pass->lines.items;
    const struct line *end = line + pass->lines.count;
    enter_section(pass, ".text");
    for (; line < end; line++) {
        switch (line->kind) {
        case LINE_LABEL: {
            settle_stack(pass, line);
            struct op *op = add_op(pass, OP_LABEL, line, text_format("%s:", line->text));
            op->target = line->text;
            break;
        }
        case LINE_DIRECTIVE:
            lower_directive(pass, line);
            break;
        default:
            lower_code(pass, line);
        }
    }
    if (line > (const struct line *)pass->lines.items) {
        settle_stack(pass, line - 1);
    }
}
