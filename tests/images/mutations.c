/* SPDX-License-Identifier: MIT */
/* mutations COUNT [SEED]: loads that many broken images. None may be followed anywhere, each
 * refused one has a sentence, and nothing is left of any. */
#include <keygate/keygate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const unsigned char image_parts[], image_parts_end[];

static uint64_t state = 1;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t interesting(void)
{
    static const uint64_t values[] = {0, 1, 7, 0x7fffffff, 0x80000000, 0xffffffff, 0x1000,
                                      0x1000000, UINT64_MAX, UINT64_MAX - 4095, 1ull << 63, 24};
    return values[next() % (sizeof values / sizeof *values)];
}

/* Headers, tables and relocations are where a change matters; code is most of the file. */
static size_t mutate(unsigned char *file, size_t bytes)
{
    size_t changes = 1 + next() % 4;
    for (size_t i = 0; i < changes; i++) {
        size_t region = next() % 4 == 0 ? bytes : next() % 2 == 0 ? 0x1a0 : 0x600;
        size_t at = next() % (region < bytes ? region : bytes);
        size_t width = (size_t)1 << next() % 4;
        uint64_t value = next() % 2 == 0 ? interesting() : next();
        memcpy(file + at, &value, width < bytes - at ? width : bytes - at);
    }
    return next() % 8 == 0 ? next() % (bytes + 1) : bytes;
}

static uint64_t nothing(uint64_t a, uint64_t b)
{
    return a + b;
}
KG_ENTRY(nothing, 2);

static void must(int status, const char *what)
{
    if (status != 0) {
        printf("%s: %s\n", what, kg_status_name(status));
        exit(1);
    }
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    size_t bytes = (size_t)(image_parts_end - image_parts);
    unsigned long loaded = 0;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 88172645463325252ull;
    must(kg_init(NULL), "kg_init");
    const struct kg_gate *gate;
    must(kg_gate_create(NULL, KG_ENTRY_OF(nothing), NULL, &gate), "a gate");
    const struct kg_grant grant = {"add_host", gate};
    const struct kg_image_options options = {.grants = &grant, .grant_count = 1};
    for (unsigned long i = 0; i < count; i++) {
        struct kg_refusal why = {.text = ""};
        struct kg_domain *domain = NULL;
        /* Of exactly its size, so that a look beyond the end is seen. */
        unsigned char *whole = malloc(bytes);
        memcpy(whole, image_parts, bytes);
        size_t left = mutate(whole, bytes);
        unsigned char *file = malloc(left != 0 ? left : 1);
        memcpy(file, whole, left);
        int status = kg_image_load(file, left, &options, &domain, &why);
        if (status == 0) {
            loaded++;
            must(kg_domain_destroy(domain), "destroy");
        } else if (why.text[0] == '\0' || domain != NULL) {
            printf("mutation %lu: %s without a sentence\n", i, kg_status_name(status));
            return 1;
        }
        free(file);
        free(whole);
    }
    must(kg_exit(), "kg_exit");
    printf("%lu broken images, of which %lu still make sense\n", count, loaded);
    return 0;
}
