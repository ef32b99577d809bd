/* SPDX-License-Identifier: MIT */
/* Crossings that carry nothing but numbers. */
#include "domain.h"
#include "kb.h"

#include <stdlib.h>

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

/* On silicon: the callee's own time stamp cuts a crossing in two. */
static void split_row(const struct kg_gate *gate)
{
    enum { SAMPLES = 301 };
    struct kb_samples call = {.count = kb_windows()};
    struct kb_samples back = {.count = kb_windows()};
    if (!kb.timing || !kb_wanted("null-call")) {
        return;
    }
    for (size_t window = 0; window < call.count; window++) {
        uint64_t least_call = UINT64_MAX;
        uint64_t least_back = UINT64_MAX;
        for (int i = 0; i < SAMPLES; i++) {
            uint64_t middle = 0;
            uint64_t begin = kb_ticks();
            int status = kg_gate_call(gate, &middle);
            uint64_t end = kb_ticks();
            kb_must(status, "null-call");
            least_call = middle - begin < least_call ? middle - begin : least_call;
            least_back = end - middle < least_back ? end - middle : least_back;
        }
        call.value[window] = kb_nanoseconds(least_call);
        back.value[window] = kb_nanoseconds(least_back);
    }
    kb_row_samples("null-call", 1, SAMPLES, &call, NULL);
    kb_row_samples("null-return", 1, SAMPLES, &back, NULL);
}

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
    static struct kg_entry null, general, middle, stamp, six;
    null = kb_entry(backend, kb_null, 0, 0);
    general = kb_entry(backend, kb_null, 0, KG_BUILD_GENERAL_ONLY);
    middle = kb_entry(backend, kb_null_middle, 0, 0);
    stamp = kb_entry(backend, kb_stamp, 0, 0);
    six = kb_entry(backend, kb_null, 6, 0);
    const struct kg_gate *null_a = kb_gate(backend->a, &null, NULL);
    kb_row("null", null_loop, (void *)null_a);
    kb_row("null-general", null_loop, (void *)kb_gate(backend->a, &general, NULL));
    if (kb.timing) {
        split_row(kb_gate(backend->a, &stamp, NULL));
    } else {
        kb_row("null-split", null_loop, (void *)kb_gate(backend->a, &middle, NULL));
        kb_trace("null", null_loop, (void *)null_a);
    }
    kb_row("args6", args6_loop, (void *)kb_gate(backend->a, &six, NULL));
    nested_rows(backend, kb_gate(backend->b, &null, NULL));
}
