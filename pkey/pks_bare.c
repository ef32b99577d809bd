/* SPDX-License-Identifier: MIT */
/* `pks`: protection keys in ring 0, on all of the kernel's pages. */
#include "pkey_bare.h"

#define MSR_GS_BASE 0xc0000101u /* SDM vol. 4, 2.1 */

static const struct kg_pkey_kind kind = {
    .rights_register = REGISTER_PKRS,
    .words_key = true,
    .closes = true,
};

/* A domain may write GS; what it was before is given back when the thread leaves. */
static uint64_t gs_before[KG_THREADS_MAX];

static uint64_t gs_read(void)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_GS_BASE));
    return (uint64_t)high << 32 | low;
}

static void gs_write(uint64_t base)
{
    __asm__ volatile("wrmsr"
                     :
                     : "a"((uint32_t)base), "d"((uint32_t)(base >> 32)), "c"(MSR_GS_BASE)
                     : "memory");
}

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
                  "supervisor keys: other domains closed, the kernel read-only, or closed to "
                  "images");
}

/* The CPU reads its tables with the rights that a trap interrupts, and so does the first step of a
 * handler the sealed words. */
static int trap_pages(bool open)
{
    const void *start;
    size_t bytes;
    int status = kg_pkey_trap_page(&kg_sealed_page, sizeof kg_sealed_page, KG_MAP_WRITE, open);
    for (uint32_t i = 0; status == 0 && kg_port_trap_table(i, &start, &bytes); i++) {
        status = kg_pkey_trap_page(start, bytes, KG_MAP_READ, open);
    }
    return status;
}

/* What is left readable to domains that are gone does no harm. */
static void stop(void)
{
    (void)trap_pages(false);
    kg_pkey_stop();
}

static int start(const struct kg_options *options)
{
    const void *table;
    size_t bytes;
    int status = kg_pkey_start(options, &kind);
    if (status != 0) {
        return status;
    }
    if (!kg_port_trap_table(0, &table, &bytes)) {
        kg_pkey_leave_open();
    }
    status = trap_pages(true);
    if (status != 0) {
        stop();
    }
    return status;
}

static int thread_start(struct kg_thread *thread)
{
    struct kg_pkey_words *words = kg_pkey_words(thread);
    (void)kg_pkey_thread_start(thread);
    *words = (struct kg_pkey_words){0, 0};
    gs_before[thread->index] = gs_read();
    gs_write((uintptr_t)words);
    return 0;
}

static void thread_stop(struct kg_thread *thread)
{
    gs_write(gs_before[thread->index]);
}

/* The gate that looks for its words where a domain has put GS faults; on the way back they are
 * there again. */
static void gs_again(void)
{
    gs_write((uintptr_t)kg_pkey_words(kg_local.real));
}

const struct kg_backend kg_backend_pks = {
    .id = KG_BACKEND_PKS,
    .name = "pks",
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_WRITE |
                KG_PROMISE_HOST_WRITE | KG_PROMISE_CONSTANT_WRITE,
    .probe = probe,
    .start = start,
    .stop = stop,
    .thread_start = thread_start,
    .thread_stop = thread_stop,
    .signal_enter = gs_again,
    KG_PKEY_COMMON,
    .trap_stack = kg_pkey_trap_stack,
    .closes_host = true,
    .out = KG_GATES(kg_out_pks),
    .unwind = kg_unwind_pks,
    .enter = KG_GATES_BY_LEVEL(kg_enter_pks),
    .slow = KG_GATES_BY_LEVEL(kg_slow_pks),
};
