/* SPDX-License-Identifier: MIT */
/*
 * Gives each access its address. An access through x18 needs `add x18, x21, wN, uxtw` before it,
 * but not when x18 has that register's value already, or one that differs from it by a known number
 * that fits the offset. What x18 is known to be is worked out over all paths: at a label, what
 * holds on each way there.
 */
#include <stdlib.h>
#include <string.h>

#include "guard.h"

static struct known empty(void)
{
    return (struct known){.valid = 0};
}

/* ---- Labels ---- */

static int compare_labels(const void *one, const void *two)
{
    return strcmp(((const struct label *)one)->name, ((const struct label *)two)->name);
}

struct label *find_label(const struct list *labels, const char *name)
{
    struct label key = {.name = name};
    return name == NULL || labels->count == 0
               ? NULL
               : bsearch(&key, labels->items, labels->count, sizeof(key), compare_labels);
}

/* Whatever a directive outside the debug sections names may be jumped to from anywhere, and so may
 * what an instruction that is no branch names. */
static void take_names(struct list *labels, const char *text)
{
    for (const char *at = strstr(text, ".L"); at != NULL; at = strstr(at + 2, ".L")) {
        size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_.$");
        struct label *label = find_label(labels, text_copy(at, length));
        if (label != NULL) {
            label->is_taken = true;
        }
    }
}

void read_labels(const struct pass *pass, struct list *labels)
{
    const struct op *ops = pass->ops.items;
    char *const *sections = pass->sections.items;
    *labels = (struct list){.size = sizeof(struct label)};
    for (size_t i = 0; i < pass->ops.count; i++) {
        if (ops[i].kind == OP_LABEL) {
            struct label *label = list_add(labels);
            *label = (struct label){
                .name = ops[i].target, .at = i, .is_taken = strncmp(ops[i].target, ".L", 2) != 0};
        }
    }
    if (labels->count > 0) {
        qsort(labels->items, labels->count, labels->size, compare_labels);
    }
    for (size_t i = 0; i < pass->ops.count; i++) {
        bool is_debug = strncmp(sections[ops[i].section], ".debug", 6) == 0;
        struct label *label = find_label(labels, ops[i].target);
        if (ops[i].kind == OP_CODE && label != NULL) {
            label->is_referred = true;
        } else if ((ops[i].kind == OP_TEXT && !is_debug &&
                    strncmp(ops[i].text, "\t.cfi", 5) != 0 &&
                    strncmp(ops[i].text, "\t.loc", 5) != 0 &&
                    strncmp(ops[i].text, "\t.size", 6) != 0) ||
                   (ops[i].kind == OP_CODE && ops[i].target == NULL)) {
            take_names(labels, ops[i].text);
        }
    }
}

/* ---- Over all paths ---- */

/* Once over all operations; true if a label now holds less than it did. */
static bool flow(const struct pass *pass, struct list *labels)
{
    const struct op *ops = pass->ops.items;
    struct known known = empty();
    bool changed = false;
    unsigned section = 0;
    for (size_t i = 0; i < pass->ops.count; i++) {
        if (ops[i].section != section) {
            section = ops[i].section;
            known = empty();
        }
        struct label *label = find_label(labels, ops[i].target);
        if (ops[i].kind == OP_LABEL && (label->is_referred || label->is_taken)) {
            label->known = meet(label->known, &known, &changed);
            known = label->known;
        } else if (ops[i].kind == OP_CODE || ops[i].kind == OP_ACCESS) {
            learn(pass, &known, i);
            if (label != NULL) {
                label->known = meet(label->known, &known, &changed);
            }
            if (ops[i].flow == FLOW_CALL) {
                known = empty();
            } else if (ops[i].flow == FLOW_JUMP || ops[i].flow == FLOW_END) {
                known = (struct known){.is_unreached = true};
            }
        }
    }
    return changed;
}

static void flow_until_stable(const struct pass *pass, struct list *labels)
{
    struct label *items = labels->items;
    for (size_t i = 0; i < labels->count; i++) {
        items[i].known = (struct known){.is_unreached = !items[i].is_taken};
    }
    while (flow(pass, labels)) {
    }
}

static void add_final(struct list *out, const struct op *from, char *text)
{
    struct op *op = list_add(out);
    *op = *from;
    op->kind = OP_CODE;
    op->text = text;
    op->bytes = 4;
}

/* An access becomes what the choice says. */
static void write_access(struct list *out, const struct op *op, struct decision decision)
{
    int base = decision.base;
    long offset = decision.offset;
    switch (decision.choice) {
    case CHOICE_INDEX:
        add_final(out, op, text_format("%s[x21, w%d, uxtw]", op->text, base));
        return;
    case CHOICE_SCRATCH:
        add_final(out, op, text_format("%s w%d, w%d, #%ld", offset < 0 ? "sub" : "add",
                                       decision.scratch, base, labs(offset)));
        add_final(out, op, text_format("%s[x21, w%d, uxtw]", op->text, decision.scratch));
        return;
    case CHOICE_SUM:
        add_final(out, op, text_format("add w%d, w%d, w%d, lsl #%u", decision.scratch, op->sum.a,
                                       op->sum.b, op->sum.shift));
        add_final(out, op, text_format("%s[x21, w%d, uxtw]", op->text, decision.scratch));
        return;
    case CHOICE_GUARD:
        add_final(out, op, text_format("add x18, x21, w%d, uxtw", base));
        break;
    default:
        break;
    }
    if (op->symbol != NULL) {
        add_final(out, op, text_format("%s[x18, %s]", op->text, op->symbol));
    } else if (offset != 0) {
        add_final(out, op, text_format("%s[x18, #%ld]", op->text, offset));
    } else {
        add_final(out, op, text_format("%s[x18]", op->text));
    }
}

static void write_all(struct pass *pass, const struct list *labels)
{
    const struct op *ops = pass->ops.items;
    struct list out = {.size = sizeof(struct op)};
    struct known known = empty();
    unsigned section = 0;
    for (size_t i = 0; i < pass->ops.count; i++) {
        if (ops[i].section != section) {
            section = ops[i].section;
            known = empty();
        }
        if (ops[i].kind == OP_ACCESS) {
            write_access(&out, &ops[i], decide_address(pass, &known, i));
        } else {
            *(struct op *)list_add(&out) = ops[i];
        }
        const struct label *label = find_label(labels, ops[i].target);
        if (ops[i].kind == OP_LABEL && (label->is_referred || label->is_taken)) {
            known = label->known;
        } else if (ops[i].kind == OP_CODE || ops[i].kind == OP_ACCESS) {
            learn(pass, &known, i);
        }
        if (ops[i].flow != FLOW_ON && ops[i].flow != FLOW_BRANCH) {
            known = empty();
        }
        if (pass->keep_guards) {
            known = empty();
        }
    }
    pass->ops = out;
}

void place_guards(struct pass *pass)
{
    struct list labels;
    read_labels(pass, &labels);
    flow_until_stable(pass, &labels);
    write_all(pass, &labels);
}
