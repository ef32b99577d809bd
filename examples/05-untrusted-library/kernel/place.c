/* SPDX-License-Identifier: MIT */
/* As a kernel. The second copy of libpng, which is for comparison only, wants a little of a C
 * library here. */
#include "place.h"
#include "program.h"

#include <stdlib.h>
#include <string.h>

/* Starts again when all is given back, as it is after each picture. */
static struct {
    _Alignas(16) unsigned char bytes[4u << 20];
    size_t used;
    size_t pieces;
} pool;

void *malloc(size_t bytes)
{
    if (bytes > sizeof pool.bytes - pool.used - 16) {
        return NULL;
    }
    void *memory = pool.bytes + pool.used;
    pool.used += (bytes + 15) & ~(size_t)15;
    pool.pieces++;
    return memory;
}

void *calloc(size_t count, size_t bytes)
{
    void *memory = malloc(count * bytes);
    return memory != NULL ? memset(memory, 0, count * bytes) : NULL;
}

void free(void *memory)
{
    if (memory != NULL && --pool.pieces == 0) {
        pool.used = 0;
    }
}

void abort(void)
{
    platform_exit(PLATFORM_EXIT_FAILED);
}

int abs(int value)
{
    return value < 0 ? -value : value;
}

int platform_main(void)
{
    program_start();
    program_show_all();
    program_end();
    return PLATFORM_EXIT_OK;
}
