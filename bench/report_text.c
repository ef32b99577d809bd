/* SPDX-License-Identifier: MIT */
/* report.md: what was measured, on what, and what was not. */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void machine(const struct results *results, const char *folder, FILE *file)
{
    char line[256];
    fprintf(file, "- date: %s\n- this machine: %s, %s processors\n- system: %s\n"
                  "- load when it began: %s\n",
            fact(results, NULL, "date"), fact(results, NULL, "machine"),
            fact(results, NULL, "cpus"), fact(results, NULL, "system"),
            fact(results, NULL, "load"));
    if (fact(results, NULL, "revision")[0] != '\0') {
        fprintf(file, "- revision: %s\n", fact(results, NULL, "revision"));
    }
    if (strcmp(fact(results, NULL, "quick"), "yes") == 0) {
        fputs("- a quick run: few windows, a look and not a result\n", file);
    }
    fputs("\nVersions:\n\n```\n", file);
    FILE *versions = open_file(folder, "versions.txt", "r");
    while (fgets(line, sizeof line, versions) != NULL) {
        fputs(line, file);
    }
    fclose(versions);
    fputs("```\n", file);
}

/* Under icount the guest's own counter advances by one an instruction. What it says of a row, less
 * the loop and the two marks, must be the plugin's count. */
static void second_opinion(const struct results *results, FILE *file)
{
    for (size_t p = 0; places[p] != NULL; p++) {
        unsigned compared = 0, equal = 0;
        const struct row *empty = find(results, places[p], "empty", "baseline");
        if (empty == NULL || strncmp(places[p], "guest-", 6) != 0) {
            continue;
        }
        for (size_t i = 0; i < results->row_count; i++) {
            const struct row *row = &results->rows[i];
            if (strcmp(row->place, places[p]) == 0 && row->ticks != 0 && row->kernel == 0) {
                int64_t off = (int64_t)(row->ticks - empty->ticks) - (int64_t)row->user;
                compared++;
                equal += off >= -2 && off <= 2;
            }
        }
        fprintf(file, "- %s: the guest's own counter agrees with the plugin, to two instructions "
                      "of the loop, in %u of %u rows without kernel work.\n",
                places[p], equal, compared);
    }
}

static void steady(const struct results *results, FILE *file)
{
    for (size_t p = 0; places[p] != NULL; p++) {
        unsigned rows = 0, uneven = 0;
        if (!emulated(places[p])) {
            continue;
        }
        for (size_t i = 0; i < results->row_count; i++) {
            const struct row *row = &results->rows[i];
            if (strcmp(row->place, places[p]) == 0) {
                rows++;
                uneven += row->most != row->user;
            }
        }
        if (rows > 0) {
            bool again = strcmp(fact(results, places[p], "repeated"), "yes") == 0;
            fprintf(file, "- %s: in %u of %u rows every window ran the same number of the "
                          "program's instructions%s.\n",
                    places[p], rows - uneven, rows,
                    again ? "; the whole run was made twice, with the same counts" : "");
        }
    }
}

static void measured(const struct results *results, FILE *file)
{
    fputs(
        "\n"
        "## What is and what isn't measured\n"
        "\n"
        "- Places whose names begin with guest- or user- are emulated: they have\n"
        "  instructions and no times. An instruction is not a cycle: a write of the rights\n"
        "  register counts one and takes tens of cycles on silicon, and caches, translation\n"
        "  and mispredictions are absent.\n"
        "- Counts are of the window with the fewest instructions out of seven of one\n"
        "  operation each, warm; a timer interrupt in a window makes it lose. Nothing of\n"
        "  the loop is in them. A repeated string instruction counts once for each\n"
        "  repetition (in kernels: clearing a page); in the x86-64 guest the C library's\n"
        "  memcpy is kept from using one.\n"
        "- rights writes: WRPKRU, or MSR TCO, executed by the program; the kernel's are not\n"
        "  counted. On AArch64 a domain's rights are the tag of its stack pointer, which is\n"
        "  loaded and not written to a system register.\n"
        "- user-aarch64 has no kernel: what a system call or a fault costs there is left\n"
        "  out (\"+ kernel\"). Its DC GVA tags 512 bytes, a machine's 64, which shows in\n"
        "  give-*.\n"
        "- linux-* is this machine by its clock. A row is the median of its windows and how\n"
        "  wide the middle half of them is; the number in brackets is the median of its\n"
        "  ratio to indirect calls timed beside each window. Times contain the loop (see\n"
        "  empty). null-call and null-return are the least of single crossings between two\n"
        "  readings of the clock, one reading in each.\n"
        "- \"pkey, no writes\" is the gate of pkey assembled without WRPKRU and RDPKRU, run\n"
        "  natively in domains of none: everything the gate does but for the writes.\n"
        "- give-*: one hand-over, host to domain, with the crossing that carries it; every\n"
        "  page was touched before. Taking it back is not in the row. lend-*: there and\n"
        "  back. copy-*: one memcpy by the domain from the host's memory, and the crossing;\n"
        "  on soft by the host.\n"
        "- fault: a store to another domain's memory, from the call to its status; stack\n"
        "  and domain were warm, the reload afterwards is a row of its own. none protects\n"
        "  no memory, so its fault is fault-unmapped. create: a domain, a gate, the first\n"
        "  call, and its end.\n"
        "- memory-*: 1024 nodes of a list, 64 KiB copied word by word, 64 KiB hashed byte\n"
        "  by byte, in a domain, with the crossing. Domain code of soft asks at each load\n"
        "  and store.\n",
        file);
    fputs("\nChecks made on this run:\n\n", file);
    steady(results, file);
    second_opinion(results, file);
}

void write_text(const struct results *results, const char *folder)
{
    FILE *file = open_file(folder, "report.md", "w");
    fputs("# Domain crossings, measured\n\n", file);
    machine(results, folder, file);
    fputs("\n![crossings](crossing.svg)\n", file);
    write_tables(results, file);
    fputs("\n## Where a null crossing goes\n\n"
          "A step's cost is what the null crossing loses when that step is left out of the gate.\n",
          file);
    write_steps(results, file);
    measured(results, file);
    fputs("\n## What a null crossing executes\n", file);
    write_listings(results, folder, file);
    fclose(file);
}
