/* SPDX-License-Identifier: MIT */
/* The console, and what the compiler takes for granted. */
#include "pebble.h"

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    while (bytes-- > 0) {
        *out++ = *in++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    if ((uintptr_t)out - (uintptr_t)in >= bytes) {
        return memcpy(to, from, bytes);
    }
    while (bytes-- > 0) {
        out[bytes] = in[bytes];
    }
    return to;
}

/* Eight bytes at a time where that is possible: owner bytes are set by the mebibyte. */
void *memset(void *to, int value, size_t bytes)
{
    typedef uint64_t __attribute__((may_alias)) word;
    unsigned char *out = to;
    uint64_t pattern = UINT64_C(0x0101010101010101) * (unsigned char)value;
    while (bytes > 0 && ((uintptr_t)out & 7) != 0) {
        *out++ = (unsigned char)value;
        bytes--;
    }
    for (; bytes >= 8; bytes -= 8, out += 8) {
        *(word *)(void *)out = pattern;
    }
    while (bytes-- > 0) {
        *out++ = (unsigned char)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *left = a;
    const unsigned char *right = b;
    for (size_t i = 0; i < bytes; i++) {
        if (left[i] != right[i]) {
            return left[i] - right[i];
        }
    }
    return 0;
}

void pebble_say(const char *text)
{
    for (; *text != '\0'; text++) {
        machine_put(*text);
    }
}

static void say_in(uint64_t number, unsigned base)
{
    if (number >= base) {
        say_in(number / base, base);
    }
    machine_put("0123456789abcdef"[number % base]);
}

void pebble_say_number(const char *before, uint64_t number, const char *after)
{
    pebble_say(before);
    say_in(number, 10);
    pebble_say(after);
}

void pebble_say_hex(const char *before, uint64_t number, const char *after)
{
    pebble_say(before);
    say_in(number, 16);
    pebble_say(after);
}

bool pebble_same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}
