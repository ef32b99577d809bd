/* SPDX-License-Identifier: MIT */
/* `mte` with plain tags: a domain's number is the tag of its memory, and the pointers it was given
 * carry it. A pointer that went astray faults; one whose tag was forged does not, so this is good
 * against bugs and no boundary.
 *
 * Tags: 0 memory that is not tagged, never an owner; 1 to 13 domains; 14 the host; 15 nobody. What
 * was not mapped with tags (the host program's other memory, the monitor's) answers to any pointer
 * with any tag. The CPU does not check [sp, #imm] (Arm ARM, Tag Unchecked accesses). A tag has no
 * read-only: who is lent an object could write it. */
#include "mte.h"
#include "window.h"

#include "arch/gates.h"
#include "core/core.h"
#include "core/text.h"

#include <string.h>

_Static_assert(KG_OWNER_NOBODY == 15 && KG_OWNER_HOST == 14 && KG_DOMAINS_MAX == 13,
               "owners are tags");

#define ADDRESS_BITS UINT64_C(0x00ffffffffffffff)

/* gate_forced_aarch64.S. Gate k leads to behind[k]. */
void kg_forced_return(void);
void kg_forced_out_0(void);
void kg_forced_out_1(void);
void kg_forced_out_2(void);
void kg_forced_out_3(void);
void kg_forced_out_4(void);
void kg_forced_out_5(void);
void kg_forced_out_6(void);
extern const unsigned char kg_forced_gate_code[8];

static void (*const behind[])(void) = {
    kg_forced_return, kg_forced_out_0, kg_forced_out_1, kg_forced_out_2,
    kg_forced_out_3,  kg_forced_out_4, kg_forced_out_5, kg_forced_out_6,
};
#define OUT(arguments) (KG_FORCED_GATES + 8 * (1 + (arguments)))

static const struct kg_forced_ways forced = {
    .enter = KG_GATES_BY_LEVEL(kg_enter_forced),
    .slow = KG_GATES_BY_LEVEL(kg_slow_forced),
    .out = {OUT(0), OUT(1), OUT(2), OUT(3), OUT(4), OUT(5), OUT(6)},
    .first = KG_FORCED_FIRST,
    .stack_bytes = KG_FORCED_STACK,
    .guard_bytes = KG_FORCED_GUARD,
};

/* What each thread's check mode was before it attached, to give back. */
static uint32_t control_before[KG_THREADS_MAX];

static void probe(struct kg_backend_report *report)
{
    const char *missing = kg_mte_missing();
    report->available = missing == NULL;
    report->domains = missing == NULL ? KG_DOMAINS_MAX - 1 : 0;
    KG_REASON(report, missing != NULL ? missing
                                      : "plain tags: stray accesses to tagged memory fault; "
                                        "forged tags and untagged memory are not caught");
}

/* The window's two pages for images with forced tags: where gates lead, and their code. */
static int start(const struct kg_options *options)
{
    (void)options;
    unsigned char *table = kg_sealed.arena + KG_FORCED_TABLE;
    unsigned char *gates = kg_sealed.arena + KG_FORCED_GATES;
    int status = kg_port_map(table, KG_PAGE_BYTES, KG_MAP_WRITE);
    if (status == 0) {
        status = kg_port_map(gates, KG_PAGE_BYTES, KG_MAP_WRITE);
    }
    if (status == 0) {
        for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
            uint64_t to = (uintptr_t)behind[i];
            memcpy(table + i * sizeof to, &to, sizeof to);
            memcpy(gates + i * sizeof to, kg_forced_gate_code, sizeof to);
        }
        kg_arch_code_written(gates, KG_PAGE_BYTES);
        status = kg_port_protect(table, KG_PAGE_BYTES, KG_MAP_READ);
    }
    if (status == 0) {
        status = kg_port_protect(gates, KG_PAGE_BYTES, KG_MAP_READ | KG_MAP_EXECUTE);
    }
    return status;
}

/* The pages go with the arena. */
static void stop(void)
{
}

static int thread_start(struct kg_thread *thread)
{
    return kg_mte_checks_start(&control_before[thread->index]);
}

/* Only the thread itself can do this; see kg_thread_end. */
static void thread_stop(struct kg_thread *thread)
{
    kg_mte_checks_stop(control_before[thread->index]);
}

/* The gate compares the stack pointer's tag with the frame's slot; there is no other word. */
static uint32_t rights(const struct kg_thread *thread, uint32_t slot)
{
    (void)thread;
    return slot;
}

static uintptr_t tagged(uintptr_t address, uint32_t tag)
{
    return (address & ADDRESS_BITS) | (uintptr_t)tag << KG_MTE_SHIFT;
}

/* Stores the tags, then has every CPU pass a barrier: a tag store is seen by another CPU's checks
 * no sooner than a data store by its loads, and the giver may be running there.
 *
 * Memory that can't hold tags swallows them silently, so both ends are read back. Where one is
 * wrong nothing was tagged: the kernel makes whole mappings taggable, and a range is of one. A
 * range had one owner, so its first tag is all there is to put back. */
static int tag(void *address, size_t bytes, uint32_t owner, enum kg_access access)
{
    uint32_t new = access == KG_ACCESS_NONE ? KG_OWNER_NOBODY : owner;
    uintptr_t first = (uintptr_t)address;
    if (bytes == 0) {
        return 0;
    }
    if (kg_port_failure("tag")) {
        return -KG_ESYSTEM;
    }
    uint32_t old = kg_mte_load(first);
    kg_mte_store(tagged(first, new), bytes);
    if (kg_mte_load(first) != new || kg_mte_load(first + bytes - KG_MTE_GRANULE) != new) {
        return -KG_ESYSTEM;
    }
    int status = kg_threads_attached() > 1 ? kg_port_barrier() : 0;
    if (status != 0) {
        kg_mte_store(tagged(first, old), bytes);
    }
    return status;
}

static int tag_read(const void *address, uint32_t *owner, enum kg_access *access)
{
    uint32_t found = kg_mte_load((uintptr_t)address);
    *owner = found == 0 ? KG_OWNER_NONE : found;
    *access = found == KG_OWNER_NOBODY ? KG_ACCESS_NONE : KG_ACCESS_WRITE;
    return 0;
}

static void *pointer(void *address, uint32_t owner)
{
    return (void *)tagged((uintptr_t)address, owner);
}

/* Any memory can be reached with its own tag; the range has one owner, so it has one tag. */
static void *monitor_open(void *address, size_t bytes)
{
    (void)bytes;
    return (void *)tagged((uintptr_t)address, kg_mte_load((uintptr_t)address));
}

const struct kg_backend kg_backend_mte = {
    .id = KG_BACKEND_MTE,
    .name = "mte",
    .hardware = true,
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_CONSTANT_WRITE,
    .clears = true,
    .build = KG_BUILD_PLAIN,
    .unit_bytes = KG_MTE_GRANULE,
    .probe = probe,
    .start = start,
    .stop = stop,
    .thread_start = thread_start,
    .thread_stop = thread_stop,
    .rights = rights,
    .tag = tag,
    .tag_read = tag_read,
    .pointer = pointer,
    .monitor_open = monitor_open,
    .unwind = kg_unwind_mte,
    .enter = KG_GATES_BY_LEVEL(kg_enter_mte),
    .slow = KG_GATES_BY_LEVEL(kg_slow_mte),
    .forced = &forced,
};
