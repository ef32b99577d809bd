/* SPDX-License-Identifier: MIT */
/* Files that are no images: one change each to one that is. */
#include "images.h"

#include <string.h>

WORLD(refused)

/* One change each to a copy of a good file. */
static const struct broken {
    size_t at;
    uint64_t value;
    size_t width;
    const char *sentence;
} broken[] = {
    {0, 0, 1, "no 64-bit little-endian ELF file"},
    {4, 1, 1, "no 64-bit little-endian ELF file"},
    {16, 2, 2, "no image"},
    {18, 3, 2, "another processor"},
    {32, UINT64_MAX, 8, "program headers lie outside"},
    {54, 32, 2, "of another size or too many"},
    {56, 99, 2, "of another size or too many"},
    {64 + 4, 7, 4, "writable and executable"},
    {64 + 8, UINT64_MAX - 4, 8, "lies outside the file"},
    {64 + 16, 1, 8, "not on pages"},
    {64 + 40, 0, 8, "larger in the file than in memory"},
    {64 + 56 + 16, 0, 8, "overlap"},
    {64 + 56 + 4, 5 | 2, 4, "writable and executable"},
    {64 + 2 * 56 + 40, 64u << 20, 8, "beyond 16 MiB"},
    {64 + 3 * 56, 3, 4, "which wants a loader"},
    {64 + 3 * 56, 7, 4, "thread-local"},
    {64 + 4 * 56, 0, 4, "no image"},
    {64 + 5 * 56 + 4, 7, 4, "stack that can be executed"},
};

KG_TEST(refused, whatever_is_broken)
{
    static unsigned char copy[1 << 17];
    struct image image = IMAGE(parts);
    KG_ASSERT(image.bytes <= sizeof copy);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct kg_refusal why = {.text = ""};
        struct kg_domain *domain = NULL;
        memcpy(copy, image.file, image.bytes);
        memcpy(copy + broken[i].at, &broken[i].value, broken[i].width);
        int status = kg_image_load(copy, image.bytes, NULL, &domain, &why);
        KG_NOTE("change %d: %s\n", (int)i, why.text);
        KG_ASSERT_STATUS(status, -KG_EIMAGE);
        KG_ASSERT(strstr(why.text, broken[i].sentence) != NULL);
    }
    /* Short of what is loaded last: offset and length of the third segment. */
    uint64_t end[2];
    memcpy(&end[0], image.file + 64 + 2 * 56 + 8, 8);
    memcpy(&end[1], image.file + 64 + 2 * 56 + 32, 8);
    for (size_t left = 0; left < end[0] + end[1]; left += left < 512 ? 1 : 97) {
        struct kg_domain *domain = NULL;
        KG_ASSERT_STATUS(kg_image_load(image.file, left, NULL, &domain, NULL), -KG_EIMAGE);
    }
    PASS();
}

#if defined(__aarch64__)
#define RELATIVE 1027u
#else
#define RELATIVE 8u
#endif

/* Of the ELF specification. */
struct relocation {
    uint64_t where;
    uint64_t kind;
    uint64_t value;
};

/* With `count` bytes of the file changed, and only then. */
static enum greatest_test_res refuses(unsigned char *copy, size_t bytes, size_t at,
                                      const void *changed, size_t count, const char *sentence)
{
    unsigned char before[sizeof(struct relocation)];
    struct kg_refusal why = {.text = ""};
    memcpy(before, copy + at, count);
    memcpy(copy + at, changed, count);
    KG_ASSERT_STATUS(kg_image_check(copy, bytes, NULL, &why), -KG_EIMAGE);
    KG_ASSERT(strstr(why.text, sentence) != NULL);
    memcpy(copy + at, before, count);
    KG_ASSERT_STATUS(kg_image_check(copy, bytes, NULL, &why), 0);
    PASS();
}

static enum greatest_test_res refuses_value(unsigned char *copy, size_t bytes, size_t at,
                                            uint64_t value)
{
    struct relocation changed;
    memcpy(&changed, copy + at, sizeof changed);
    changed.value = value;
    return refuses(copy, bytes, at, &changed, sizeof changed, "an entry has no name, no code");
}

/* What the note says of how it was built. */
KG_TEST(refused, marks_of_no_meaning)
{
    static unsigned char copy[1 << 17];
    static const uint32_t marks[] = {0, 3, 4, 7, 0x15, 0x80000005};
    struct image image = IMAGE(parts);
    uint64_t note;
    KG_ASSERT(image.bytes <= sizeof copy);
    memcpy(copy, image.file, image.bytes);
    memcpy(&note, copy + 64 + 4 * 56 + 8, sizeof note);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        CHECK_CALL(refuses(copy, image.bytes, note + 24, &marks[i], 4, "build mark"));
    }
    PASS();
}

/* An entry's function and name are known by two relocations, one after the other. */
KG_TEST(refused, each_wrong_entry)
{
    static unsigned char copy[1 << 17];
    struct image image = IMAGE(parts);
    struct kg_image_info info;
    uint32_t entries = 0;
    uint64_t note, table; /* of entries */
    int32_t distance;
    KG_ASSERT(image.bytes <= sizeof copy);
    KG_ASSERT_STATUS(kg_image_check(image.file, image.bytes, &info, NULL), 0);
    memcpy(copy, image.file, image.bytes);
    memcpy(&note, copy + 64 + 4 * 56 + 8, sizeof note);
    memcpy(&distance, copy + note + 28, sizeof distance);
    table = note + 28 + (uint64_t)(int64_t)distance;
    for (size_t at = 0; at + 2 * sizeof(struct relocation) <= image.bytes; at += 8) {
        struct relocation pair[2];
        memcpy(pair, copy + at, sizeof pair);
        uint64_t in_table = pair[0].where - table;
        if (pair[0].kind != RELATIVE || pair[1].kind != RELATIVE || in_table % 24 != 0 ||
            in_table / 24 >= info.entries || pair[1].where != pair[0].where + 8) {
            continue;
        }
        uint64_t end_of_name = pair[1].value + strlen((const char *)copy + pair[1].value);
        CHECK_CALL(refuses_value(copy, image.bytes, at, 64)); /* constants */
        CHECK_CALL(refuses_value(copy, image.bytes, at, pair[0].where));
        CHECK_CALL(refuses_value(copy, image.bytes, at + sizeof *pair, end_of_name));
        CHECK_CALL(refuses_value(copy, image.bytes, at + sizeof *pair, pair[0].where));
        pair[1].where += 8; /* its numbers */
        CHECK_CALL(refuses(copy, image.bytes, at + sizeof *pair, &pair[1], sizeof *pair,
                           "than its addresses"));
        entries++;
    }
    KG_ASSERT_EQ(entries, info.entries);
    PASS();
}
