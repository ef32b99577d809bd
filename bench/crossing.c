/* SPDX-License-Identifier: MIT */
/*
 * Domain crossings, measured. One line for each row on standard output, tab-separated:
 *
 *     machine  KEY VALUE
 *     count    WORK BACKEND TICKS    the plugin's next line has the counts
 *     trace    WORK BACKEND          the plugin's next lines have the addresses
 *     time     WORK BACKEND THREADS ITERATIONS WINDOWS NS NS25 NS75 NSMIN RATIO
 *     skip     WORK BACKEND REASON   a work, or "all"
 *
 * Each backend runs in a process of its own, so one that dies takes nothing with it.
 */
#define _GNU_SOURCE
#include "domain.h"
#include "kb.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Room for two private megabyte buffers and the lists. */
#define HEAP_BYTES (8u << 20)

void kb_print(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
}

void kb_stop(const char *why)
{
    fprintf(stderr, "bench_crossing: %s\n", why);
    exit(1);
}

static bool backend_wanted(const char *list, const char *name)
{
    char both[64], all[256];
    snprintf(all, sizeof all, ",%s,", list != NULL ? list : name);
    snprintf(both, sizeof both, ",%s,", name);
    return strstr(all, both) != NULL;
}

static void run_backend(struct kb_backend *backend)
{
    struct kg_options options = {.backend = backend->id, .build = backend->build};
    struct kg_domain_options domain = {.name = "a", .heap_bytes = HEAP_BYTES};
    kb_must(kg_init(&options), "start");
    kb_must(kg_domain_create(&domain, &backend->a), "make a domain");
    domain.name = "b";
    kb_must(kg_domain_create(&domain, &backend->b), "make a domain");
    kb_work_null(backend);
    kb_work_split(backend);
    kb_work_ablation(backend);
    kb_work_objects(backend);
    kb_work_memory(backend);
    kb_work_life(backend);
    kb_work_images(backend);
    kb_work_threads(backend);
    kb_must(kg_exit(), "end");
}

static void pin(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(sched_getcpu(), &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* Runs one group of works in a process of its own. 0, or 1 when it died. */
static int run_apart(struct kb_backend *backend)
{
    int code;
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        return 1;
    }
    if (child == 0) {
        /* All is kept until the end, so that nobody who reads it runs in between. */
        static char room[1 << 18];
        setvbuf(stdout, room, _IOFBF, sizeof room);
        if (kb.time_row != NULL) {
            pin();
            kb_time_begin();
        }
        if (backend != NULL) {
            run_backend(backend);
        } else {
            kb_work_baseline();
            kb_work_system();
            if (!kb.one_process) {
                kb_work_processes();
            }
        }
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &code, 0);
    if (code != 0) {
        fprintf(stderr, "bench_crossing: the works of %s died (%s %d).\n", kb.backend,
                WIFSIGNALED(code) ? "signal" : "exit code",
                WIFSIGNALED(code) ? WTERMSIG(code) : WEXITSTATUS(code));
        return 1;
    }
    return 0;
}

static int run_all(const char *list)
{
    struct kg_probe probe;
    int bad = 0;
    kb.backend = "baseline";
    if (backend_wanted(list, kb.backend)) {
        bad |= run_apart(NULL);
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
            bad |= run_apart(&backend);
        } else {
            printf("skip\tall\t%s\t%s\n", report->name, report->reason);
        }
    }
    return bad;
}

static int usage(void)
{
    fputs("use: bench_crossing --time|--count [--quick] [--one-process]\n"
          "                      [--only WORK,...] [--backends NAME,...]\n"
          "  --time   by the clock: on silicon only\n"
          "  --count  with marks for the counting plugin: under emulation only\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    const char *list = NULL;
    int mode = 0;
    /* The backend is chosen here, not by whoever runs this. */
    unsetenv("KEYGATE_BACKEND");
    unsetenv("KEYGATE_STRICT");
    unsetenv("KEYGATE_VERBOSE");
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--time") == 0 || strcmp(argv[i], "--count") == 0) {
            mode = argv[i][2];
        } else if (strcmp(argv[i], "--quick") == 0) {
            kb.quick = true;
        } else if (strcmp(argv[i], "--one-process") == 0) {
            kb.one_process = true;
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            static char only[1024];
            snprintf(only, sizeof only, ",%s,", argv[++i]);
            kb.only = only;
        } else if (strcmp(argv[i], "--backends") == 0 && i + 1 < argc) {
            list = argv[++i];
        } else {
            return usage();
        }
    }
    if (mode == 0) {
        return usage();
    }
    kb.time_row = mode == 't' ? kb_time_row : NULL;
    kb_print("machine\tkeygate\t%s\n", KG_VERSION_STRING);
    return run_all(list);
}
