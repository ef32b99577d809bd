/* SPDX-License-Identifier: MIT */
/* The gate of `pkey` on x86-64, ring 3: rights are PKRU. Every WRPKRU of the library is in this
 * file's macros and in signal_x86_64.S. */
#ifndef GATE_RIGHTS
#define GATE_RIGHTS 1
#endif
#define GATE_CLEAR 1
#define GATE_AROUND 0
#include "gate_leave.h"

UNWIND_GATE pkey
GATE_SET pkey, 0
GATE_SET pkey, 1
GATE_SET pkey, 2
GATE_SET pkey, 3
