/* SPDX-License-Identifier: MIT */
/* What a crossing is compared with: calls. */
#include "kb.h"

static int empty_loop(void *context, uint64_t n)
{
    (void)context;
    KB_LOOP(n, (void)0);
    return 0;
}

static int direct_loop(void *context, uint64_t n)
{
    (void)context;
    KB_LOOP(n, KB_USE(kb_null()));
    return 0;
}

static int direct6_loop(void *context, uint64_t n)
{
    typedef uint64_t function6(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
    function6 *function = (function6 *)(void (*)(void))kb_null;
    (void)context;
    KB_LOOP(n, KB_USE(function(1, 2, 3, 4, 5, 6)));
    return 0;
}

static int indirect_loop(void *context, uint64_t n)
{
    uint64_t (*volatile *function)(void) = context;
    KB_LOOP(n, KB_USE((*function)()));
    return 0;
}

void kb_work_baseline(void)
{
    static uint64_t (*volatile function)(void) = kb_null;
    kb_row("empty", empty_loop, NULL);
    kb_row("direct-call", direct_loop, NULL);
    kb_row("direct-call6", direct6_loop, NULL);
    kb_row("indirect-call", indirect_loop, (void *)&function);
}
