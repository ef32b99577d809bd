/* SPDX-License-Identifier: MIT */
/* Many threads crossing into one domain at once. */
#define _GNU_SOURCE
#include "kb.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 8

static struct {
    const struct kg_gate *gate;
    atomic_bool stop;
    pthread_barrier_t start;
} shared;

/* Each on a line of its own, so that counting in one does not slow the others. */
struct worker {
    _Alignas(128) pthread_t thread;
    _Atomic uint64_t calls; /* written by the thread, read by the one that measures */
    int status;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    uint64_t calls = 0;
    worker->status = kg_thread_attach();
    if (worker->status == 0) {
        worker->status = kg_gate_call(shared.gate, NULL);
    }
    pthread_barrier_wait(&shared.start);
    while (worker->status == 0 && !atomic_load_explicit(&shared.stop, memory_order_relaxed)) {
        worker->status = kg_gate_call(shared.gate, NULL);
        atomic_store_explicit(&worker->calls, ++calls, memory_order_relaxed);
    }
    return NULL;
}

static uint64_t calls_so_far(struct worker *workers, uint32_t threads)
{
    uint64_t calls = 0;
    for (uint32_t i = 0; i < threads; i++) {
        calls += atomic_load_explicit(&workers[i].calls, memory_order_relaxed);
    }
    return calls;
}

/* One window: how long a crossing takes when all of them are counted together. Calls are counted
 * within the time that is taken, so the rate is never too high. */
static int window(uint32_t threads, uint64_t *calls, double *ns)
{
    struct worker workers[THREADS_MAX] = {{.status = 0}};
    struct timespec pause = {0, kb.quick ? 15000000 : 100000000};
    int status = 0;
    atomic_store(&shared.stop, false);
    pthread_barrier_init(&shared.start, NULL, threads + 1);
    for (uint32_t i = 0; i < threads; i++) {
        kb_must(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0 ? 0 : -KG_ESYSTEM,
                "start a thread");
    }
    pthread_barrier_wait(&shared.start);
    uint64_t begin = kb_ticks();
    uint64_t before = calls_so_far(workers, threads); /* the workers have begun without us */
    nanosleep(&pause, NULL);
    *calls = calls_so_far(workers, threads) - before;
    uint64_t ticks = kb_ticks() - begin;
    atomic_store(&shared.stop, true);
    for (uint32_t i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        status |= workers[i].status;
    }
    pthread_barrier_destroy(&shared.start);
    *ns = kb_nanoseconds(ticks) / (double)(*calls > 0 ? *calls : 1);
    return status;
}

static void all_processors(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (long i = 0; i < sysconf(_SC_NPROCESSORS_CONF); i++) {
        CPU_SET((size_t)i, &set);
    }
    sched_setaffinity(0, sizeof set, &set);
}

void kb_work_threads(const struct kb_backend *backend)
{
    static struct kg_entry null;
    if (kb.time_row == NULL || !kb_wanted("threads")) {
        return;
    }
    null = kb_entry(backend, kb_null, 0, 0);
    shared.gate = kb_gate(backend->a, &null, NULL);
    all_processors();
    for (uint32_t threads = 1; threads <= THREADS_MAX; threads++) {
        struct kb_samples ns = {.count = kb.quick ? 3 : 5};
        uint64_t calls = 0;
        char name[32];
        int status = 0;
        snprintf(name, sizeof name, "threads-%u", threads);
        for (size_t i = 0; status == 0 && i < ns.count; i++) {
            status = window(threads, &calls, &ns.value[i]);
        }
        if (status == 0) {
            kb_row_samples(name, threads, calls, &ns, NULL);
        } else {
            kb_skip("threads", kg_strerror(status));
        }
    }
}
