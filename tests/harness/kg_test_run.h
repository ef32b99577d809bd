/* SPDX-License-Identifier: MIT */
/* Between the parts of the test runner; tests include kg_test.h only. */
#ifndef KG_TEST_RUN_H
#define KG_TEST_RUN_H

#include "kg_test.h"

struct kg_test_totals {
    unsigned tests;
    unsigned failed;
    unsigned skipped;
    uint64_t time_ms;
};

/* One line or less; longer text goes straight to kg_test_port_write(). */
void kg_test_print(enum kg_test_sink sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Of the tests from `first` to before `end`. */
struct kg_test_totals kg_test_totals(const struct kg_test_case *first,
                                     const struct kg_test_case *end);

/* The first test of the next suite, or NULL. */
struct kg_test_case *kg_test_suite_end(const struct kg_test_case *first);

bool kg_test_filter_matches(const char *filter, const char *name);

/* False if the file could not be written in full. */
bool kg_test_xml_write(const struct kg_test_case *tests);

#endif
