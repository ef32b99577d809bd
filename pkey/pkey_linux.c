/* SPDX-License-Identifier: MIT */
/* `pkey`: protection keys on Linux, in ring 3. Rights are PKRU. */
#define _GNU_SOURCE
#include "kg_pkey.h"

#include "arch/gates.h"
#include "core/core.h"

#include <asm/prctl.h>
#include <cpuid.h>
#include <keygate/status.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool processor_has_keys(void)
{
    unsigned a, b, c, d;
    /* CPUID leaf 7: ECX bit 3 is PKU, bit 4 OSPKE, without which RDPKRU is illegal. */
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (c & (1u << 3)) != 0 &&
           (c & (1u << 4)) != 0;
}

static const struct kg_pkey_kind kind = {.words_key = true, .closes = true};

/* Nobody else on Linux uses GS base; what it was is given back. */
static uint64_t gs_before[KG_THREADS_MAX];

static int gs_set(uint64_t base)
{
    return syscall(SYS_arch_prctl, ARCH_SET_GS, base) == 0 ? 0 : -KG_ESYSTEM;
}

static int thread_start(struct kg_thread *thread)
{
    (void)kg_pkey_thread_start(thread);
    struct kg_pkey_words *words = kg_pkey_words(thread);
    *words = (struct kg_pkey_words){0, 0};
    if (syscall(SYS_arch_prctl, ARCH_GET_GS, &gs_before[thread->index]) != 0) {
        return -KG_ESYSTEM;
    }
    return gs_set((uintptr_t)words);
}

/* A domain can write GS, and the gate that looks for its words then faults: it finds them again on
 * the way back. The kernel keeps GS base across a handler. */
static void gs_again(void)
{
    if (kg_local.real != NULL) {
        (void)gs_set((uintptr_t)kg_pkey_words(kg_local.real));
    }
}

static void thread_stop(struct kg_thread *thread)
{
    (void)gs_set(gs_before[thread->index]);
}

static void probe(struct kg_backend_report *report)
{
    kg_pkey_probe(report, &kind,
                  processor_has_keys() ? NULL
                                       : "this processor has no protection keys, or the kernel "
                                         "does not use them (CPUID: PKU and OSPKE)",
                  "protection keys: other domains closed, host memory read-only");
}

static int start(const struct kg_options *options)
{
    return kg_pkey_start(options, &kind);
}

const struct kg_backend kg_backend_pkey = {
    .id = KG_BACKEND_PKEY,
    .name = "pkey",
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_WRITE |
                KG_PROMISE_HOST_WRITE | KG_PROMISE_CONSTANT_WRITE,
    .probe = probe,
    .start = start,
    .stop = kg_pkey_stop,
    KG_PKEY_COMMON,
    .thread_start = thread_start,
    .thread_stop = thread_stop,
    .signal_enter = gs_again,
    .closes_host = true,
    .out = KG_GATES(kg_out_pkey),
    .trap_stack = kg_pkey_trap_stack,
    .unwind = kg_unwind_pkey,
    .enter = KG_GATES_BY_LEVEL(kg_enter_pkey),
    .slow = KG_GATES_BY_LEVEL(kg_slow_pkey),
    .signal_entry = kg_pkey_signal_entry,
};
