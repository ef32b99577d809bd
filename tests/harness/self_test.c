/* SPDX-License-Identifier: MIT */
/* What self_test.sh runs: tests that pass, fail and skip in every way there is. */
#include "kg_test.h"

#include <limits.h>
#include <stdlib.h>

const char *kg_test_status_name(int status)
{
    return status == 3 ? "STATUS_THREE" : NULL;
}

static enum greatest_test_res helper(int value)
{
    KG_ASSERT_EQ(value, 1);
    PASS();
}

static void deep_failure(void)
{
    ASSERT_OR_LONGJMP(1 > 2);
}

static int calls;

static int count_call(void)
{
    return ++calls;
}

/* Declared before suite "equal" on purpose: the order comes from the names. */
KG_TEST(zlast, runs_last)
{
    PASS();
}

KG_TEST(equal, integers)
{
    KG_ASSERT_EQ(2 + 2, 4);
    KG_ASSERT_EQ((unsigned char)255, 255ULL);
    KG_ASSERT_EQ((short)-1, -1LL);
    KG_ASSERT_EQ(true, 1);
    KG_ASSERT_EQ(UINT64_MAX, ULLONG_MAX);
    KG_ASSERT_NE(-1, UINT64_MAX);
    KG_ASSERT_NE(-1, UINT_MAX);
    KG_ASSERT_NE(INT64_MIN, (uint64_t)1 << 63);
    PASS();
}

KG_TEST(equal, evaluates_once)
{
    calls = 0;
    KG_ASSERT_EQ(count_call(), 1);
    KG_ASSERT_NE(count_call(), 1);
    KG_ASSERT_STATUS(count_call(), 3);
    KG_ASSERT(count_call() == 4);
    PASS();
}

KG_TEST(equal, others)
{
    char same[] = "same";

    KG_ASSERT(same[0] == 's');
    KG_ASSERT_STR(same, "same");
    KG_ASSERT_STR(NULL, NULL);
    ASSERT_MEM_EQ("same", same, sizeof(same));
    CHECK_CALL(helper(1));
    PASS();
}

KG_TEST(fail, condition)
{
    KG_ASSERT(1 > 2 && "<a&b>");
    PASS();
}

KG_TEST(fail, eq)
{
    KG_NOTE("round %d\n", 7);
    KG_ASSERT_EQ(-2, 255);
    PASS();
}

KG_TEST(fail, ne)
{
    KG_ASSERT_NE(UINT64_MAX, UINT64_MAX);
    PASS();
}

KG_TEST(fail, status)
{
    KG_ASSERT_STATUS(3, 0);
    PASS();
}

KG_TEST(fail, str)
{
    KG_ASSERT_STR("tab\there \"quoted\" \x01\xff%s", NULL);
    PASS();
}

KG_TEST(fail, mem)
{
    ASSERT_MEM_EQ("abcd", "abXd", 4);
    PASS();
}

KG_TEST(fail, helper)
{
    CHECK_CALL(helper(2));
    PASS();
}

KG_TEST(fail, longjmp)
{
    deep_failure();
    PASS();
}

KG_TEST(fail, bare)
{
    FAIL();
}

KG_TEST(fail, long_notes)
{
    for (int i = 0; i < 4000; i++) {
        KG_NOTE("note %d\n", i);
    }
    FAILm("many notes");
}

KG_TEST(skip, with_reason)
{
    KG_SKIP("no <PKU> on \"this\" CPU");
}

KG_TEST(skip, bare)
{
    SKIP();
}

static int hook_depth;

static void hooks_setup(void *unused)
{
    (void)unused;
    hook_depth++;
}

static void hooks_teardown(void *unused)
{
    (void)unused;
    hook_depth--;
}

KG_TEST_HOOKS(hooks, hooks_setup, hooks_teardown)

KG_TEST(hooks, first)
{
    KG_ASSERT_EQ(hook_depth, 1);
    PASS();
}

KG_TEST(hooks, second)
{
    KG_ASSERT_EQ(hook_depth, 1);
    PASS();
}

KG_TEST(hooks_not_here, unhooked)
{
    KG_ASSERT_EQ(hook_depth, 0);
    PASS();
}

KG_TEST(repeat, third_fails)
{
    static int rounds;

    KG_ASSERT_NE(++rounds, 3);
    PASS();
}

KG_TEST(exit, early)
{
    exit(0);
}

KG_TEST_MAIN()
