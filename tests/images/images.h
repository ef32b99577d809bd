/* SPDX-License-Identifier: MIT */
/* The images of the suite, and how it loads them. */
#ifndef IMAGES_H
#define IMAGES_H

#include "conform/world.h"

struct image {
    const unsigned char *file;
    size_t bytes;
};

#define IMAGE_DECLARE(name) extern const unsigned char image_##name[], image_##name##_end[]
#define IMAGE_OF(name) ((struct image){image_##name, (size_t)(image_##name##_end - image_##name)})
IMAGE_DECLARE(parts);
IMAGE_DECLARE(parts_soft);
IMAGE_DECLARE(forbidden);

/* The image in the flavour that the backend runs. */
#define IMAGE(name) (world_build() == KG_BUILD_SOFT ? IMAGE_OF(name##_soft) : IMAGE_OF(name))

/* test_image.c: parts.c, with what it imports; refusal may be NULL. */
extern uint64_t parts_calls; /* of what it imports */
struct kg_grant parts_grant(void);
int parts_load(struct kg_domain **domain, struct kg_refusal *refusal);
struct kg_domain *parts(void);
const struct kg_gate *parts_gate(struct kg_domain *domain, const char *name);

#endif
