/* SPDX-License-Identifier: MIT */
/* The test runner: options, selection, the run, the reports. greatest keeps the results. */
#include "kg_test_run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* greatest's code is held to the flags it was written for. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
GREATEST_MAIN_DEFS();
#pragma GCC diagnostic pop

#define PLURAL(count) ((count) == 1 ? "" : "s")

struct options {
    const char *program;
    const char *filter;
    const char *xml_path;
    unsigned repeat;
    bool list;
};

static struct kg_test_case *tests; /* sorted */
static struct kg_test_hooks *hooks_list;

/* What the assertions of the running test have to say. */
static char notes[8192];
static size_t notes_used;

/* Messages live here until the XML is written; an image may have no malloc. */
static char kept[65536];
static size_t kept_used;

/* ---- Registration ---- */

/* Constructors run in no promised order, so the order comes from the names. */
static int test_compare(const struct kg_test_case *a, const struct kg_test_case *b)
{
    int order = strcmp(a->suite, b->suite);

    if (order == 0) {
        order = strcmp(a->file, b->file);
    }
    if (order == 0) {
        order = (a->line > b->line) - (a->line < b->line);
    }
    return order;
}

void kg_test_register(struct kg_test_case *test)
{
    struct kg_test_case **place = &tests;

    while (*place != NULL && test_compare(*place, test) <= 0) {
        place = &(*place)->next;
    }
    test->next = *place;
    *place = test;
}

void kg_test_register_hooks(struct kg_test_hooks *hooks)
{
    hooks->next = hooks_list;
    hooks_list = hooks;
}

/* ---- Output ---- */

void kg_test_print(enum kg_test_sink sink, const char *format, ...)
{
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (size > 0) {
        size_t written = (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1;
        kg_test_port_write(sink, line, written);
    }
}

static void print_text(enum kg_test_sink sink, const char *text)
{
    kg_test_port_write(sink, text, strlen(text));
}

int kg_test_note(const void *unused, const char *format, ...)
{
    static const char cut[] = "...\n";
    size_t room = sizeof(notes) - notes_used;
    va_list arguments;

    (void)unused;
    va_start(arguments, format);
    int size = vsnprintf(notes + notes_used, room, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size < room) {
        notes_used += size < 0 ? 0 : (size_t)size;
    } else {
        notes_used = sizeof(notes) - 1;
        memcpy(notes + sizeof(notes) - sizeof(cut), cut, sizeof(cut));
    }
    return size;
}

/* ---- The list of tests ---- */

/* Leaves only the selected tests in the list. */
static void select_tests(const char *filter)
{
    struct kg_test_case **place = &tests;

    while (*place != NULL) {
        char name[256];

        snprintf(name, sizeof(name), "%s.%s", (*place)->suite, (*place)->name);
        if (kg_test_filter_matches(filter, name)) {
            place = &(*place)->next;
        } else {
            *place = (*place)->next;
        }
    }
}

struct kg_test_case *kg_test_suite_end(const struct kg_test_case *first)
{
    struct kg_test_case *test = first->next;

    while (test != NULL && strcmp(test->suite, first->suite) == 0) {
        test = test->next;
    }
    return test;
}

struct kg_test_totals kg_test_totals(const struct kg_test_case *first,
                                     const struct kg_test_case *end)
{
    struct kg_test_totals totals = {0};

    for (const struct kg_test_case *test = first; test != end; test = test->next) {
        totals.tests++;
        totals.failed += test->result == GREATEST_TEST_RES_FAIL;
        totals.skipped += test->result == GREATEST_TEST_RES_SKIP;
        totals.time_ms += test->time_ms;
    }
    return totals;
}

static void list_tests(void)
{
    const struct kg_test_case *test = tests;

    while (test != NULL) {
        const struct kg_test_case *end = kg_test_suite_end(test);

        kg_test_print(KG_TEST_OUT, "%s.\n", test->suite);
        for (; test != end; test = test->next) {
            kg_test_print(KG_TEST_OUT, "  %s\n", test->name);
        }
    }
}

/* ---- The run ---- */

/* Apart from run_test, so that nothing there lives across the setjmp. */
static enum greatest_test_res call_test(const struct kg_test_case *test)
{
    enum greatest_test_res result = GREATEST_SAVE_CONTEXT();

    if (result == GREATEST_TEST_RES_PASS) {
        result = test->run();
    }
    return result;
}

static const char *keep(const char *message)
{
    size_t size = strlen(message) + 1;

    if (size > sizeof(kept) - kept_used) {
        return "too many messages to keep; this one is in the log only";
    }
    char *copy = kept + kept_used;
    memcpy(copy, message, size);
    kept_used += size;
    return copy;
}

/* Prints why a test failed or was skipped, and keeps it for the XML. */
static void explain(struct kg_test_case *test)
{
    static char message[sizeof(notes) + 2048];
    const char *text = greatest_info.msg;

    if (test->result == GREATEST_TEST_RES_SKIP) {
        test->message = keep(text != NULL && *text != '\0' ? text : "no reason given");
        kg_test_print(KG_TEST_OUT, "%s:%u: Skipped\n  %s\n", test->file, test->line,
                      test->message);
        return;
    }
    bool is_known = greatest_info.fail_file != NULL;
    snprintf(message, sizeof(message), "%s:%u: Failure\n  %s\n%s",
             is_known ? greatest_info.fail_file : test->file,
             is_known ? greatest_info.fail_line : test->line,
             text != NULL ? text : "the test failed", notes);
    test->message = keep(message);
    print_text(KG_TEST_OUT, message);
}

static void run_test(struct kg_test_case *test)
{
    const char *verdict = "[       OK ]";

    kg_test_print(KG_TEST_OUT, "[ RUN      ] %s.%s\n", test->suite, test->name);
    notes_used = 0;
    greatest_info.msg = NULL;
    greatest_info.fail_file = NULL;

    uint64_t start_ms = kg_test_port_time_ms();
    (void)greatest_test_pre(test->name); /* always 1: it gets no filter and no shuffle */
    test->result = call_test(test);
    size_t notes_end = notes_used;
    greatest_test_post(test->name, test->result);
    /* Drop what greatest says about the result: the lines below say it. */
    notes_used = notes_end;
    notes[notes_used] = '\0';
    test->time_ms = kg_test_port_time_ms() - start_ms;

    if (test->result != GREATEST_TEST_RES_PASS) {
        explain(test);
        verdict = test->result == GREATEST_TEST_RES_SKIP ? "[  SKIPPED ]" : "[  FAILED  ]";
    }
    kg_test_print(KG_TEST_OUT, "%s %s.%s (%" PRIu64 " ms)\n", verdict, test->suite, test->name,
                  test->time_ms);
}

static void run_suite(struct kg_test_case *first)
{
    const struct kg_test_case *end = kg_test_suite_end(first);
    unsigned count = kg_test_totals(first, end).tests;

    kg_test_print(KG_TEST_OUT, "[----------] %u test%s from %s\n", count, PLURAL(count),
                  first->suite);
    greatest_suite_pre(first->suite); /* also forgets the last suite's hooks */
    for (struct kg_test_hooks *hooks = hooks_list; hooks != NULL; hooks = hooks->next) {
        if (strcmp(hooks->suite, first->suite) == 0) {
            GREATEST_SET_SETUP_CB(hooks->setup, NULL);
            GREATEST_SET_TEARDOWN_CB(hooks->teardown, NULL);
        }
    }
    for (struct kg_test_case *test = first; test != end; test = test->next) {
        run_test(test);
    }
    greatest_suite_post();
    kg_test_print(KG_TEST_OUT, "[----------] %u test%s from %s (%" PRIu64 " ms total)\n\n",
                  count, PLURAL(count), first->suite, kg_test_totals(first, end).time_ms);
}

static void list_results(enum greatest_test_res result, const char *verdict, unsigned count)
{
    if (count == 0) {
        return;
    }
    kg_test_print(KG_TEST_OUT, "%s %u test%s, listed below:\n", verdict, count, PLURAL(count));
    for (const struct kg_test_case *test = tests; test != NULL; test = test->next) {
        if (test->result == result) {
            bool is_skip = result == GREATEST_TEST_RES_SKIP;
            kg_test_print(KG_TEST_OUT, "%s %s.%s%s%s\n", verdict, test->suite, test->name,
                          is_skip ? ": " : "", is_skip ? test->message : "");
        }
    }
}

static int report_all(void)
{
    struct greatest_report_t report;

    greatest_get_report(&report);
    kg_test_print(KG_TEST_OUT, "[  PASSED  ] %u test%s.\n", report.passed,
                  PLURAL(report.passed));
    list_results(GREATEST_TEST_RES_SKIP, "[  SKIPPED ]", report.skipped);
    list_results(GREATEST_TEST_RES_FAIL, "[  FAILED  ]", report.failed);
    if (report.failed > 0) {
        return KG_TEST_EXIT_FAIL;
    }
    if (report.passed == 0) {
        kg_test_print(KG_TEST_OUT, "Every selected test was skipped, so nothing was tested.\n");
        return KG_TEST_EXIT_SKIP;
    }
    return KG_TEST_EXIT_PASS;
}

static int run_all(void)
{
    unsigned count = kg_test_totals(tests, NULL).tests;
    unsigned suites = 0;

    for (struct kg_test_case *first = tests; first != NULL; first = kg_test_suite_end(first)) {
        suites++;
    }
    kg_test_print(KG_TEST_OUT, "[==========] Running %u test%s from %u test suite%s.\n", count,
                  PLURAL(count), suites, PLURAL(suites));

    uint64_t start_ms = kg_test_port_time_ms();
    GREATEST_INIT();
    kept_used = 0;
    for (struct kg_test_case *first = tests; first != NULL; first = kg_test_suite_end(first)) {
        run_suite(first);
    }
    update_counts_and_reset_suite(); /* of greatest: adds up the last suite */
    kg_test_print(KG_TEST_OUT, "[==========] %u test%s from %u test suite%s ran. (%" PRIu64
                  " ms total)\n", count, PLURAL(count), suites, PLURAL(suites),
                  kg_test_port_time_ms() - start_ms);
    return report_all();
}

/* ---- Command line ---- */

static void print_help(const char *program)
{
    kg_test_print(KG_TEST_OUT, "Usage: %s [OPTION]...\n", program);
    print_text(KG_TEST_OUT,
        "  --gtest_filter=PATTERNS   run the tests whose suite.name matches; * is any text, ? any\n"
        "                            character, : separates patterns, those after - exclude\n"
        "  --gtest_list_tests        list the selected tests instead of running them\n"
        "  --gtest_output=xml:FILE   write the results to FILE\n"
        "  --gtest_repeat=N          run N times, or until a test fails\n"
        "  --help                    show this\n"
        "Exit status: 0 passed, 1 failed, 77 every selected test was skipped, 2 wrong usage.\n");
}

/* The text after `name` if the argument starts with it. */
static const char *option_value(const char *argument, const char *name)
{
    size_t size = strlen(name);

    return strncmp(argument, name, size) == 0 ? argument + size : NULL;
}

/* 1 to 999999; 0 for anything else. */
static unsigned parse_count(const char *text)
{
    unsigned count = 0;
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 6 || text[digits] != '\0') {
        return 0;
    }
    for (; *text != '\0'; text++) {
        count = count * 10 + (unsigned)(*text - '0');
    }
    return count;
}

/* False, with a sentence printed, if the argument is none of ours. */
static bool parse_argument(struct options *options, const char *argument)
{
    const char *value;

    if (strcmp(argument, "--gtest_list_tests") == 0) {
        options->list = true;
        return true;
    }
    value = option_value(argument, "--gtest_filter=");
    if (value != NULL) {
        options->filter = value;
        return true;
    }
    value = option_value(argument, "--gtest_output=");
    if (value != NULL) {
        options->xml_path = option_value(value, "xml:");
        if (options->xml_path != NULL && *options->xml_path != '\0') {
            return true;
        }
        kg_test_print(KG_TEST_ERROR, "%s: '%s' should be --gtest_output=xml:FILE.\n",
                      options->program, argument);
        return false;
    }
    value = option_value(argument, "--gtest_repeat=");
    if (value != NULL) {
        options->repeat = parse_count(value);
        if (options->repeat > 0) {
            return true;
        }
        kg_test_print(KG_TEST_ERROR, "%s: '%s' should give a number from 1 to 999999.\n",
                      options->program, argument);
        return false;
    }
    kg_test_print(KG_TEST_ERROR, "%s: unknown argument '%s'; --help lists what there is.\n",
                  options->program, argument);
    return false;
}

static int run_selected(const struct options *options)
{
    int status = KG_TEST_EXIT_FAIL;

    /* Before the run, so that a crash can't leave an older report standing. */
    if (options->xml_path != NULL && !kg_test_port_open(options->xml_path)) {
        kg_test_print(KG_TEST_ERROR, "%s: can't write to '%s'.\n", options->program,
                      options->xml_path);
        return KG_TEST_EXIT_FAIL;
    }
    kg_test_port_guard(true);
    for (unsigned round = 1; round <= options->repeat; round++) {
        if (options->repeat > 1) {
            kg_test_print(KG_TEST_OUT, "\nRepeating all tests (iteration %u) . . .\n\n", round);
        }
        status = run_all();
        if (status == KG_TEST_EXIT_FAIL) {
            break;
        }
    }
    kg_test_port_guard(false);
    if (options->xml_path != NULL && !kg_test_xml_write(tests)) {
        kg_test_print(KG_TEST_ERROR, "%s: writing to '%s' failed.\n", options->program,
                      options->xml_path);
        return KG_TEST_EXIT_FAIL;
    }
    return status;
}

int kg_test_main(int argc, char **argv)
{
    struct options options = {
        .program = argc > 0 ? argv[0] : "test",
        .filter = "*",
        .repeat = 1,
    };

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help(options.program);
            return KG_TEST_EXIT_PASS;
        }
        if (!parse_argument(&options, argv[i])) {
            return KG_TEST_EXIT_USAGE;
        }
    }
    if (tests == NULL) {
        kg_test_print(KG_TEST_ERROR, "%s: this program has no tests.\n", options.program);
        return KG_TEST_EXIT_FAIL;
    }
    select_tests(options.filter);
    if (tests == NULL) {
        kg_test_print(KG_TEST_ERROR, "%s: no test matches '%s'; --gtest_list_tests lists all.\n",
                      options.program, options.filter);
        return KG_TEST_EXIT_FAIL;
    }
    if (options.list) {
        list_tests();
        return KG_TEST_EXIT_PASS;
    }
    return run_selected(&options);
}
