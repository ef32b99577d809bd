/* SPDX-License-Identifier: MIT */
/* The rest of what freestanding code expects of a C library. As memory.c: nothing is read beyond
 * what was asked for, and the build is the same. */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <string.h>

void *memchr(const void *at, int value, size_t bytes)
{
    const unsigned char *in = at;
    for (; bytes > 0; bytes--, in++) {
        if (*in == (unsigned char)value) {
            return (void *)(uintptr_t)in;
        }
    }
    return NULL;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

size_t strnlen(const char *text, size_t max)
{
    size_t length = 0;
    while (length < max && text[length] != '\0') {
        length++;
    }
    return length;
}

int strncmp(const char *a, const char *b, size_t max)
{
    for (; max > 0; max--, a++, b++) {
        if (*a != *b) {
            return (unsigned char)*a - (unsigned char)*b;
        }
        if (*a == '\0') {
            break;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int wanted)
{
    for (;; text++) {
        if (*text == (char)wanted) {
            return (char *)(uintptr_t)text;
        }
        if (*text == '\0') {
            return NULL;
        }
    }
}

char *strrchr(const char *text, int wanted)
{
    const char *last = NULL;
    for (;; text++) {
        if (*text == (char)wanted) {
            last = text;
        }
        if (*text == '\0') {
            return (char *)(uintptr_t)last;
        }
    }
}

char *strstr(const char *text, const char *wanted)
{
    size_t length = strlen(wanted);
    for (;; text++) {
        if (strncmp(text, wanted, length) == 0) {
            return (char *)(uintptr_t)text;
        }
        if (*text == '\0') {
            return NULL;
        }
    }
}
