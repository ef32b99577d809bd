/* SPDX-License-Identifier: MIT */
/*
 * Ordinary C of many kinds, for the assembly pass to keep working: what test_images.c calls in a
 * plain and in a forced image, and whose values it compares. Nothing here knows of tags.
 */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PUBLIC __attribute__((noinline, used))

static uint64_t counter = 42;
static unsigned char buffer[65536];

/* ---- The memory kernels of the benchmark ---- */

struct node {
    struct node *next;
    uint64_t value;
};

#define NODES (sizeof(buffer) / sizeof(struct node))

PUBLIC uint64_t code_walk_prepare(void)
{
    struct node *node = (struct node *)(void *)buffer;
    uint64_t at = 0;
    for (uint64_t i = 0; i < NODES; i++) {
        uint64_t next = (at + 397) % NODES;
        node[at].value = i;
        node[at].next = i + 1 < NODES ? &node[next] : NULL;
        at = next;
    }
    return NODES;
}

PUBLIC uint64_t code_walk(void)
{
    uint64_t sum = 0;
    for (const struct node *node = (const struct node *)(const void *)buffer; node != NULL;
         node = node->next) {
        sum += node->value;
    }
    return sum;
}

PUBLIC uint64_t code_copy(void)
{
    uint64_t *to = (uint64_t *)(void *)buffer;
    const uint64_t *from = to + sizeof(buffer) / 16;
    for (size_t i = 0; i < sizeof(buffer) / 16; i++) {
        to[i] = from[i];
    }
    return to[99];
}

PUBLIC uint64_t code_memcpy(void)
{
    memcpy(buffer, buffer + sizeof(buffer) / 2, sizeof(buffer) / 2);
    return buffer[12345];
}

PUBLIC uint64_t code_hash(void)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof(buffer); i++) {
        hash = (hash ^ buffer[i]) * 0x100000001b3u;
    }
    return hash;
}

/* ---- Kinds of code ---- */

typedef int compare(const void *one, const void *two);

static void swap(unsigned char *one, unsigned char *two, size_t size)
{
    for (; size > 0; size--) {
        unsigned char kept = *one;
        *one++ = *two;
        *two++ = kept;
    }
}

static void sort(unsigned char *base, size_t count, size_t size, compare *is_less)
{
    while (count > 1) {
        size_t last = 0;
        swap(base, base + count / 2 * size, size);
        for (size_t i = 1; i < count; i++) {
            if (is_less(base + i * size, base)) {
                swap(base + ++last * size, base + i * size, size);
            }
        }
        swap(base, base + last * size, size);
        sort(base, last, size, is_less);
        base += (last + 1) * size;
        count -= last + 1;
    }
}

static int is_smaller(const void *one, const void *two)
{
    return *(const uint32_t *)one < *(const uint32_t *)two;
}

/* Calls through pointers, and recursion. */
PUBLIC uint64_t code_sort(uint64_t count)
{
    uint32_t *numbers = (uint32_t *)(void *)buffer;
    uint32_t seed = 12345;
    for (uint64_t i = 0; i < count; i++) {
        seed = seed * 1103515245u + 12345u;
        numbers[i] = seed >> 4;
    }
    sort(buffer, count, sizeof(*numbers), is_smaller);
    for (uint64_t i = 1; i < count; i++) {
        if (numbers[i - 1] > numbers[i]) {
            return 0;
        }
    }
    return (uint64_t)numbers[0] << 32 | numbers[count - 1];
}

/* Vectors and floating point. */
PUBLIC uint64_t code_matrix(uint64_t n)
{
    double *a = (double *)(void *)buffer, *b = a + n * n, *c = b + n * n, sum = 0;
    for (uint64_t i = 0; i < n * n; i++) {
        a[i] = (double)(i % 7);
        b[i] = (double)(i % 5) / 3;
        c[i] = 0;
    }
    for (uint64_t i = 0; i < n; i++) {
        for (uint64_t k = 0; k < n; k++) {
            for (uint64_t j = 0; j < n; j++) {
                c[i * n + j] += a[i * n + k] * b[k * n + j];
            }
        }
    }
    for (uint64_t i = 0; i < n * n; i++) {
        sum += c[i] * (double)(i & 3);
    }
    return (uint64_t)(sum * 1000);
}

/* Pixels of three and four bytes: LD3 and ST4 where vectors are used. */
PUBLIC uint64_t code_pixels(uint64_t count)
{
    const unsigned char *from = buffer;
    unsigned char *to = buffer + sizeof(buffer) / 2;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        buffer[i * 3] = (unsigned char)(i * 7);
        buffer[i * 3 + 1] = (unsigned char)(i * 11);
        buffer[i * 3 + 2] = (unsigned char)(i * 13);
    }
    for (uint64_t i = 0; i < count; i++) {
        to[i * 4] = from[i * 3 + 2];
        to[i * 4 + 1] = from[i * 3 + 1];
        to[i * 4 + 2] = from[i * 3];
        to[i * 4 + 3] = 255;
    }
    for (uint64_t i = 0; i < count * 4; i++) {
        sum = sum * 31 + to[i];
    }
    return sum;
}

/* A jump table. */
PUBLIC uint64_t code_switch(uint64_t count, uint64_t value)
{
    for (uint64_t i = 0; i < count; i++) {
        switch (i * 7 % 11) {
        case 0:
            value += 7;
            break;
        case 1:
            value ^= 0x55;
            break;
        case 2:
            value *= 3;
            break;
        case 3:
            value -= 9;
            break;
        case 4:
            value = value << 1 | value >> 63;
            break;
        case 5:
            value = ~value;
            break;
        case 6:
            value += counter;
            break;
        case 7:
            counter = value;
            break;
        case 8:
            value /= 3;
            break;
        default:
            value += i;
        }
    }
    counter = 42;
    return value;
}

static uint64_t __attribute__((noinline)) sum_bytes(const unsigned char *bytes, uint64_t count)
{
    uint64_t sum = 0;
    while (count-- > 0) {
        sum = sum * 3 + *bytes++;
    }
    return sum;
}

/* A large frame, and one of a size known only here. */
PUBLIC uint64_t code_frame(uint64_t count)
{
    unsigned char large[200000];
    unsigned char any[count + 1];
    for (size_t i = 0; i < sizeof(large); i++) {
        large[i] = (unsigned char)(i * count);
    }
    for (uint64_t i = 0; i <= count; i++) {
        any[i] = large[i * 7 % sizeof(large)];
    }
    return sum_bytes(large, sizeof(large)) ^ sum_bytes(any, count + 1);
}

PUBLIC uint64_t code_recurse(uint64_t depth)
{
    volatile unsigned char pad[4000];
    pad[depth & 1023] = 1;
    return depth != 0 ? code_recurse(depth - 1) + pad[depth & 1023] : 0;
}

/* Each operation in each width, and each order. */
PUBLIC uint64_t code_atomic(uint64_t value)
{
    static _Atomic uint64_t wide;
    static _Atomic uint32_t word;
    static _Atomic unsigned char byte;
    uint64_t expected = value + 5;
    atomic_store(&wide, value);
    atomic_store_explicit(&word, (uint32_t)value, memory_order_release);
    atomic_store(&byte, 200);
    atomic_fetch_add(&wide, 5);
    bool swapped = atomic_compare_exchange_strong(&wide, &expected, 77);
    uint32_t before = atomic_fetch_or_explicit(&word, 0x100, memory_order_relaxed);
    before ^= atomic_fetch_and(&word, 0xfff0);
    before += atomic_exchange_explicit(&word, 9, memory_order_acquire);
    atomic_fetch_xor(&byte, 0x0f);
    atomic_fetch_sub(&byte, 3);
    return atomic_load(&wide) + before + (uint64_t)swapped * 1000 + atomic_load(&byte) * 10000u +
           atomic_load_explicit(&word, memory_order_acquire);
}

static uint64_t add_all(uint64_t count, ...)
{
    va_list list;
    uint64_t sum = 0;
    va_start(list, count);
    while (count-- > 0) {
        sum = sum * 5 + va_arg(list, uint64_t);
    }
    va_end(list);
    return sum;
}

struct nine {
    uint64_t value[9];
};

static struct nine __attribute__((noinline)) make_nine(uint64_t value)
{
    struct nine nine;
    for (uint64_t i = 0; i < 9; i++) {
        nine.value[i] = value * i;
    }
    return nine;
}

PUBLIC uint64_t code_arguments(uint64_t value)
{
    struct nine nine = make_nine(value);
    return nine.value[8] + add_all(12, value, 2ul, 3ul, 4ul, 5ul, 6ul, 7ul, 8ul, 9ul, 10ul, 11ul,
                                   nine.value[3]);
}

/* 128 bits, bit fields, conversions. */
PUBLIC uint64_t code_numbers(uint64_t value)
{
    struct {
        uint32_t one : 3;
        int32_t two : 11;
        uint64_t three : 40;
    } fields = {(uint32_t)value & 7, (int32_t)value % 1000, value * 0x9e3779b9u};
    unsigned __int128 product = (unsigned __int128)value * 0x9e3779b97f4a7c15u;
    float single = (float)value / 7.0f;
    double wide = (double)(int64_t)value * 1.25 - (double)single;
    return (uint64_t)(product >> 64) ^ (uint64_t)product ^ (uint64_t)fields.two ^ fields.three ^
           fields.one ^ (uint64_t)(int64_t)wide ^ (uint64_t)single << 7 ^
           (uint64_t)__builtin_popcountll(value) ^ (uint64_t)__builtin_clzll(value | 1) << 3 ^
           __builtin_bswap64(value);
}

/* A large table of constants and pointers among them. */
static const char *const names[] = {"one", "two", "three", "four"};

PUBLIC uint64_t code_constants(uint64_t index)
{
    const char *name = names[index & 3];
    uint64_t sum = 0;
    while (*name != '\0') {
        sum = sum * 31 + (unsigned char)*name++;
    }
    return sum;
}

/* ---- What a hostile domain would try ---- */

PUBLIC uint64_t code_read(uint64_t address)
{
    return *(volatile uint64_t *)(uintptr_t)address;
}

PUBLIC uint64_t code_write(uint64_t address, uint64_t value)
{
    *(volatile uint64_t *)(uintptr_t)address = value;
    return 0;
}

PUBLIC uint64_t code_call(uint64_t address)
{
    uint64_t (*function)(void) = (uint64_t(*)(void))(uintptr_t)address;
    return function() + 1;
}

/* Returns to an address of its own choosing. */
PUBLIC __attribute__((optimize("no-optimize-sibling-calls", "no-omit-frame-pointer"))) uint64_t
code_smash(uint64_t address)
{
    uint64_t *frame = __builtin_frame_address(0);
    __asm__ volatile("" ::: "x30", "memory");
    ((volatile uint64_t *)frame)[1] = address;
    return 1;
}

PUBLIC uint64_t code_sum(uint64_t address, uint64_t words)
{
    const uint64_t *from = (const uint64_t *)(uintptr_t)address;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < words; i++) {
        sum += from[i];
    }
    return sum;
}
