/* SPDX-License-Identifier: MIT */
/* Threads: attaching, crossing together, dying together. */
#include "world.h"

WORLD(thread)

#define THREADS 8u

/* So many, or as many as there can be. */
static uint32_t at_most(uint32_t count)
{
    return count < kg_host_threads() ? count : kg_host_threads();
}

/* Runs `body` on up to `count` threads and waits. Each says 0 when all went well. */
static int together(uint32_t count, void *(*body)(void *), void *argument)
{
    struct kg_host_thread threads[THREADS];
    int failures = 0;
    for (uint32_t i = 0; i < at_most(count); i++) {
        must(kg_host_thread_start(&threads[i], body, argument) ? 0 : -KG_ESYSTEM, "thread");
    }
    for (uint32_t i = 0; i < at_most(count); i++) {
        failures += kg_host_thread_join(&threads[i]) != NULL;
    }
    return failures;
}

#define EXPECT(condition)                                                                       \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            return (void *)(uintptr_t)__LINE__;                                                 \
        }                                                                                       \
    } while (0)

static void *not_attached(void *gate)
{
    uint64_t value = 4711;
    struct kg_account account;
    kg_handle handle = 0;
    const struct kg_object_options options = {.bytes = 16};
    EXPECT(kg_gate_call((const struct kg_gate *)gate, &value) == -KG_ETHREAD);
    EXPECT(value == 4711);
    EXPECT(kg_domain_account(domain_a, &account) == -KG_ETHREAD);
    EXPECT(kg_object_create(&options, &handle) == -KG_ETHREAD);
    EXPECT(kg_thread_detach() == -KG_ETHREAD);
    EXPECT(kg_thread_attach() == 0);
    EXPECT(kg_thread_attach() == -KG_EATTACHED);
    EXPECT(kg_gate_call((const struct kg_gate *)gate, &value) == 0 && value == 1000);
    EXPECT(kg_thread_detach() == 0);
    EXPECT(kg_gate_call((const struct kg_gate *)gate, &value) == -KG_ETHREAD);
    EXPECT(kg_thread_attach() == 0);
    EXPECT(kg_gate_call((const struct kg_gate *)gate, &value) == 0);
    return NULL; /* the end detaches */
}

KG_TEST(thread, must_attach_to_cross)
{
    struct kg_account account;
    NEEDS_THREADS(1);
    const struct kg_gate *gate = GATE(domain_a, add0);
    KG_ASSERT_EQ(value0(gate), 1000);
    for (uint64_t i = 0; i < scaled(50); i++) {
        KG_ASSERT_EQ(together(3, not_attached, (void *)(uintptr_t)gate), 0);
    }
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.stacks, 1); /* this thread's */
    PASS();
}

static void *cross_often(void *unused)
{
    (void)unused;
    const struct kg_gate *add_a = GATE(domain_a, add2);
    const struct kg_gate *add_b = GATE(domain_b, add1);
    const struct kg_gate *nest = GATE(domain_b, call_value);
    EXPECT(kg_thread_attach() == 0);
    uint64_t rights = rights_now();
    /* In a kernel `page` has every CPU flush its translations, several times for each crossing. */
    bool slow = kg_backend() == KG_BACKEND_PAGE && !__STDC_HOSTED__;
    uint64_t rounds = scaled(slow ? 2000 : 100000);
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t value = 0;
        EXPECT(kg_gate_call(add_a, &value, i, 1) == 0 && value == 1002 + i);
        EXPECT(kg_gate_call(add_b, &value, i) == 0 && value == 1000 + i);
        if (i % 16 == 0) {
            EXPECT(kg_gate_call(nest, &value, address_of(GATE(domain_a, add1)), i) == 0);
            EXPECT(value == 1000 + i);
        }
    }
    EXPECT(rights_now() == rights);
    EXPECT(kg_thread_detach() == 0);
    return NULL;
}

KG_TEST(thread, eight_cross_together)
{
    NEEDS_THREADS(1);
    (void)GATE(domain_a, add2);
    (void)GATE(domain_b, add1);
    (void)GATE(domain_b, call_value);
    (void)GATE(domain_a, add1);
    KG_ASSERT_EQ(together(THREADS, cross_often, NULL), 0);
    PASS();
}

static struct {
    const struct kg_gate *gate;
    volatile bool stop;
    volatile bool failed;
    volatile uint64_t calls;
} hammered;

/* The gate may lead to a domain that is gone, or by now to the next one. */
static void *hammer_on(void *unused)
{
    (void)unused;
    EXPECT(kg_thread_attach() == 0);
    while (!hammered.stop) {
        uint64_t value = 0;
        int status = kg_gate_call(__atomic_load_n(&hammered.gate, __ATOMIC_ACQUIRE), &value);
        hammered.failed = (status != 0 || value != 1000) && status != -KG_EDEAD;
        EXPECT(!hammered.failed);
        hammered.calls++;
    }
    EXPECT(kg_thread_detach() == 0);
    return NULL;
}

static void *end_often(void *unused)
{
    (void)unused;
    uint64_t rounds = scaled(kg_backend() == KG_BACKEND_PAGE ? 30 : 150);
    for (uint64_t i = 0; i < rounds; i++) {
        struct kg_domain *domain = NULL;
        const struct kg_gate *gate = NULL;
        EXPECT(kg_domain_create(NULL, &domain) == 0);
        EXPECT(kg_gate_create(domain, KG_ENTRY_OF(add0), NULL, &gate) == 0);
        __atomic_store_n(&hammered.gate, gate, __ATOMIC_RELEASE);
        uint64_t before = hammered.calls;
        while (hammered.calls < before + 20 && !hammered.failed) {
            kg_host_yield();
        }
        int status;
        while ((status = kg_domain_destroy(domain)) == -KG_EBUSY) {
            kg_host_yield();
        }
        EXPECT(status == 0);
    }
    hammered.stop = true;
    return NULL;
}

/* A domain ends while another thread goes on calling it: each call is made in full or refused. */
KG_TEST(thread, domains_end_under_traffic)
{
    NEEDS_THREADS(1);
    struct kg_host_thread thread;
    hammered.gate = GATE(domain_a, add0);
    hammered.stop = hammered.failed = false;
    KG_ASSERT(kg_host_thread_start(&thread, hammer_on, NULL));
    KG_ASSERT(end_often(NULL) == NULL);
    KG_ASSERT(kg_host_thread_join(&thread) == NULL);
    PASS();
}

static void *objects_often(void *unused)
{
    (void)unused;
    const struct kg_gate *take =
        GATE_WITH(domain_a, object_sum, .arguments = {KG_GIVE});
    const struct kg_gate *lend = GATE_WITH(domain_b, object_sum, .arguments = {KG_LEND});
    const struct kg_gate *drop = GATE(domain_a, object_drop);
    EXPECT(kg_thread_attach() == 0);
    for (uint64_t i = 0; i < scaled(2000); i++) {
        const struct kg_object_options options = {.bytes = 100};
        kg_handle handle = 0;
        uint64_t value = 0;
        EXPECT(kg_object_create(&options, &handle) == 0);
        memset(kg_object_address(handle), 2, 100);
        EXPECT(kg_gate_call(lend, &value, handle, 100) == 0 && value == 200);
        EXPECT(kg_gate_call(take, &value, handle, 100) == 0 && value == 200);
        EXPECT(kg_gate_call(drop, &value, handle) == 0 && value == 0);
    }
    EXPECT(kg_thread_detach() == 0);
    return NULL;
}

KG_TEST(thread, objects_change_hands_on_many)
{
    NEEDS_THREADS(1);
    (void)GATE_WITH(domain_a, object_sum, .arguments = {KG_GIVE});
    (void)GATE_WITH(domain_b, object_sum, .arguments = {KG_LEND});
    (void)GATE(domain_a, object_drop);
    KG_ASSERT_EQ(together(4, objects_often, NULL), 0);
    struct kg_account account;
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.objects, 0);
    PASS();
}

static int window_status[3];

static void *use_window(void *handle)
{
    kg_handle window = (kg_handle)(uintptr_t)handle;
    EXPECT(kg_thread_attach() == 0);
    window_status[0] = kg_object_drop(window);
    window_status[1] = kg_object_give(window, domain_a);
    window_status[2] = kg_gate_call(GATE_WITH(domain_a, object_sum, .arguments = {KG_LEND}),
                                    NULL, window, 4);
    EXPECT(kg_thread_detach() == 0);
    return NULL;
}

KG_TEST(thread, window_belongs_to_one_chain)
{
    NEEDS_THREADS(1);
    kg_handle window = make_kind(64, KG_OBJECT_WINDOW);
    CHECK_CALL(tags_agree());
    (void)GATE_WITH(domain_a, object_sum, .arguments = {KG_LEND});
    KG_ASSERT_EQ(together(1, use_window, (void *)(uintptr_t)window), 0);
    for (size_t i = 0; i < 3; i++) {
        KG_ASSERT_STATUS(window_status[i], -KG_EWINDOW);
    }
    CHECK_CALL(tags_agree());
    WORKS(kg_object_drop(window));
    PASS();
}

static uint32_t deaths_seen;
static uint32_t about_to_loop;

static void *wait_inside(void *word)
{
    EXPECT(kg_thread_attach() == 0);
    /* A first call is inside for a moment before it finds that there is no stack yet. */
    EXPECT(kg_gate_call(GATE(domain_a, add0), NULL) == 0);
    __atomic_add_fetch(&about_to_loop, 1, __ATOMIC_SEQ_CST);
    int status = kg_gate_call(GATE(domain_a, crash), NULL, CRASH_LOOP, address_of(word));
    __atomic_add_fetch(&deaths_seen, 1, __ATOMIC_SEQ_CST);
    EXPECT(status == -KG_EKILLED || status == -KG_EDEAD);
    EXPECT(kg_gate_call(GATE(domain_a, crash), NULL, CRASH_LOOP, 0) == -KG_EDEAD);
    EXPECT(kg_thread_detach() == 0);
    return NULL;
}

static uint32_t calls_inside(void)
{
    struct kg_account account = {.calls_inside = 0};
    (void)kg_domain_account(domain_a, &account);
    return account.calls_inside;
}

/* Four threads loop inside a; a fifth makes it crash: all get out, within a second. */
KG_TEST(thread, death_ends_every_call_inside)
{
    if (kg_backend() == KG_BACKEND_PAGE) {
        KG_SKIP("page admits one thread at a time; see crash_and_reload_under_traffic");
    }
    NEEDS_THREADS(1);
    (void)GATE(domain_a, crash);
    (void)GATE(domain_a, add0);
    const uint32_t count = at_most(4);
    for (uint64_t round = 0; round < scaled(50); round++) {
        struct kg_host_thread threads[4];
        deaths_seen = 0;
        about_to_loop = 0;
        for (uint32_t i = 0; i < count; i++) {
            KG_ASSERT(kg_host_thread_start(&threads[i], wait_inside, NULL));
        }
        while (__atomic_load_n(&about_to_loop, __ATOMIC_SEQ_CST) < count ||
               calls_inside() < count) {
            kg_host_yield();
        }
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), -KG_ELIVE);
        KG_ASSERT_STATUS(kg_domain_destroy(domain_a), -KG_EBUSY);
        uint64_t start = kg_test_port_time_ms();
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, crash), NULL, CRASH_READ_NULL, 0),
                         -KG_EFAULTED);
        while (__atomic_load_n(&deaths_seen, __ATOMIC_SEQ_CST) < count &&
               kg_test_port_time_ms() - start < 5000) {
            kg_host_yield();
        }
        uint64_t took = kg_test_port_time_ms() - start;
        KG_NOTE("%llu ms\n", (unsigned long long)took);
        for (uint32_t i = 0; i < count; i++) {
            KG_ASSERT_EQ((uintptr_t)kg_host_thread_join(&threads[i]), 0);
        }
        KG_ASSERT(took < 1000);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    }
    PASS();
}

static volatile int stop_crashing;

static void *cross_whatever_happens(void *unused)
{
    (void)unused;
    EXPECT(kg_thread_attach() == 0);
    while (!stop_crashing) {
        uint64_t value = 0;
        int status = kg_gate_call(GATE(domain_a, sum_to), &value, 100);
        EXPECT(status == 0 || status == -KG_EDEAD || status == -KG_EKILLED);
        EXPECT(status != 0 || value == 5050);
    }
    EXPECT(kg_thread_detach() == 0);
    return NULL;
}

/* The domain is crashed and reloaded all the time while others go in and out. */
KG_TEST(thread, crash_and_reload_under_traffic)
{
    struct kg_host_thread threads[3];
    NEEDS_THREADS(1);
    const uint32_t count = at_most(3);
    (void)GATE(domain_a, crash);
    (void)GATE(domain_a, sum_to);
    stop_crashing = 0;
    for (uint32_t i = 0; i < count; i++) {
        KG_ASSERT(kg_host_thread_start(&threads[i], cross_whatever_happens, NULL));
    }
    for (uint64_t i = 0; i < scaled(300); i++) {
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, crash), NULL, CRASH_READ_NULL, 0),
                         -KG_EFAULTED);
        int status = -KG_EBUSY;
        uint64_t start = kg_test_port_time_ms();
        while (status == -KG_EBUSY && kg_test_port_time_ms() - start < 5000) {
            status = kg_domain_reload(domain_a);
        }
        KG_ASSERT_STATUS(status, 0);
    }
    stop_crashing = 1;
    for (uint32_t i = 0; i < count; i++) {
        KG_ASSERT_EQ((uintptr_t)kg_host_thread_join(&threads[i]), 0);
    }
    PASS();
}
