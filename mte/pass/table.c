/* SPDX-License-Identifier: MIT */
/* What the pass knows of instructions. */
#include <string.h>

#include "pass.h"

/* Names are whole, but for those that may say an order. */
static const struct memory_row memory_rows[] = {
    /* name, form, size, writes, load only, ordered */
    {"ldr", FORM_SCALED, 0, 1, true, false},
    {"ldrb", FORM_SCALED, 1, 1, true, false},
    {"ldrh", FORM_SCALED, 2, 1, true, false},
    {"ldrsb", FORM_SCALED, 1, 1, true, false},
    {"ldrsh", FORM_SCALED, 2, 1, true, false},
    {"ldrsw", FORM_SCALED, 4, 1, true, false},
    {"str", FORM_SCALED, 0, 0, false, false},
    {"strb", FORM_SCALED, 1, 0, false, false},
    {"strh", FORM_SCALED, 2, 0, false, false},
    {"ldur", FORM_UNSCALED, 0, 1, true, false},
    {"ldurb", FORM_UNSCALED, 1, 1, true, false},
    {"ldurh", FORM_UNSCALED, 2, 1, true, false},
    {"ldursb", FORM_UNSCALED, 1, 1, true, false},
    {"ldursh", FORM_UNSCALED, 2, 1, true, false},
    {"ldursw", FORM_UNSCALED, 4, 1, true, false},
    {"stur", FORM_UNSCALED, 0, 0, false, false},
    {"sturb", FORM_UNSCALED, 1, 0, false, false},
    {"sturh", FORM_UNSCALED, 2, 0, false, false},
    {"ldp", FORM_PAIR, 0, 3, true, false},
    {"ldnp", FORM_PAIR, 0, 3, true, false},
    {"ldpsw", FORM_PAIR, 4, 3, true, false},
    {"stp", FORM_PAIR, 0, 0, false, false},
    {"stnp", FORM_PAIR, 0, 0, false, false},
    {"ldxr", FORM_BARE, 0, 1, true, true},
    {"ldaxr", FORM_BARE, 0, 1, true, true},
    {"ldxp", FORM_BARE, 0, 3, true, false},
    {"ldaxp", FORM_BARE, 0, 3, true, false},
    {"stxr", FORM_BARE, 0, 1, false, true},
    {"stlxr", FORM_BARE, 0, 1, false, true},
    {"stxp", FORM_BARE, 0, 1, false, false},
    {"stlxp", FORM_BARE, 0, 1, false, false},
    {"ldar", FORM_BARE, 0, 1, true, true},
    {"ldlar", FORM_BARE, 0, 1, true, true},
    {"stlr", FORM_BARE, 0, 0, false, true},
    {"stllr", FORM_BARE, 0, 0, false, true},
    {"cas", FORM_BARE, 0, 1, false, true},
    {"casp", FORM_BARE, 0, 3, false, true},
    {"swp", FORM_BARE, 0, 2, false, true},
    {"ldadd", FORM_BARE, 0, 2, false, true},
    {"ldclr", FORM_BARE, 0, 2, false, true},
    {"ldeor", FORM_BARE, 0, 2, false, true},
    {"ldset", FORM_BARE, 0, 2, false, true},
    {"ldsmax", FORM_BARE, 0, 2, false, true},
    {"ldsmin", FORM_BARE, 0, 2, false, true},
    {"ldumax", FORM_BARE, 0, 2, false, true},
    {"ldumin", FORM_BARE, 0, 2, false, true},
    {"stadd", FORM_BARE, 0, 0, false, true},
    {"stclr", FORM_BARE, 0, 0, false, true},
    {"steor", FORM_BARE, 0, 0, false, true},
    {"stset", FORM_BARE, 0, 0, false, true},
    {"stsmax", FORM_BARE, 0, 0, false, true},
    {"stsmin", FORM_BARE, 0, 0, false, true},
    {"stumax", FORM_BARE, 0, 0, false, true},
    {"stumin", FORM_BARE, 0, 0, false, true},
    {"ld1", FORM_BARE, 0, 0, true, false},
    {"ld2", FORM_BARE, 0, 0, true, false},
    {"ld3", FORM_BARE, 0, 0, true, false},
    {"ld4", FORM_BARE, 0, 0, true, false},
    {"ld1r", FORM_BARE, 0, 0, true, false},
    {"ld2r", FORM_BARE, 0, 0, true, false},
    {"ld3r", FORM_BARE, 0, 0, true, false},
    {"ld4r", FORM_BARE, 0, 0, true, false},
    {"st1", FORM_BARE, 0, 0, false, false},
    {"st2", FORM_BARE, 0, 0, false, false},
    {"st3", FORM_BARE, 0, 0, false, false},
    {"st4", FORM_BARE, 0, 0, false, false},
    {"prfm", FORM_PREFETCH, 0, 0, true, false},
    {"prfum", FORM_PREFETCH, 0, 0, true, false},
};

static const char system_reason[] = "system instructions are not for domains";
static const char tag_reason[] = "domains do not handle tags";
static const char sign_reason[] = "signed pointers are not supported";

/* A star stands for any rest. */
static const struct {
    const char *name;
    const char *reason;
} forbidden[] = {
    {"svc", system_reason},   {"hvc", system_reason},  {"smc", system_reason},
    {"hlt", system_reason},   {"dcps*", system_reason}, {"eret*", system_reason},
    {"drps", system_reason},  {"dc", system_reason},   {"ic", system_reason},
    {"at", system_reason},    {"tlbi", system_reason}, {"sys*", system_reason},
    {"cfp", system_reason},   {"wfe*", system_reason}, {"wfi*", system_reason},
    {"sev*", system_reason},  {"hint", system_reason}, {"ldtr*", system_reason},
    {"sttr*", system_reason}, {"stg*", tag_reason},    {"stz*", tag_reason},
    {"st2g", tag_reason},     {"ldg*", tag_reason},    {"irg", tag_reason},
    {"gmi", tag_reason},      {"addg", tag_reason},    {"subg", tag_reason},
    {"subp*", tag_reason},    {"cmpp", tag_reason},    {"pac*", sign_reason},
    {"aut*", sign_reason},    {"xpac*", sign_reason},  {"ldraa", sign_reason},
    {"ldrab", sign_reason},   {"reta*", sign_reason},  {"braa*", sign_reason},
    {"brab*", sign_reason},   {"blraa*", sign_reason}, {"blrab*", sign_reason},
};

static bool matches(const char *name, const char *pattern)
{
    size_t length = strcspn(pattern, "*");
    return strncmp(name, pattern, length) == 0 &&
           (pattern[length] == '*' || name[length] == '\0');
}

static bool is_order(const char *rest)
{
    static const char *const rests[] = {"",  "a",  "l",  "al",  "b",  "ab",  "lb",
                                        "alb", "h", "ah", "lh", "alh"};
    for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
        if (strcmp(rest, rests[i]) == 0) {
            return true;
        }
    }
    return false;
}

const struct memory_row *find_memory(const char *name)
{
    for (size_t i = 0; i < sizeof(memory_rows) / sizeof(memory_rows[0]); i++) {
        const struct memory_row *row = &memory_rows[i];
        size_t length = strlen(row->name);
        if (strncmp(name, row->name, length) == 0 &&
            (name[length] == '\0' || (row->has_order && is_order(name + length)))) {
            return row;
        }
    }
    return NULL;
}

const char *find_forbidden(const char *name)
{
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        if (matches(name, forbidden[i].name)) {
            return forbidden[i].reason;
        }
    }
    return NULL;
}

bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

bool is_branch(const char *name)
{
    static const char *const names[] = {"b",   "bl",   "br",  "blr",  "ret",
                                        "cbz", "cbnz", "tbz", "tbnz", NULL};
    return is_one_of(name, names) || branch_condition(name) != NULL;
}

bool only_reads(const char *name)
{
    static const char *const names[] = {"cmp", "cmn", "tst", "ccmp",  "ccmn",  "msr", "nop", "dmb",
                                        "dsb", "isb", "brk", "udf",   "clrex", "yield", "bti",
                                        NULL};
    return is_one_of(name, names);
}

static const char *const conditions[] = {"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc",
                                         "hi", "ls", "ge", "lt", "gt", "le", "hs", "lo"};

const char *branch_condition(const char *name)
{
    if (name[0] != 'b') {
        return NULL;
    }
    name += name[1] == '.' ? 2 : 1;
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        if (strcmp(name, conditions[i]) == 0) {
            return conditions[i];
        }
    }
    return NULL;
}

const char *inverse_condition(const char *condition)
{
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        if (strcmp(condition, conditions[i]) == 0) {
            return i < 14 ? conditions[i ^ 1] : conditions[i == 14 ? 3 : 2];
        }
    }
    return condition;
}
