/* SPDX-License-Identifier: MIT */
/* What the benchmark's works share. Each work is a loop; a row is one work on one backend.
 *
 * Where instructions are counted a row is a few windows of one operation each, with marks right
 * around the operation, so nothing of the loop is in the count. On silicon a row is many windows
 * of many operations, each with a window of indirect calls beside it, so that the ratio of the two
 * holds whatever speed the processor runs at. */
#ifndef KB_H
#define KB_H

#include "marks.h"

#include <keygate/keygate.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* n operations; the first status that is not 0, or 0. */
typedef int kb_loop(void *context, uint64_t n);

struct kb {
    /* On silicon, by the clock: kb_time_row. NULL: marks for the plugin. */
    int (*time_row)(const char *work, kb_loop *loop, void *context, bool apart);
    bool quick;
    bool one_process;    /* a second process would not be counted well */
    const char *only;    /* works to run, with a comma before and behind each; NULL: all */
    const char *backend; /* second name of the rows being made */
    uint64_t apart;      /* ticks inside operations that are timed one by one */
};

extern struct kb kb;

/* A counter that runs at one rate: the time stamp, which counts instructions under icount. */
static inline uint64_t kb_ticks(void)
{
#ifdef __x86_64__
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
#else
    uint64_t ticks;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks)::"memory");
    return ticks;
#endif
}

/* Makes a value count as used. */
#define KB_USE(value) __asm__ volatile("" ::"r"(value) : "memory")

/* n times the operation, alone between its marks. */
#define KB_LOOP(n, operation)                                                                   \
    for (uint64_t left_ = (n); left_ > 0; left_--) {                                            \
        KB_MARK(KB_MARK_BEGIN);                                                                 \
        operation;                                                                              \
        KB_MARK(KB_MARK_END);                                                                   \
    }

/* The same with work before and after each that does not belong to it. For operations so long
 * that reading the clock twice does not matter much; what the reading costs is taken off. */
#define KB_LOOP_APART(n, before, operation, after)                                              \
    for (uint64_t left_ = (n); left_ > 0; left_--) {                                            \
        before;                                                                                 \
        uint64_t begin_ = kb_ticks();                                                           \
        KB_MARK(KB_MARK_BEGIN);                                                                 \
        operation;                                                                              \
        KB_MARK(KB_MARK_END);                                                                   \
        kb.apart += kb_ticks() - begin_;                                                        \
        after;                                                                                  \
    }

/* Measures a loop of KB_LOOP, or of KB_LOOP_APART, and keeps the row. */
void kb_row(const char *work, kb_loop *loop, void *context);
void kb_row_apart(const char *work, kb_loop *loop, void *context);

/* Says why a work has no row here. */
void kb_skip(const char *work, const char *reason);

/* Whether the work was asked for. */
bool kb_wanted(const char *work);

/* Lists the addresses one operation runs through (counting only). */
void kb_trace(const char *work, kb_loop *loop, void *context);

/* A row of one timed number that a work measured itself, in windows of its own. */
#define KB_WINDOWS_MAX 128
struct kb_samples {
    size_t count;
    double value[KB_WINDOWS_MAX];
};
double kb_quantile(struct kb_samples *samples, double q);
size_t kb_windows(void);
double kb_nanoseconds(uint64_t ticks);
double kb_indirect_ns(void);
void kb_row_samples(const char *work, uint32_t threads, uint64_t iterations,
                    struct kb_samples *ns, struct kb_samples *ratio);

/* On silicon before any row: the clock's rate and what reading it costs. */
void kb_time_begin(void);
int kb_time_row(const char *work, kb_loop *loop, void *context, bool apart);

/* How often an operation runs before it is measured. */
#define KB_WARM_UP 3

/* What the program around the works supplies: a line of output, and the end when something that
 * must work did not. */
void kb_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void kb_stop(const char *why);

/* The assembly's callees (stubs_<cpu>.S). They use no memory, so they are of every flavour. */
uint64_t kb_null(void);        /* returns 0 */
uint64_t kb_null_middle(void); /* the same, behind a middle mark */
uint64_t kb_stamp(void);       /* returns the ticks */
uint64_t kb_turns(uint64_t n); /* turns a loop of two instructions so often; not 0 */

/* The works, each a group; they run on the backend that has been started. */
struct kb_backend {
    enum kg_backend_id id;
    const char *name;
    uint32_t build;
    struct kg_domain *a;
    struct kg_domain *b;
    const struct kg_entry *const *entries; /* enum kb_function, in the backend's flavour */
};

void kb_work_baseline(void);
void kb_work_system(void);
void kb_work_processes(void);
void kb_work_null(const struct kb_backend *backend);
void kb_work_split(const struct kb_backend *backend);
void kb_work_ablation(const struct kb_backend *backend);
void kb_work_objects(const struct kb_backend *backend);
void kb_work_life(const struct kb_backend *backend);
void kb_work_images(const struct kb_backend *backend);
void kb_work_memory(const struct kb_backend *backend);

/* The same rows, with `suffix` in their names, by gates into whatever has those functions. */
struct kb_memory_gates {
    const struct kg_gate *alloc, *shuffle, *walk, *copy, *hash;
};
void kb_memory_rows(const struct kb_memory_gates *gates, const char *suffix);
void kb_work_interrupt(const struct kb_backend *backend); /* in an image only */
void kb_work_threads(const struct kb_backend *backend);

/* Calls that must work, or the benchmark ends with the reason. */
void kb_must(int status, const char *what);
const struct kg_gate *kb_gate(struct kg_domain *domain, const struct kg_entry *entry,
                              const struct kg_gate_options *options);

/* An entry for one of the assembly's callees. */
struct kg_entry kb_entry(const struct kb_backend *backend, kg_function *function,
                         uint32_t arguments, uint32_t registers);

#endif
