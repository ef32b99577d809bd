/* SPDX-License-Identifier: MIT */
/* Statuses that take many threads or a great deal of memory. */
#define _GNU_SOURCE
#include "provoke.h"

#include <pthread.h>

static int thread_status;

static int on_a_thread(void *(*body)(void *))
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, body, NULL) == 0 ? 0 : -KG_ESYSTEM, "thread");
    pthread_join(thread, NULL);
    return thread_status;
}

static void *not_attached(void *unused)
{
    (void)unused;
    thread_status = kg_thread_detach();
    return NULL;
}

int provoke_thread(void)
{
    return on_a_thread(not_attached);
}

/* ---- As many threads as the table takes ---- */

static pthread_barrier_t all_there, all_done;
static int last_status[KG_THREADS_MAX + 1];
static const struct kg_gate *big_gate;

static void *one_of_many(void *number)
{
    uintptr_t i = (uintptr_t)number;
    int status = kg_thread_attach();
    last_status[i] = status;
    pthread_barrier_wait(&all_there);
    if (status == 0 && big_gate != NULL) {
        last_status[i] = kg_gate_call(big_gate, NULL);
    }
    pthread_barrier_wait(&all_done);
    if (status == 0) {
        must(kg_thread_detach(), "detach");
    }
    return NULL;
}

/* Runs `count` threads at once besides this one; the first status that is not 0. */
static int with_threads(unsigned count)
{
    pthread_t threads[KG_THREADS_MAX + 1];
    pthread_attr_t small;
    int found = 0;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 256u << 10);
    pthread_barrier_init(&all_there, NULL, count);
    pthread_barrier_init(&all_done, NULL, count);
    for (uintptr_t i = 0; i < count; i++) {
        must(pthread_create(&threads[i], &small, one_of_many, (void *)i) == 0 ? 0 : -KG_ESYSTEM,
             "thread");
    }
    for (unsigned i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        found = found == 0 ? last_status[i] : found;
    }
    pthread_barrier_destroy(&all_there);
    pthread_barrier_destroy(&all_done);
    pthread_attr_destroy(&small);
    return found;
}

int provoke_threads(void)
{
    big_gate = NULL;
    must(with_threads(KG_THREADS_MAX - 1), "as many threads as there is room for");
    return with_threads(KG_THREADS_MAX);
}

/* Stacks of 1 MiB: a domain has room for some sixty. */
int provoke_stacks(void)
{
    const struct kg_domain_options options = {.name = "big", .stack_bytes = KG_STACK_BYTES_MAX};
    struct kg_domain *domain = NULL;
    must(kg_domain_create(&options, &domain), "domain");
    must(kg_gate_create(domain, KG_ENTRY_OF(add0), NULL, &big_gate), "gate");
    must(with_threads(20), "twenty big stacks");
    int status = with_threads(80);
    must(kg_domain_destroy(domain), "destroy");
    big_gate = NULL;
    return status;
}

/* ---- Death under another thread ---- */

bool provoke_one_at_a_time(void)
{
    return kg_backend() == KG_BACKEND_PAGE;
}

static void *loop_inside(void *unused)
{
    (void)unused;
    must(kg_thread_attach(), "attach");
    thread_status = kg_gate_call(GATE(domain_a, crash), NULL, CRASH_LOOP, 0);
    must(kg_thread_detach(), "detach");
    return NULL;
}

int provoke_killed(void)
{
    pthread_t thread;
    struct kg_account account = {.calls_inside = 0};
    (void)GATE(domain_a, crash);
    must(pthread_create(&thread, NULL, loop_inside, NULL) == 0 ? 0 : -KG_ESYSTEM, "thread");
    while (account.calls_inside == 0) {
        sched_yield();
        must(kg_domain_account(domain_a, &account), "account");
    }
    (void)kg_gate_call(GATE(domain_a, crash), NULL, CRASH_ILLEGAL, 0);
    pthread_join(thread, NULL);
    return thread_status;
}

/* ---- Windows ---- */

static kg_handle window;

static void *drop_window(void *unused)
{
    (void)unused;
    must(kg_thread_attach(), "attach");
    thread_status = kg_object_drop(window);
    must(kg_thread_detach(), "detach");
    return NULL;
}

int provoke_window(void)
{
    window = make_kind(16, KG_OBJECT_WINDOW);
    return on_a_thread(drop_window);
}

bool provoke_windows_are_free(void)
{
    return kg_backend() != KG_BACKEND_PKEY;
}

/* ---- The whole shared heap ---- */

/* Only tags in memory make it real memory. */
bool provoke_tags_take_memory(void)
{
    return kg_backend() == KG_BACKEND_MTE;
}

int provoke_heap(void)
{
    const struct kg_object_options options = {.bytes = KG_OBJECT_BYTES_MAX};
    for (int i = 0; i < 16; i++) {
        kg_handle handle = 0;
        int status = kg_object_create(&options, &handle);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}
