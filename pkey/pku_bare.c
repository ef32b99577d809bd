/* SPDX-License-Identifier: MIT */
/* `pku`: protection keys in ring 0, on user-marked pages. The arena and the monitor's own memory
 * are marked so; a kernel's other pages are not guarded. */
#include "pkey_bare.h"

static const struct kg_pkey_kind kind = {
    .marked = KG_MAP_USER,
    .closes = true,
    .rights_register = REGISTER_PKRU,
};

static void probe(struct kg_backend_report *report)
{
    kg_pkey_probe(report, &kind, kg_pku_missing(),
                  "keys of user-marked pages: other domains closed, the monitor read-only");
}

/* Key 0 means nothing on supervisor pages, so the monitor's are marked as well. */
static int start(const struct kg_options *options)
{
    int status = kg_pkey_start(options, &kind);
    if (status != 0) {
        return status;
    }
    unsigned how = KG_MAP_WRITE | KG_MAP_USER | KG_MAP_KEY(0);
    status = kg_port_protect(kg_books, KG_MONITOR_BYTES, how);
    if (status != 0) {
        kg_pkey_stop();
    }
    return status;
}

const struct kg_backend kg_backend_pku = {
    .id = KG_BACKEND_PKU,
    .name = "pku",
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_WRITE |
                KG_PROMISE_CONSTANT_WRITE,
    .probe = probe,
    .start = start,
    .stop = kg_pkey_stop,
    .thread_start = kg_pkey_thread_start,
    KG_PKEY_COMMON,
    .trap_stack = kg_pkey_trap_stack,
    .closes_host = true,
    .out = KG_GATES(kg_out_pku),
    .unwind = kg_unwind_pku,
    .enter = KG_GATES_BY_LEVEL(kg_enter_pku),
    .slow = KG_GATES_BY_LEVEL(kg_slow_pku),
};
