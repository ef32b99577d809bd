/* SPDX-License-Identifier: MIT */
/* The assertions: compare, count, and note both values where they differ. */
#include "kg_test.h"

#include <inttypes.h>
#include <string.h>

static bool int_is_negative(struct kg_test_int value)
{
    return value.is_signed && (value.bits >> 63) != 0;
}

static bool int_equal(struct kg_test_int a, struct kg_test_int b)
{
    return a.bits == b.bits && int_is_negative(a) == int_is_negative(b);
}

static void note_int(const char *label, struct kg_test_int value)
{
    if (int_is_negative(value)) {
        kg_test_note(NULL, "%s%" PRId64 " (0x%" PRIx64 ")\n", label, (int64_t)value.bits,
                     value.bits);
    } else {
        kg_test_note(NULL, "%s%" PRIu64 " (0x%" PRIx64 ")\n", label, value.bits, value.bits);
    }
}

bool kg_test_check_eq(struct kg_test_int actual, struct kg_test_int expected)
{
    greatest_info.assertions++;
    if (int_equal(actual, expected)) {
        return true;
    }
    note_int("    actual: ", actual);
    note_int("  expected: ", expected);
    return false;
}

bool kg_test_check_ne(struct kg_test_int actual, struct kg_test_int unwanted)
{
    greatest_info.assertions++;
    if (!int_equal(actual, unwanted)) {
        return true;
    }
    note_int("    actual: ", actual);
    note_int("  unwanted: ", unwanted);
    return false;
}

__attribute__((weak)) const char *kg_test_status_name(int status)
{
    (void)status;
    return NULL;
}

static void note_status(const char *label, int status)
{
    const char *name = kg_test_status_name(status);

    if (name != NULL) {
        kg_test_note(NULL, "%s%d (%s)\n", label, status, name);
    } else {
        kg_test_note(NULL, "%s%d\n", label, status);
    }
}

bool kg_test_check_status(int actual, int expected)
{
    greatest_info.assertions++;
    if (actual == expected) {
        return true;
    }
    note_status("    actual: ", actual);
    note_status("  expected: ", expected);
    return false;
}

static void note_str(const char *label, const char *text)
{
    if (text != NULL) {
        kg_test_note(NULL, "%s\"%s\"\n", label, text);
    } else {
        kg_test_note(NULL, "%sNULL\n", label);
    }
}

bool kg_test_check_str(const char *actual, const char *expected)
{
    greatest_info.assertions++;
    if (actual == expected) {
        return true;
    }
    if (actual != NULL && expected != NULL && strcmp(actual, expected) == 0) {
        return true;
    }
    note_str("    actual: ", actual);
    note_str("  expected: ", expected);
    return false;
}
