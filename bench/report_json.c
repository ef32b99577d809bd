/* SPDX-License-Identifier: MIT */
/* crossing.json, in the schema of Google Benchmark. Rows from emulated places have no time, so
 * their times are 0 and their label says so; tools that compare two files can still read them. */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void put_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            fprintf(file, "\\%c", c);
        } else if (c < ' ') {
            fprintf(file, "\\u%04x", c);
        } else {
            fputc(c, file);
        }
    }
    fputc('"', file);
}

static void put_fact(FILE *file, const char *key, const char *value)
{
    fputs("    ", file);
    put_string(file, key);
    fputs(": ", file);
    put_string(file, value);
    fputs(",\n", file);
}

static void put_versions(FILE *file, const char *folder)
{
    char line[256];
    FILE *versions = open_file(folder, "versions.txt", "r");
    const char *separator = "";
    fputs("    \"versions\": {", file);
    while (fgets(line, sizeof line, versions) != NULL) {
        char *value = strchr(line, ' ');
        if (value != NULL) {
            *value++ = '\0';
            value[strcspn(value, "\n")] = '\0';
            fprintf(file, "%s\n      ", separator);
            put_string(file, line);
            fputs(": ", file);
            put_string(file, value);
            separator = ",";
        }
    }
    fputs("\n    },\n", file);
    fclose(versions);
}

static void put_context(const struct results *results, const char *folder, FILE *file)
{
    fputs("  \"context\": {\n", file);
    for (size_t i = 0; i < results->fact_count; i++) {
        const struct fact *one = &results->facts[i];
        if (one->place == NULL && strcmp(one->key, "cpus") != 0 && strcmp(one->key, "mhz") != 0 &&
            strcmp(one->key, "load") != 0) {
            put_fact(file, one->key, one->value);
        }
    }
    put_fact(file, "executable", "bench_crossing");
    put_fact(file, "library_version", fact(results, places[0], "keygate"));
    put_versions(file, folder);
    double load[3] = {0, 0, 0};
    sscanf(fact(results, NULL, "load"), "%lf %lf %lf", &load[0], &load[1], &load[2]);
    fprintf(file,
            "    \"num_cpus\": %ld,\n    \"mhz_per_cpu\": %.0f,\n"
            "    \"cpu_scaling_enabled\": false,\n    \"caches\": [],\n"
            "    \"load_avg\": [%.2f, %.2f, %.2f],\n"
            "    \"library_build_type\": \"release\"\n  },\n",
            strtol(fact(results, NULL, "cpus"), NULL, 10),
            strtod(fact(results, NULL, "mhz"), NULL), load[0], load[1], load[2]);
}

static void put_times(const struct row *row, FILE *file)
{
    fprintf(file,
            "      \"real_time\": %.4f,\n      \"cpu_time\": %.4f,\n      \"time_unit\": \"ns\",\n"
            "      \"first_quartile\": %.4f,\n      \"third_quartile\": %.4f,\n"
            "      \"least\": %.4f",
            row->ns, row->ns, row->ns25, row->ns75, row->least);
    if (row->ratio > 0) {
        fprintf(file, ",\n      \"indirect_calls\": %.4f", row->ratio);
    }
}

static void put_counts(const struct results *results, const struct row *row, FILE *file)
{
    int64_t above = above_direct(results, row);
    fprintf(file,
            "      \"real_time\": 0,\n      \"cpu_time\": 0,\n      \"time_unit\": \"ns\",\n"
            "      \"label\": \"emulated: instructions, no time\",\n"
            "      \"instructions\": %" PRIu64 ",\n      \"instructions_user\": %" PRIu64
            ",\n      \"instructions_kernel\": %" PRIu64 ",\n      \"rights_writes\": %" PRIu64
            ",\n      \"syscalls\": %" PRIu64,
            total(row), row->user, row->kernel, row->rights, row->syscalls);
    if (above >= 0) {
        fprintf(file, ",\n      \"instructions_above_direct_call\": %" PRId64, above);
    }
    if (row->call_user > 0) {
        fprintf(file, ",\n      \"instructions_call\": %" PRIu64
                      ",\n      \"instructions_return\": %" PRIu64,
                row->call_user + row->call_kernel,
                total(row) - row->call_user - row->call_kernel);
    }
}

/* What both kinds of rows begin with. */
static void put_name(FILE *file, size_t index, const char *work, const char *backend,
                     const char *place, uint64_t repetitions, unsigned threads)
{
    char name[256];
    snprintf(name, sizeof name, "crossing/%s/%s/%s", work, backend, place);
    fprintf(file,
            "%s\n    {\n      \"name\": \"%s\",\n      \"family_index\": %zu,\n"
            "      \"per_family_instance_index\": 0,\n      \"run_name\": \"%s\",\n"
            "      \"run_type\": \"iteration\",\n      \"repetitions\": %" PRIu64
            ",\n      \"repetition_index\": 0,\n      \"threads\": %u,\n",
            index > 0 ? "," : "", name, index, name, repetitions, threads);
}

/* As Google Benchmark has rows that ended in SkipWithError. */
static void put_skip(const struct skip *skip, FILE *file)
{
    fputs("      \"error_occurred\": true,\n      \"error_message\": ", file);
    put_string(file, skip->reason);
    fputs(",\n      \"iterations\": 0,\n      \"real_time\": 0,\n      \"cpu_time\": 0,\n"
          "      \"time_unit\": \"ns\"",
          file);
}

void write_json(const struct results *results, const char *folder)
{
    FILE *file = open_file(folder, "crossing.json", "w");
    fputs("{\n", file);
    put_context(results, folder, file);
    fputs("  \"benchmarks\": [", file);
    for (size_t i = 0; i < results->row_count; i++) {
        const struct row *row = &results->rows[i];
        put_name(file, i, row->work, row->backend, row->place, row->windows,
                 row->timed ? row->threads : 1);
        fprintf(file, "      \"iterations\": %" PRIu64 ",\n", row->timed ? row->iterations : 1);
        if (row->timed) {
            put_times(row, file);
        } else {
            put_counts(results, row, file);
        }
        fputs("\n    }", file);
    }
    for (size_t i = 0; i < results->skip_count; i++) {
        const struct skip *skip = &results->skips[i];
        put_name(file, results->row_count + i, skip->work, skip->backend, skip->place, 0, 1);
        put_skip(skip, file);
        fputs("\n    }", file);
    }
    fputs("\n  ]\n}\n", file);
    fclose(file);
}
