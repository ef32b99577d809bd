/* SPDX-License-Identifier: MIT */
/* What the same works take under Linux and in a kernel image, side by side. */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 16

struct column {
    const char *place;
    const char *backend;
};

static bool measured(const struct results *results, const char *place, const char *backend)
{
    return find(results, place, "null", backend) != NULL;
}

static size_t columns_of(const struct results *results, const char *const *where,
                         struct column *column)
{
    size_t count = 0;
    for (size_t i = 0; backends[i] != NULL; i++) {
        for (size_t j = 0; j < 2; j++) {
            if (measured(results, where[j], backends[i]) && count < COLUMNS_MAX) {
                column[count++] = (struct column){where[j], backends[i]};
            }
        }
    }
    return count;
}

/* In the order in which an image has them, each once. */
static bool listed(const struct results *results, size_t index, const char *place)
{
    const struct row *row = &results->rows[index];
    if (strcmp(row->place, place) != 0 || strcmp(row->backend, "baseline") == 0 ||
        strstr(row->work, "-off") != NULL || strcmp(row->work, "null-split") == 0 ||
        strncmp(row->work, "turns-", 6) == 0) {
        return false;
    }
    return find(results, place, row->work, row->backend) == row &&
           (strcmp(row->backend, "none") == 0 ||
            find(results, place, row->work, "none") == NULL);
}

static bool seen_before(const struct results *results, size_t index, const char *place)
{
    for (size_t i = 0; i < index; i++) {
        if (listed(results, i, place) &&
            strcmp(results->rows[i].work, results->rows[index].work) == 0) {
            return true;
        }
    }
    return false;
}

static void beside(const struct results *results, const char *cpu, FILE *file)
{
    struct column column[COLUMNS_MAX];
    char guest[32], bare[32], name[32];
    snprintf(guest, sizeof guest, "guest-%s", cpu);
    snprintf(bare, sizeof bare, "bare-%s", cpu);
    size_t columns = columns_of(results, (const char *const[]){guest, bare}, column);
    if (!measured(results, bare, "none")) {
        return;
    }
    fprintf(file, "\n%s: instructions under Linux, its own included, and in a kernel image:\n\n"
                  "| work               |",
            cpu);
    for (size_t i = 0; i < columns; i++) {
        snprintf(name, sizeof name, "%s %s", column[i].backend,
                 column[i].place == bare ? "kernel" : "Linux");
        fprintf(file, " %11s |", name);
    }
    fputs("\n|--------------------|", file);
    for (size_t i = 0; i < columns; i++) {
        fputs("------------:|", file);
    }
    fputc('\n', file);
    for (size_t i = 0; i < results->row_count; i++) {
        if (!listed(results, i, bare) || seen_before(results, i, bare)) {
            continue;
        }
        fprintf(file, "| %-18s |", results->rows[i].work);
        for (size_t j = 0; j < columns; j++) {
            const struct row *row =
                find(results, column[j].place, results->rows[i].work, column[j].backend);
            char text[32] = "";
            if (row != NULL) {
                snprintf(text, sizeof text, "%" PRIu64, total(row));
            }
            fprintf(file, " %11s |", text);
        }
        fputc('\n', file);
    }
}

void write_sizes(const struct results *results, FILE *file)
{
    static const char *const without[] = {"soft", "page", "pku", "pks", "pku-ring3", "mte"};
    for (size_t p = 0; places[p] != NULL; p++) {
        long all = strtol(fact(results, places[p], "size-all"), NULL, 10);
        if (all == 0) {
            continue;
        }
        fprintf(file, "- %s: %ld bytes", places[p], all);
        for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
            char key[32];
            snprintf(key, sizeof key, "size-%s", without[i]);
            long bytes = strtol(fact(results, places[p], key), NULL, 10);
            if (bytes != 0) {
                fprintf(file, "; without %s %ld less", without[i], all - bytes);
            }
        }
        fputs("\n", file);
    }
}

void write_beside(const struct results *results, FILE *file)
{
    beside(results, "x86_64", file);
    beside(results, "aarch64", file);
}
