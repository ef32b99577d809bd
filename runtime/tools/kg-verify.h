/* SPDX-License-Identifier: MIT */
/* How kg-verify shows code. One file of these is linked: Zydis's words, or bytes. */
#ifndef KG_VERIFY_H
#define KG_VERIFY_H

#include <stddef.h>
#include <stdint.h>

/* How far apart two places can be where an instruction begins. */
extern const size_t verify_step;

/* Prints what stands at code[at] and in which instructions. The code begins at `address`. */
void verify_show(const unsigned char *code, size_t bytes, size_t at, uint64_t address);

#endif
