/* SPDX-License-Identifier: MIT */
/* What is known of registers, and where labels are. */
#ifndef KG_MTE_PASS_GUARD_H
#define KG_MTE_PASS_GUARD_H

#include "pass.h"

struct known {
    bool is_unreached; /* no way here has been seen yet: anything may be taken to hold */
    /* For each register in `valid`: the lower half of x18 is that register + delta. */
    uint32_t valid;
    long delta[REG_ZERO];
    /* For each register in `sums`: its lower half is that sum. */
    uint32_t sums;
    struct sum sum[REG_ZERO];
};

struct label {
    const char *name;
    size_t at;         /* which operation it is */
    bool is_taken;     /* may be reached in ways that are not seen */
    bool is_referred;  /* by a branch */
    struct known known;
};

enum choice {
    CHOICE_REUSE,   /* x18 as it is */
    CHOICE_INDEX,   /* [x21, wN, uxtw] */
    CHOICE_SCRATCH, /* the same with base + offset in a scratch register */
    CHOICE_SUM,     /* the same with the sum there */
    CHOICE_GUARD,   /* x18 anew */
};

struct decision {
    enum choice choice;
    int base;
    int scratch; /* where a sum goes */
    long offset;
};

/* known.c: how operation `at` reaches its address, and what is known after it. */
struct decision decide_address(const struct pass *pass, const struct known *known, size_t at);
void learn(const struct pass *pass, struct known *known, size_t at);
/* What holds on both ways; *changed if that is less than held on the first. */
struct known meet(struct known one, const struct known *two, bool *changed);

struct label *find_label(const struct list *labels, const char *name);
void read_labels(const struct pass *pass, struct list *labels);

#endif
