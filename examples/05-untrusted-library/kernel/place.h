/* SPDX-License-Identifier: MIT */
/* What the program needs of where it runs: here, of a kernel on the reference platform. */
#ifndef PLACE_H
#define PLACE_H

#include "port/bare/platform.h"

#define say(...) platform_print(__VA_ARGS__)
#define place_stop() platform_exit(PLATFORM_EXIT_FAILED)

#endif
