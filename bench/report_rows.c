/* SPDX-License-Identifier: MIT */
/* Reads what the benchmark and the plugin wrote: their lines belong together by order. */
#define _GNU_SOURCE
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *const places[] = {"linux-x86_64", "linux-aarch64", "guest-x86_64",
                              "guest-aarch64", "user-aarch64", "bare-x86_64",
                              "bare-aarch64", NULL};
const char *const backends[] = {"baseline", "none", "soft", "page", "pkey",
                                "pkey-gate-without-writes", "pku", "pks", "pku-ring3", "mte",
                                NULL};

#define FIELDS 12

void fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("bench_report: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(2);
}

static void *grow(void *array, size_t count, size_t size)
{
    void *more = reallocarray(array, count + 1, size);
    if (more == NULL) {
        fail("there is no memory left.");
    }
    return more;
}

#define NEW(array, count) ((array) = grow((array), (count), sizeof *(array)), &(array)[(count)++])

FILE *open_file(const char *folder, const char *name, const char *mode)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, mode);
    if (file == NULL) {
        fail("cannot open %s: %s.", path, strerror(errno));
    }
    return file;
}

static char *copy(const char *text)
{
    char *more = strdup(text);
    if (more == NULL) {
        fail("there is no memory left.");
    }
    return more;
}

static size_t split(char *line, char **field)
{
    size_t count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at != NULL && count < FIELDS;) {
        field[count++] = strsep(&at, "\t");
    }
    return count;
}

/* The plugin's next line for a row, with the addresses listed before it. */
static void read_counts(FILE *counts, const char *path, struct row *row, struct trace *trace)
{
    char line[256];
    while (counts != NULL && fgets(line, sizeof line, counts) != NULL) {
        uint64_t address;
        if (sscanf(line, "at %" SCNx64, &address) == 1) {
            if (trace != NULL) {
                *NEW(trace->address, trace->count) = address;
            }
            continue;
        }
        if (sscanf(line,
                   "row %" SCNu64 " user %" SCNu64 " max %" SCNu64 " kernel %" SCNu64
                   " call %" SCNu64 " %" SCNu64 " rights %" SCNu64 " syscalls %" SCNu64,
                   &row->windows, &row->user, &row->most, &row->kernel, &row->call_user,
                   &row->call_kernel, &row->rights, &row->syscalls) != 8) {
            fail("%s has a line that is none: %s", path, line);
        }
        return;
    }
    fail("%s has too few rows: the emulator did not run with the counting plugin.", path);
}

/* What an interrupt takes: a loop with one, less the same loop without. */
static void less_turns(const struct results *results, struct row *row)
{
    char turns[64];
    if (strncmp(row->work, "interrupt-", 10) != 0) {
        return;
    }
    snprintf(turns, sizeof turns, "turns-%s", row->work + 10);
    const struct row *without = find(results, row->place, turns, row->backend);
    if (without == NULL) {
        fail("%s of %s at %s has no row without an interrupt.", row->work, row->backend,
             row->place);
    }
    row->user -= without->user;
    row->most -= without->user;
    row->rights -= without->rights;
}

static void take_line(struct results *results, const char *place, char **field, size_t count,
                      FILE *counts, const char *counts_path)
{
    struct row row = {.place = place};
    if (strcmp(field[0], "machine") == 0 && count == 3) {
        *NEW(results->facts, results->fact_count) =
            (struct fact){place, copy(field[1]), copy(field[2])};
    } else if (strcmp(field[0], "skip") == 0 && count == 4) {
        *NEW(results->skips, results->skip_count) =
            (struct skip){place, copy(field[1]), copy(field[2]), copy(field[3])};
    } else if (strcmp(field[0], "trace") == 0 && count == 3) {
        struct trace trace = {.place = place, .work = copy(field[1]), .backend = copy(field[2])};
        read_counts(counts, counts_path, &row, &trace);
        *NEW(results->traces, results->trace_count) = trace;
    } else if (strcmp(field[0], "count") == 0 && count == 4) {
        row.work = copy(field[1]);
        row.backend = copy(field[2]);
        row.ticks = strtoull(field[3], NULL, 10);
        read_counts(counts, counts_path, &row, NULL);
        less_turns(results, &row);
        *NEW(results->rows, results->row_count) = row;
    } else if (strcmp(field[0], "time") == 0 && count == 11) {
        row.work = copy(field[1]);
        row.backend = copy(field[2]);
        row.timed = true;
        row.threads = (unsigned)strtoul(field[3], NULL, 10);
        row.iterations = strtoull(field[4], NULL, 10);
        row.windows = strtoull(field[5], NULL, 10);
        row.ns = strtod(field[6], NULL);
        row.ns25 = strtod(field[7], NULL);
        row.ns75 = strtod(field[8], NULL);
        row.least = strtod(field[9], NULL);
        row.ratio = strtod(field[10], NULL);
        *NEW(results->rows, results->row_count) = row;
    } else {
        fail("%s has a line of an unknown kind: %s", place, field[0]);
    }
}

void load_place(struct results *results, const char *place, const char *rows, const char *counts)
{
    char line[1024];
    FILE *lines = fopen(rows, "r");
    FILE *plugin = counts != NULL ? fopen(counts, "r") : NULL;
    if (lines == NULL) {
        fail("cannot open %s: %s.", rows, strerror(errno));
    }
    while (fgets(line, sizeof line, lines) != NULL) {
        char *field[FIELDS];
        size_t count = split(line, field);
        take_line(results, place, field, count, plugin, counts != NULL ? counts : rows);
    }
    fclose(lines);
    if (plugin != NULL) {
        fclose(plugin);
    }
}

void load_all(struct results *results, const char *folder)
{
    char line[1024], rows[4096], counts[4096];
    FILE *context = open_file(folder, "raw/context", "r");
    while (fgets(line, sizeof line, context) != NULL) {
        char *field[FIELDS];
        if (split(line, field) == 2) {
            *NEW(results->facts, results->fact_count) =
                (struct fact){NULL, copy(field[0]), copy(field[1])};
        }
    }
    fclose(context);
    for (size_t i = 0; places[i] != NULL; i++) {
        snprintf(rows, sizeof rows, "%s/raw/%s.tsv", folder, places[i]);
        snprintf(counts, sizeof counts, "%s/raw/%s.counts", folder, places[i]);
        FILE *there = fopen(rows, "r");
        if (there != NULL) {
            fclose(there);
            load_place(results, places[i], rows, emulated(places[i]) ? counts : NULL);
        }
    }
}

const struct row *find(const struct results *results, const char *place, const char *work,
                       const char *backend)
{
    for (size_t i = 0; i < results->row_count; i++) {
        const struct row *row = &results->rows[i];
        if (strcmp(row->place, place) == 0 && strcmp(row->work, work) == 0 &&
            strcmp(row->backend, backend) == 0) {
            return row;
        }
    }
    return NULL;
}

const char *fact(const struct results *results, const char *place, const char *key)
{
    for (size_t i = 0; i < results->fact_count; i++) {
        const struct fact *one = &results->facts[i];
        bool here = place == NULL ? one->place == NULL
                                  : one->place != NULL && strcmp(one->place, place) == 0;
        if (here && strcmp(one->key, key) == 0) {
            return one->value;
        }
    }
    return "";
}

uint64_t total(const struct row *row)
{
    return row->user + row->kernel;
}

bool emulated(const char *place)
{
    return strncmp(place, "linux-", 6) != 0;
}

int64_t above_direct(const struct results *results, const struct row *row)
{
    if (row == NULL) {
        return -1;
    }
    const char *base = strncmp(row->work, "args6", 5) == 0 ? "direct-call6" : "direct-call";
    const struct row *direct = find(results, row->place, base, "baseline");
    return direct == NULL ? -1 : (int64_t)(total(row) - total(direct));
}
