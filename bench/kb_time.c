/* SPDX-License-Identifier: MIT */
/* Rows by the clock of a silicon machine: windows, and what is kept of them. */
#include "kb.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double ticks_per_ns = 1;
static uint64_t reading_ticks; /* what a pair of readings costs */

double kb_nanoseconds(uint64_t ticks)
{
    return (double)ticks / ticks_per_ns;
}

size_t kb_windows(void)
{
    return kb.quick ? 15 : 101;
}

/* Far less than a scheduler's tick, so that on a busy machine most windows are undisturbed. */
#define WINDOW_NS 200e3

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double kb_quantile(struct kb_samples *samples, double q)
{
    qsort(samples->value, samples->count, sizeof samples->value[0], by_value);
    return samples->value[(size_t)lround(q * (double)(samples->count - 1))];
}

/* A time row: threads, iterations a window, windows, then quartiles of the ns and the middle of
 * the ratios. */
void kb_row_samples(const char *work, uint32_t threads, uint64_t iterations,
                    struct kb_samples *ns, struct kb_samples *ratio)
{
    kb_print("time\t%s\t%s\t%u\t%llu\t%zu\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\n", work, kb.backend,
           threads, (unsigned long long)iterations, ns->count, kb_quantile(ns, 0.5),
           kb_quantile(ns, 0.25), kb_quantile(ns, 0.75), kb_quantile(ns, 0),
           ratio != NULL ? kb_quantile(ratio, 0.5) : 0.0);
}

static int indirect_loop(void *context, uint64_t n)
{
    uint64_t (*volatile *function)(void) = context;
    KB_LOOP(n, KB_USE((*function)()));
    return 0;
}

/* One indirect call, as this moment has it. */
double kb_indirect_ns(void)
{
    static uint64_t (*volatile function)(void) = kb_null;
    const uint64_t calls = 20000;
    uint64_t begin = kb_ticks();
    indirect_loop((void *)&function, calls);
    return kb_nanoseconds(kb_ticks() - begin - reading_ticks) / (double)calls;
}

static int window(kb_loop *loop, void *context, uint64_t n, bool apart, double *ns)
{
    kb.apart = 0;
    uint64_t begin = kb_ticks();
    int status = loop(context, n);
    uint64_t all = kb_ticks() - begin - reading_ticks;
    uint64_t ticks = apart ? kb.apart - n * reading_ticks : all;
    *ns = kb_nanoseconds(ticks) / (double)n;
    return status;
}

int kb_time_row(const char *work, kb_loop *loop, void *context, bool apart)
{
    struct kb_samples samples = {.count = kb_windows()};
    struct kb_samples ratios = {.count = kb_windows()};
    double ns;
    uint64_t n = 1;
    int status = window(loop, context, KB_WARM_UP, apart, &ns);
    /* Enough for the window's length, work between operations included. */
    for (uint64_t begin = 0; status == 0 && n < 1u << 24; n *= 2) {
        begin = kb_ticks();
        status = window(loop, context, n, apart, &ns);
        if (kb_nanoseconds(kb_ticks() - begin) >= WINDOW_NS / 2) {
            break;
        }
    }
    for (size_t i = 0; status == 0 && i < samples.count; i++) {
        status = window(loop, context, n, apart, &samples.value[i]);
        ratios.value[i] = samples.value[i] / kb_indirect_ns();
    }
    if (status == 0) {
        kb_row_samples(work, 1, n, &samples, &ratios);
    }
    return status;
}

void kb_time_begin(void)
{
    struct timespec a, b;
    reading_ticks = UINT64_MAX;
    for (int i = 0; i < 1000; i++) {
        uint64_t begin = kb_ticks();
        uint64_t ticks = kb_ticks() - begin;
        reading_ticks = ticks < reading_ticks ? ticks : reading_ticks;
    }
    clock_gettime(CLOCK_MONOTONIC, &a);
    uint64_t begin = kb_ticks();
    double ns = 0;
    while (ns < 20e6) {
        clock_gettime(CLOCK_MONOTONIC, &b);
        ns = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
    }
    ticks_per_ns = (double)(kb_ticks() - begin) / ns;
    kb_print("machine\tticks_per_ns\t%.6f\n", ticks_per_ns);
}

/* On silicon: the callee's own time stamp cuts a crossing in two. */
void kb_work_split(const struct kb_backend *backend)
{
    enum { SAMPLES = 301 };
    struct kb_samples call = {.count = kb_windows()};
    struct kb_samples back = {.count = kb_windows()};
    static struct kg_entry stamp;
    if (kb.time_row == NULL || !kb_wanted("null-call")) {
        return;
    }
    stamp = kb_entry(backend, kb_stamp, 0, 0);
    const struct kg_gate *gate = kb_gate(backend->a, &stamp, NULL);
    for (size_t window = 0; window < call.count; window++) {
        uint64_t least_call = UINT64_MAX;
        uint64_t least_back = UINT64_MAX;
        for (int i = 0; i < SAMPLES; i++) {
            uint64_t middle = 0;
            uint64_t begin = kb_ticks();
            int status = kg_gate_call(gate, &middle);
            uint64_t end = kb_ticks();
            kb_must(status, "null-call");
            least_call = middle - begin < least_call ? middle - begin : least_call;
            least_back = end - middle < least_back ? end - middle : least_back;
        }
        call.value[window] = kb_nanoseconds(least_call);
        back.value[window] = kb_nanoseconds(least_back);
    }
    kb_row_samples("null-call", 1, SAMPLES, &call, NULL);
    kb_row_samples("null-return", 1, SAMPLES, &back, NULL);
}
