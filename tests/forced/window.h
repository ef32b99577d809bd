/* SPDX-License-Identifier: MIT */
/*
 * A window, images in it and calls into them, for tests of the assembly pass and the verifier: what
 * mte/verify.h asks of a loader and of gates, and no more. One thread; nothing is ever unloaded.
 */
#ifndef KG_TEST_IMAGES_WINDOW_H
#define KG_TEST_IMAGES_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "verify.h"

#define WINDOW_SYMBOLS 512

/* How an image was built. */
enum flavour { FLAVOUR_PLAIN, FLAVOUR_FORCED, FLAVOUR_STORES };

struct image {
    enum flavour flavour;
    unsigned tag;
    uintptr_t base;  /* all addresses here without a tag */
    uintptr_t heap;  /* 64 KiB with the image's tag */
    uintptr_t stack; /* the lowest of 1 MiB, of which all is there */
    size_t symbol_count;
    struct {
        char name[48];
        uintptr_t address;
    } symbols[WINDOW_SYMBOLS];
    struct kg_verify_refusal refusal;
};

/* How a call ended, when it did not return. */
struct fault {
    int signal;
    int code;
    uintptr_t address;
    uintptr_t instruction;
    uint64_t registers[31];
    uint64_t stack_pointer;
    uint64_t vectors[64]; /* zero if the system does not tell */
};

#define WINDOW_HEAP 0x10000u

/* Once; NULL, or what is missing. */
const char *window_open(void);
uintptr_t window_base(void);

/* Loads an image at slot 1, 2, ... and gives its data, heap and stack the tag. With FLAVOUR_PLAIN
 * data and stack stay untagged, as no pointer to them has one. NULL, or why not. */
const char *image_load(struct image *image, const char *path, enum flavour flavour, unsigned tag,
                       unsigned slot);
/* Code alone, as an image without data. */
const char *image_load_code(struct image *image, const uint32_t *code, size_t words, unsigned tag,
                            unsigned slot);
/* 0 if there is none. */
uintptr_t image_symbol(const struct image *image, const char *name);
/* Fills the image's domain_source, if it has one, from the beginning of a file. */
bool image_fill(const struct image *image, const char *path);
/* Calls a function. false: *fault says what stopped it. */
bool image_call(const struct image *image, uintptr_t function, const uint64_t arguments[4],
                uint64_t *value, struct fault *fault);

/* An address with a tag, and memory with it. */
uintptr_t window_tagged(uintptr_t address, unsigned tag);
void window_tag(uintptr_t address, size_t bytes, unsigned tag);

#endif
