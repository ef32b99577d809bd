/* SPDX-License-Identifier: MIT */
/* Calls under way in one domain: as many as its options allow, over all threads. */
#include "provoke.h"
#include "world.h"

WORLD(limit)

static struct kg_domain *limited;

static void open_limited(uint32_t calls)
{
    const struct kg_domain_options options = {.calls_max = calls};
    must(kg_domain_create(&options, &limited), "a domain");
}

static uint32_t calls_inside(void)
{
    struct kg_account account;
    must(kg_domain_account(limited, &account), "account");
    return account.calls_inside;
}

/* Made anew each time: tests make more than one such domain. */
static const struct kg_gate *into_with(const struct kg_entry *entry,
                                       const struct kg_gate_options *options)
{
    const struct kg_gate *gate = NULL;
    must(kg_gate_create(limited, entry, options, &gate), "a gate");
    return gate;
}
#define INTO(name) into_with(KG_ENTRY_OF(name), NULL)

/* What a domain's call-back finds: how a further call ends. */
static uint64_t call_again(uint64_t unused)
{
    (void)unused;
    return (uint64_t)(int64_t)kg_gate_call(INTO(add0), NULL);
}

static uint64_t give_again(uint64_t handle)
{
    const struct kg_gate_options options = {.arguments = {KG_GIVE}};
    return (uint64_t)(int64_t)kg_gate_call(into_with(KG_ENTRY_OF(object_sum), &options), NULL,
                                           handle, 8);
}

static int nested(void)
{
    return as_status(value2(INTO(call_value), address_of(HOST_GATE(call_again, 1)), 0));
}

KG_TEST(limit, nested_calls_count)
{
    open_limited(1);
    for (int i = 0; i < 3; i++) {
        KG_ASSERT_STATUS(nested(), -KG_ECALLS);
        KG_ASSERT_STATUS(kg_gate_call(INTO(add0), NULL), 0);
        KG_ASSERT_EQ(calls_inside(), 0);
    }
    KG_ASSERT_STATUS(kg_domain_destroy(limited), 0);
    open_limited(2);
    KG_ASSERT_STATUS(nested(), 0);
    KG_ASSERT_STATUS(kg_domain_destroy(limited), 0);
    PASS();
}

/* It is the domain's limit, and nobody else's. */
KG_TEST(limit, others_go_on)
{
    open_limited(1);
    const struct kg_gate *out = GATE(domain_a, add0);
    KG_ASSERT_EQ(as_status(value1(INTO(call_status0), address_of(out))), 0);
    KG_ASSERT_STATUS(nested(), -KG_ECALLS);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add0), NULL), 0);
    KG_ASSERT_STATUS(kg_domain_destroy(limited), 0);
    PASS();
}

KG_TEST(limit, a_refused_call_gives_nothing)
{
    struct kg_object_info info;
    kg_handle handle = make(64);
    open_limited(1);
    const struct kg_gate *back = HOST_GATE(give_again, 1);
    uint64_t status = value2(INTO(call_value), address_of(back), handle);
    KG_ASSERT_STATUS(as_status(status), -KG_ECALLS);
    KG_ASSERT_STATUS(kg_object_info(handle, &info), 0);
    KG_ASSERT_EQ(info.owner, KG_OWNER_HOST);
    CHECK_CALL(tags_agree());
    KG_ASSERT_STATUS(as_status(give_again(handle)), 0);
    KG_ASSERT_STATUS(kg_domain_destroy(limited), 0);
    PASS();
}

/* A call that ends in a crash is over, too. */
KG_TEST(limit, crashes_leave_no_call_behind)
{
    open_limited(1);
    const struct kg_gate *add = INTO(add0);
    for (int i = 0; i < 3; i++) {
        KG_ASSERT_STATUS(kg_gate_call(INTO(peek), NULL, 16), -KG_EFAULTED);
        KG_ASSERT_STATUS(kg_gate_call(add, NULL), -KG_EDEAD);
        KG_ASSERT_STATUS(kg_domain_reload(limited), 0);
        KG_ASSERT_STATUS(kg_gate_call(add, NULL), 0);
    }
    KG_ASSERT_STATUS(kg_domain_destroy(limited), 0);
    PASS();
}

static struct kg_host_barrier inside;
static const struct kg_gate *stay_in;

static uint64_t wait_inside(uint64_t unused)
{
    (void)unused;
    kg_host_barrier_wait(&inside);
    kg_host_barrier_wait(&inside);
    return 0;
}

static void *stay(void *unused)
{
    (void)unused;
    must(kg_thread_attach(), "attach");
    int status = kg_gate_call(stay_in, NULL, address_of(HOST_GATE(wait_inside, 1)), 0);
    must(kg_thread_detach(), "detach");
    return (void *)(intptr_t)status;
}

KG_TEST(limit, counts_all_threads)
{
    struct kg_host_thread thread;
    if (kg_backend() == KG_BACKEND_PAGE) {
        SKIPm("page: one thread at a time is in a domain");
    }
    NEEDS_THREADS(1);
    open_limited(1);
    kg_host_barrier_init(&inside, 2);
    (void)HOST_GATE(wait_inside, 1);
    stay_in = INTO(call_value);
    KG_ASSERT_STATUS(kg_gate_call(INTO(add0), NULL), 0);
    KG_ASSERT(kg_host_thread_start(&thread, stay, NULL));
    kg_host_barrier_wait(&inside);
    int status = kg_gate_call(INTO(add0), NULL);
    kg_host_barrier_wait(&inside);
    KG_ASSERT_STATUS((int)(intptr_t)kg_host_thread_join(&thread), 0);
    KG_ASSERT_STATUS(status, -KG_ECALLS);
    KG_ASSERT_STATUS(kg_gate_call(INTO(add0), NULL), 0);
    KG_ASSERT_STATUS(kg_domain_destroy(limited), 0);
    PASS();
}

int provoke_calls(void)
{
    open_limited(1);
    return nested();
}
