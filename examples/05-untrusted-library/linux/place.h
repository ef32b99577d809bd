/* SPDX-License-Identifier: MIT */
/* What the program needs of where it runs: here, of Linux. */
#ifndef PLACE_H
#define PLACE_H

#include <stdio.h>
#include <stdlib.h>

#define say(...) printf(__VA_ARGS__)
#define place_stop() exit(1)

#endif
