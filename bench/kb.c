/* SPDX-License-Identifier: MIT */
/* Rows: windows, their order and what is kept of them. */
#include "kb.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNTED_WINDOWS 7
#define WARM_UP 3

struct kb kb;

static double ticks_per_ns = 1;
static uint64_t reading_ticks; /* what a pair of readings costs */

void kb_say(const char *key, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    printf("machine\t%s\t", key);
    vprintf(format, list);
    putchar('\n');
    va_end(list);
}

void kb_must(int status, const char *what)
{
    if (status != 0) {
        fprintf(stderr, "bench_crossing: %s: %s: %s: %s\n", kb.backend, what,
                kg_status_name(status), kg_strerror(status));
        exit(1);
    }
}

bool kb_wanted(const char *work)
{
    char name[64];
    snprintf(name, sizeof name, ",%s,", work);
    return kb.only == NULL || strstr(kb.only, name) != NULL;
}

void kb_skip(const char *work, const char *reason)
{
    if (kb_wanted(work)) {
        printf("skip\t%s\t%s\t%s\n", work, kb.backend, reason);
    }
}

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
    printf("time\t%s\t%s\t%u\t%llu\t%zu\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\n", work, kb.backend,
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

static int time_row(const char *work, kb_loop *loop, void *context, bool apart)
{
    struct kb_samples samples = {.count = kb_windows()};
    struct kb_samples ratios = {.count = kb_windows()};
    double ns;
    uint64_t n = 1;
    int status = window(loop, context, WARM_UP, apart, &ns);
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

static uint64_t window_ticks(kb_loop *loop, void *context, uint64_t n, int *status)
{
    uint64_t begin = kb_ticks();
    *status = loop(context, n);
    return kb_ticks() - begin;
}

/* Nothing may be printed in between: the program that takes the output would run in a window. The
 * plugin counts; the ticks of two operations less those of one are a second opinion. */
static int count_row(const char *work, kb_loop *loop, void *context, bool apart)
{
    uint64_t one = UINT64_MAX;
    uint64_t two = UINT64_MAX;
    int status = loop(context, WARM_UP);
    if (status != 0) {
        return status;
    }
    KB_MARK(KB_MARK_RESET);
    for (int i = 0; i < COUNTED_WINDOWS && status == 0; i++) {
        uint64_t ticks = window_ticks(loop, context, 1, &status);
        one = ticks < one ? ticks : one;
    }
    if (status != 0) {
        return status;
    }
    KB_MARK(KB_MARK_ROW);
    for (int i = 0; i < COUNTED_WINDOWS && status == 0 && !apart; i++) {
        uint64_t ticks = window_ticks(loop, context, 2, &status);
        two = ticks < two ? ticks : two;
    }
    printf("count\t%s\t%s\t%llu\n", work, kb.backend,
           apart ? 0 : (unsigned long long)(two - one));
    return status;
}

static void row(const char *work, kb_loop *loop, void *context, bool apart)
{
    char reason[96];
    if (!kb_wanted(work)) {
        return;
    }
    int status = kb.timing ? time_row(work, loop, context, apart)
                           : count_row(work, loop, context, apart);
    if (status != 0) {
        snprintf(reason, sizeof reason, "failed: %s", kg_status_name(status));
        kb_skip(work, reason);
    }
}

void kb_row(const char *work, kb_loop *loop, void *context)
{
    row(work, loop, context, false);
}

void kb_row_apart(const char *work, kb_loop *loop, void *context)
{
    row(work, loop, context, true);
}

void kb_trace(const char *work, kb_loop *loop, void *context)
{
    if (kb.timing || !kb_wanted(work)) {
        return;
    }
    loop(context, WARM_UP);
    KB_MARK(KB_MARK_RESET);
    KB_MARK(KB_MARK_TRACE);
    loop(context, 1);
    KB_MARK(KB_MARK_ROW);
    printf("trace\t%s\t%s\n", work, kb.backend);
}

void kb_begin(void)
{
    struct timespec a, b;
    reading_ticks = UINT64_MAX;
    for (int i = 0; i < 1000; i++) {
        uint64_t begin = kb_ticks();
        uint64_t ticks = kb_ticks() - begin;
        reading_ticks = ticks < reading_ticks ? ticks : reading_ticks;
    }
    if (!kb.timing) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &a);
    uint64_t begin = kb_ticks();
    double ns = 0;
    while (ns < 20e6) {
        clock_gettime(CLOCK_MONOTONIC, &b);
        ns = (double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec);
    }
    ticks_per_ns = (double)(kb_ticks() - begin) / ns;
    kb_say("ticks_per_ns", "%.6f", ticks_per_ns);
}

const struct kg_gate *kb_gate(struct kg_domain *domain, const struct kg_entry *entry,
                              const struct kg_gate_options *options)
{
    const struct kg_gate *gate = NULL;
    kb_must(kg_gate_create(domain, entry, options, &gate), "make a gate");
    return gate;
}

struct kg_entry kb_entry(const struct kb_backend *backend, kg_function *function,
                         uint32_t arguments, uint32_t registers)
{
    return (struct kg_entry){function, "stub", arguments, backend->build | registers};
}
