/* SPDX-License-Identifier: MIT */
/*
 * The stack pointer. It may be moved by up to 32 KiB at a time, and an access through it must
 * follow before it moves again or a branch is taken; or be set to an offset in the stack's own
 * 1 MiB, in one instruction that can't leave it.
 */
#include <stdlib.h>
#include <string.h>

#include "pass.h"

#define STEP_MAX 32768L

/* Has sp moved with no access since? Then there is one: a small move becomes one itself. */
void settle_stack(struct pass *pass, const struct line *line)
{
    if (pass->stack_move == 0) {
        return;
    }
    struct op *move = (struct op *)pass->ops.items + pass->stack_move - 1;
    pass->stack_move = 0;
    if (move->amount > 0 && move->amount <= 255) {
        move->text = text_format("ldr xzr, [sp], #%ld", move->amount);
    } else if (move->amount < 0 && move->amount >= -256) {
        move->text = text_format("ldr xzr, [sp, #%ld]!", move->amount);
    } else {
        add_code(pass, line, "ldr xzr, [sp]");
    }
}

static void move_stack(struct pass *pass, const struct line *line, long amount)
{
    while (amount != 0) {
        long part = labs(amount) < STEP_MAX ? labs(amount) : STEP_MAX;
        if (part > 4095 && part % 4096 != 0) {
            part -= part % 4096;
        }
        settle_stack(pass, line);
        struct op *op = add_code(pass, line, "%s sp, sp, #%ld", amount > 0 ? "add" : "sub", part);
        op->amount = amount > 0 ? part : -part;
        pass->stack_move = pass->ops.count;
        amount -= op->amount;
    }
}

static void set_stack(struct pass *pass, const struct line *line, int from)
{
    settle_stack(pass, line);
    add_code(pass, line, "lsr x23, x%d, #4", from)->writes = 1u << REG_SCRATCH;
    add_code(pass, line, "add sp, x22, w23, uxth #4");
}

/* false: the line does not write sp. */
bool lower_stack(struct pass *pass, const struct line *line)
{
    long amount;
    if (line->operand_count < 2 || register_number(line->operands[0], NULL) != REG_SP ||
        only_reads(line->name)) {
        return false;
    }
    int from = register_number(line->operands[1], NULL);
    bool is_less = strcmp(line->name, "sub") == 0;
    bool is_sum = is_less || strcmp(line->name, "add") == 0;
    const char *rest = strchr(line->text, ',');
    if (is_sum && from == REG_SP && line->operand_count >= 3 &&
        read_number(line->operands[2], &amount)) {
        if (line->operand_count == 4 && strcmp(line->operands[3], "lsl #12") != 0 &&
            strcmp(line->operands[3], "lsl 12") != 0) {
            pass_error(pass, line, "a move of sp the pass does not know");
        }
        amount = line->operand_count == 4 ? amount * 4096 : amount;
        move_stack(pass, line, is_less ? -amount : amount);
    } else if (strcmp(line->name, "mov") == 0 && from >= 0 && from < REG_ZERO) {
        set_stack(pass, line, from);
    } else if ((is_sum || strcmp(line->name, "and") == 0) && line->operand_count >= 3) {
        settle_stack(pass, line);
        add_code(pass, line, "%s x23%s", line->name, rest)->writes = 1u << REG_SCRATCH;
        set_stack(pass, line, REG_SCRATCH);
    } else {
        pass_error(pass, line, "a move of sp the pass does not know");
    }
    return true;
}
