/* SPDX-License-Identifier: MIT */
/* The gate of `mte` with plain tags at EL0: a domain runs on a stack pointer that carries its tag,
 * with tag checks on. Every write of PSTATE.TCO of the library is in this file's macros. */
#ifndef GATE_RIGHTS
#define GATE_RIGHTS 1
#endif
#define GATE_CLEAR 1
#define GATE_AROUND 0
#include "gate_leave.h"

UNWIND_GATE mte
GATE_SET mte, 0
GATE_SET mte, 1
GATE_SET mte, 2
