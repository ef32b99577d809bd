/* SPDX-License-Identifier: MIT */
/* Ways to die that a system has to offer. */
#define _GNU_SOURCE
#include "fault.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* abort() takes a lock in the host's memory first, where that may not be written. */
KG_TEST(fault, abort_of_the_c_library)
{
    struct kg_report report;
    enum kg_backend_id id = kg_backend();
    bool writes_host = id != KG_BACKEND_PKEY;
    CHECK_CALL(dies(CRASH_ABORT, 0, writes_host ? KG_CAUSE_ABORT : KG_CAUSE_TAG, &report));
    PASS();
}

KG_TEST(fault, beyond_the_end_of_a_file)
{
    struct kg_report report;
    char name[] = "/tmp/keygate-bus-XXXXXX";
    int file = mkstemp(name);
    KG_ASSERT(file >= 0);
    unlink(name);
    void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0); /* the file is empty */
    KG_ASSERT(map != MAP_FAILED);
    enum kg_cause cause =
        kg_backend() == KG_BACKEND_SOFT ? KG_CAUSE_TAG : KG_CAUSE_ALIGNMENT;
    CHECK_CALL(dies(CRASH_READ, address_of(map) + 24, cause, &report));
    KG_ASSERT_EQ(report.address, address_of(map) + 24);
    munmap(map, 4096);
    close(file);
    PASS();
}

#if defined(__x86_64__)
/* On pkey the words that gates compare lie at GS base: without it a domain gets no further, and
 * nobody else notices. */
KG_TEST(fault, a_lost_gs_is_the_domains_loss)
{
    bool needed = kg_backend() == KG_BACKEND_PKEY;
    const struct kg_gate *lose = GATE(domain_a, gs_lose);
    uint64_t out = address_of(GATE(domain_b, add0));
    uint64_t value = 0;
    for (int i = 0; i < 6; i++) {
        int status = kg_gate_call(lose, &value, i % 2 == 0 ? 0 : out, 0);
        KG_ASSERT_STATUS(status, needed ? -KG_EFAULTED : 0);
        KG_ASSERT_EQ(value0(GATE(domain_b, add0)), 1000);
        if (needed) {
            KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        }
    }
    const struct kg_gate *brief = GATE_WITH(domain_a, gs_lose, .deadline_ns = 3000000);
    KG_ASSERT_STATUS(kg_gate_call(brief, NULL, 0, 1), -KG_EDEADLINE);
    KG_ASSERT_EQ(value0(GATE(domain_b, add0)), 1000);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    PASS();
}
#endif
