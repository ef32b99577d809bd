/* SPDX-License-Identifier: MIT */
/* More of a C library in an image. Built where its sources were fetched. */
#include "images.h"

#define OPTIONAL(name)                                                                          \
    extern const unsigned char image_##name[] __attribute__((weak));                            \
    extern const unsigned char image_##name##_end[] __attribute__((weak))
OPTIONAL(library);
OPTIONAL(library_soft);
OPTIONAL(library_forced);

WORLD(library)

static enum greatest_test_res uses(struct image image, bool guarded)
{
    struct kg_domain *domain = NULL;
    struct kg_refusal why = {.text = ""};
    int status = kg_image_load(image.file, image.bytes, NULL, &domain, &why);
    must(status, why.text);
    KG_ASSERT_EQ(value0(parts_gate(domain, "text")), 1);
    KG_ASSERT_EQ(value0(parts_gate(domain, "number")), 1);
    KG_ASSERT_EQ(value1(parts_gate(domain, "sorted"), 1000), 1);
    KG_ASSERT_EQ(value0(parts_gate(domain, "print")), 1);
    KG_ASSERT_EQ(value1(parts_gate(domain, "overrun"), 0), 3);
    if (guarded) {
        uint64_t heap = (uintptr_t)kg_domain_heap(domain_b, NULL);
        KG_ASSERT_STATUS(kg_gate_call(parts_gate(domain, "overrun"), NULL, heap + 64),
                         -KG_EFAULTED);
    }
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

KG_TEST(library, works_in_a_domain)
{
    struct image image = IMAGE(library);
    if (image.bytes == 0) {
        KG_SKIP("LIBC was not built");
    }
    CHECK_CALL(uses(image, kg_backend() != KG_BACKEND_NONE));
    if (kg_backend() == KG_BACKEND_MTE) {
        CHECK_CALL(uses(IMAGE_OF(library_forced), true));
    }
    PASS();
}
