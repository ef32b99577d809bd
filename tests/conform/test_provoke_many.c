/* SPDX-License-Identifier: MIT */
/* Statuses that take many threads or a great deal of memory. */
#include "provoke.h"

static int thread_status;

static int on_a_thread(void *(*body)(void *))
{
    struct kg_host_thread thread;
    must(kg_host_thread_start(&thread, body, NULL) ? 0 : -KG_ESYSTEM, "thread");
    (void)kg_host_thread_join(&thread);
    return thread_status;
}

bool provoke_one_thread(void)
{
    return kg_host_threads() == 0;
}

bool provoke_few_threads(void)
{
    return kg_host_threads() < KG_THREADS_MAX;
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

static struct kg_host_barrier all_there, all_done;
static int last_status[KG_THREADS_MAX + 1];
static const struct kg_gate *big_gate;

static void *one_of_many(void *number)
{
    uintptr_t i = (uintptr_t)number;
    int status = kg_thread_attach();
    last_status[i] = status;
    kg_host_barrier_wait(&all_there);
    if (status == 0 && big_gate != NULL) {
        last_status[i] = kg_gate_call(big_gate, NULL);
    }
    kg_host_barrier_wait(&all_done);
    if (status == 0) {
        must(kg_thread_detach(), "detach");
    }
    return NULL;
}

/* Runs `count` threads at once besides this one; the first status that is not 0. */
static int with_threads(unsigned count)
{
    static struct kg_host_thread threads[KG_THREADS_MAX + 1];
    int found = 0;
    kg_host_barrier_init(&all_there, count);
    kg_host_barrier_init(&all_done, count);
    for (uintptr_t i = 0; i < count; i++) {
        must(kg_host_thread_start(&threads[i], one_of_many, (void *)i) ? 0 : -KG_ESYSTEM,
             "thread");
    }
    for (unsigned i = 0; i < count; i++) {
        (void)kg_host_thread_join(&threads[i]);
        found = found == 0 ? last_status[i] : found;
    }
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
    return kg_backend() == KG_BACKEND_PAGE || kg_host_threads() == 0;
}

static volatile bool about_to_loop;

/* A first call is inside for a moment before it finds that there is no stack yet. */
static void *loop_inside(void *unused)
{
    (void)unused;
    must(kg_thread_attach(), "attach");
    must(kg_gate_call(GATE(domain_a, add0), NULL), "a first call");
    about_to_loop = true;
    thread_status = kg_gate_call(GATE(domain_a, crash), NULL, CRASH_LOOP, 0);
    must(kg_thread_detach(), "detach");
    return NULL;
}

int provoke_killed(void)
{
    struct kg_host_thread thread;
    struct kg_account account = {.calls_inside = 0};
    (void)GATE(domain_a, crash);
    (void)GATE(domain_a, add0);
    about_to_loop = false;
    must(kg_host_thread_start(&thread, loop_inside, NULL) ? 0 : -KG_ESYSTEM, "thread");
    while (!about_to_loop || account.calls_inside == 0) {
        kg_host_yield();
        must(kg_domain_account(domain_a, &account), "account");
    }
    (void)kg_gate_call(GATE(domain_a, crash), NULL, CRASH_ILLEGAL, 0);
    (void)kg_host_thread_join(&thread);
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
    return !has_keys();
}

/* ---- The whole shared heap ---- */

/* Only tags in memory make it real memory, and a kernel that has no other. */
bool provoke_heap_is_real(void)
{
    return kg_backend() == KG_BACKEND_MTE || !__STDC_HOSTED__;
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
