/* SPDX-License-Identifier: MIT */
/* Names and links: a domain replaced under its callers. */
#include "images.h"

#include "conform/provoke.h"

WORLD(name)

#define CALLERS 4
#define SWAPS 12

static struct {
    struct kg_link *link;
    volatile bool stop;
    volatile uint32_t ready;
    uint64_t calls[CALLERS];
    int status[CALLERS];
} traffic;

static void *call_on(void *argument)
{
    uint32_t index = (uint32_t)(uintptr_t)argument;
    must(kg_thread_attach(), "attach");
    __atomic_add_fetch(&traffic.ready, 1, __ATOMIC_RELAXED);
    while (!traffic.stop && traffic.status[index] == 0) {
        uint64_t value;
        traffic.status[index] = kg_link_call(traffic.link, &value, index, 1);
        traffic.calls[index] += traffic.status[index] == 0;
    }
    must(kg_thread_detach(), "detach");
    return NULL;
}

/* The old one is gone after its last call. */
static void end_when_empty(struct kg_domain *domain)
{
    int status;
    while ((status = kg_domain_destroy(domain)) == -KG_EBUSY) {
        kg_host_yield();
    }
    must(status, "destroy the old one");
}

static void swap_under(uint32_t callers)
{
    struct kg_host_thread threads[CALLERS];
    struct kg_domain *now = parts();
    must(kg_name_publish("counter", now, NULL), "publish");
    memset((void *)&traffic, 0, sizeof traffic);
    must(kg_link_open("counter", "through", NULL, &traffic.link), "open");
    for (uint32_t i = 0; i < callers; i++) {
        must(kg_host_thread_start(&threads[i], call_on, (void *)(uintptr_t)i) ? 0 : -KG_ESYSTEM,
             "thread");
    }
    while (traffic.ready < callers) {
        kg_host_yield();
    }
    for (uint32_t i = 0; i < SWAPS; i++) {
        struct kg_domain *before = NULL;
        struct kg_domain *next = parts();
        for (uint32_t j = 0; j < 3; j++) {
            kg_host_yield();
        }
        must(kg_name_publish("counter", next, &before), "swap");
        if (before != now) {
            must(-KG_EARGUMENT, "what was published before");
        }
        end_when_empty(before);
        now = next;
    }
    traffic.stop = true;
    for (uint32_t i = 0; i < callers; i++) {
        (void)kg_host_thread_join(&threads[i]);
    }
    must(kg_link_close(traffic.link), "close");
    must(kg_domain_destroy(now), "destroy");
}

KG_TEST(name, swaps_a_domain_under_its_callers)
{
    NEEDS_THREADS(1);
    uint32_t callers = kg_host_threads() < CALLERS ? kg_host_threads() : CALLERS;
    uint64_t calls = 0;
    parts_calls = 0;
    swap_under(callers);
    for (uint32_t i = 0; i < callers; i++) {
        KG_ASSERT_STATUS(traffic.status[i], 0);
        calls += traffic.calls[i];
    }
    KG_NOTE("%lu calls\n", (unsigned long)calls);
    KG_ASSERT(calls > 0);
    KG_ASSERT_EQ(parts_calls, calls); /* none lost, none made twice */
    PASS();
}

/* Two domains take turns, and links come and go, under callers who may be anywhere in a gate. */
static struct {
    struct kg_link *volatile link;
    volatile bool stop;
    volatile int odd;
    volatile uint64_t calls;
} churn;

static void *call_through_churn(void *unused)
{
    (void)unused;
    must(kg_thread_attach(), "attach");
    while (!churn.stop) {
        uint64_t value = 0;
        int status = kg_link_call(churn.link, &value, 3, 4);
        if (status != 0 ? status != -KG_ENAME : value != 7) {
            churn.odd = status != 0 ? status : 1;
        }
        __atomic_add_fetch(&churn.calls, 1, __ATOMIC_RELAXED);
    }
    must(kg_thread_detach(), "detach");
    return NULL;
}

KG_TEST(name, churns_under_its_callers)
{
    NEEDS_THREADS(1);
    struct kg_host_thread threads[2];
    struct kg_link *links[2];
    struct kg_domain *domains[2] = {parts(), parts()};
    uint32_t callers = kg_host_threads() < 2 ? 1 : 2;
    memset((void *)&churn, 0, sizeof churn);
    must(kg_name_publish("churn", domains[0], NULL), "publish");
    must(kg_link_open("churn", "through", NULL, &links[0]), "open");
    churn.link = links[0];
    for (uint32_t i = 0; i < callers; i++) {
        must(kg_host_thread_start(&threads[i], call_through_churn, NULL) ? 0 : -KG_ESYSTEM,
             "thread");
    }
    uint64_t rounds = scaled(kg_backend() == KG_BACKEND_PAGE ? 50 : 2000);
    for (uint64_t i = 0; i < rounds && churn.odd == 0; i++) {
        struct kg_domain *before = NULL;
        KG_ASSERT_STATUS(kg_name_publish("churn", domains[(i + 1) % 2], &before), 0);
        KG_ASSERT(before == domains[i % 2]);
        KG_ASSERT_STATUS(kg_link_open("churn", "through", NULL, &links[(i + 1) % 2]), 0);
        churn.link = links[(i + 1) % 2];
        KG_ASSERT_STATUS(kg_link_close(links[i % 2]), 0);
        if (i % 64 == 0) {
            kg_host_yield();
        }
    }
    churn.stop = true;
    for (uint32_t i = 0; i < callers; i++) {
        (void)kg_host_thread_join(&threads[i]);
    }
    KG_ASSERT_STATUS(churn.odd, 0);
    for (int i = 0; i < 2; i++) {
        KG_ASSERT_EQ(value2(parts_gate(domains[i], "through"), 1, 1), 2); /* it lives */
        KG_ASSERT_STATUS(kg_domain_destroy(domains[i]), 0);
    }
    PASS();
}

KG_TEST(name, outlives_what_it_stands_for)
{
    struct kg_domain *one = parts();
    struct kg_domain *two = parts();
    struct kg_domain *before = one;
    struct kg_link *link = NULL;
    uint64_t value = 0;
    KG_ASSERT_STATUS(kg_name_publish("service", one, NULL), 0);
    KG_ASSERT_STATUS(kg_link_open("service", "count", NULL, &link), 0);
    KG_ASSERT_STATUS(kg_link_call(link, &value), 0);
    KG_ASSERT_EQ(value, 41);
    KG_ASSERT_STATUS(kg_name_publish("service", two, NULL), -KG_EARGUMENT);
    KG_ASSERT_STATUS(kg_name_publish("service", one, &before), 0);
    KG_ASSERT(before == NULL);
    KG_ASSERT_STATUS(kg_name_publish("service", two, &before), 0);
    KG_ASSERT(before == one);
    KG_ASSERT_STATUS(kg_link_call(link, &value), 0);
    KG_ASSERT_EQ(value, 41);
    KG_ASSERT_STATUS(kg_domain_destroy(one), 0);
    KG_ASSERT_STATUS(kg_link_call(link, &value), 0);
    KG_ASSERT_EQ(value, 42);
    /* A crash is the caller's to see, and a restart leaves the link as it is. */
    KG_ASSERT_STATUS(kg_gate_call(parts_gate(two, "crash"), NULL, 0, 0), -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_link_call(link, &value), -KG_EDEAD);
    KG_ASSERT_STATUS(kg_domain_reload(two), 0);
    KG_ASSERT_STATUS(kg_link_call(link, &value), 0);
    KG_ASSERT_EQ(value, 41);
    KG_ASSERT_STATUS(kg_name_withdraw("service"), 0);
    KG_ASSERT_STATUS(kg_link_call(link, &value), -KG_ENAME);
    KG_ASSERT_STATUS(kg_name_publish("service", two, NULL), 0);
    KG_ASSERT_STATUS(kg_link_call(link, &value), 0);
    KG_ASSERT_STATUS(kg_domain_destroy(two), 0);
    KG_ASSERT_STATUS(kg_link_call(link, &value), -KG_ENAME);
    KG_ASSERT_STATUS(kg_link_close(link), 0);
    KG_ASSERT_STATUS(kg_link_call(link, &value), -KG_ENAME);
    KG_ASSERT_STATUS(kg_link_close(link), -KG_EARGUMENT);
    PASS();
}

/* What can't stand in for the old one does not. */
KG_TEST(name, refuses_what_does_not_fit)
{
    struct kg_domain *one = parts();
    struct kg_domain *before = NULL;
    struct kg_link *link = NULL;
    uint64_t value = 0;
    KG_ASSERT_STATUS(kg_name_publish("a name of more than thirty-one bytes", one, NULL),
                     -KG_EARGUMENT);
    KG_ASSERT_STATUS(kg_name_publish("", one, NULL), -KG_EARGUMENT);
    KG_ASSERT_STATUS(kg_name_publish("service", one, NULL), 0);
    KG_ASSERT_STATUS(kg_link_open("service", "nothing", NULL, &link), -KG_EENTRY);
    KG_ASSERT_STATUS(kg_link_open("other", "count", NULL, &link), -KG_ENAME);
    KG_ASSERT_STATUS(kg_link_open("service", "count", NULL, &link), 0);
    KG_ASSERT_STATUS(kg_name_publish("service", domain_a, &before), -KG_EENTRY);
    KG_ASSERT_STATUS(kg_link_call(link, &value), 0);
    KG_ASSERT_EQ(value, 41);
    KG_ASSERT_STATUS(kg_name_withdraw("other"), -KG_ENAME);
    KG_ASSERT_STATUS(kg_link_close(link), 0);
    KG_ASSERT_STATUS(kg_domain_destroy(one), 0);
    PASS();
}

int provoke_name(void)
{
    return kg_name_withdraw("nobody");
}

int provoke_names(void)
{
    for (uint32_t i = 0; i <= KG_NAMES_MAX; i++) {
        char name[] = "name 00";
        name[5] += (char)(i / 10);
        name[6] += (char)(i % 10);
        int status = kg_name_publish(name, domain_a, NULL);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}
