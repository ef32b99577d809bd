/* SPDX-License-Identifier: MIT */
/* The head-to-head tables, for people: on the terminal and in report.md alike. */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 10

struct table {
    const char *place;
    const char *column[COLUMNS_MAX]; /* backends that have rows here */
    size_t columns;
};

static const struct {
    const char *place, *backend, *work;
    int64_t most;
    bool whole; /* the whole call, not what it adds to a direct call */
    const char *less; /* less that work's */
} goals[] = {
    {"guest-x86_64", "none", "null", 30, false, NULL},
    {"guest-x86_64", "pkey", "null", 80, false, NULL},
    {"guest-x86_64", "pkey", "fault", 4500, true, NULL},
    {"guest-aarch64", "none", "null", 30, false, NULL},
    {"guest-aarch64", "mte", "null-general", 80, false, NULL},
    {"guest-aarch64", "mte", "null-simd", 130, false, NULL},
    {"guest-aarch64", "mte", "fault", 4500, true, NULL},
    {"bare-x86_64", "pku", "null-general", 75, false, NULL},
    {"bare-x86_64", "pks", "null-general", 80, false, NULL},
    {"bare-aarch64", "mte", "null-general", 80, false, NULL},
    {"bare-x86_64", "pku", "fault", 800, true, NULL},
    {"bare-x86_64", "pks", "fault", 800, true, NULL},
    {"bare-aarch64", "mte", "fault", 800, true, NULL},
    {"bare-x86_64", "pku", "give-4k", 250, true, NULL},
    {"bare-x86_64", "pks", "give-4k", 250, true, NULL},
    /* 1.2 times what a bare loop of DC GVA takes for the 63 lines more: 4 instructions each. */
    {"bare-aarch64", "mte", "give-4k", 63 * 4 * 12 / 10, true, "give-64"},
};

static bool has_rows(const struct results *results, const char *place, const char *backend)
{
    for (size_t i = 0; i < results->row_count; i++) {
        if (strcmp(results->rows[i].place, place) == 0 &&
            (backend == NULL || strcmp(results->rows[i].backend, backend) == 0)) {
            return true;
        }
    }
    return false;
}

static void rule(FILE *file, size_t columns)
{
    fputs("|--------------------|", file);
    for (size_t i = 0; i < columns; i++) {
        fputs("-----------------------:|", file);
    }
    fputc('\n', file);
}

static void put_cell(const struct row *row, FILE *file)
{
    char text[64] = "";
    int width = 22;
    if (row != NULL && row->timed) {
        double spread = (row->ns75 - row->ns25) / 2;
        int length = snprintf(text, sizeof text, "%.1f ±%.0f%%", row->ns, 100 * spread / row->ns);
        if (row->ratio > 0) {
            snprintf(text + length, sizeof text - (size_t)length, " (%.*fx)",
                     row->ratio < 10 ? 1 : 0, row->ratio);
        }
        width++; /* ± is two bytes */
    } else if (row != NULL) {
        bool part = strncmp(row->place, "user-", 5) == 0 && row->syscalls > 0;
        snprintf(text, sizeof text, "%" PRIu64 "%s", total(row), part ? " + kernel" : "");
    }
    fprintf(file, " %*s |", width, text);
}

/* A work's row in the table: when it is the first of its name here. */
static bool first_of_work(const struct results *results, size_t index, bool baseline)
{
    const struct row *row = &results->rows[index];
    if ((strcmp(row->backend, "baseline") == 0) != baseline ||
        strstr(row->work, "-off") != NULL || strcmp(row->work, "null-split") == 0 ||
        strncmp(row->work, "turns-", 6) == 0 || strncmp(row->work, "threads", 7) == 0) {
        return false;
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(results->rows[i].place, row->place) == 0 &&
            strcmp(results->rows[i].work, row->work) == 0) {
            return false;
        }
    }
    return true;
}

static void place_table(const struct results *results, const char *place, bool baseline,
                        FILE *file)
{
    struct table table = {.place = place};
    for (size_t i = 0; backends[i] != NULL; i++) {
        bool is = strcmp(backends[i], "baseline") == 0;
        if (is == baseline && has_rows(results, place, backends[i])) {
            table.column[table.columns++] = backends[i];
        }
    }
    if (table.columns == 0) {
        return;
    }
    fprintf(file, "\n| %-18s |", baseline ? "baseline" : "work");
    for (size_t i = 0; i < table.columns; i++) {
        const char *name = baseline ? emulated(place) ? "instructions" : "ns" : table.column[i];
        fprintf(file, " %22s |", strncmp(name, "pkey-gate", 9) == 0 ? "pkey, no writes" : name);
    }
    fputc('\n', file);
    rule(file, table.columns);
    for (size_t i = 0; i < results->row_count; i++) {
        if (strcmp(results->rows[i].place, place) != 0 || !first_of_work(results, i, baseline)) {
            continue;
        }
        fprintf(file, "| %-18s |", results->rows[i].work);
        for (size_t j = 0; j < table.columns; j++) {
            put_cell(find(results, place, results->rows[i].work, table.column[j]), file);
        }
        fputc('\n', file);
    }
}

static void threads_table(const struct results *results, const char *place, FILE *file)
{
    bool any = false;
    for (size_t i = 0; backends[i] != NULL; i++) {
        if (find(results, place, "threads-1", backends[i]) == NULL) {
            continue;
        }
        if (!any) {
            fputs("\nMillions of null crossings a second, all threads together:\n\n", file);
            fputs("| threads            |", file);
            for (int threads = 1; threads <= 8; threads++) {
                fprintf(file, " %8d |", threads);
            }
            fputs("\n|--------------------|", file);
            for (int threads = 1; threads <= 8; threads++) {
                fputs("---------:|", file);
            }
            fputc('\n', file);
            any = true;
        }
        fprintf(file, "| %-18s |", backends[i]);
        for (int threads = 1; threads <= 8; threads++) {
            char work[32];
            snprintf(work, sizeof work, "threads-%d", threads);
            const struct row *row = find(results, place, work, backends[i]);
            fprintf(file, " %8.3f |", row != NULL ? 1e3 / row->ns : 0);
        }
        fputc('\n', file);
    }
}

static void skips(const struct results *results, const char *place, FILE *file)
{
    const char *head = "\n";
    for (size_t i = 0; i < results->skip_count; i++) {
        const struct skip *one = &results->skips[i];
        if (strcmp(one->place, place) == 0) {
            fprintf(file, "%s- skipped: %s of %s: %s\n", head, one->work, one->backend,
                    one->reason);
            head = "";
        }
    }
}

/* What of the fewest-instruction crossing is the call and what the return. A direct call is one
 * instruction there and two in the callee. */
static void null_line(const struct results *results, const char *place, const char *backend,
                      FILE *file)
{
    const struct row *row = find(results, place, "null", backend);
    const struct row *general = find(results, place, "null-general", backend);
    const struct row *split = find(results, place, "null-split", backend);
    if (row == NULL || split == NULL || general == NULL) {
        return;
    }
    uint64_t call = split->call_user + split->call_kernel;
    fprintf(file, "| %-14s | %-7s | %8" PRId64 " | %8" PRIu64 " | %8" PRIu64 " | %14" PRId64
                  " | %13" PRIu64 " | %12" PRIu64 " |\n",
            place, backend, above_direct(results, row), call - 1, total(split) - call - 2,
            above_direct(results, general), row->rights, row->syscalls);
}

static void null_table(const struct results *results, FILE *file)
{
    fputs("\nThe null crossing (host, domain, host) in instructions above a direct call:\n\n"
          "| place          | backend |    total |     call |   return | general callee "
          "| rights writes | system calls |\n"
          "|----------------|---------|---------:|---------:|---------:|---------------:"
          "|--------------:|-------------:|\n",
          file);
    for (size_t i = 0; places[i] != NULL; i++) {
        for (size_t j = 1; emulated(places[i]) && backends[j] != NULL; j++) {
            null_line(results, places[i], backends[j], file);
        }
    }
    fputs("\n\"General callee\" is one built without vector registers, which then need no "
          "clearing.\n",
          file);
}

static void goal_table(const struct results *results, FILE *file)
{
    fputs("\nAgainst the goals:\n\n"
          "| place          | backend | work              |     goal | measured |        |\n"
          "|----------------|---------|-------------------|---------:|---------:|--------|\n",
          file);
    for (size_t i = 0; i < sizeof goals / sizeof goals[0]; i++) {
        const struct row *row = find(results, goals[i].place, goals[i].work, goals[i].backend);
        int64_t is = row == NULL ? -1
                     : goals[i].whole ? (int64_t)total(row) : above_direct(results, row);
        const char *less = goals[i].less != NULL ? goals[i].less : goals[i].work;
        const struct row *lesser = find(results, goals[i].place, less, goals[i].backend);
        char work[64];
        snprintf(work, sizeof work, "%s%s%s", goals[i].work, goals[i].less != NULL ? " - " : "",
                 goals[i].less != NULL ? less : "");
        if (row != NULL && lesser != NULL) {
            is -= goals[i].less != NULL ? (int64_t)total(lesser) : 0;
            fprintf(file, "| %-14s | %-7s | %-17s | %8" PRId64 " | %8" PRId64 " | %-6s |\n",
                    goals[i].place, goals[i].backend, work, goals[i].most, is,
                    is <= goals[i].most ? "met" : "missed");
        }
    }
    const struct row *silicon = find(results, "linux-x86_64", "null", "pkey-gate-without-writes");
    if (silicon != NULL) {
        fprintf(file, "\nOn this processor the gate of `pkey` without its rights writes takes "
                      "%.1f ns, %.1f indirect calls (goal: 8).\n",
                silicon->ns, silicon->ratio);
    }
}

void write_tables(const struct results *results, FILE *file)
{
    null_table(results, file);
    goal_table(results, file);
    write_images(results, file);
    write_beside(results, file);
    for (size_t i = 0; places[i] != NULL; i++) {
        if (!has_rows(results, places[i], NULL)) {
            skips(results, places[i], file);
            continue;
        }
        fprintf(file, "\n## %s: %s\n", places[i],
                emulated(places[i])
                    ? "instructions above an empty loop"
                    : "nanoseconds: median, half the middle half's width, indirect calls");
        place_table(results, places[i], true, file);
        place_table(results, places[i], false, file);
        threads_table(results, places[i], file);
        skips(results, places[i], file);
    }
}
