/* SPDX-License-Identifier: MIT */
/* `none`: the gates and the books, and no memory protection. What isolation by language would cost,
 * and the build to debug with. */
#include "core/core.h"

#include "arch/gates.h"

#include <string.h>

static void probe(struct kg_backend_report *report)
{
    report->available = true;
    report->domains = KG_DOMAINS_MAX - 1;
    strcpy(report->reason, "keeps books, liveness and crash safety; protects no memory");
}

static int start(const struct kg_options *options)
{
    (void)options;
    return 0;
}

static void stop(void)
{
}

static int thread_start(struct kg_thread *thread)
{
    (void)thread;
    return 0;
}

static void thread_stop(struct kg_thread *thread)
{
    (void)thread;
}

static int domain_open(uint32_t slot)
{
    (void)slot;
    return 0;
}

static void domain_close(uint32_t slot)
{
    (void)slot;
}

static uint32_t rights(const struct kg_thread *thread, uint32_t slot)
{
    (void)thread;
    (void)slot;
    return 0;
}

static int tag(void *address, size_t bytes, uint32_t owner, enum kg_access access)
{
    (void)address;
    (void)bytes;
    (void)owner;
    (void)access;
    return 0;
}

/* There is no tag to read: the answer is that nothing is kept. */
static int tag_read(const void *address, uint32_t *owner, enum kg_access *access)
{
    (void)address;
    (void)owner;
    (void)access;
    return -KG_ESYSTEM;
}

static void *pointer(void *address, uint32_t owner)
{
    (void)owner;
    return address;
}

static void *monitor_open(void *address, size_t bytes)
{
    (void)bytes;
    return address;
}

static void monitor_close(void *address, size_t bytes)
{
    (void)address;
    (void)bytes;
}

static void decode(struct kg_fault *fault)
{
    (void)fault;
}

const struct kg_backend kg_backend_none = {
    .id = KG_BACKEND_NONE,
    .name = "none",
    .build = KG_BUILD_PLAIN,
    .unit_bytes = 16,
    .probe = probe,
    .start = start,
    .stop = stop,
    .thread_start = thread_start,
    .thread_stop = thread_stop,
    .domain_open = domain_open,
    .domain_close = domain_close,
    .rights = rights,
    .tag = tag,
    .tag_read = tag_read,
    .pointer = pointer,
    .monitor_open = monitor_open,
    .monitor_close = monitor_close,
    .decode = decode,
    .unwind = kg_unwind_none,
    .enter = KG_GATES_SAME(kg_enter_none_0),
    .slow = KG_GATES_SAME(kg_slow_none_0),
};
