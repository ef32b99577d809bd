/* SPDX-License-Identifier: MIT */
/*
 * Tests for Keygate: greatest's assertions and counters behind googletest's command line.
 *
 *     #include "kg_test.h"
 *
 *     KG_TEST(heap, alloc_is_aligned)
 *     {
 *         if (!has_keys()) {
 *             KG_SKIP("no PKU on this CPU");
 *         }
 *         KG_ASSERT_EQ(address % 16, 0);
 *         PASS();
 *     }
 *
 *     KG_TEST_MAIN()
 *
 * Tests register themselves; nothing lists them. They run sorted by suite, then by file and line.
 * Each one ends in PASS(), FAIL() or KG_SKIP(); all of greatest's own macros work too
 * (ASSERT_MEM_EQ, CHECK_CALL, ...), which take the expected value first. Ours take it last.
 * No semicolon follows KG_TEST_HOOKS(...) or KG_TEST_MAIN().
 * A helper that asserts returns `enum greatest_test_res` and is called by CHECK_CALL(helper(...)).
 *
 * Exit status: 0 passed, 1 failed, 77 every selected test was skipped, 2 wrong usage.
 */
#ifndef KG_TEST_H
#define KG_TEST_H

#ifdef GREATEST_H
#error "include kg_test.h instead of greatest.h: both sides must agree on its options"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What greatest prints becomes a note that the runner shows if the test fails. */
int kg_test_note(const void *unused, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define GREATEST_FPRINTF kg_test_note
/* The port below has the clock, so that an image needs no clock(). */
#define GREATEST_USE_TIME 0
#include <greatest.h>

enum kg_test_exit {
    KG_TEST_EXIT_PASS = 0,
    KG_TEST_EXIT_FAIL = 1,
    KG_TEST_EXIT_USAGE = 2,
    KG_TEST_EXIT_SKIP = 77, /* what CTest and automake understand as "skipped" */
};

/* ---- Declaring tests ---- */

struct kg_test_case {
    const char *suite;
    const char *name;
    const char *file;
    unsigned line;
    enum greatest_test_res (*run)(void);

    /* The runner's. */
    struct kg_test_case *next;
    enum greatest_test_res result;
    uint64_t time_ms;
    const char *message; /* why it failed or was skipped */
};

struct kg_test_hooks {
    const char *suite;
    greatest_setup_cb *setup;
    greatest_teardown_cb *teardown;
    struct kg_test_hooks *next;
};

void kg_test_register(struct kg_test_case *test);
void kg_test_register_hooks(struct kg_test_hooks *hooks);
int kg_test_main(int argc, char **argv);

#define KG_TEST(suite_, name_)                                                                 \
    static enum greatest_test_res suite_##_##name_##_test(void);                               \
    __attribute__((constructor)) static void suite_##_##name_##_register(void)                 \
    {                                                                                          \
        static struct kg_test_case test = {                                                    \
            .suite = #suite_,                                                                  \
            .name = #name_,                                                                    \
            .file = __FILE__,                                                                  \
            .line = __LINE__,                                                                  \
            .run = suite_##_##name_##_test,                                                    \
        };                                                                                     \
        kg_test_register(&test);                                                               \
    }                                                                                          \
    static enum greatest_test_res suite_##_##name_##_test(void)

/*
 * Functions `void f(void *unused)` that run before and after each test of the suite; either may
 * be NULL. They can't fail or skip: let the test check what setup left behind.
 */
#define KG_TEST_HOOKS(suite_, setup_, teardown_)                                               \
    __attribute__((constructor)) static void suite_##_hooks_register(void)                     \
    {                                                                                          \
        static struct kg_test_hooks hooks = {                                                  \
            .suite = #suite_,                                                                  \
            .setup = setup_,                                                                   \
            .teardown = teardown_,                                                             \
        };                                                                                     \
        kg_test_register_hooks(&hooks);                                                        \
    }

#define KG_TEST_MAIN()                                                                         \
    int main(int argc, char **argv)                                                            \
    {                                                                                          \
        return kg_test_main(argc, argv);                                                       \
    }

/* ---- Inside a test; each argument is evaluated once ---- */

/* The reason must outlive the test function, as a literal does. */
#define KG_SKIP(reason) GREATEST_SKIPm(reason)

/* Shown if the test fails later on: which round, which key. Like printf. */
#define KG_NOTE(...) ((void)kg_test_note(NULL, __VA_ARGS__))

#define KG_ASSERT(condition) GREATEST_ASSERTm(#condition, condition)

/* Integers of any width and sign, compared by value: -1 is not UINT_MAX. Cast pointers. */
#define KG_ASSERT_EQ(actual, expected)                                                         \
    KG_TEST_CHECK(kg_test_check_eq(KG_TEST_INT(actual), KG_TEST_INT(expected)),                \
                  #actual " == " #expected)

#define KG_ASSERT_NE(actual, unwanted)                                                         \
    KG_TEST_CHECK(kg_test_check_ne(KG_TEST_INT(actual), KG_TEST_INT(unwanted)),                \
                  #actual " != " #unwanted)

/* Status codes, shown by name where kg_test_status_name() knows them. */
#define KG_ASSERT_STATUS(actual, expected)                                                     \
    KG_TEST_CHECK(kg_test_check_status((int)(actual), (int)(expected)),                        \
                  #actual " == " #expected)

/* Strings; either may be NULL. */
#define KG_ASSERT_STR(actual, expected)                                                        \
    KG_TEST_CHECK(kg_test_check_str((actual), (expected)), #actual " == " #expected)

/* Weak, knows no names; a test program that has a table of names defines its own. */
const char *kg_test_status_name(int status);

/* ---- How the assertions work ---- */

struct kg_test_int {
    uint64_t bits;
    bool is_signed;
};

/* The plus promotes small integers and refuses pointers; the list refuses floating point. */
#define KG_TEST_INT(value)                                                                     \
    ((struct kg_test_int){                                                                     \
        .bits = (uint64_t)(value),                                                             \
        .is_signed = _Generic(+(value),                                                        \
            int: true, long: true, long long: true,                                            \
            unsigned: false, unsigned long: false, unsigned long long: false)})

#define KG_TEST_CHECK(check, text)                                                             \
    do {                                                                                       \
        if (!(check)) {                                                                        \
            GREATEST_FAILm(text);                                                              \
        }                                                                                      \
    } while (0)

bool kg_test_check_eq(struct kg_test_int actual, struct kg_test_int expected);
bool kg_test_check_ne(struct kg_test_int actual, struct kg_test_int unwanted);
bool kg_test_check_status(int actual, int expected);
bool kg_test_check_str(const char *actual, const char *expected);

/*
 * ---- What the runner needs of its platform ----
 * kg_test_host.c has it for a hosted C library; an image brings its own. Beyond these, the
 * runner and greatest use only vsnprintf, setjmp, longjmp and the str and mem functions, and
 * the start-up code must run the constructors.
 */
enum kg_test_sink {
    KG_TEST_OUT,
    KG_TEST_ERROR,
    KG_TEST_XML,
};

/* Opens the file behind KG_TEST_XML; false if it can't. */
bool kg_test_port_open(const char *path);
/* False if anything written to KG_TEST_XML was lost. */
bool kg_test_port_close(void);
/* Visible at once on KG_TEST_OUT and KG_TEST_ERROR, since the next test may crash. */
void kg_test_port_write(enum kg_test_sink sink, const char *text, size_t size);
/* Milliseconds since any fixed point. */
uint64_t kg_test_port_time_ms(void);
/* Between true and false, the program ending by itself must not look like success. */
void kg_test_port_guard(bool running);

#endif
