/* SPDX-License-Identifier: MIT */
/* A caller with something of its own in every register a call must keep. */
#ifndef CONFORM_CALLER_H
#define CONFORM_CALLER_H

#include "registers.h"
#include "world.h"

/* `none` clears nothing and trusts the callee with what the C rules make it keep. */
bool backend_clears(void);

#define CLEARS_NOTHING "none clears no registers and no floating-point control"

/* Any call may change the arithmetic flags. */
#define ARITHMETIC UINT64_C(0x8d5)

void caller_prepare(struct caller *caller);

/* Asserts that all is as it was; `control`: flags and floating-point control too. */
enum greatest_test_res caller_kept(const struct caller *before, const struct caller *after,
                                   bool control);

/* Calls the gate, which has no arguments, and asserts its status and that all is as it was. */
enum greatest_test_res caller_same(const struct kg_gate *gate, int64_t expected, bool control);

#endif
