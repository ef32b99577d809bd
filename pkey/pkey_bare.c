/* SPDX-License-Identifier: MIT */
/* `pku` and `pks`: protection keys in ring 0. `pku` guards user-marked pages with PKRU: the arena
 * and the monitor's own memory are marked so, a kernel's other pages are not guarded. `pks` guards
 * all of the kernel's pages with PKRS. `pku-ring3`: domains run in ring 3, where all but user-marked
 * pages is closed to them; those are what domains own, code, constants and gates. */
#include "kg_pkey.h"

#include "arch/gates.h"
#include "core/core.h"
#include "core/text.h"

#include <cpuid.h>

/* CPUID leaf 7, ECX; CR0 and CR4 (SDM vol. 3, 2.5). */
#define CPUID_PKU (1u << 3)
#define CPUID_PKS (1u << 31)
#define CR0_WP (UINT64_C(1) << 16)
#define CR4_FSGSBASE (UINT64_C(1) << 16)
#define CR4_SMEP (UINT64_C(1) << 20)
#define CR4_SMAP (UINT64_C(1) << 21)
#define CR4_PKE (UINT64_C(1) << 22)
#define CR4_PKS (UINT64_C(1) << 24)

#define SYSCALL_BYTES 2
#define REPORT_RCX 2 /* in kg_report.registers */

/* Where the gate finds a SYSCALL that is not its own. */
extern const char kg_ring3_foreign[];

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

static const char *missing_pku_ring3(void)
{
    return missing_pku() != NULL             ? missing_pku()
           : kg_port_ring3_missing() != NULL ? kg_port_ring3_missing()
           : (cr4() & CR4_FSGSBASE) == 0     ? "the kernel has not switched FSGSBASE on"
           : (cr4() & CR4_SMEP) != 0 ? "the kernel may not run what ring 3 may (CR4.SMEP)"
                                     : NULL;
}

static const char *missing_pks(void)
{
    return !processor_has(CPUID_PKS) ? "this processor has no supervisor keys (CPUID: PKS)"
           : (cr4() & CR4_PKS) == 0  ? "the kernel has not switched supervisor keys on (CR4.PKS)"
           : (cr0() & CR0_WP) == 0   ? "the kernel ignores write protection (CR0.WP)"
                                     : NULL;
}

static const struct kg_pkey_kind kind_pku = {.marked = KG_MAP_USER};
static const struct kg_pkey_kind kind_pks = {.marked = 0};
static const struct kg_pkey_kind kind_pku_ring3 = {.marked = KG_MAP_USER, .host_key = true};

static void probe(struct kg_backend_report *report, const struct kg_pkey_kind *kind,
                  const char *missing, const char *found)
{
    if (missing != NULL) {
        KG_REASON(report, missing);
        return;
    }
    kg_pkey_probe(report, kind);
    if (report->available) {
        KG_REASON(report, found);
    }
}

static void probe_pku(struct kg_backend_report *report)
{
    probe(report, &kind_pku, missing_pku(),
          "keys of user-marked pages: other domains closed, the monitor read-only");
}

static void probe_pks(struct kg_backend_report *report)
{
    probe(report, &kind_pks, missing_pks(),
          "supervisor keys: other domains closed, the kernel read-only");
}

static void probe_pku_ring3(struct kg_backend_report *report)
{
    probe(report, &kind_pku_ring3, missing_pku_ring3(),
          "domains in ring 3: other domains and the kernel closed");
}

static int start(const struct kg_options *options, const struct kg_pkey_kind *kind,
                 uint32_t rights_register)
{
    int status = kg_pkey_start(options, kind);
    if (status == 0) {
        kg_sealed.rights_register = rights_register;
    }
    return status;
}

/* `how` has KG_MAP_USER or KG_MAP_UNMARK. */
static int mark(const void *start, size_t bytes, unsigned how)
{
    return kg_port_protect((void *)(uintptr_t)start, bytes, how | KG_MAP_KEY(0));
}

/* Key 0 means nothing on supervisor pages, so the monitor's are marked as well. */
static int start_pku(const struct kg_options *options)
{
    int status = start(options, &kind_pku, REGISTER_PKRU);
    if (status != 0) {
        return status;
    }
    status = mark(kg_books, KG_MONITOR_BYTES, KG_MAP_WRITE | KG_MAP_USER);
    if (status != 0) {
        kg_pkey_stop();
    }
    return status;
}

static int start_pks(const struct kg_options *options)
{
    return start(options, &kind_pks, REGISTER_PKRS);
}

/* The segment that a piece of the image lies in. */
static int mark_segment(const void *piece, unsigned how)
{
    uintptr_t from, to;
    if (!kg_port_constant_range((uintptr_t)piece, 1, &from, &to)) {
        return -KG_ESYSTEM;
    }
    return mark((const void *)from, to - from, KG_MAP_READ | how);
}

/* A function domain runs the image's own code, so that is ring 3's to run and its constants to
 * read; it finds its heap by the sealed words, and calls through gates. */
static int mark_image(unsigned how)
{
    int status = mark_segment((const void *)(uintptr_t)kg_ring3_entry, how);
    if (status == 0) {
        status = mark_segment(&kind_pku_ring3, how);
    }
    if (status == 0) {
        status = mark(&kg_sealed_page, sizeof kg_sealed_page, KG_MAP_WRITE | how);
    }
    return status;
}

/* Of what can't be unmarked nothing is writable, and nobody is in ring 3 any more. */
static void stop_pku_ring3(void)
{
    (void)mark_image(KG_MAP_UNMARK);
    kg_pkey_stop();
}

static int start_pku_ring3(const struct kg_options *options)
{
    int status = start(options, &kind_pku_ring3, REGISTER_PKRU);
    if (status != 0) {
        return status;
    }
    status = mark_image(KG_MAP_USER);
    if (status == 0) {
        status = mark(kg_sealed.gates, KG_GATES_BYTES, KG_MAP_READ | KG_MAP_USER);
    }
    if (status != 0) {
        stop_pku_ring3();
    }
    return status;
}

/* A SYSCALL of the domain's own leaves its address in rcx. */
static void decode_pku_ring3(struct kg_fault *fault)
{
    if (fault->instruction == (uintptr_t)kg_ring3_foreign && fault->registers != NULL) {
        fault->instruction = fault->registers[REPORT_RCX] - SYSCALL_BYTES;
    }
}

const struct kg_backend kg_backend_pku = {
    .id = KG_BACKEND_PKU,
    .name = "pku",
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_WRITE |
                KG_PROMISE_CONSTANT_WRITE,
    .probe = probe_pku,
    .start = start_pku,
    .stop = kg_pkey_stop,
    KG_PKEY_COMMON,
    .trap_stack = kg_pkey_trap_stack,
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
    .stop = kg_pkey_stop,
    KG_PKEY_COMMON,
    .trap_stack = kg_pkey_trap_stack,
    .unwind = kg_unwind_pks,
    .enter = KG_GATES_BY_LEVEL(kg_enter_pks),
    .slow = KG_GATES_BY_LEVEL(kg_slow_pks),
};

const struct kg_backend kg_backend_pku_ring3 = {
    .id = KG_BACKEND_PKU_RING3,
    .name = "pku-ring3",
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_READ |
                KG_PROMISE_MONITOR_WRITE | KG_PROMISE_HOST_READ | KG_PROMISE_HOST_WRITE |
                KG_PROMISE_CONSTANT_WRITE,
    .probe = probe_pku_ring3,
    .start = start_pku_ring3,
    .stop = stop_pku_ring3,
    KG_PKEY_COMMON,
    .decode = decode_pku_ring3,
    .unwind = kg_unwind_pku_ring3,
    .enter = KG_GATES_BY_LEVEL(kg_enter_pku_ring3),
    .slow = KG_GATES_BY_LEVEL(kg_slow_pku_ring3),
};
