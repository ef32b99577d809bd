/* SPDX-License-Identifier: MIT */
/* Entries: the functions gates lead to, each with a mark of how it was built. */
#ifndef KEYGATE_ENTRY_H
#define KEYGATE_ENTRY_H

#include <keygate/init.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KG_ARGUMENTS_MAX 6

typedef uint64_t kg_function(void);

struct kg_entry {
    kg_function *function;
    const char *name;
    uint32_t arguments; /* how many uint64_t it takes */
    uint32_t build;     /* enum kg_build of the file it was compiled in */
};

#if defined(__x86_64__) && !defined(__SSE__)
#define KG_BUILD_REGISTERS KG_BUILD_GENERAL_ONLY
#elif defined(__aarch64__) && !defined(__ARM_FP)
#define KG_BUILD_REGISTERS KG_BUILD_GENERAL_ONLY
#else
#define KG_BUILD_REGISTERS 0
#endif

/* Put KG_ENTRY(function, count) after the definition of `uint64_t function(uint64_t ...)`, in the
 * same file: the mark says how that file was compiled. Declare it elsewhere with
 * KG_ENTRY_DECLARE(function); name it with KG_ENTRY_OF(function). */
#ifdef __cplusplus
#define KG_ENTRY_EXTERN extern "C"
#else
#define KG_ENTRY_EXTERN extern
#endif
#define KG_ENTRY_DECLARE(name_) KG_ENTRY_EXTERN const struct kg_entry kg_entry_##name_
#ifdef __cplusplus
#define KG_ENTRY_CHECK(name_, count_)
#else
#define KG_ENTRY_CHECK(name_, count_)                                                           \
    _Static_assert(__builtin_types_compatible_p(__typeof__(&(name_)), KG_FUNCTION_##count_),    \
                   "an entry takes uint64_t arguments and returns uint64_t");
#endif
#define KG_ENTRY(name_, count_)                                                                 \
    KG_ENTRY_CHECK(name_, count_)                                                               \
    KG_ENTRY_DECLARE(name_);                                                                    \
    KG_ENTRY_PLACE const struct kg_entry kg_entry_##name_ = {                                   \
        (kg_function *)(void (*)(void))(KG_FUNCTION_##count_)(name_), #name_, (count_),         \
        KG_BUILD_FLAVOUR | KG_BUILD_REGISTERS}
/* In an image the loader finds its entries all in one place. */
#ifdef KEYGATE_IMAGE
#define KG_ENTRY_PLACE __attribute__((section("kg_entries"), used, aligned(8)))
#else
#define KG_ENTRY_PLACE
#endif
#define KG_ENTRY_OF(name_) (&kg_entry_##name_)

#define KG_U64 uint64_t
#define KG_FUNCTION_0 uint64_t (*)(void)
#define KG_FUNCTION_1 uint64_t (*)(KG_U64)
#define KG_FUNCTION_2 uint64_t (*)(KG_U64, KG_U64)
#define KG_FUNCTION_3 uint64_t (*)(KG_U64, KG_U64, KG_U64)
#define KG_FUNCTION_4 uint64_t (*)(KG_U64, KG_U64, KG_U64, KG_U64)
#define KG_FUNCTION_5 uint64_t (*)(KG_U64, KG_U64, KG_U64, KG_U64, KG_U64)
#define KG_FUNCTION_6 uint64_t (*)(KG_U64, KG_U64, KG_U64, KG_U64, KG_U64, KG_U64)

#ifdef __cplusplus
}
#endif
#endif
