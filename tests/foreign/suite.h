/* SPDX-License-Identifier: MIT */
/* What the parts of the smoke suite share. */
#ifndef PEBBLE_SUITE_H
#define PEBBLE_SUITE_H

#include "domains.h"
#include "pebble.h"

#include <keygate/keygate.h>

extern struct kg_domain *left, *right;
extern unsigned failures;

/* Says how it went. */
void run_test(const char *name, void (*test)(void));

/* Says what went wrong in the running test, once. Returns whether all is well. */
bool expect(bool well, const char *what);
/* The same for a status, which is named. */
bool expect_status(int status, int wanted, const char *what);

const struct kg_gate *gate_to(struct kg_domain *domain, const struct kg_entry *entry,
                              const struct kg_gate_options *options);
/* Whether `domain` has just died of `cause`; it lives again. */
void expect_death(struct kg_domain *domain, int status, enum kg_cause cause);

/* suite.c */
void test_crossing(void);
void test_objects(void);
void test_stray(void);
void test_faults(void);
void test_deadline(void);
void test_mask(void);
void test_destroy(void);

/* fibres_test.c */
void test_fibres(void);

#endif
