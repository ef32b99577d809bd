/* SPDX-License-Identifier: MIT */
/* What compilers and freestanding code expect of a C library. None reads beyond what it was asked
 * to, so that memory tags may change at any granule. Built with -fno-builtin and without loop
 * idioms, which would turn these loops into calls of themselves. */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <string.h>

/* May stand for an object of any type. */
typedef uint64_t __attribute__((may_alias)) word;

static int aligned(const void *a, const void *b)
{
    return (((uintptr_t)a | (uintptr_t)b) & (sizeof(word) - 1)) == 0;
}

/* From the first byte to the last, so right also for an overlap in which `to` is the lower. */
static void copy_up(unsigned char *out, const unsigned char *in, size_t bytes)
{
    if (aligned(out, in)) {
        for (; bytes >= 4 * sizeof(word); bytes -= 4 * sizeof(word)) {
            word *four = (word *)(void *)out;
            const word *from = (const word *)(const void *)in;
            four[0] = from[0];
            four[1] = from[1];
            four[2] = from[2];
            four[3] = from[3];
            out += 4 * sizeof(word);
            in += 4 * sizeof(word);
        }
        for (; bytes >= sizeof(word); bytes -= sizeof(word)) {
            *(word *)(void *)out = *(const word *)(const void *)in;
            out += sizeof(word);
            in += sizeof(word);
        }
    }
    for (; bytes > 0; bytes--) {
        *out++ = *in++;
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    copy_up(to, from, bytes);
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    if ((uintptr_t)to - (uintptr_t)from >= bytes) {
        copy_up(out, in, bytes);
        return to;
    }
    while (bytes > 0) {
        bytes--;
        out[bytes] = in[bytes];
    }
    return to;
}

void *memset(void *at, int value, size_t bytes)
{
    unsigned char *out = at;
    word pattern = (unsigned char)value * UINT64_C(0x0101010101010101);
    for (; bytes > 0 && !aligned(out, out); bytes--) {
        *out++ = (unsigned char)value;
    }
    for (; bytes >= 4 * sizeof(word); bytes -= 4 * sizeof(word)) {
        word *four = (word *)(void *)out;
        four[0] = pattern;
        four[1] = pattern;
        four[2] = pattern;
        four[3] = pattern;
        out += 4 * sizeof(word);
    }
    for (; bytes >= sizeof(word); bytes -= sizeof(word)) {
        *(word *)(void *)out = pattern;
        out += sizeof(word);
    }
    for (; bytes > 0; bytes--) {
        *out++ = (unsigned char)value;
    }
    return at;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *x = a;
    const unsigned char *y = b;
    for (; bytes > 0; bytes--, x++, y++) {
        if (*x != *y) {
            return *x - *y;
        }
    }
    return 0;
}
