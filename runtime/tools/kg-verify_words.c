/* SPDX-License-Identifier: MIT */
/* AArch64 code: an instruction is a word, and the rule that it broke names it. */
#include "kg-verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const size_t verify_step = 4;

void verify_show(const unsigned char *code, size_t bytes, size_t at, uint64_t address)
{
    uint32_t word = 0;
    memcpy(&word, code + at, bytes - at < 4 ? bytes - at : 4);
    printf("    0x%" PRIx64 "  %08" PRIx32 "\n", address + at, word);
}
