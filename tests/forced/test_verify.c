/* SPDX-License-Identifier: MIT */
/* The verifier, snippet by snippet; each is taken for a whole text. */
#include <string.h>

#include "kg_test.h"
#include "verify.h"

struct verify_case {
    const char *name;
    const uint32_t *code;
    const char *rule;
};

/* verify_cases*.S: lists that end with the rule "last". */
extern const struct verify_case verify_cases[];
extern const struct verify_case verify_cases_memory[];

static const char *outcome(const struct verify_case *which, struct kg_verify_refusal *why)
{
    size_t words = (size_t)(which[1].code - which[0].code);
    kg_verify_aarch64(which->code, words, KG_VERIFY_FORCED, why);
    return kg_verify_rule_name(why->rule);
}

static enum greatest_test_res check_list(const struct verify_case *list, unsigned at_least)
{
    unsigned count = 0, wrong = 0;
    for (; strcmp(list->rule, "last") != 0; list++, count++) {
        struct kg_verify_refusal why;
        const char *found = outcome(list, &why);
        if (strcmp(found, list->rule) != 0) {
            KG_NOTE("%s: %s at %u, not %s\n", list->name, found, (unsigned)why.offset, list->rule);
            wrong++;
        }
    }
    KG_ASSERT_EQ(wrong, 0);
    KG_ASSERT(count >= at_least);
    PASS();
}

KG_TEST(verify, sequences)
{
    return check_list(verify_cases, 170);
}

KG_TEST(verify, memory)
{
    return check_list(verify_cases_memory, 130);
}

/* What is refused is named: where it is, and the word. */
KG_TEST(verify, says_where)
{
    static const uint32_t code[] = {0xd503201f, 0xd503201f, 0xd4000001, 0xd65f03c0};
    struct kg_verify_refusal why;
    KG_ASSERT(!kg_verify_aarch64(code, 4, KG_VERIFY_FORCED, &why));
    KG_ASSERT_EQ(why.offset, 8);
    KG_ASSERT_EQ(why.word, 0xd4000001);
    KG_ASSERT_EQ(why.rule, KG_RULE_SYSTEM);
    KG_ASSERT(kg_verify_aarch64(code, 2, KG_VERIFY_FORCED, &why));
    KG_ASSERT_EQ(why.rule, KG_RULE_NONE);
    KG_ASSERT(kg_verify_aarch64(code, 0, KG_VERIFY_FORCED, &why));
    PASS();
}

struct profile_case {
    uint32_t word;
    bool accepted;
};

/* Of stores alone: loads go anywhere, but what they load into and write back to counts. */
KG_TEST(verify, stores_only)
{
    static const struct profile_case cases[] = {
        {0xf9400001, true},  /* ldr x1, [x0] */
        {0xf8408401, true},  /* ldr x1, [x0], #8 */
        {0xa9400801, true},  /* ldp x1, x2, [x0] */
        {0xf8617801, true},  /* ldr x1, [x0, x1, lsl #3] */
        {0xc85f7c01, true},  /* ldxr x1, [x0] */
        {0x4c407000, true},  /* ld1 {v0.16b}, [x0] */
        {0xf9000001, false}, /* str x1, [x0] */
        {0xa9000801, false}, /* stp x1, x2, [x0] */
        {0xc8027c01, false}, /* stxr w2, x1, [x0] */
        {0xf8200001, false}, /* ldadd x0, x1, [x0]: loads, and stores */
        {0x4c007000, false}, /* st1 {v0.16b}, [x0] */
        {0xf9400012, false}, /* ldr x18, [x0] */
        {0xf8408656, false}, /* ldr x22, [x18], #8 */
        {0xf84086a1, false}, /* ldr x1, [x21], #8 */
        {0x58000001, false}, /* ldr x1, . */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct kg_verify_refusal why;
        KG_NOTE("%08x\n", (unsigned)cases[i].word);
        KG_ASSERT_EQ(kg_verify_aarch64(&cases[i].word, 1, KG_VERIFY_STORES, &why),
                     cases[i].accepted);
    }
    PASS();
}

/* An offset in a register does not prove where sp is, even where loads are free. */
KG_TEST(verify, stores_only_stack)
{
    /* sub sp, sp, #16; ldr x1, [sp, x0]; ret */
    static const uint32_t code[] = {0xd10043ff, 0xf86063e1, 0xd65f03c0};
    struct kg_verify_refusal why;
    KG_ASSERT(!kg_verify_aarch64(code, 3, KG_VERIFY_STORES, &why));
    KG_ASSERT_EQ(why.rule, KG_RULE_PROBE);
    PASS();
}
