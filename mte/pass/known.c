/* SPDX-License-Identifier: MIT */
/* What is known of x18 and of sums at a place, how an access makes use of it, and what is known
 * after it. Only the lower 32 bits of anything count. */
#include <stdlib.h>

#include "guard.h"

/* How far ahead to look for who wants x18 next. */
#define LOOK_AHEAD 60

struct known meet(struct known one, const struct known *two, bool *changed)
{
    if (two->is_unreached) {
        return one;
    }
    if (one.is_unreached) {
        *changed = true;
        return *two;
    }
    uint32_t valid = one.valid, sums = one.sums;
    for (int i = 0; i < REG_ZERO; i++) {
        uint32_t bit = 1u << i;
        if ((two->valid & bit) == 0 || one.delta[i] != two->delta[i]) {
            one.valid &= ~bit;
        }
        if ((two->sums & bit) == 0 || one.sum[i].a != two->sum[i].a ||
            one.sum[i].b != two->sum[i].b || one.sum[i].shift != two->sum[i].shift) {
            one.sums &= ~bit;
        }
    }
    *changed = *changed || one.valid != valid || one.sums != sums;
    return one;
}

/* Does an access with this offset exist? */
static bool fits(const struct op *op, long offset)
{
    long size = op->size != 0 ? op->size : 1;
    switch (op->form) {
    case FORM_SCALED:
        return (offset >= -256 && offset <= 255) ||
               (offset >= 0 && offset % size == 0 && offset / size <= 4095);
    case FORM_UNSCALED:
        return offset >= -256 && offset <= 255;
    case FORM_PAIR:
        return offset % size == 0 && offset / size >= -64 && offset / size <= 63;
    default:
        return offset == 0;
    }
}

/* Is x18 near enough to this register + the operation's offset? *offset: what is between. */
static bool can_reuse(const struct known *known, const struct op *op, int base, long *offset)
{
    if ((known->valid >> base & 1) == 0) {
        return false;
    }
    *offset = op->offset - known->delta[base];
    return op->symbol != NULL ? *offset == 0 : fits(op, *offset);
}

/* The register that has this sum already, rather one that x18 has too; else REG_NONE. */
static int find_sum(const struct known *known, const struct op *op)
{
    int found = REG_NONE;
    long offset;
    for (int i = 0; i < REG_ZERO; i++) {
        const struct sum *sum = &known->sum[i];
        bool is_same = (known->sums >> i & 1) != 0 && sum->shift == op->sum.shift &&
                       ((sum->a == op->sum.a && sum->b == op->sum.b) ||
                        (sum->shift == 0 && sum->a == op->sum.b && sum->b == op->sum.a));
        if (is_same && (found == REG_NONE || can_reuse(known, op, i, &offset))) {
            found = i;
        }
    }
    return found;
}

/* x18 := base. What was related to base is related to x18 now. */
static void set_guard(struct known *known, int base)
{
    bool was_known = (known->valid >> base & 1) != 0;
    long delta = known->delta[base];
    known->valid = (was_known ? known->valid : 0) | 1u << base;
    for (int i = 0; i < REG_ZERO; i++) {
        known->delta[i] -= delta;
    }
    known->delta[base] = 0;
}

/* An operation's own registers get their values. */
static void follow(struct known *known, const struct op *op)
{
    bool is_copied =
        op->to != REG_NONE && op->from != REG_NONE && (known->valid >> op->from & 1) != 0;
    long copied = is_copied ? known->delta[op->from] - op->amount : 0;
    known->valid &= ~op->writes;
    known->sums &= ~op->writes;
    for (int i = 0; i < REG_ZERO; i++) {
        if ((op->writes >> known->sum[i].a & 1) != 0 || (op->writes >> known->sum[i].b & 1) != 0) {
            known->sums &= ~(1u << i);
        }
    }
    if (is_copied) {
        known->valid |= 1u << op->to;
        known->delta[op->to] = copied;
    }
    if (op->kind == OP_CODE && op->sum.a != REG_NONE && op->to != op->sum.a &&
        op->to != op->sum.b) {
        known->sums |= 1u << op->to;
        known->sum[op->to] = op->sum;
    }
}

/* How soon x18 saves an instruction if this is known after `at`. */
static size_t next_reuse(const struct pass *pass, size_t at, struct known known)
{
    const struct op *ops = pass->ops.items;
    long offset;
    follow(&known, &ops[at]);
    for (size_t i = at + 1; i < pass->ops.count && i <= at + LOOK_AHEAD; i++) {
        bool is_free = ops[i].form == FORM_SCALED && ops[i].offset == 0 && ops[i].symbol == NULL;
        if (ops[i].kind == OP_ACCESS && ops[i].sum.a == REG_NONE && !is_free &&
            can_reuse(&known, &ops[i], ops[i].base, &offset)) {
            return i - at;
        }
        if (ops[i].section != ops[at].section || ops[i].flow == FLOW_CALL ||
            ops[i].flow == FLOW_JUMP || ops[i].flow == FLOW_END) {
            break;
        }
        follow(&known, &ops[i]);
    }
    return LOOK_AHEAD + 1;
}

/* x18 as it is is wanted sooner than it would be with this operation's base. */
static bool is_wanted(const struct pass *pass, const struct known *known, size_t at)
{
    const struct op *op = (const struct op *)pass->ops.items + at;
    struct known with = *known;
    set_guard(&with, op->base);
    return known->valid != 0 && next_reuse(pass, at, *known) < next_reuse(pass, at, with);
}

/* The scratch register whose value is of no more use, as far as one can tell. x24 may be taken. */
static int free_scratch(const struct known *known, const struct op *op)
{
    bool is_first_used = (known->sums >> REG_SCRATCH & 1) != 0;
    bool is_second_used = (known->sums >> REG_LINK_DATA & 1) != 0 || op->has_link_data;
    return is_first_used && !is_second_used ? REG_LINK_DATA : REG_SCRATCH;
}

struct decision decide_address(const struct pass *pass, const struct known *known, size_t at)
{
    const struct op *op = (const struct op *)pass->ops.items + at;
    struct decision decision = {CHOICE_GUARD, op->base, free_scratch(known, op), op->offset};
    long offset;
    if (op->sum.a != REG_NONE) {
        decision.base = find_sum(known, op);
        if (decision.base == REG_NONE) {
            decision.choice = CHOICE_SUM;
            return decision;
        }
    }
    if (can_reuse(known, op, decision.base, &offset)) {
        return (struct decision){CHOICE_REUSE, decision.base, REG_NONE, offset};
    }
    if (op->form != FORM_SCALED || op->symbol != NULL) {
        return decision;
    }
    if (op->offset == 0) {
        decision.choice = CHOICE_INDEX;
    } else if (labs(op->offset) <= 4095 && is_wanted(pass, known, at)) {
        decision.choice = CHOICE_SCRATCH;
    }
    return decision;
}

void learn(const struct pass *pass, struct known *known, size_t at)
{
    const struct op *op = (const struct op *)pass->ops.items + at;
    if (op->kind == OP_ACCESS) {
        struct decision decision = decide_address(pass, known, at);
        enum choice choice = decision.choice;
        if (choice == CHOICE_GUARD) {
            set_guard(known, op->base);
        } else if (choice == CHOICE_SCRATCH || choice == CHOICE_SUM) {
            known->sums &= ~(1u << decision.scratch);
            known->valid &= ~(1u << decision.scratch);
        }
        if (choice == CHOICE_SUM) {
            known->sums |= 1u << decision.scratch;
            known->sum[decision.scratch] = op->sum;
        }
    }
    follow(known, op);
}
