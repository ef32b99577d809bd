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
        if (empty == NULL || !emulated(places[p]) || strncmp(places[p], "user-", 5) == 0) {
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

static void measured_places(FILE *file)
{
    fputs(
        "\n"
        "## What is and what isn't measured\n"
        "\n"
        "- Places whose names begin with guest-, user- or bare- are emulated: they have\n"
        "  instructions and no times. An instruction is not a cycle: a write of the rights\n"
        "  register counts one and takes tens of cycles on silicon, and caches, translation\n"
        "  and mispredictions are absent.\n"
        "- Counts are of the window with the fewest instructions out of seven of one\n"
        "  operation each, warm; a timer interrupt in a window makes it lose. Nothing of\n"
        "  the loop is in them. A repeated string instruction counts once for each\n"
        "  repetition (in kernels: clearing a page); in the x86-64 guest the C library's\n"
        "  memcpy is kept from using one.\n"
        "- bare-* is the same library in a kernel image, ring 0 or EL1, without Linux: all\n"
        "  instructions are the image's, traps and page tables included. Each backend has a\n"
        "  boot of its own. Its domains' code has no vector registers, but for null and the\n"
        "  other assembly callees, which claim them; null-general does not. On page every\n"
        "  crossing sets the entries of all pages of the domain's heap, of which there are\n"
        "  512, and of the monitor's memory, touched or not. The copies are the platform's\n"
        "  memcpy, eight bytes at a time.\n"
        "- boot: from the machine's start, firmware and the measuring of clocks included, to\n"
        "  the image's main function; start: from there to the first answer of a first\n"
        "  domain, proofs included. Both together are boot to first crossing.\n"
        "- interrupt-outside, interrupt-inside: what one timer interrupt takes from a loop of\n"
        "  the host's and from one in a domain. give-4k - give-64: what 63 tagged lines more\n"
        "  cost; the rest of give-4k, a line apart, is the fixed cost of a give.\n"
        "- rights writes: WRPKRU, WRMSR in an image, or MSR TCO, executed by the program; a\n"
        "  Linux kernel's are not counted. pks writes IA32_PKRS, an MSR, by WRMSR and reads\n"
        "  it by RDMSR. Both are microcode and dear on silicon, although a write of this\n"
        "  register does not serialise: pks will be slower than pku by more than the\n"
        "  instruction or two it has more, by how much is not measured here. On AArch64 a\n"
        "  domain's rights are the tag of its stack pointer, which is loaded and not written\n"
        "  to a system register; the image's gate writes TCO, both ways.\n"
        "- user-aarch64 has no kernel: what a system call or a fault costs there is left\n"
        "  out (\"+ kernel\"). Its DC GVA tags 512 bytes, a machine's 64, which shows in\n"
        "  give-*.\n"
        "- linux-* is this machine by its clock. A row is the median of its windows and how\n"
        "  wide the middle half of them is; the number in brackets is the median of its\n"
        "  ratio to indirect calls timed beside each window. Times contain the loop (see\n"
        "  empty). null-call and null-return are the least of single crossings between two\n"
        "  readings of the clock, one reading in each.\n"
        "- \"pkey, no writes\" is the gate of pkey assembled without WRPKRU and RDPKRU, run\n"
        "  natively in domains of none: everything the gate does but for the writes.\n",
        file);
}

static void measured_works(FILE *file)
{
    fputs(
        "- null: a gate without arguments to a callee that does nothing, and back;\n"
        "  null-general: the same into code built without vector registers; null-simd: on\n"
        "  a processor whose vectors are not SVE; args6: with six integer arguments, a\n"
        "  direct call with six set against it. null-split (in crossing.json): null with a\n"
        "  mark in the callee, which cuts it into call and return.\n"
        "- nested: host to a, a to b, and back: one crossing and one call between domains.\n"
        "  callback: host to a, a to a function of the host's, and back.\n"
        "- baseline. empty: the loop alone. direct-call, direct-call6, indirect-call: the\n"
        "  same callee as null's, called as C calls. sigsetjmp, sigsetjmp-mask: a place to\n"
        "  jump back to after a crash, without and with the signal mask. system-call:\n"
        "  getppid. mprotect-pair: a page shut for writing, opened and written. pipe-*,\n"
        "  futex-*: a round trip to another process, on one processor or two.\n"
        "- give-*: one hand-over, host to domain, with the crossing that carries it; every\n"
        "  page was touched before. Taking it back is not in the row. give-*-window: an\n"
        "  object of the kind KG_OBJECT_WINDOW, whose hand-over on pkey only changes a\n"
        "  thread's rights; elsewhere as give-*. lend-*: there and back. copy-*: one memcpy\n"
        "  by the domain from the host's memory, and the crossing; on soft by the host. The\n"
        "  number in these names is the size in bytes.\n"
        "- On page each crossing shuts and opens the whole heap of the domain, and the\n"
        "  kernel visits every page there that was ever touched. From copy-* on the heap\n"
        "  of the benchmark's domain has a touched megabyte: 256 more entries, twice a\n"
        "  crossing, about 63,000 instructions in the x86-64 guest, whatever is copied.\n"
        "  The AArch64 guest has that megabyte in one huge page, one entry: about 1,700.\n"
        "  Linux makes no huge pages by itself in less than 512 MiB, which is what the\n"
        "  x86-64 guest has; given 1 GiB it takes 1,400, and null little more than half of\n"
        "  its row here. So rows of page at the two guests don't compare.\n"
        "- fault: a store to another domain's memory, from the call to its status; stack\n"
        "  and domain were warm. fault-unmapped: the same with a store to an address\n"
        "  without memory, which the processor finds and not the tags; none protects no\n"
        "  memory, so it has this row only. reload: a dead domain is made fit for calls\n"
        "  again; it had a stack and its heap had been touched. create: a domain, a gate,\n"
        "  the first call, and its end.\n"
        "- null-image: null-general into an image, a domain that is a file; null-image-forced:\n"
        "  into one whose every access has the domain's own tag. image-check-*:\n"
        "  all that is looked at in a file before it is mapped, which is mostly its code: next\n"
        "  to nothing but in image-check-code, where it is 64 KiB. image-load-*: from bytes in\n"
        "  memory to a domain, the check included. image-restart-*: a dead one is made fit for\n"
        "  calls again, as in reload, with fresh data. image-copy-*: one memcpy by the host of\n"
        "  as many bytes. The number in these names is the size of what the image writes.\n"
        "- memory-*: 1024 nodes of a list, 64 KiB copied word by word, 64 KiB hashed byte\n"
        "  by byte, in a domain, with the crossing. Domain code of soft asks at each load\n"
        "  and store.\n"
        "- threads-*: on this machine only, so many threads that do nothing but null\n"
        "  crossings into one domain; calls of all of them in a window, and the window's\n"
        "  time. On page one crosses at a time.\n"
        "- A work or backend that could not run is listed as skipped, with its reason; in\n"
        "  crossing.json it is a row with error_occurred and error_message.\n",
        file);
}

static void checked(const struct results *results, FILE *file)
{
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
    fputs("\n## Where a give and a fault go\n\n"
          "The program's instructions by function, each its own:\n",
          file);
    write_functions(results, folder, file);
    fputs("\n## How large an image is\n\n"
          "Code, constants and first values of a kernel that starts the monitor and ends it, with\n"
          "all backends; and left out of its list. A trap's way in refers to the backends of\n"
          "protection keys, so they are in every image for x86-64.\n\n",
          file);
    write_sizes(results, file);
    measured_places(file);
    measured_works(file);
    checked(results, file);
    fputs("\n## What a null crossing executes\n", file);
    write_listings(results, folder, file);
    fclose(file);
}
