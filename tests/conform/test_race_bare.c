/* SPDX-License-Identifier: MIT */
/* Law 2 on several CPUs of a kernel, many rounds: one CPU is in a domain and writes an object, or
 * reads it, without pause; another takes it away. When that has returned no access of the first
 * lands any more. The memory is watched by its other road, as all of it is mapped one to one. CPUs
 * that wait rest, and each stays attached, so that a round is little else than the race. */
#include "world.h"

#include "port/bare/platform.h"

WORLD(race_bare)

#define MARK UINT64_C(0x6d61726b6d61726b)
#define LONG_ENOUGH 20000000u /* more writes than any round has time for */

static struct {
    struct kg_domain *domain;
    const struct kg_gate *write, *read;
    kg_handle handle;
    volatile uint64_t *memory; /* the object's first word, by its physical address */
    bool reads;
    bool attached[PLATFORM_CPUS_MAX];
} race;

static void *hammer_here(void *unused)
{
    (void)unused;
    uint32_t cpu = platform_cpu();
    int status = 0;
    if (!race.attached[cpu]) {
        must(kg_thread_attach(), "attach");
        race.attached[cpu] = true;
    }
    if (race.reads) {
        status = kg_gate_call(race.read, NULL, race.handle, MARK);
    } else {
        status = kg_gate_call(race.write, NULL, race.handle, LONG_ENOUGH);
    }
    return (void *)(intptr_t)status;
}

static void *detach_here(void *unused)
{
    must(kg_thread_detach(), "detach");
    race.attached[platform_cpu()] = false;
    return unused;
}

/* The word is tagged for its owner, by whichever road. */
#if defined(__aarch64__)
#define UNCHECKED(access)                                                                       \
    do {                                                                                        \
        __asm__ volatile(".arch armv8.5-a+memtag\n msr tco, #1" : : : "memory");                \
        access;                                                                                 \
        __asm__ volatile(".arch armv8.5-a+memtag\n msr tco, #0" : : : "memory");                \
    } while (0)
#else
#define UNCHECKED(access) access
#endif

static uint64_t memory_word(void)
{
    uint64_t word;
    UNCHECKED(word = *race.memory);
    return word;
}

static void memory_set(uint64_t word)
{
    UNCHECKED(*race.memory = word);
}

static bool somebody_inside(void)
{
    struct kg_account account = {.calls_inside = 0};
    must(kg_domain_account(race.domain, &account), "account");
    return account.calls_inside > 0;
}

/* Until the CPU is at work on the object. */
static void await_hammer(uint64_t round)
{
    if (race.reads) {
        while (!somebody_inside()) {
            platform_pause();
        }
        return;
    }
    while (memory_word() < 10 + round % 97) {
        platform_pause();
    }
}

static enum greatest_test_res race_round(uint32_t cpu, uint64_t round)
{
    race.reads = round % 4 == 3;
    memory_set(0);
    KG_ASSERT_STATUS(kg_object_give(race.handle, race.domain), 0);
    KG_ASSERT(platform_cpu_run(cpu, hammer_here, NULL));
    await_hammer(round);
    KG_ASSERT_STATUS(kg_object_take(race.handle), 0);
    if (race.reads) { /* what is the host's, keys let everybody read */
        KG_ASSERT_STATUS(kg_object_give(race.handle, domain_b), 0);
        memory_set(MARK);
    }
    uint64_t last = memory_word();
    int status = (int)(intptr_t)platform_cpu_wait(cpu);
    KG_ASSERT_EQ(memory_word(), last);
    KG_ASSERT_STATUS(status, -KG_EFAULTED);
    if (race.reads) {
        KG_ASSERT_STATUS(kg_object_take(race.handle), 0);
    }
    KG_ASSERT_STATUS(kg_domain_reload(race.domain), 0);
    PASS();
}

static enum greatest_test_res race_begin(void)
{
    const struct kg_domain_options options = {
        .name = "racer", .heap_bytes = KG_PAGE_BYTES, .stack_bytes = 4 * KG_PAGE_BYTES};
    const uintptr_t untagged = (UINT64_C(1) << 56) - 1;
    uintptr_t physical;
    unsigned how;
    memset(&race, 0, sizeof race);
    KG_ASSERT_STATUS(kg_domain_create(&options, &race.domain), 0);
    race.write = GATE(race.domain, hammer);
    race.read = GATE(race.domain, read_until);
    race.handle = make(64);
    uintptr_t at = (uintptr_t)kg_object_address(race.handle) & untagged;
    KG_ASSERT(platform_entry_look(at & ~(uintptr_t)(KG_PAGE_BYTES - 1), &physical, &how));
    race.memory = (volatile uint64_t *)(physical + at % KG_PAGE_BYTES);
    PASS();
}

static enum greatest_test_res race_rounds(uint32_t others, uint64_t rounds)
{
    for (uint64_t round = 0; round < rounds; round++) {
        uint32_t cpu = 1 + (uint32_t)(round % others);
        enum greatest_test_res good = race_round(cpu, round);
        if (good != GREATEST_TEST_RES_PASS) {
            KG_NOTE("round %llu, CPU %u %s\n", (unsigned long long)round, cpu,
                    race.reads ? "reading" : "writing");
            return good;
        }
    }
    PASS();
}

KG_TEST(race_bare, no_access_lands_after_a_take)
{
    if (kg_backend() == KG_BACKEND_NONE || kg_backend() == KG_BACKEND_SOFT) {
        KG_SKIP("nothing is promised here before the giver's next gate");
    }
    if (kg_backend() == KG_BACKEND_PAGE) {
        KG_SKIP("on page nobody takes anything while a domain runs");
    }
    NEEDS_THREADS(1);
    uint32_t others = kg_host_threads();
    CHECK_CALL(race_begin());
    CHECK_CALL(race_rounds(others, scaled(100000)));
    for (uint32_t cpu = 1; cpu <= others; cpu++) {
        if (race.attached[cpu]) {
            KG_ASSERT(platform_cpu_run(cpu, detach_here, NULL));
            (void)platform_cpu_wait(cpu);
        }
    }
    KG_ASSERT_STATUS(kg_object_drop(race.handle), 0);
    PASS();
}
