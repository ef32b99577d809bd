/* SPDX-License-Identifier: MIT */
/* kg-verify FILE: says what an image of a domain is, and where and why the loader would refuse it.
 * The loader's own checks decide. Exits 0 when it is accepted, 1 when refused, 2 on wrong use. */
#include "kg-verify.h"

#include "loader/loader.h"

#include <errno.h>
#include <inttypes.h>
#include <keygate/keygate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Refused places that are shown. */
#define SHOWN 20u

/* In an ELF header. */
#define E_MACHINE 18
#define HEADER_BYTES 64

static const struct machine {
    uint16_t number;
    const char *name;
} machines[] = {{62, "x86-64"}, {183, "AArch64"}};

#define MACHINES (sizeof machines / sizeof *machines)

static const struct machine *machine_of(const unsigned char *file)
{
    for (size_t i = 0; i < MACHINES; i++) {
        if (memcmp(file + E_MACHINE, &machines[i].number, sizeof machines[i].number) == 0) {
            return &machines[i];
        }
    }
    return NULL;
}

static void *room(size_t bytes)
{
    void *memory = calloc(1, bytes != 0 ? bytes : 1);
    if (memory == NULL) {
        fputs("kg-verify: there is no memory left\n", stderr);
        exit(2);
    }
    return memory;
}

/* All of a file, or as much as shows that it is too large. NULL: it can't be read. */
static unsigned char *read_file(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "kg-verify: cannot open %s: %s\n", path, strerror(errno));
        return NULL;
    }
    unsigned char *content = room(KG_IMAGE_BYTES_MAX + 1);
    *bytes = fread(content, 1, KG_IMAGE_BYTES_MAX + 1, file);
    if (ferror(file) != 0) {
        fprintf(stderr, "kg-verify: cannot read %s: %s\n", path, strerror(errno));
        free(content);
        content = NULL;
    }
    fclose(file);
    return content;
}

/* Names are the file's, and go to a terminal. */
static void put_name(const char *name)
{
    for (; *name != '\0'; name++) {
        putchar(*name >= ' ' && *name < 0x7f ? *name : '?');
    }
}

static const char *plural(uint32_t count)
{
    return count == 1 ? "" : "s";
}

static const char *access_name(enum kg_access access)
{
    return access == KG_ACCESS_WRITE ? "write" : access == KG_ACCESS_RUN ? "run" : "read";
}

static void say_head(const struct kg_plan *plan, const char *path, const char *machine)
{
    printf("%s: for %s", path, machine);
    if (plan->abi != 0) {
        printf(", ABI %u, %s code%s%s", (unsigned)plan->abi,
               (plan->build & KG_BUILD_SOFT) != 0 ? "soft" : "plain",
               (plan->build & KG_BUILD_GENERAL_ONLY) != 0 ? " without vector registers" : "",
               (plan->build & KG_BUILD_FORCED) != 0 ? ", with forced tags" : "");
    }
    putchar('\n');
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        const struct kg_plan_segment *segment = &plan->segments[i];
        printf("  segment  %-5s  %" PRIu64 " bytes at 0x%" PRIx64 ", %" PRIu64
               " of them in the file at 0x%" PRIx64 "\n",
               access_name(segment->access), segment->bytes, segment->address,
               segment->file_bytes, segment->offset);
    }
}

static void say_names(const struct kg_plan *plan)
{
    struct kg_plan_name name;
    for (uint64_t i = 0; i < plan->entry_count && kg_plan_entry(plan, i, &name); i++) {
        printf("  entry    ");
        put_name(name.text);
        printf(", %u argument%s, at 0x%" PRIx64 "\n", (unsigned)name.arguments,
               plural(name.arguments), name.code);
    }
    for (uint64_t i = 0; i < plan->import_count && kg_plan_import(plan, i, &name); i++) {
        printf("  import   ");
        put_name(name.text);
        printf(", %u argument%s\n", (unsigned)name.arguments, plural(name.arguments));
    }
}

static void say_where(const struct kg_plan *plan, const struct kg_refusal *why)
{
    printf("refused: %s\n", why->text);
    if (why->offset == 0) {
        return;
    }
    printf("  at 0x%" PRIx64 " in the file", why->offset);
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        const struct kg_plan_segment *segment = &plan->segments[i];
        if (why->offset >= segment->offset &&
            why->offset - segment->offset < segment->file_bytes) {
            printf(", address 0x%" PRIx64, why->offset - segment->offset + segment->address);
        }
    }
    printf("\n");
}

/* All places, where the loader stops at the first; but with forced tags an instruction is judged by
 * those before it, so what follows a refused one is not judged. */
static int say_code(const struct kg_plan *plan, const struct kg_plan_segment *segment)
{
    const unsigned char *code = plan->file + segment->offset;
    bool forced = (plan->build & KG_BUILD_FORCED) != 0;
    uint64_t at = 0;
    unsigned count = 0;
    struct kg_refusal why = {.text = ""};
    while (at < segment->file_bytes &&
           (forced ? kg_code_check_forced : kg_code_check)(code + at, segment->file_bytes - at,
                                                           segment->offset + at, &why) != 0) {
        uint64_t found = why.offset - segment->offset;
        if (count++ < SHOWN) {
            say_where(plan, &why);
            verify_show(code, segment->file_bytes, found, segment->address);
        }
        at = forced ? segment->file_bytes : found + verify_step;
    }
    if (count > SHOWN) {
        printf("refused: and %u more places like these\n", count - SHOWN);
    }
    return count != 0;
}

static int say_plan(const struct kg_plan *plan, const char *path)
{
    uint64_t writable = 0;
    int bad = 0;
    say_head(plan, path, machine_of(plan->file)->name);
    say_names(plan);
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        const struct kg_plan_segment *segment = &plan->segments[i];
        writable += segment->access == KG_ACCESS_WRITE ? segment->bytes : 0;
        bad |= segment->access == KG_ACCESS_RUN ? say_code(plan, segment) : 0;
    }
    if (bad == 0) {
        printf("  a restart copies %" PRIu64 " bytes\n", writable);
        printf("accepted\n");
    }
    return bad;
}

/* The headers of an image of another processor are read as if it were this one's: they are the
 * same but for the kinds of relocations, which are looked at last. */
static void say_other(const unsigned char *file, size_t bytes, const char *path)
{
    const struct machine *machine =
        bytes >= HEADER_BYTES && memcmp(file, "\177ELF", 4) == 0 ? machine_of(file) : NULL;
    for (size_t i = 0; machine != NULL && i < MACHINES; i++) {
        struct kg_plan plan;
        unsigned char *copy = room(bytes);
        memcpy(copy, file, bytes);
        memcpy(copy + E_MACHINE, &machines[i].number, sizeof machines[i].number);
        if (&machines[i] != machine) {
            kg_plan_make(&plan, copy, bytes, NULL);
            say_head(&plan, path, machine->name);
            if (plan.abi != 0) {
                printf("  entries  %" PRIu64 "\n  imports  %" PRIu64 "\n", plan.entry_count,
                       plan.import_count);
            }
        }
        free(copy);
    }
}

static int verify(const unsigned char *file, size_t bytes, const char *path)
{
    struct kg_plan plan;
    struct kg_refusal why = {.text = ""};
    if (kg_plan_make(&plan, file, bytes, &why) == 0) {
        return say_plan(&plan, path);
    }
    if (strstr(why.text, "another processor") != NULL) {
        say_other(file, bytes, path);
    } else {
        printf("%s:\n", path);
    }
    say_where(&plan, &why);
    return 1;
}

static int usage(FILE *to)
{
    fputs("use: kg-verify FILE\n"
          "Says what an image of a domain is, and where and why it would be refused. Exits 0 when\n"
          "it is accepted, 1 when it is refused, 2 on wrong use.\n",
          to);
    return to == stdout ? 0 : 2;
}

int main(int count, char **arguments)
{
    size_t bytes;
    if (count == 2 && strcmp(arguments[1], "--help") == 0) {
        return usage(stdout);
    }
    if (count != 2 || arguments[1][0] == '-') {
        return usage(stderr);
    }
    unsigned char *file = read_file(arguments[1], &bytes);
    if (file == NULL) {
        return 2;
    }
    int refused = verify(file, bytes, arguments[1]);
    free(file);
    return refused;
}
