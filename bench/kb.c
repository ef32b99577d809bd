/* SPDX-License-Identifier: MIT */
/* Rows: windows, their order and what is kept of them. */
#include "kb.h"

#include <stdio.h>
#include <string.h>

#define COUNTED_WINDOWS 7

struct kb kb;

void kb_must(int status, const char *what)
{
    if (status != 0) {
        char why[256];
        snprintf(why, sizeof why, "%s: %s: %s: %s", kb.backend, what, kg_status_name(status),
                 kg_strerror(status));
        kb_stop(why);
    }
}

bool kb_wanted(const char *work)
{
    char name[64];
    snprintf(name, sizeof name, ",%s,", work);
    return kb.only == NULL || strstr(kb.only, name) != NULL;
}

void kb_skip(const char *work, const char *reason)
{
    if (kb_wanted(work)) {
        kb_print("skip\t%s\t%s\t%s\n", work, kb.backend, reason);
    }
}

static uint64_t window_ticks(kb_loop *loop, void *context, uint64_t n, int *status)
{
    uint64_t begin = kb_ticks();
    *status = loop(context, n);
    return kb_ticks() - begin;
}

/* Nothing may be printed in between: the program that takes the output would run in a window. The
 * plugin counts; the ticks of two operations less those of one are a second opinion. */
static int count_row(const char *work, kb_loop *loop, void *context, bool apart)
{
    uint64_t one = UINT64_MAX;
    uint64_t two = UINT64_MAX;
    int status = loop(context, KB_WARM_UP);
    if (status != 0) {
        return status;
    }
    KB_MARK(KB_MARK_RESET);
    for (int i = 0; i < COUNTED_WINDOWS && status == 0; i++) {
        uint64_t ticks = window_ticks(loop, context, 1, &status);
        one = ticks < one ? ticks : one;
    }
    if (status != 0) {
        return status;
    }
    KB_MARK(KB_MARK_ROW);
    for (int i = 0; i < COUNTED_WINDOWS && status == 0 && !apart; i++) {
        uint64_t ticks = window_ticks(loop, context, 2, &status);
        two = ticks < two ? ticks : two;
    }
    kb_print("count\t%s\t%s\t%llu\n", work, kb.backend,
             apart ? 0 : (unsigned long long)(two - one));
    return status;
}

static void row(const char *work, kb_loop *loop, void *context, bool apart)
{
    char reason[96];
    if (!kb_wanted(work)) {
        return;
    }
    int status = kb.time_row != NULL ? kb.time_row(work, loop, context, apart)
                                     : count_row(work, loop, context, apart);
    if (status != 0) {
        snprintf(reason, sizeof reason, "failed: %s", kg_status_name(status));
        kb_skip(work, reason);
    }
}

void kb_row(const char *work, kb_loop *loop, void *context)
{
    row(work, loop, context, false);
}

void kb_row_apart(const char *work, kb_loop *loop, void *context)
{
    row(work, loop, context, true);
}

void kb_trace(const char *work, kb_loop *loop, void *context)
{
    if (kb.time_row != NULL || !kb_wanted(work)) {
        return;
    }
    loop(context, KB_WARM_UP);
    KB_MARK(KB_MARK_RESET);
    KB_MARK(KB_MARK_TRACE);
    loop(context, 1);
    KB_MARK(KB_MARK_ROW);
    kb_print("trace\t%s\t%s\n", work, kb.backend);
}

const struct kg_gate *kb_gate(struct kg_domain *domain, const struct kg_entry *entry,
                              const struct kg_gate_options *options)
{
    const struct kg_gate *gate = NULL;
    kb_must(kg_gate_create(domain, entry, options, &gate), "make a gate");
    return gate;
}

struct kg_entry kb_entry(const struct kb_backend *backend, kg_function *function,
                         uint32_t arguments, uint32_t registers)
{
    return (struct kg_entry){function, "callee", arguments, backend->build | registers};
}
