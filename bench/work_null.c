/* SPDX-License-Identifier: MIT */
/* Crossings that carry nothing but numbers. */
#include "domain.h"
#include "kb.h"

static int null_loop(void *context, uint64_t n)
{
    const struct kg_gate *gate = context;
    int bad = 0;
    KB_LOOP(n, bad |= kg_gate_call(gate, NULL));
    return bad;
}

static int args6_loop(void *context, uint64_t n)
{
    const struct kg_gate *gate = context;
    int bad = 0;
    KB_LOOP(n, bad |= kg_gate_call(gate, NULL, 1, 2, 3, 4, 5, 6));
    return bad;
}

struct through {
    const struct kg_gate *outer;
    const struct kg_gate *inner;
};

static int through_loop(void *context, uint64_t n)
{
    struct through *two = context;
    uint64_t value = 0;
    int bad = 0;
    KB_LOOP(n, {
        bad |= kg_gate_call(two->outer, &value, (uint64_t)(uintptr_t)two->inner);
        bad |= (int)value;
    });
    return bad;
}

/* The host's side of a call-back: the same as kb_null, but a host function. */
static uint64_t answer(void)
{
    return 0;
}
KG_ENTRY(answer, 0);

static void nested_rows(const struct kb_backend *backend, const struct kg_gate *null_b)
{
    static const struct kg_gate_options none;
    struct through two = {kb_gate(backend->a, backend->entries[KB_THROUGH], &none), null_b};
    kb_row("nested", through_loop, &two);
    two.inner = kb_gate(NULL, KG_ENTRY_OF(answer), &none);
    kb_row("callback", through_loop, &two);
}

void kb_work_null(const struct kb_backend *backend)
{
    static struct kg_entry null, general, middle, six;
    null = kb_entry(backend, kb_null, 0, 0);
    general = kb_entry(backend, kb_null, 0, KG_BUILD_GENERAL_ONLY);
    middle = kb_entry(backend, kb_null_middle, 0, 0);
    six = kb_entry(backend, kb_null, 6, 0);
    const struct kg_gate *null_a = kb_gate(backend->a, &null, NULL);
    kb_row("null", null_loop, (void *)null_a);
    kb_row("null-general", null_loop, (void *)kb_gate(backend->a, &general, NULL));
    if (kb.time_row == NULL) {
        kb_row("null-split", null_loop, (void *)kb_gate(backend->a, &middle, NULL));
        kb_trace("null", null_loop, (void *)null_a);
    }
    kb_row("args6", args6_loop, (void *)kb_gate(backend->a, &six, NULL));
    nested_rows(backend, kb_gate(backend->b, &null, NULL));
}
