/* SPDX-License-Identifier: MIT */
/* `pku-ring3`: domains in ring 3 of the kernel's own address space, where all but user-marked pages
 * is closed to them. Those are what domains own, each with its key, and for functions of the image
 * its code, constants and gates. */
#include "pkey_bare.h"

#define SYSCALL_BYTES 2
#define REPORT_RCX 2 /* in kg_report.registers */

/* Where the gate finds a SYSCALL that is not its own. */
extern const char kg_ring3_foreign[];

static const struct kg_pkey_kind kind = {
    .marked = KG_MAP_USER,
    .rights_register = REGISTER_PKRU,
    .host_key = true,
    .closes = true,
};

static const char *missing(void)
{
    return kg_pku_missing() != NULL          ? kg_pku_missing()
           : kg_port_ring3_missing() != NULL ? kg_port_ring3_missing()
           : !kg_cr4_has(CR4_FSGSBASE)       ? "the kernel has not switched FSGSBASE on"
           : kg_cr4_has(CR4_SMEP) ? "the kernel may not run what ring 3 may (CR4.SMEP)"
                                  : NULL;
}

static void probe(struct kg_backend_report *report)
{
    kg_pkey_probe(report, &kind, missing(),
                  "domains in ring 3: other domains and the kernel closed");
}

/* `how` has KG_MAP_USER or KG_MAP_UNMARK. */
static int mark(const void *start, size_t bytes, unsigned how)
{
    return kg_port_protect((void *)(uintptr_t)start, bytes, how | KG_MAP_KEY(0));
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
    int status = mark_segment((const void *)(uintptr_t)kg_ring3_entry, KG_MAP_EXECUTE | how);
    if (status == 0) {
        status = mark_segment(&kind, how);
    }
    if (status == 0) {
        status = kg_pkey_trap_page(&kg_sealed_page, sizeof kg_sealed_page, KG_MAP_WRITE | how,
                                   how == KG_MAP_USER);
    }
    return status;
}

/* Of what can't be unmarked nothing is writable, and nobody is in ring 3 any more. */
static void stop(void)
{
    (void)mark_image(KG_MAP_UNMARK);
    kg_pkey_stop();
}

static int start(const struct kg_options *options)
{
    int status = kg_pkey_start(options, &kind);
    if (status != 0) {
        return status;
    }
    status = mark_image(KG_MAP_USER);
    if (status == 0) {
        status = mark(kg_sealed.gates, KG_GATES_BYTES, KG_MAP_READ | KG_MAP_USER);
    }
    if (status != 0) {
        stop();
    }
    return status;
}

/* A SYSCALL of the domain's own leaves its address in rcx. */
static void decode(struct kg_fault *fault)
{
    if (fault->instruction == (uintptr_t)kg_ring3_foreign && fault->registers != NULL) {
        fault->instruction = fault->registers[REPORT_RCX] - SYSCALL_BYTES;
    }
}

const struct kg_backend kg_backend_pku_ring3 = {
    .id = KG_BACKEND_PKU_RING3,
    .name = "pku-ring3",
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_READ |
                KG_PROMISE_MONITOR_WRITE | KG_PROMISE_HOST_READ | KG_PROMISE_HOST_WRITE |
                KG_PROMISE_CONSTANT_WRITE,
    .probe = probe,
    .start = start,
    .stop = stop,
    .thread_start = kg_pkey_thread_start,
    KG_PKEY_COMMON,
    .decode = decode,
    .closes_host = true,
    .out = KG_GATES(kg_out_pku_ring3),
    .unwind = kg_unwind_pku_ring3,
    .enter = KG_GATES_BY_LEVEL(kg_enter_pku_ring3),
    .slow = KG_GATES_BY_LEVEL(kg_slow_pku_ring3),
};
