/* SPDX-License-Identifier: MIT */
/* What a library written for anybody asks of its surroundings besides mem* and str*, so that it
 * goes into an image unchanged: memory from the domain's own heap, and abort as a panic. Linked
 * only where it is asked for. Any C library's headers do. */
#include <keygate/domain.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#if defined(__aarch64__)
_Static_assert(sizeof(jmp_buf) >= 21 * 8, "setjmp saves so much");
#else
_Static_assert(sizeof(jmp_buf) >= 8 * 8, "setjmp saves so much");
#endif

/* In front of what malloc gives, for realloc; keeps it aligned to 16 bytes. */
struct head {
    size_t bytes;
    size_t unused;
};

void *malloc(size_t bytes)
{
    struct head *head = bytes > SIZE_MAX - sizeof *head ? NULL : kg_alloc(sizeof *head + bytes);
    if (head == NULL) {
        return NULL;
    }
    head->bytes = bytes;
    return head + 1;
}

/* kg_alloc's memory is zeroed. */
void *calloc(size_t count, size_t bytes)
{
    size_t all;
    return __builtin_mul_overflow(count, bytes, &all) ? NULL : malloc(all);
}

void free(void *memory)
{
    if (memory != NULL) {
        kg_free((struct head *)memory - 1);
    }
}

void *realloc(void *memory, size_t bytes)
{
    void *other = malloc(bytes);
    if (memory != NULL && other != NULL) {
        size_t old = ((struct head *)memory - 1)->bytes;
        memcpy(other, memory, old < bytes ? old : bytes);
        free(memory);
    }
    return other;
}

void abort(void)
{
    kg_panic("abort()");
}

int abs(int value)
{
    return value < 0 ? -value : value;
}
