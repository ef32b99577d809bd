/* SPDX-License-Identifier: MIT */
/* What was executed: instruction by instruction, and by function. */
#define _GNU_SOURCE
#include "marks.h"
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LISTED_MAX 300
#define PARTS_MAX 256

struct listed {
    uint64_t address;
    char *function;
    char *text;
};

static struct listed *listing;
static size_t listed;
static const char *listed_place; /* whose program it is */

static void listing_load(const char *folder, const char *place)
{
    char name[64], line[512], function[256] = "";
    size_t room = 0;
    if (listed_place == place) {
        return;
    }
    listed_place = place;
    snprintf(name, sizeof name, "raw/%s.listing", place);
    FILE *file = open_file(folder, name, "r");
    listed = 0;
    listing = NULL;
    while (fgets(line, sizeof line, file) != NULL) {
        uint64_t address;
        int at = 0;
        if (sscanf(line, "%" SCNx64 " <%255[^>]>:", &address, function) == 2) {
            continue;
        }
        if (sscanf(line, " %" SCNx64 ": %n", &address, &at) != 1 || at == 0) {
            continue;
        }
        if (listed == room) {
            room = room * 2 + 1024;
            listing = reallocarray(listing, room, sizeof *listing);
            if (listing == NULL) {
                fail("there is no memory left.");
            }
        }
        line[strcspn(line, "\n")] = '\0';
        listing[listed++] = (struct listed){address, strdup(function), strdup(line + at)};
    }
    fclose(file);
}

static int by_address(const void *a, const void *b)
{
    const struct listed *x = a;
    const struct listed *y = b;
    return (x->address > y->address) - (x->address < y->address);
}

static const struct listed *look_up(uint64_t address)
{
    struct listed key = {.address = address};
    return bsearch(&key, listing, listed, sizeof *listing, by_address);
}

static void trace_list(const struct trace *trace, FILE *file)
{
    const char *function = "";
    fprintf(file, "\n%s, %s, %s: %zu instructions\n\n```\n", trace->work, trace->backend,
            trace->place, trace->count);
    for (size_t i = 0; i < trace->count; i++) {
        const struct listed *one = look_up(trace->address[i]);
        if (one == NULL) {
            fprintf(file, "    %4zu  (not in the program)\n", i + 1);
            continue;
        }
        if (strcmp(one->function, function) != 0) {
            function = one->function;
            fprintf(file, "%s:\n", function);
        }
        char text[512];
        snprintf(text, sizeof text, "%s", one->text);
        for (char *c = text; *c != '\0'; c++) {
            *c = *c == '\t' ? ' ' : *c;
        }
        fprintf(file, "    %4zu  %s\n", i + 1, text);
    }
    fputs("```\n", file);
}

/* At guest-aarch64 run the same gates as under user mode, with the same counts. */
static bool shown(const struct trace *trace, const char *place)
{
    return strcmp(trace->place, place) == 0 && strcmp(place, "guest-aarch64") != 0;
}

void write_listings(const struct results *results, const char *folder, FILE *file)
{
    for (size_t p = 0; places[p] != NULL; p++) {
        for (size_t i = 0; i < results->trace_count; i++) {
            const struct trace *trace = &results->traces[i];
            if (shown(trace, places[p]) && strcmp(trace->work, "null") == 0 &&
                trace->count <= LISTED_MAX) {
                listing_load(folder, places[p]);
                trace_list(trace, file);
            }
        }
    }
}

/* --- By function ---------------------------------------------------------------------------- */

struct part {
    const char *function;
    size_t count;
};

static int by_count(const void *a, const void *b)
{
    const struct part *x = a;
    const struct part *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp(x->function, y->function);
}

/* What of a trace each function ran itself. */
static size_t parts_of(const struct trace *trace, struct part *part)
{
    size_t count = 0;
    for (size_t i = 0; i < trace->count; i++) {
        const struct listed *one = look_up(trace->address[i]);
        const char *function = one != NULL ? one->function : "(not in the program)";
        size_t at = 0;
        while (at < count && strcmp(part[at].function, function) != 0) {
            at++;
        }
        if (at == count && count < PARTS_MAX) {
            part[count++] = (struct part){function, 0};
        }
        if (at < count) {
            part[at].count++;
        }
    }
    qsort(part, count, sizeof *part, by_count);
    return count;
}

static void trace_functions(const struct trace *trace, FILE *file)
{
    struct part part[PARTS_MAX];
    size_t count = parts_of(trace, part);
    size_t rest = trace->count;
    fprintf(file, "\n- %s, %s, %s: ", trace->work, trace->backend, trace->place);
    for (size_t i = 0; i < count && i < 12; i++) {
        fprintf(file, "%s %zu, ", part[i].function, part[i].count);
        rest -= part[i].count;
    }
    fprintf(file, "the rest %zu\n", rest);
}

void write_functions(const struct results *results, const char *folder, FILE *file)
{
    for (size_t p = 0; places[p] != NULL; p++) {
        for (size_t i = 0; i < results->trace_count; i++) {
            const struct trace *trace = &results->traces[i];
            if (shown(trace, places[p]) && strcmp(trace->work, "null") != 0 &&
                trace->count < KB_TRACE_MAX) {
                listing_load(folder, places[p]);
                trace_functions(trace, file);
            }
        }
    }
}
