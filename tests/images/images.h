/* SPDX-License-Identifier: MIT */
/* The images of the suite, and how it loads them. */
#ifndef IMAGES_H
#define IMAGES_H

#include "conform/world.h"

extern const unsigned char image_parts[], image_parts_end[];
extern const unsigned char image_forbidden[], image_forbidden_end[];

#define SOFT_HAS_NONE "images are built plain"

/* test_image.c: parts.c, with what it imports; refusal may be NULL. */
extern uint64_t parts_calls; /* of what it imports */
struct kg_grant parts_grant(void);
int parts_load(struct kg_domain **domain, struct kg_refusal *refusal);
struct kg_domain *parts(void);
const struct kg_gate *parts_gate(struct kg_domain *domain, const char *name);

#endif
