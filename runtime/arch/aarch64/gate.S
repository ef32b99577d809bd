/* SPDX-License-Identifier: MIT */
/* The gate of `none`: books, liveness, crash safety, and nothing cleared. */
#define GATE_RIGHTS 0
#define GATE_CLEAR 0
#define GATE_AROUND 0
#include "gate_leave.h"

UNWIND_GATE none
GATE_SET none, 0
GATE_SET none, 1
