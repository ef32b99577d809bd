/* SPDX-License-Identifier: MIT */
#ifndef CONFORM_FAULT_H
#define CONFORM_FAULT_H

#include "world.h"

/* Domain a dies so, with this cause; it is dead for everybody at once, holds nothing, and can be
 * brought back. */
enum greatest_test_res dies(enum crash how, uint64_t detail, enum kg_cause cause,
                            struct kg_report *report);

#endif
