/* SPDX-License-Identifier: MIT */
/*
 * The benchmark as a kernel image, for the counting plugin. It prints what crossing.c prints with
 * --count. Boot arguments: only=WORK,... and backends=NAME,... choose; quick leaves
 * out what takes long.
 *
 * A boot may have several backends, one after the other. For counts each has a boot of its own, so
 * that none finds page tables another has made.
 */
#include "domain.h"
#include "kb.h"

#include "port/bare/platform.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for a private megabyte and the lists. Less than in crossing.c, because on `page` here each
 * page of it costs, touched or not. */
#define HEAP_BYTES (2u << 20)

void kb_print(const char *format, ...)
{
    char line[512];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    platform_print("%s", line);
}

void kb_stop(const char *why)
{
    platform_print("bench_image: %s\n", why);
    platform_exit(PLATFORM_EXIT_FAILED);
}

static bool backend_wanted(const char *list, const char *name)
{
    char both[64], all[256];
    snprintf(all, sizeof all, ",%s,", list != NULL ? list : name);
    snprintf(both, sizeof both, ",%s,", name);
    return strstr(all, both) != NULL;
}

/* From the monitor's start to the first answer; there is one such window. */
static void start(struct kb_backend *backend)
{
    struct kg_options options = {.backend = backend->id, .build = backend->build};
    struct kg_domain_options domain = {.name = "a", .heap_bytes = HEAP_BYTES};
    struct kg_entry null = kb_entry(backend, kb_null, 0, 0);
    KB_MARK(KB_MARK_RESET);
    KB_MARK(KB_MARK_BEGIN);
    kb_must(kg_init(&options), "start");
    kb_must(kg_domain_create(&domain, &backend->a), "make a domain");
    kb_must(kg_gate_call(kb_gate(backend->a, &null, NULL), NULL), "the first call");
    KB_MARK(KB_MARK_END);
    KB_MARK(KB_MARK_ROW);
    kb_print("count\tstart\t%s\t0\n", kb.backend);
    domain.name = "b";
    kb_must(kg_domain_create(&domain, &backend->b), "make a domain");
}

static void run_backend(struct kb_backend *backend)
{
    start(backend);
    kb_work_null(backend);
    kb_work_ablation(backend);
    kb_work_objects(backend);
    kb_work_memory(backend);
    kb_work_life(backend);
    kb_work_images(backend);
    kb_work_interrupt(backend);
    kb_must(kg_exit(), "end");
}

static void run_all(const char *list)
{
    struct kg_probe probe;
    kb.backend = "baseline";
    if (backend_wanted(list, kb.backend)) {
        KB_MARK(KB_MARK_ROW);
        kb_print("count\tboot\t%s\t0\n", kb.backend);
        kb_work_baseline();
    }
    kb_must(kg_probe(&probe), "probe");
    for (size_t i = probe.count; i-- > 0;) {
        const struct kg_backend_report *report = &probe.backends[i];
        bool soft = report->id == KG_BACKEND_SOFT;
        struct kb_backend backend = {
            .id = report->id,
            .name = report->name,
            .build = soft ? KG_BUILD_SOFT : KG_BUILD_PLAIN,
            .entries = soft ? kb_entries_soft : kb_entries_plain,
        };
        kb.backend = report->name;
        if (!backend_wanted(list, report->name)) {
            continue;
        }
        if (report->available) {
            run_backend(&backend);
        } else {
            kb_print("skip\tall\t%s\t%s\n", report->name, report->reason);
        }
    }
}

int platform_main(void)
{
    static char only[1024];
    const char *name;
    KB_MARK(KB_MARK_END); /* of the window that the plugin opened when the machine started */
    for (uint32_t i = 0; (name = platform_argument_name(i)) != NULL; i++) {
        if (strcmp(name, "only") != 0 && strcmp(name, "backends") != 0 &&
            strcmp(name, "quick") != 0) {
            platform_print("bench_image: there is no boot argument %s\n", name);
            return PLATFORM_EXIT_USE;
        }
    }
    kb.quick = platform_argument("quick") != NULL;
    if (platform_argument("only") != NULL) {
        snprintf(only, sizeof only, ",%s,", platform_argument("only"));
        kb.only = only;
    }
    kb_print("machine\tkeygate\t%s\n", KG_VERSION_STRING);
    run_all(platform_argument("backends"));
    return PLATFORM_EXIT_OK;
}
