/* SPDX-License-Identifier: MIT */
/* Holds counts to those in expected.tsv: a program's instructions exactly, a kernel's within a
 * tolerance, because kernels are replaced. */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define KERNEL_PERCENT 5

/* The rows that are held. */
static const char *const held[] = {"null", "null-general", "null-image",
                                   "null-image-forced", "args6", "give-4k", "fault",
                                   "fault-unmapped", NULL};

static int compare(const char *part, uint64_t is, uint64_t was, uint64_t tolerance,
                   const char *work, const char *backend, const char *place)
{
    if (is > was + tolerance) {
        printf("rose: %s of %s at %s: %" PRIu64 " %s instructions, expected %" PRIu64, work,
               backend, place, is, part, was);
        printf(tolerance > 0 ? " and %d %% more at most\n" : "\n", KERNEL_PERCENT);
        return 1;
    }
    if (is + tolerance < was) {
        printf("fell: %s of %s at %s: %" PRIu64 " %s instructions, expected %" PRIu64
               "; bench/check --update keeps it so\n",
               work, backend, place, is, part, was);
    }
    return 0;
}

int check(const struct results *results, const char *expected, const char *place)
{
    char line[256], where[64], work[64], backend[64];
    uint64_t user, kernel;
    int risen = 0;
    int lines = 0;
    FILE *file = fopen(expected, "r");
    if (file == NULL) {
        fail("cannot open %s: %s.", expected, strerror(errno));
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#') {
            continue;
        }
        if (sscanf(line, "%63s %63s %63s %" SCNu64 " %" SCNu64, where, work, backend, &user,
                   &kernel) != 5) {
            fail("%s has a line that is none: %s", expected, line);
        }
        if (strcmp(where, place) != 0) {
            continue;
        }
        const struct row *row = find(results, place, work, backend);
        lines++;
        if (row == NULL) {
            printf("missing: %s of %s at %s was not measured\n", work, backend, place);
            risen = 1;
            continue;
        }
        risen |= compare("program", row->user, user, 0, work, backend, place);
        risen |= compare("kernel", row->kernel, kernel, kernel * KERNEL_PERCENT / 100, work,
                         backend, place);
    }
    fclose(file);
    if (lines == 0) {
        printf("missing: %s has no line for %s\n", expected, place);
        risen = 1;
    }
    if (risen) {
        printf("If the rise is meant, say why in the commit and run bench/check --update. Other\n"
               "compilers than the one named in %s count differently.\n", expected);
    } else {
        printf("%d counts at %s are as expected\n", lines, place);
    }
    return risen;
}

void expect(const struct results *results, const char *place)
{
    for (size_t i = 0; i < results->row_count; i++) {
        const struct row *row = &results->rows[i];
        for (size_t j = 0; held[j] != NULL; j++) {
            if (strcmp(row->place, place) == 0 && strcmp(row->work, held[j]) == 0) {
                printf("%s\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\n", place, row->work, row->backend,
                       row->user, row->kernel);
            }
        }
    }
}
