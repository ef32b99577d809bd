/* SPDX-License-Identifier: MIT */
/* Where a null crossing's instructions go: by leaving out one step at a time. */
#include "report.h"

#include <inttypes.h>
#include <string.h>

static const struct {
    const char *step;
    const char *what;
    bool within; /* counted in another step too */
} steps[] = {
    {"liveness", "is the domain alive, is there a stack", false},
    {"depth", "is there a free frame", false},
    {"rights", "read, write and check rights, both ways", false},
    {"check", "of that: the check after each write", true},
    {"general", "clear general registers towards the domain", false},
    {"vector", "clear vector registers towards the domain", false},
    {"control", "save, normalise and restore floating-point control", false},
    {"flags", "normalise the flags", false},
};

#define STEPS (sizeof steps / sizeof steps[0])

/* What a step costs at a place; -1 when that was not measured. */
static double cost(const struct results *results, const char *place, const char *backend,
                   const char *step)
{
    char work[64];
    snprintf(work, sizeof work, "null-%s-off", step);
    const struct row *all = find(results, place, "null", backend);
    const struct row *without = find(results, place, work, backend);
    if (all == NULL || without == NULL) {
        return -1;
    }
    if (all->timed) {
        return all->ns > without->ns ? all->ns - without->ns : 0;
    }
    return (double)total(all) - (double)total(without);
}

static bool has_steps(const struct results *results, const char *place, const char *backend)
{
    return cost(results, place, backend, "liveness") >= 0;
}

static void steps_of(const struct results *results, const char *place, const char *backend,
                     FILE *file)
{
    const struct row *all = find(results, place, "null", backend);
    bool timed = all->timed;
    double whole = timed ? all->ns : (double)above_direct(results, all);
    double rest = whole;
    fprintf(file, "\n%s, %s (%s):\n\n", backend, place, timed ? "ns" : "instructions");
    fputs("| step       | cost     | what                                               |\n"
          "|------------|---------:|----------------------------------------------------|\n",
          file);
    for (size_t i = 0; i < STEPS; i++) {
        double is = cost(results, place, backend, steps[i].step);
        if (is >= 0) {
            fprintf(file, "| %-10s | %8.*f | %-50s |\n", steps[i].step, timed ? 1 : 0, is,
                    steps[i].what);
            rest -= steps[i].within ? 0 : is;
        }
    }
    fprintf(file, "| rest       | %8.*f | %-50s |\n", timed ? 1 : 0, rest,
            "registers saved and restored, stack, books");
    fprintf(file, "| all        | %8.*f | %-50s |\n", timed ? 1 : 0, whole,
            timed ? "the null crossing" : "the null crossing above a direct call");
}

void write_steps(const struct results *results, FILE *file)
{
    for (size_t i = 0; places[i] != NULL; i++) {
        if (strcmp(places[i], "guest-aarch64") == 0) {
            continue; /* the same gates as under user mode, the same counts */
        }
        for (size_t j = 0; backends[j] != NULL; j++) {
            if (has_steps(results, places[i], backends[j])) {
                steps_of(results, places[i], backends[j], file);
            }
        }
    }
}
