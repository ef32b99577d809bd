/* SPDX-License-Identifier: MIT */
/* What domain code built for software tags is compiled with: the build adds it to every file by
 * itself. The compiler asks the tags before each load and store, but leaves calls of memcpy and
 * its like alone; here they get other names, those of functions that ask too. The names also hold
 * for calls the compiler makes up. Calls of the library that follow a domain's own pointers are
 * renamed the same way. */
#ifndef KEYGATE_SOFT_H
#define KEYGATE_SOFT_H

#if defined(KEYGATE_SOFT) && !defined(KEYGATE_SOFT_OWN_NAMES) && !defined(__ASSEMBLER__)

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define KG_SOFT_NOTHROW noexcept
extern "C" {
#else
#define KG_SOFT_NOTHROW
#endif
#define KG_SOFT(name) KG_SOFT_NOTHROW __asm__("kg_soft_" name)

/* Of the compiler's atomics these two alone are not asked after: atomic_flag is made of them. */
#define __atomic_test_and_set(flag, order)                                                      \
    (__atomic_exchange_n((volatile unsigned char *)(flag), 1, (order)) != 0)
#define __atomic_clear(flag, order)                                                             \
    __atomic_store_n((volatile unsigned char *)(flag), 0, (order))

void *memcpy(void *to, const void *from, size_t bytes) KG_SOFT("memcpy");
void *mempcpy(void *to, const void *from, size_t bytes) KG_SOFT("mempcpy");
void *memmove(void *to, const void *from, size_t bytes) KG_SOFT("memmove");
void *memset(void *to, int value, size_t bytes) KG_SOFT("memset");
int memcmp(const void *a, const void *b, size_t bytes) KG_SOFT("memcmp");
size_t strlen(const char *text) KG_SOFT("strlen");
size_t strnlen(const char *text, size_t max) KG_SOFT("strnlen");
int strcmp(const char *a, const char *b) KG_SOFT("strcmp");
int strncmp(const char *a, const char *b, size_t max) KG_SOFT("strncmp");
char *strcpy(char *to, const char *from) KG_SOFT("strcpy");
char *stpcpy(char *to, const char *from) KG_SOFT("stpcpy");
char *strncpy(char *to, const char *from, size_t max) KG_SOFT("strncpy");
/* The compiler compares some bytes by itself, after it has put the checks in; the build forbids it
 * that, but for this name. */
#define __builtin_memcmp(a, b, bytes) memcmp((a), (b), (bytes))
#ifndef __cplusplus /* in C++ these have a second form */
void *memchr(const void *from, int value, size_t bytes) KG_SOFT("memchr");
char *strchr(const char *text, int value) KG_SOFT("strchr");
#endif

struct kg_object_options;
__attribute__((visibility("default"))) void *kg_alloc(size_t bytes) __asm__("kg_soft_alloc");
__attribute__((visibility("default"))) void kg_free(void *memory) __asm__("kg_soft_free");
__attribute__((visibility("default"))) int
kg_object_create(const struct kg_object_options *options, uint64_t *handle)
    __asm__("kg_soft_object_create");

#ifdef __cplusplus
}
#endif
#endif
#endif
