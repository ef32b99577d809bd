/* SPDX-License-Identifier: MIT */
/* Domains that are files: crossing into one, checking it, loading it, giving it a second life. */
#include "domain.h"
#include "kb.h"

#include <stdio.h>
#include <string.h>

/* The lowest page is never mapped. */
#define UNMAPPED 16u

#define LARGEST (4u << 20)

extern const unsigned char loaded_64k[], loaded_64k_end[], loaded_1m[], loaded_1m_end[],
    loaded_4m[], loaded_4m_end[], loaded_code[], loaded_code_end[];

/* For the software tags: one size. */
extern const unsigned char loaded_soft[], loaded_soft_end[];

/* With forced tags, which one processor has. */
extern const unsigned char loaded_forced[] __attribute__((weak)),
    loaded_forced_end[] __attribute__((weak));

static const struct {
    const char *name;
    const unsigned char *file;
    const unsigned char *end;
} files[] = {{"64k", loaded_64k, loaded_64k_end},
             {"1m", loaded_1m, loaded_1m_end},
             {"4m", loaded_4m, loaded_4m_end}};

struct image {
    const unsigned char *file;
    size_t bytes;
    size_t writable;
    struct kg_domain *domain;
    const struct kg_gate *null;
    const struct kg_gate *poke;
};

static unsigned char target[LARGEST] __attribute__((aligned(4096)));

static int null_loop(void *context, uint64_t n)
{
    const struct kg_gate *gate = context;
    int bad = 0;
    KB_LOOP(n, bad |= kg_gate_call(gate, NULL));
    return bad;
}

static int check_loop(void *context, uint64_t n)
{
    struct image *image = context;
    int bad = 0;
    KB_LOOP(n, bad |= kg_image_check(image->file, image->bytes, NULL, NULL));
    return bad;
}

static int load_loop(void *context, uint64_t n)
{
    struct image *image = context;
    int bad = 0;
    KB_LOOP_APART(n, (void)0,
                  bad |= kg_image_load(image->file, image->bytes, NULL, &image->domain, NULL),
                  bad |= bad != 0 ? bad : kg_domain_destroy(image->domain));
    return bad;
}

/* A call that must die. */
static int die(struct image *image)
{
    int status = kg_gate_call(image->poke, NULL, UNMAPPED);
    return status == -KG_EFAULTED ? 0 : status != 0 ? status : -KG_EPROOF;
}

static int restart_loop(void *context, uint64_t n)
{
    struct image *image = context;
    int bad = 0;
    KB_LOOP_APART(n, {
        bad |= kg_gate_call(image->null, NULL);
        bad |= die(image);
    }, bad |= kg_domain_reload(image->domain), (void)0);
    return bad;
}

static int copy_loop(void *context, uint64_t n)
{
    const struct image *image = context;
    KB_LOOP_APART(n, (void)0, {
        memcpy(target, image->file, image->writable);
        KB_USE(target);
    }, (void)0);
    return 0;
}

static const struct kg_gate *gate_of(struct image *image, const char *name)
{
    const struct kg_gate *gate = NULL;
    kb_must(kg_image_gate(image->domain, name, NULL, &gate), "make a gate into an image");
    return gate;
}

static void size_rows(const char *name, struct image *image)
{
    char work[32];
    struct kg_image_info info;
    kb_must(kg_image_check(image->file, image->bytes, &info, NULL), "check an image");
    image->writable = info.writable_bytes;
    kb_must(image->writable <= image->bytes && image->writable <= LARGEST ? 0 : -KG_EPROOF,
            "an image's size");
    snprintf(work, sizeof work, "image-check-%s", name);
    kb_row(work, check_loop, image);
    snprintf(work, sizeof work, "image-load-%s", name);
    kb_row_apart(work, load_loop, image);
    kb_must(kg_image_load(image->file, image->bytes, NULL, &image->domain, NULL),
            "load an image");
    image->null = gate_of(image, "null");
    image->poke = gate_of(image, "poke");
    if (strcmp(name, "64k") == 0) {
        kb_row("null-image", null_loop, (void *)image->null);
    }
    snprintf(work, sizeof work, "image-restart-%s", name);
    kb_row_apart(work, restart_loop, image);
    kb_must(kg_domain_destroy(image->domain), "end an image");
    snprintf(work, sizeof work, "image-copy-%s", name);
    kb_row_apart(work, copy_loop, image);
}

static void forced_row(const struct kb_backend *backend)
{
    struct image image = {.file = loaded_forced,
                          .bytes = (size_t)(loaded_forced_end - loaded_forced)};
    if (image.bytes == 0 || backend->id != KG_BACKEND_MTE) {
        return;
    }
    const struct kg_image_options options = {.heap_bytes = 256 << 10};
    kb_must(kg_image_load(image.file, image.bytes, &options, &image.domain, NULL),
            "load an image");
    kb_row("null-image-forced", null_loop, (void *)gate_of(&image, "null"));
    const struct kb_memory_gates gates = {
        .alloc = gate_of(&image, "alloc_plain"), .shuffle = gate_of(&image, "shuffle_plain"),
        .walk = gate_of(&image, "walk_plain"),   .copy = gate_of(&image, "copy_plain"),
        .hash = gate_of(&image, "hash_plain"),
    };
    kb_memory_rows(&gates, "-forced");
    kb_must(kg_domain_destroy(image.domain), "end an image");
}

void kb_work_images(const struct kb_backend *backend)
{
    if (backend->build != KG_BUILD_PLAIN) {
        struct image image = {.file = loaded_soft,
                              .bytes = (size_t)(loaded_soft_end - loaded_soft)};
        size_rows("64k", &image);
        kb_skip("images of 1m and 4m", "only one size is built for software tags");
        return;
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (kb.quick && files[i].file == loaded_4m) {
            kb_skip("images of 4m", "left out of a quick run");
            continue;
        }
        struct image image = {.file = files[i].file,
                              .bytes = (size_t)(files[i].end - files[i].file)};
        size_rows(files[i].name, &image);
    }
    forced_row(backend);
    struct image code = {.file = loaded_code, .bytes = (size_t)(loaded_code_end - loaded_code)};
    kb_row("image-check-code", check_loop, &code);
}
