/* SPDX-License-Identifier: MIT */
/* `pks`: protection keys in ring 0, on all of the kernel's pages. */
#include "pkey_bare.h"

static const struct kg_pkey_kind kind = {.rights_register = REGISTER_PKRS};

static const char *missing(void)
{
    return !kg_processor_has(CPUID_PKS) ? "this processor has no supervisor keys (CPUID: PKS)"
           : !kg_cr4_has(CR4_PKS)       ? "the kernel has not switched supervisor keys on (CR4.PKS)"
           : !kg_cr0_has(CR0_WP)        ? "the kernel ignores write protection (CR0.WP)"
                                        : NULL;
}

static void probe(struct kg_backend_report *report)
{
    kg_pkey_probe(report, &kind, missing(),
                  "supervisor keys: other domains closed, the kernel read-only");
}

static int start(const struct kg_options *options)
{
    return kg_pkey_start(options, &kind);
}

const struct kg_backend kg_backend_pks = {
    .id = KG_BACKEND_PKS,
    .name = "pks",
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_WRITE |
                KG_PROMISE_HOST_WRITE | KG_PROMISE_CONSTANT_WRITE,
    .probe = probe,
    .start = start,
    .stop = kg_pkey_stop,
    .thread_start = kg_pkey_thread_start,
    KG_PKEY_COMMON,
    .trap_stack = kg_pkey_trap_stack,
    .unwind = kg_unwind_pks,
    .enter = KG_GATES_BY_LEVEL(kg_enter_pks),
    .slow = KG_GATES_BY_LEVEL(kg_slow_pks),
};
