/* SPDX-License-Identifier: MIT */
/* The test runner's platform: a kernel image. Results go to the console and, as the exit code, out
 * of the machine; boot arguments are those of the library, scale=PERCENT and the runner's own
 * without their dashes: gtest_filter=PATTERNS. */
#include "kg_test.h"

#include "port/bare/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv);

bool kg_test_port_open(const char *path)
{
    (void)path;
    return false;
}

bool kg_test_port_close(void)
{
    return false;
}

void kg_test_port_write(enum kg_test_sink sink, const char *text, size_t size)
{
    char piece[256];
    (void)sink;
    while (size > 0) {
        size_t length = size < sizeof piece ? size : sizeof piece - 1;
        memcpy(piece, text, length);
        piece[length] = '\0';
        platform_print("%s", piece);
        text += length;
        size -= length;
    }
}

uint64_t kg_test_port_time_ms(void)
{
    return kg_port_time_ns() / 1000000;
}

static bool guarded;

void kg_test_port_guard(bool running)
{
    guarded = running;
}

void exit(int code)
{
    platform_exit(guarded && code == KG_TEST_EXIT_PASS ? KG_TEST_EXIT_FAIL : code);
}

#if defined(__PICOLIBC__)
/* greatest flushes what it writes nothing to. */
static FILE console = FDEV_SETUP_STREAM(NULL, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
#endif

#define ARGUMENTS_MAX 8

static char room[2048];
static char *arguments[ARGUMENTS_MAX + 1] = {"image"};
static int count = 1;

static bool is_of_the_library(const char *name)
{
    static const char *const known[] = {"backend", "strict", "verbose", "scale"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Adds "--name" or "--name=value". */
static bool add(const char *name, const char *value)
{
    static size_t used;
    int size = snprintf(room + used, sizeof room - used, "--%s%s%s", name,
                        *value != '\0' ? "=" : "", value);
    if (size < 0 || (size_t)size >= sizeof room - used || count == ARGUMENTS_MAX) {
        return false;
    }
    arguments[count++] = room + used;
    used += (size_t)size + 1;
    return true;
}

int platform_main(void)
{
    const char *name;
    for (uint32_t i = 0; (name = platform_argument_name(i)) != NULL; i++) {
        if (!is_of_the_library(name) && !add(name, platform_argument(name))) {
            platform_print("too many or too long boot arguments\n");
            return PLATFORM_EXIT_USE;
        }
    }
    return main(count, arguments);
}
