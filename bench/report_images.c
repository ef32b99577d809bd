/* SPDX-License-Identifier: MIT */
/* What a restart of an image takes against copying the pages that it writes. */
#include "report.h"

#include <string.h>

/* A restart is to take no more copies than that. */
#define GOAL 2.0

static const struct {
    const char *name;
    const char *text;
} sizes[] = {{"64k", "64 KiB"}, {"1m", "1 MiB"}, {"4m", "4 MiB"}};

#define SIZES (sizeof sizes / sizeof sizes[0])

static double cost(const struct results *results, const char *place, const char *work,
                   const char *size, const char *backend)
{
    char name[32];
    snprintf(name, sizeof name, "%s%s", work, size);
    const struct row *row = find(results, place, name, backend);
    return row == NULL ? 0 : row->timed ? row->ns : (double)total(row);
}

static void line(const struct results *results, const char *place, const char *backend,
                 FILE *file)
{
    double reload = cost(results, place, "reload", "", backend);
    char missed[64] = "";
    fprintf(file, "| %-14s | %-9s |", place, backend);
    for (size_t i = 0; i < SIZES; i++) {
        double restart = cost(results, place, "image-restart-", sizes[i].name, backend);
        double copy = cost(results, place, "image-copy-", sizes[i].name, backend);
        char text[64] = "";
        if (restart > 0 && copy > 0) {
            snprintf(text, sizeof text, "%.2f (%.2f)", restart / copy,
                     (restart - reload) / copy);
        }
        if (restart > GOAL * copy) {
            size_t length = strlen(missed);
            snprintf(missed + length, sizeof missed - length, " %s", sizes[i].name);
        }
        fprintf(file, " %14s |", text);
    }
    fprintf(file, " %s%-11s |\n", missed[0] != '\0' ? "missed at" : "met      ", missed);
}

static void head(FILE *file)
{
    fprintf(file,
            "\nRestarting an image, in copies of what it writes (goal: %.0f), and in brackets "
            "without\nwhat the reload of a domain that is no image takes:\n\n"
            "| place          | backend   |",
            GOAL);
    for (size_t k = 0; k < SIZES; k++) {
        fprintf(file, " %14s |", sizes[k].text);
    }
    fputs("                      |\n|----------------|-----------|", file);
    for (size_t k = 0; k < SIZES; k++) {
        fputs("---------------:|", file);
    }
    fputs("----------------------|\n", file);
}

/* QEMU's user mode leaves out what the kernel does, which is much of a restart. */
void write_images(const struct results *results, FILE *file)
{
    bool begun = false;
    for (size_t i = 0; places[i] != NULL; i++) {
        for (size_t j = 1; backends[j] != NULL; j++) {
            if (strncmp(places[i], "user-", 5) == 0 ||
                cost(results, places[i], "image-restart-", "64k", backends[j]) == 0) {
                continue;
            }
            if (!begun) {
                head(file);
                begun = true;
            }
            line(results, places[i], backends[j], file);
        }
    }
}
