/* SPDX-License-Identifier: MIT */
/* `pku` and `pks`: protection keys in ring 0. `pku` guards user-marked pages with PKRU: the arena
 * and the monitor's own memory are marked so, a kernel's other pages are not guarded. `pks` guards
 * all of the kernel's pages with PKRS. */
#include "kg_pkey.h"

#include "arch/gates.h"
#include "core/core.h"
#include "core/text.h"

#include <cpuid.h>

/* CPUID leaf 7, ECX; CR0 and CR4 (SDM vol. 3, 2.5). */
#define CPUID_PKU (1u << 3)
#define CPUID_PKS (1u << 31)
#define CR0_WP (UINT64_C(1) << 16)
#define CR4_SMAP (UINT64_C(1) << 21)
#define CR4_PKE (UINT64_C(1) << 22)
#define CR4_PKS (UINT64_C(1) << 24)

static uint64_t cr0(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr0, %0" : "=r"(value));
    return value;
}

static uint64_t cr4(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr4, %0" : "=r"(value));
    return value;
}

static bool processor_has(uint32_t bit)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (c & bit) != 0;
}

/* NULL when user-marked pages can be guarded from ring 0. */
static const char *missing_pku(void)
{
    return !processor_has(CPUID_PKU)     ? "this processor has no protection keys (CPUID: PKU)"
           : (cr4() & CR4_PKE) == 0      ? "the kernel has not switched keys on (CR4.PKE)"
           : (cr4() & CR4_SMAP) != 0     ? "the kernel keeps user pages from itself (CR4.SMAP)"
           : (cr0() & CR0_WP) == 0       ? "the kernel ignores write protection (CR0.WP)"
                                         : NULL;
}

static const char *missing_pks(void)
{
    return !processor_has(CPUID_PKS) ? "this processor has no supervisor keys (CPUID: PKS)"
           : (cr4() & CR4_PKS) == 0  ? "the kernel has not switched supervisor keys on (CR4.PKS)"
           : (cr0() & CR0_WP) == 0   ? "the kernel ignores write protection (CR0.WP)"
                                     : NULL;
}

static void probe(struct kg_backend_report *report, const char *missing, const char *found)
{
    if (missing != NULL) {
        KG_REASON(report, missing);
        return;
    }
    kg_pkey_probe(report);
    if (report->available) {
        KG_REASON(report, found);
    }
}

static void probe_pku(struct kg_backend_report *report)
{
    probe(report, missing_pku(),
          "keys of user-marked pages: other domains closed, the monitor read-only");
}

static void probe_pks(struct kg_backend_report *report)
{
    probe(report, missing_pks(), "supervisor keys: other domains closed, the kernel read-only");
}

/* Key 0 means nothing on supervisor pages, so the monitor's are marked as well. */
static int start_pku(const struct kg_options *options)
{
    int status = kg_pkey_start(options, KG_MAP_USER);
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

static int start_pks(const struct kg_options *options)
{
    return kg_pkey_start(options, 0);
}

const struct kg_backend kg_backend_pku = {
    .id = KG_BACKEND_PKU,
    .name = "pku",
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_WRITE |
                KG_PROMISE_CONSTANT_WRITE,
    .probe = probe_pku,
    .start = start_pku,
    KG_PKEY_COMMON,
    .unwind = kg_unwind_pku,
    .enter = KG_GATES_BY_LEVEL(kg_enter_pku),
    .slow = KG_GATES_BY_LEVEL(kg_slow_pku),
};

const struct kg_backend kg_backend_pks = {
    .id = KG_BACKEND_PKS,
    .name = "pks",
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_WRITE |
                KG_PROMISE_HOST_WRITE | KG_PROMISE_CONSTANT_WRITE,
    .probe = probe_pks,
    .start = start_pks,
    KG_PKEY_COMMON,
    .unwind = kg_unwind_pks,
    .enter = KG_GATES_BY_LEVEL(kg_enter_pks),
    .slow = KG_GATES_BY_LEVEL(kg_slow_pks),
};
