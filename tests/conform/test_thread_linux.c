/* SPDX-License-Identifier: MIT */
/* Threads that end wherever they are; a CPU's never does. */
#include "world.h"

#include <pthread.h>

static void *end_by_exit(void *gate)
{
    uint64_t value = 0;
    must(kg_thread_attach(), "attach");
    must(kg_gate_call((const struct kg_gate *)gate, &value), "a call");
    pthread_exit(NULL);
}

KG_TEST(thread, end_detaches)
{
    struct kg_account account;
    const struct kg_gate *gate = GATE(domain_a, add0);
    size_t maps = 0;
    for (int i = 0; i < 20; i++) {
        pthread_t threads[4];
        for (int j = 0; j < 4; j++) {
            KG_ASSERT_EQ(pthread_create(&threads[j], NULL, end_by_exit, (void *)(uintptr_t)gate),
                         0);
        }
        for (int j = 0; j < 4; j++) {
            pthread_join(threads[j], NULL);
        }
        maps = i == 4 ? mappings() : maps;
    }
    KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
    KG_ASSERT_EQ(account.stacks, 0);
    KG_ASSERT(mappings() <= maps + 6);
    PASS();
}

static uint64_t end_this_thread(uint64_t unused)
{
    (void)unused;
    pthread_exit(NULL);
}

static void *end_in_a_call(void *unused)
{
    (void)unused;
    must(kg_thread_attach(), "attach");
    (void)kg_gate_call(GATE(domain_a, call_value), NULL, address_of(HOST_GATE(end_this_thread, 1)),
                       0);
    return NULL;
}

/* The domain was left in the middle of something, so it is dead; nothing else is the worse for
 * it. */
KG_TEST(edge, a_thread_ends_in_a_call_back)
{
    pthread_t thread;
    struct kg_account account;
    (void)HOST_GATE(end_this_thread, 1);
    KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    (void)GATE(domain_a, call_value);
    for (int i = 0; i < 10; i++) {
        KG_ASSERT_EQ(pthread_create(&thread, NULL, end_in_a_call, NULL), 0);
        pthread_join(thread, NULL);
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add0), NULL), -KG_EDEAD);
        KG_ASSERT_EQ(value0(GATE(domain_b, add0)), 1000);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
        KG_ASSERT_STATUS(kg_domain_account(domain_a, &account), 0);
        KG_ASSERT_EQ(account.calls_inside, 0);
        KG_ASSERT_EQ(account.stacks, 1);
    }
    PASS();
}
