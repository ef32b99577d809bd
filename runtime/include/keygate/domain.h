/* SPDX-License-Identifier: MIT */
/* What code inside a domain may call. Nothing here writes outside the domain. A libc function that
 * does (malloc, printf, errno) must not be called: see CAVEATS for what comes of it. */
#ifndef KEYGATE_DOMAIN_H
#define KEYGATE_DOMAIN_H

#include <keygate/entry.h>
#include <keygate/gate.h>
#include <keygate/object.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory from the calling domain's own heap, 16-byte aligned and zeroed; NULL when it is full.
 * Needs no crossing. In host code: NULL. */
KG_API void *kg_alloc(size_t bytes);

/* Gives memory from kg_alloc back; NULL is ignored. Anything else is a panic of the domain. In host
 * code: nothing. */
KG_API void kg_free(void *memory);

/* The calling domain's number, 1 to KG_DOMAINS_MAX; KG_OWNER_HOST in host code. Any context. */
KG_API uint32_t kg_domain_self(void);

/* Ends the domain: the caller gets -KG_EFAULTED and the report holds `message`, which must lie in
 * the program's constants or the domain's own memory. Does not return. In host code it ends the
 * program by the signal of an illegal or trap instruction. */
KG_API void kg_panic(const char *message) __attribute__((noreturn));

/* What kg_assert calls: as kg_panic, but the report's cause is KG_CAUSE_ASSERT. */
KG_API void kg_assert_failed(const char *message) __attribute__((noreturn));

#ifdef KEYGATE_IMAGE
/* An image has of the C library, under any C library's headers: memcpy, memmove, memset, memcmp,
 * memchr, strlen, strnlen, strcmp, strncmp, strchr, strrchr, strstr, abs; malloc, calloc, realloc
 * and free, from the domain's own heap; setjmp and longjmp; abort, which is a panic. One built with
 * LIBC has besides, from musl: the rest of string.h and strings.h but for locales, wide characters,
 * strerror and strsignal; ctype.h; errno (one for all threads); qsort, bsearch, rand, atoi and
 * strtol with their families, div, labs; snprintf, sprintf and their v forms, which answer -1 with
 * EINVAL to a conversion of floating-point numbers, wide text or %m. */

/* In an image only. A line for a person, on the host's error stream or console, with the domain's
 * name before it; a call out for each 24 bytes. */
void kg_log(const char *text);

/* In an image only. Nanoseconds since some fixed moment; a call out. */
uint64_t kg_time_ns(void);

/* In an image only. KG_IMPORT(name, count), at file scope, imports a gate that takes so many
 * arguments; who loads the image must grant it under that name. KG_IMPORT_OF(name) is then a gate
 * for kg_gate_call. */
#define KG_IMPORT(name_, count_)                                                                \
    __attribute__((section("kg_imports"), used, aligned(8)))                                    \
    static struct kg_import kg_import_##name_ = {.name = #name_, .arguments = (count_)}
#define KG_IMPORT_OF(name_) ((const struct kg_gate *)(const void *)&kg_import_##name_)
#endif

#define KG_TEXT_OF(x) #x
#define KG_TEXT(x) KG_TEXT_OF(x)

/* Ends the domain when the condition is false; never compiled out. */
#define kg_assert(condition)                                                                    \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            kg_assert_failed(__FILE__ ":" KG_TEXT(__LINE__) ": " #condition);                   \
        }                                                                                       \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
