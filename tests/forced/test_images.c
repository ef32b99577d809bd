/* SPDX-License-Identifier: MIT */
/* Images with forced tags: they compute what plain ones do, and reach nothing but their own. */
#include <signal.h>
#include <string.h>

#include "kg_test.h"
#include "window.h"

#define SEGV_TAG 9 /* SEGV_MTESERR */

enum { TAG_A = 5, TAG_B = 9 };

static struct image a, b;

/* Loads an image, and fails the test if that fails. */
#define LOAD(image, name, flavour, tag, slot)                                                  \
    KG_ASSERT_STR(window_open(), NULL);                                                         \
    KG_ASSERT_STR(image_load(image, IMAGES_FOLDER "/" name ".elf", flavour, tag, slot), NULL)

static bool call(const struct image *image, const char *function, uint64_t one, uint64_t two,
                 uint64_t *value, struct fault *fault)
{
    const uint64_t arguments[4] = {one, two};
    memset(fault, 0, sizeof(*fault));
    return image_call(image, image_symbol(image, function), arguments, value, fault);
}

/* ---- What they compute ---- */

struct function {
    const char *name;
    uint64_t one;
    uint64_t two;
};

static const struct function functions[] = {
    {"code_sort", 16384, 0},     {"code_hash", 0, 0},      {"code_copy", 0, 0},
    {"code_memcpy", 0, 0},
    {"code_matrix", 32, 0},      {"code_pixels", 2000, 0}, {"code_switch", 1000, 3},
    {"code_frame", 1000, 0},     {"code_recurse", 100, 0}, {"code_atomic", 17, 0},
    {"code_arguments", 7, 0},    {"code_numbers", 0x123456789abcd, 0},
    {"code_constants", 2, 0},    {"code_walk_prepare", 0, 0}, {"code_walk", 0, 0},
};

static enum greatest_test_res check_code(const char *path, enum flavour flavour, unsigned tag)
{
    struct fault fault;
    LOAD(&a, "code-plain", FLAVOUR_PLAIN, 0, 1);
    KG_ASSERT_STR(image_load(&b, path, flavour, tag, 2), NULL);
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        const struct function *function = &functions[i];
        uint64_t expected, value;
        KG_NOTE("%s\n", function->name);
        KG_ASSERT(call(&a, function->name, function->one, function->two, &expected, &fault));
        KG_ASSERT(call(&b, function->name, function->one, function->two, &value, &fault));
        KG_ASSERT_EQ(value, expected);
        KG_ASSERT_NE(value, 0);
    }
    PASS();
}

#define CODE_TEST(test, name)                                                                   \
    KG_TEST(code, test)                                                                         \
    {                                                                                           \
        return check_code(IMAGES_FOLDER "/" name ".elf", FLAVOUR_FORCED, TAG_B);                \
    }

CODE_TEST(o2, "code-forced")
CODE_TEST(o0, "code-forced-0")
CODE_TEST(o1, "code-forced-1")
CODE_TEST(o3, "code-forced-3")
CODE_TEST(os, "code-forced-s")
CODE_TEST(pic, "code-forced-pic")
CODE_TEST(load_exclusive, "code-forced-llsc")
CODE_TEST(stack_probes, "code-forced-probe")

/* Loads are not forced, and not checked on a CPU that has the mode for it; none here has. */
KG_TEST(code, stores_only)
{
    return check_code(IMAGES_FOLDER "/code-stores.elf", FLAVOUR_STORES, 0);
}

static enum greatest_test_res check_library(const char *plain, const char *path,
                                            enum flavour flavour, unsigned tag,
                                            const char *function)
{
    struct fault fault;
    KG_ASSERT_STR(window_open(), NULL);
    KG_ASSERT_STR(image_load(&a, plain, FLAVOUR_PLAIN, 0, 1), NULL);
    KG_ASSERT_STR(image_load(&b, path, flavour, tag, 2), NULL);
    KG_ASSERT(image_fill(&a, SOURCE_FILE));
    KG_ASSERT(image_fill(&b, SOURCE_FILE));
    for (uint64_t level = 1; level <= 9; level += 4) {
        uint64_t expected, value;
        KG_ASSERT(call(&a, function, level, 0, &expected, &fault));
        KG_ASSERT(call(&b, function, level, 0, &value, &fault));
        KG_ASSERT_EQ(value, expected);
        KG_ASSERT_NE(value >> 32, 0);
    }
    PASS();
}

#define LIBRARY_TEST(test, library, name, flavour, tag)                                         \
    KG_TEST(library, test)                                                                      \
    {                                                                                           \
        return check_library(IMAGES_FOLDER "/" #library "-plain.elf",                           \
                             IMAGES_FOLDER "/" #library "-" name ".elf", flavour, tag,          \
                             "domain_" #library);                                               \
    }

LIBRARY_TEST(o2, zlib, "forced", FLAVOUR_FORCED, TAG_B)
LIBRARY_TEST(o3, zlib, "forced-3", FLAVOUR_FORCED, TAG_B)
LIBRARY_TEST(os, zlib, "forced-s", FLAVOUR_FORCED, TAG_B)
LIBRARY_TEST(tuned, zlib, "forced-tune", FLAVOUR_FORCED, TAG_B)
LIBRARY_TEST(stores_only, zlib, "stores", FLAVOUR_STORES, 0)
LIBRARY_TEST(o2, lz4, "forced", FLAVOUR_FORCED, TAG_B)
LIBRARY_TEST(stores_only, lz4, "stores", FLAVOUR_STORES, 0)

/* ---- What they can't reach ---- */

static uint64_t *secret_of(const struct image *image)
{
    uint64_t *secret = (uint64_t *)(window_tagged(image->heap, image->tag) + 0x100);
    *secret = 0xb0b5ec3e7;
    return secret;
}

/* With plain tags the pointer is the capability: who forges it is in. */
KG_TEST(forged, plain_is_no_boundary)
{
    uint64_t value;
    struct fault fault;
    LOAD(&a, "code-plain", FLAVOUR_PLAIN, TAG_A, 1);
    LOAD(&b, "code-plain", FLAVOUR_PLAIN, TAG_B, 2);
    uint64_t *secret = secret_of(&b);
    KG_ASSERT(call(&a, "code_read", (uintptr_t)secret, 0, &value, &fault));
    KG_ASSERT_EQ(value, *secret);
    KG_ASSERT(call(&a, "code_write", (uintptr_t)secret, 666, &value, &fault));
    KG_ASSERT_EQ(*secret, 666);
    PASS();
}

/* The same code, forced: each access has the forger's own tag. */
KG_TEST(forged, forced_faults)
{
    uint64_t value;
    struct fault fault;
    LOAD(&a, "code-forced", FLAVOUR_FORCED, TAG_A, 1);
    LOAD(&b, "code-forced", FLAVOUR_FORCED, TAG_B, 2);
    uint64_t *secret = secret_of(&b);
    for (unsigned tag = 0; tag < 16; tag++) {
        uintptr_t address = window_tagged((uintptr_t)secret, tag);
        KG_ASSERT(!call(&a, "code_read", address, 0, &value, &fault));
        KG_ASSERT_EQ(fault.signal, SIGSEGV);
        KG_ASSERT_EQ(fault.code, SEGV_TAG);
        KG_ASSERT(!call(&a, "code_write", address, 666, &value, &fault));
        KG_ASSERT_EQ(fault.code, SEGV_TAG);
    }
    KG_ASSERT_EQ(*secret, 0xb0b5ec3e7);
    uint64_t *own = secret_of(&a);
    KG_ASSERT(call(&a, "code_read", (uintptr_t)own, 0, &value, &fault));
    KG_ASSERT_EQ(value, *own);
    PASS();
}

/* An address of the host's is one in the window, where nothing is. */
KG_TEST(forged, host_is_out_of_reach)
{
    static uint64_t secret = 0x5ec7e7;
    uint64_t value;
    struct fault fault;
    LOAD(&a, "code-forced", FLAVOUR_FORCED, TAG_A, 1);
    KG_ASSERT(!call(&a, "code_read", (uintptr_t)&secret, 0, &value, &fault));
    KG_ASSERT_EQ(fault.address >> 32 & 0xffffff, window_base() >> 32);
    KG_ASSERT(!call(&a, "code_write", (uintptr_t)&secret, 1, &value, &fault));
    KG_ASSERT_EQ(secret, 0x5ec7e7);
    KG_ASSERT(!call(&a, "code_read", 0, 0, &value, &fault));
    KG_ASSERT_EQ(fault.address & 0xffffffffffffff, window_base());
    /* Its own text and the gate table can't be written. */
    KG_ASSERT(!call(&a, "code_write", a.base, 0, &value, &fault));
    KG_ASSERT(!call(&a, "code_write", window_base() + KG_FORCED_TABLE, 0, &value, &fault));
    KG_ASSERT(!call(&a, "code_write", window_base() + KG_FORCED_GATES, 0, &value, &fault));
    PASS();
}

static int host_calls;

static uint64_t host_function(void)
{
    host_calls++;
    return 1;
}

/* Wherever a call or a return is sent, it stays in the window. */
KG_TEST(forged, control_stays_inside)
{
    uint64_t value;
    struct fault fault;
    LOAD(&a, "code-forced", FLAVOUR_FORCED, TAG_A, 1);
    KG_ASSERT(!call(&a, "code_call", (uintptr_t)host_function, 0, &value, &fault));
    KG_ASSERT_EQ(fault.instruction >> 32, window_base() >> 32);
    KG_ASSERT(!call(&a, "code_smash", (uintptr_t)host_function, 0, &value, &fault));
    KG_ASSERT_EQ(fault.instruction >> 32, window_base() >> 32);
    KG_ASSERT_EQ(host_calls, 0);
    LOAD(&b, "code-plain", FLAVOUR_PLAIN, 0, 2);
    KG_ASSERT(call(&b, "code_call", (uintptr_t)host_function, 0, &value, &fault));
    KG_ASSERT_EQ(host_calls, 1);
    PASS();
}

/* A gate learns who calls from x21: whose code it is makes no difference. */
KG_TEST(forged, gate_knows_the_caller)
{
    uint64_t value;
    struct fault fault;
    uintptr_t who = window_base() + KG_FORCED_GATES + 8;
    LOAD(&a, "code-forced", FLAVOUR_FORCED, TAG_A, 1);
    LOAD(&b, "code-forced", FLAVOUR_FORCED, TAG_B, 2);
    KG_ASSERT(call(&a, "code_call", who, 0, &value, &fault));
    KG_ASSERT_EQ(value, TAG_A + 1);
    KG_ASSERT(call(&b, "code_call", who, 0, &value, &fault));
    KG_ASSERT_EQ(value, TAG_B + 1);
    PASS();
}

KG_TEST(forged, stack_ends)
{
    uint64_t value;
    struct fault fault;
    LOAD(&a, "code-forced", FLAVOUR_FORCED, TAG_A, 1);
    KG_ASSERT(!call(&a, "code_recurse", 100000, 0, &value, &fault));
    KG_ASSERT_EQ(fault.signal, SIGSEGV);
    uintptr_t address = fault.address & 0xffffffffffffff;
    KG_ASSERT(address < a.stack && address >= a.stack - KG_FORCED_GUARD);
    PASS();
}

/* A hand-over is re-tagging and nothing else: the receiver's pointers are right, the giver's
 * fault. */
KG_TEST(forged, hand_over)
{
    uint64_t value;
    struct fault fault;
    LOAD(&a, "code-forced", FLAVOUR_FORCED, TAG_A, 1);
    LOAD(&b, "code-forced", FLAVOUR_FORCED, TAG_B, 2);
    uintptr_t object = a.heap + 0x4000;
    for (uint64_t i = 0; i < 8; i++) {
        KG_ASSERT(call(&a, "code_write", object + i * 8, i + 1, &value, &fault));
    }
    KG_ASSERT(call(&a, "code_sum", object, 8, &value, &fault));
    KG_ASSERT_EQ(value, 36);
    KG_ASSERT(!call(&b, "code_sum", object, 8, &value, &fault));
    window_tag(object, 64, TAG_B);
    KG_ASSERT(call(&b, "code_sum", object, 8, &value, &fault));
    KG_ASSERT_EQ(value, 36);
    KG_ASSERT(!call(&a, "code_sum", object, 8, &value, &fault));
    KG_ASSERT_EQ(fault.code, SEGV_TAG);
    KG_ASSERT(call(&a, "code_sum", object + 64, 8, &value, &fault));
    PASS();
}

KG_TEST(forged, plain_code_is_refused)
{
    KG_ASSERT_STR(window_open(), NULL);
    KG_ASSERT_STR(image_load(&a, IMAGES_FOLDER "/code-plain.elf", FLAVOUR_FORCED, TAG_A, 1),
                  kg_verify_rule_name(a.refusal.rule));
    KG_ASSERT_NE(a.refusal.rule, KG_RULE_NONE);
    KG_ASSERT(image_load(&a, IMAGES_FOLDER "/code-stores.elf", FLAVOUR_FORCED, TAG_A, 1) != NULL);
    PASS();
}

KG_TEST_MAIN()
