/* SPDX-License-Identifier: MIT */
/* What the parts of the report tool share: the rows of all places, read from collect's files. */
#ifndef KB_REPORT_H
#define KB_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct row {
    const char *place;
    const char *work;
    const char *backend;
    bool timed;
    /* counted: of the window with the fewest instructions */
    uint64_t ticks;   /* the guest's own counter's opinion, marks and loop included; 0: none */
    uint64_t windows;
    uint64_t user;
    uint64_t most;    /* user instructions of the longest window */
    uint64_t kernel;
    uint64_t call_user; /* until the callee was reached */
    uint64_t call_kernel;
    uint64_t rights;
    uint64_t syscalls;
    /* timed */
    unsigned threads;
    uint64_t iterations; /* in each window */
    double ns;           /* the median, then quartiles and the least */
    double ns25;
    double ns75;
    double least;
    double ratio;        /* to an indirect call beside it */
};

struct skip {
    const char *place;
    const char *work;
    const char *backend;
    const char *reason;
};

/* The addresses one operation ran through. */
struct trace {
    const char *place;
    const char *work;
    const char *backend;
    uint64_t *address;
    size_t count;
};

/* Context: "machine", "system" and so on; of a place or (place NULL) of the whole run. */
struct fact {
    const char *place;
    const char *key;
    const char *value;
};

struct results {
    struct row *rows;
    size_t row_count;
    struct skip *skips;
    size_t skip_count;
    struct trace *traces;
    size_t trace_count;
    struct fact *facts;
    size_t fact_count;
};

extern const char *const places[];   /* in the order of the report, ended by NULL */
extern const char *const backends[]; /* likewise */

/* report_rows.c. Everything ends the program with a sentence when it cannot be read. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
FILE *open_file(const char *folder, const char *name, const char *mode);
void load_place(struct results *results, const char *place, const char *rows, const char *counts);
void load_all(struct results *results, const char *folder);
const struct row *find(const struct results *results, const char *place, const char *work,
                       const char *backend);
const char *fact(const struct results *results, const char *place, const char *key);
uint64_t total(const struct row *row);
bool emulated(const char *place);
/* A row's instructions above a direct call; -1 when either is missing. */
int64_t above_direct(const struct results *results, const struct row *row);

void write_json(const struct results *results, const char *folder); /* report_json.c */
void write_tables(const struct results *results, FILE *file);       /* report_tables.c */
void write_steps(const struct results *results, FILE *file);        /* report_steps.c */
void write_beside(const struct results *results, FILE *file);       /* report_beside.c */
void write_images(const struct results *results, FILE *file);       /* report_images.c */
void write_sizes(const struct results *results, FILE *file);
/* report_trace.c */
void write_listings(const struct results *results, const char *folder, FILE *file);
void write_functions(const struct results *results, const char *folder, FILE *file);
void write_text(const struct results *results, const char *folder); /* report_text.c */
void write_plot(const struct results *results, const char *folder); /* report_plot.c */

/* report_check.c: 0 when nothing rose. */
int check(const struct results *results, const char *expected, const char *place);
void expect(const struct results *results, const char *place);

#endif
