/* SPDX-License-Identifier: MIT */
/* The test runner's platform: a hosted C library with POSIX. */
#define _POSIX_C_SOURCE 200809L

#include "kg_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static FILE *xml_file;
static pid_t guarded_process;

bool kg_test_port_open(const char *path)
{
    xml_file = fopen(path, "w");
    return xml_file != NULL;
}

bool kg_test_port_close(void)
{
    bool is_lost = ferror(xml_file) != 0;

    if (fclose(xml_file) != 0) {
        is_lost = true;
    }
    xml_file = NULL;
    return !is_lost;
}

void kg_test_port_write(enum kg_test_sink sink, const char *text, size_t size)
{
    FILE *stream = stdout;

    if (sink == KG_TEST_XML) {
        /* Not flushed: the file is worth nothing before its last line. */
        fwrite(text, 1, size, xml_file);
        return;
    }
    if (sink == KG_TEST_ERROR) {
        stream = stderr;
    }
    fwrite(text, 1, size, stream);
    fflush(stream);
}

uint64_t kg_test_port_time_ms(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A child that a test forked may exit as it likes. */
static void guard_exit(void)
{
    if (guarded_process == getpid()) {
        static const char text[] = "[  FAILED  ] the test ended the program by calling exit\n";

        kg_test_port_write(KG_TEST_OUT, text, sizeof(text) - 1);
        _exit(KG_TEST_EXIT_FAIL);
    }
}

void kg_test_port_guard(bool running)
{
    static bool is_installed;

    if (!is_installed) {
        is_installed = true;
        if (atexit(guard_exit) != 0) {
            abort();
        }
    }
    guarded_process = running ? getpid() : 0;
}
