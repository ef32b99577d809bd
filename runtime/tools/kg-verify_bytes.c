/* SPDX-License-Identifier: MIT */
/* x86-64 code without a disassembler: its bytes. */
#include "kg-verify.h"

#include <inttypes.h>
#include <stdio.h>

#define SHOWN 8

const size_t verify_step = 1;

void verify_show(const unsigned char *code, size_t bytes, size_t at, uint64_t address)
{
    printf("    0x%" PRIx64 " ", address + at);
    for (size_t i = at; i < bytes && i < at + SHOWN; i++) {
        printf(" %02x", code[i]);
    }
    printf("\n");
}
