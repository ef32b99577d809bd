/* SPDX-License-Identifier: MIT */
/*
 * Branches that no longer reach. TBZ and TBNZ reach 32 KiB, the other conditional ones 1 MiB; code
 * grows, so one that is too far becomes its opposite over a B. Sizes are upper bounds: what is near
 * enough by them is near enough.
 */
#include <stdlib.h>
#include <string.h>

#include "guard.h"

/* How far this may be away, or 0 for no limit worth a thought. */
static uint64_t reach_of(const struct op *op)
{
    if (op->kind != OP_CODE || op->flow != FLOW_BRANCH) {
        return 0;
    }
    return strncmp(op->text, "tb", 2) == 0 ? 32u << 10 : 1u << 20;
}

/* "tbz x0, #3, .L5" to "tbnz x0, #3, " and so on, without its target. */
static char *inverted(const struct op *op)
{
    const char *rest = op->text + strcspn(op->text, " \t");
    const char *end = op->text + strlen(op->text) - strlen(op->target);
    char *name = text_copy(op->text, (size_t)(rest - op->text));
    char *middle = text_copy(rest, (size_t)(end - rest));
    const char *condition = branch_condition(name);
    if (condition != NULL) {
        return text_format("b.%s%s", inverse_condition(condition), middle);
    }
    bool is_zero = name[strlen(name) - 2] != 'n'; /* tbz, cbz */
    return text_format("%.2s%sz%s", name, is_zero ? "n" : "", middle);
}

/* Where each operation stands in its section, if everything is as large as it can be; two are no
 * further apart than that. */
static uint64_t *positions(const struct pass *pass)
{
    const struct op *ops = pass->ops.items;
    uint64_t *sizes = calloc(pass->sections.count, sizeof(*sizes));
    uint64_t *at = malloc((pass->ops.count + 1) * sizeof(*at));
    if (sizes == NULL || at == NULL) {
        abort();
    }
    for (size_t i = 0; i < pass->ops.count; i++) {
        at[i] = sizes[ops[i].section];
        sizes[ops[i].section] += ops[i].bytes;
    }
    free(sizes);
    return at;
}

static bool is_far(const struct pass *pass, const struct list *labels, const uint64_t *at, size_t i)
{
    const struct op *ops = pass->ops.items;
    uint64_t reach = reach_of(&ops[i]);
    if (reach == 0) {
        return false;
    }
    const struct label *label = find_label(labels, ops[i].target);
    if (label == NULL) {
        /* A label with a number, as written by hand, is near; a name is another section's. */
        return ops[i].target[0] < '0' || ops[i].target[0] > '9';
    }
    uint64_t target = at[label->at];
    uint64_t distance = target > at[i] ? target - at[i] : at[i] - target;
    return ops[label->at].section != ops[i].section || distance >= reach;
}

/* true if one had to be mended, which moves others. */
static bool mend_once(struct pass *pass, unsigned *count)
{
    struct list labels, out = {.size = sizeof(struct op)};
    const struct op *ops = pass->ops.items;
    bool mended = false;
    read_labels(pass, &labels);
    uint64_t *at = positions(pass);
    for (size_t i = 0; i < pass->ops.count; i++) {
        if (!is_far(pass, &labels, at, i)) {
            *(struct op *)list_add(&out) = ops[i];
            continue;
        }
        struct op near = ops[i], far = ops[i], label = ops[i];
        near.target = label.target = text_format(".Lkg_near_%u", (*count)++);
        near.text = text_format("%s%s", inverted(&ops[i]), near.target);
        far.text = text_format("b %s", far.target);
        far.flow = FLOW_JUMP;
        label.kind = OP_LABEL;
        label.flow = FLOW_ON;
        label.bytes = 0;
        label.text = text_format("%s:", label.target);
        *(struct op *)list_add(&out) = near;
        *(struct op *)list_add(&out) = far;
        *(struct op *)list_add(&out) = label;
        mended = true;
    }
    free(at);
    pass->ops = out;
    return mended;
}

void mend_branches(struct pass *pass)
{
    unsigned count = 0;
    while (mend_once(pass, &count)) {
    }
}
