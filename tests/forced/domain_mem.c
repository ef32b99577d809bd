/* SPDX-License-Identifier: MIT */
/* What a library in an image of the tests needs of a C library: the mem functions, and memory that
 * is given out and never taken back, until all of it is. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARENA (1u << 20)

void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes);
void free(void *memory);
void arena_reset(void);

static _Alignas(16) unsigned char arena[ARENA];
static size_t arena_used;

void arena_reset(void)
{
    arena_used = 0;
}

void *malloc(size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes > ARENA - arena_used) {
        return NULL;
    }
    void *memory = arena + arena_used;
    arena_used += bytes;
    return memory;
}

void *calloc(size_t count, size_t bytes)
{
    void *memory = malloc(count * bytes);
    return memory != NULL ? memset(memory, 0, count * bytes) : NULL;
}

void free(void *memory)
{
    (void)memory;
}

typedef uint64_t __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *a = to;
    const unsigned char *b = from;
    for (; bytes >= 32; bytes -= 32, a += 32, b += 32) {
        word one = ((const word *)b)[0];
        word two = ((const word *)b)[1];
        word three = ((const word *)b)[2];
        word four = ((const word *)b)[3];
        ((word *)a)[0] = one;
        ((word *)a)[1] = two;
        ((word *)a)[2] = three;
        ((word *)a)[3] = four;
    }
    while (bytes-- > 0) {
        *a++ = *b++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *a = to;
    const unsigned char *b = from;
    if ((uintptr_t)a - (uintptr_t)b >= bytes) {
        return memcpy(to, from, bytes);
    }
    while (bytes-- > 0) {
        a[bytes] = b[bytes];
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    unsigned char *a = to;
    uint64_t pattern = (unsigned char)value * 0x0101010101010101u;
    for (; bytes >= 16; bytes -= 16, a += 16) {
        ((word *)a)[0] = pattern;
        ((word *)a)[1] = pattern;
    }
    while (bytes-- > 0) {
        *a++ = (unsigned char)value;
    }
    return to;
}

int memcmp(const void *one, const void *two, size_t bytes)
{
    const unsigned char *a = one, *b = two;
    for (; bytes >= 8 && *(const word *)a == *(const word *)b; bytes -= 8) {
        a += 8;
        b += 8;
    }
    for (; bytes > 0; bytes--, a++, b++) {
        if (*a != *b) {
            return *a < *b ? -1 : 1;
        }
    }
    return 0;
}
