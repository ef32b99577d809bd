/* SPDX-License-Identifier: MIT */
/* The gate of `soft`: everything is cleared as on `pkey`, and no rights register is written: the
 * software tags look at the newest frame to know who runs. */
#define GATE_RIGHTS 0
#define GATE_CLEAR 1
#define GATE_AROUND 0
#include "gate_leave.h"

UNWIND_GATE soft
GATE_SET soft, 0
GATE_SET soft, 1
GATE_SET soft, 2
GATE_SET soft, 3
