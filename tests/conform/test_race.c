/* SPDX-License-Identifier: MIT */
/* Law 2 under fire: one thread inside domain a writes an object without pause while another gives
 * it away. After the give has returned no write lands any more. */
#include "world.h"

WORLD(race)

#define MARK UINT64_C(0x6d61726b6d61726b)
#define LONG_ENOUGH 20000000u /* more writes than any round has time for */
#define PAGE_ROUNDS 20000u    /* on `page` others wait until the call is over */

static struct {
    kg_handle handle;
    int status;
    volatile int started;
    volatile int done;
} job;

static uint64_t writes(void)
{
    return kg_backend() == KG_BACKEND_PAGE ? PAGE_ROUNDS : LONG_ENOUGH;
}

static void *hammer_inside(void *unused)
{
    (void)unused;
    must(kg_thread_attach(), "attach");
    must(kg_gate_call(GATE(domain_a, add0), NULL), "a first call");
    job.started = 1;
    job.status = kg_gate_call(GATE(domain_a, hammer), NULL, job.handle, writes());
    job.done = 1;
    must(kg_thread_detach(), "detach");
    return NULL;
}

static bool somebody_inside(void)
{
    struct kg_account account = {.calls_inside = 0};
    must(kg_domain_account(domain_a, &account), "account");
    return account.calls_inside > 0;
}

static uint64_t word_of(kg_handle handle)
{
    return *(volatile uint64_t *)kg_object_address(handle);
}

/* Whether the giver can still write what it gave away, by backend. `soft` has checked a write
 * before it lands, so one may be on its way; `none` stops nobody. */
static bool giver_is_stopped(void)
{
    return kg_backend() != KG_BACKEND_NONE && kg_backend() != KG_BACKEND_SOFT;
}

static enum greatest_test_res host_round(uint64_t *hits)
{
    struct kg_host_thread thread;
    job.handle = make(64);
    job.started = 0;
    job.done = 0;
    KG_ASSERT_STATUS(kg_object_give(job.handle, domain_a), 0);
    KG_ASSERT(kg_host_thread_start(&thread, hammer_inside, NULL));
    while (!job.started ||
           (kg_backend() != KG_BACKEND_PAGE && !somebody_inside() && !job.done)) {
        kg_host_yield();
    }
    for (volatile int i = 0; i < 2000; i++) {
    }
    KG_ASSERT_STATUS(kg_object_take(job.handle), 0);
    uint64_t reached = word_of(job.handle);
    if (giver_is_stopped()) {
        *(volatile uint64_t *)kg_object_address(job.handle) = MARK;
        for (int i = 0; i < 20000; i++) {
            KG_ASSERT_EQ(word_of(job.handle), MARK);
        }
    }
    (void)kg_host_thread_join(&thread);
    *hits += reached > 0 && reached < writes();
    if (giver_is_stopped()) {
        KG_ASSERT_EQ(word_of(job.handle), MARK);
    }
    KG_ASSERT(job.status == 0 || job.status == -KG_EFAULTED);
    if (job.status == 0) {
        /* It was done before the object went; only `none` lets it go on after. */
        KG_ASSERT(!giver_is_stopped() || reached == writes() || reached == 0);
    } else {
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    KG_ASSERT_STATUS(kg_object_drop(job.handle), 0);
    PASS();
}

KG_TEST(race, host_takes_from_a_running_domain)
{
    uint64_t hits = 0;
    NEEDS_THREADS(1);
    uint64_t rounds = scaled(kg_backend() == KG_BACKEND_NONE ? 40 : 1000);
    rounds = rounds < 10 ? 10 : rounds;
    for (uint64_t i = 0; i < rounds; i++) {
        KG_NOTE("round %llu\n", (unsigned long long)i);
        CHECK_CALL(host_round(&hits));
    }
    KG_NOTE("%llu of %llu rounds caught the writer at work\n", (unsigned long long)hits,
            (unsigned long long)rounds);
    KG_ASSERT(hits > 0 || kg_backend() == KG_BACKEND_PAGE || kg_backend() == KG_BACKEND_NONE);
    PASS();
}

static void *give_inside(void *gate)
{
    uint64_t value = 0;
    must(kg_thread_attach(), "attach");
    while (!somebody_inside() && !job.done && kg_backend() != KG_BACKEND_PAGE) {
        kg_host_yield();
    }
    job.started = 1;
    int status = kg_gate_call(GATE(domain_a, call_value2), &value, address_of(gate),
                              job.handle, 20000);
    /* a may have died of the other thread's write while this one was in b */
    must(status == 0 || status == -KG_EKILLED || status == -KG_EDEAD ? 0 : status, "the give");
    must(kg_thread_detach(), "detach");
    return (void *)(uintptr_t)(status == -KG_EDEAD);
}

/* A thread of a's gives to b by a call while another thread of a's writes. b writes a mark and
 * watches it, and keeps its finding in the object itself. */
static enum greatest_test_res give_round(void)
{
    struct kg_host_thread writer, giver;
    const struct kg_gate *watch_it = GATE_WITH(domain_b, object_guard, .arguments = {KG_GIVE});
    (void)GATE(domain_a, call_value2);
    job.handle = make(64);
    job.started = 0;
    job.done = 0;
    KG_ASSERT_STATUS(kg_object_give(job.handle, domain_a), 0);
    KG_ASSERT(kg_host_thread_start(&writer, hammer_inside, NULL));
    KG_ASSERT(kg_host_thread_start(&giver, give_inside, (void *)(uintptr_t)watch_it));
    bool never = kg_host_thread_join(&giver) != NULL;
    (void)kg_host_thread_join(&writer);
    if (!never) {
        KG_ASSERT_STATUS(kg_object_take(job.handle), 0);
        const volatile uint64_t *words = kg_object_address(job.handle);
        KG_ASSERT_EQ(words[1], 0); /* how often b saw its mark change */
        KG_ASSERT_EQ(words[0], MARK);
        KG_ASSERT_STATUS(kg_object_drop(job.handle), 0);
    }
    struct kg_account account;
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    if (account.dead) {
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    PASS();
}

KG_TEST(race, domain_gives_while_it_writes)
{
    if (!giver_is_stopped()) {
        KG_SKIP("nothing is promised here before the giver's next gate");
    }
    NEEDS_THREADS(2);
    uint64_t rounds = scaled(1000);
    rounds = rounds < 10 ? 10 : rounds;
    for (uint64_t i = 0; i < rounds; i++) {
        KG_NOTE("round %llu\n", (unsigned long long)i);
        CHECK_CALL(give_round());
    }
    PASS();
}

/* `soft` promises it from the giver's next gate on: once the writer's call is over, no write of its
 * lands, and the writer did not survive its stale access. */
KG_TEST(race, soft_stops_the_giver_at_its_next_access)
{
    if (kg_backend() != KG_BACKEND_SOFT) {
        KG_SKIP("a promise of soft only");
    }
    uint64_t stopped = 0;
    NEEDS_THREADS(1);
    for (uint64_t i = 0; i < scaled(200); i++) {
        struct kg_host_thread thread;
        job.handle = make(64);
        job.started = 0;
        job.done = 0;
        KG_ASSERT_STATUS(kg_object_give(job.handle, domain_a), 0);
        KG_ASSERT(kg_host_thread_start(&thread, hammer_inside, NULL));
        while (!somebody_inside() && !job.done) {
            kg_host_yield();
        }
        KG_ASSERT_STATUS(kg_object_take(job.handle), 0);
        (void)kg_host_thread_join(&thread);
        /* A writer that ended before the object was taken did nothing wrong. */
        if (job.status != 0) {
            KG_ASSERT_STATUS(job.status, -KG_EFAULTED);
            KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
            stopped++;
        }
        *(volatile uint64_t *)kg_object_address(job.handle) = MARK;
        KG_ASSERT_EQ(word_of(job.handle), MARK);
        KG_ASSERT_STATUS(kg_object_drop(job.handle), 0);
    }
    KG_ASSERT_NE(stopped, 0);
    PASS();
}
