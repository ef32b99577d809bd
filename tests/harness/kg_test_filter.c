/* SPDX-License-Identifier: MIT */
/* --gtest_filter, as googletest reads it. */
#include "kg_test_run.h"

#include <string.h>

/* One pattern, up to `end`: on a mismatch the last star swallows one character more. */
static bool pattern_matches(const char *pattern, const char *end, const char *name)
{
    const char *star = NULL;
    const char *retry = NULL;

    while (*name != '\0') {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (pattern < end && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*') {
        pattern++;
    }
    return pattern == end;
}

static bool any_pattern_matches(const char *patterns, const char *end, const char *name)
{
    for (;;) {
        const char *colon = memchr(patterns, ':', (size_t)(end - patterns));

        if (pattern_matches(patterns, colon != NULL ? colon : end, name)) {
            return true;
        }
        if (colon == NULL) {
            return false;
        }
        patterns = colon + 1;
    }
}

/* wanted:wanted-unwanted:unwanted; nothing before the dash means everything. */
bool kg_test_filter_matches(const char *filter, const char *name)
{
    const char *end = filter + strlen(filter);
    const char *dash = strchr(filter, '-');

    if (dash == NULL) {
        return any_pattern_matches(filter, end, name);
    }
    if (any_pattern_matches(dash + 1, end, name)) {
        return false;
    }
    return dash == filter || any_pattern_matches(filter, dash, name);
}
