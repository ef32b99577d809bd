/* SPDX-License-Identifier: MIT */
/* x86-64 code as Zydis reads it. */
#include "kg-verify.h"

#include <Zydis/Zydis.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

/* The longest sequence that is looked for. */
#define SEQUENCE 3

#define BYTES_COLUMN 30

const size_t verify_step = 1;

static bool read_one(const unsigned char *code, size_t bytes, size_t at, uint64_t address,
                     ZydisDisassembledInstruction *one)
{
    return ZYAN_SUCCESS(ZydisDisassembleIntel(ZYDIS_MACHINE_MODE_LONG_64, address + at,
                                              code + at, bytes - at, one));
}

static void put(const unsigned char *code, size_t at, size_t length, uint64_t address,
                const char *text)
{
    int column = printf("    0x%" PRIx64 " ", address + at);
    for (size_t i = 0; i < length; i++) {
        column += printf(" %02x", code[at + i]);
    }
    printf("%*s%s\n", column < BYTES_COLUMN ? BYTES_COLUMN - column : 1, "", text);
}

/* From the segment's beginning, one after the other: compilers leave nothing else between. */
void verify_show(const unsigned char *code, size_t bytes, size_t at, uint64_t address)
{
    ZydisDisassembledInstruction one;
    ZydisMnemonic first = ZYDIS_MNEMONIC_INVALID;
    size_t next = 0;
    for (size_t start = 0; start < bytes && start < at + SEQUENCE; start = next) {
        bool known = read_one(code, bytes, start, address, &one);
        next = start + (known ? one.info.length : 1);
        if (next <= at) {
            continue;
        }
        if (start <= at) {
            first = known ? one.info.mnemonic : ZYDIS_MNEMONIC_INVALID;
        }
        put(code, start, next - start, address, known ? one.text : "(no instruction)");
        if (start == at) {
            return;
        }
    }
    if (read_one(code, bytes, at, address, &one) && one.info.mnemonic != first) {
        printf("  which, jumped into, is\n");
        put(code, at, one.info.length, address, one.text);
    }
}
