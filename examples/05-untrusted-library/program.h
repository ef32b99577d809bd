/* SPDX-License-Identifier: MIT */
/* The program, but for what differs between Linux and a kernel. Each ends the program when
 * something is amiss that is not a file's fault. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stddef.h>
#include <stdint.h>

void program_start(void);
void program_end(void);

/* Decodes one file and prints a line about it. */
void program_show(const char *name, const uint8_t *file, size_t bytes);

/* Decodes all that was built in. */
void program_show_all(void);

#endif
