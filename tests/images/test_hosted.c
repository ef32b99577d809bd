/* SPDX-License-Identifier: MIT */
/* What the domain-side library has for code that was written against a C library. */
#include "images.h"

#include "conform/provoke.h"

extern const unsigned char image_hosted[], image_hosted_end[];
#if defined(__aarch64__)
extern const unsigned char image_hosted_forced[], image_hosted_forced_end[];
#endif

WORLD(hosted)

static enum greatest_test_res hosts(const unsigned char *image, const unsigned char *end)
{
    struct kg_report report;
    struct kg_domain *domain = NULL;
    struct kg_refusal why = {.text = ""};
    must(kg_image_load(image, (size_t)(end - image), NULL, &domain, &why), why.text);
    for (int i = 0; i < 50; i++) {
        KG_ASSERT_EQ(value1(parts_gate(domain, "hosted"), 2000), 1);
    }
    KG_ASSERT_EQ(value1(parts_gate(domain, "hosted"), SIZE_MAX), 0);
    KG_ASSERT_EQ(value1(parts_gate(domain, "jumped"), 5), 5);
    KG_ASSERT_EQ(value1(parts_gate(domain, "jumped"), 0), 1);
    KG_ASSERT_STATUS(kg_gate_call(parts_gate(domain, "jumped"), NULL, 9), -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_report(domain, &report), 0);
    KG_ASSERT_STR(report.message, "abort()");
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

KG_TEST(hosted, c_libraries)
{
    if (world_build() != KG_BUILD_PLAIN) {
        KG_SKIP(SOFT_HAS_NONE);
    }
    CHECK_CALL(hosts(image_hosted, image_hosted_end));
#if defined(__aarch64__)
    if (kg_backend() == KG_BACKEND_MTE) {
        CHECK_CALL(hosts(image_hosted_forced, image_hosted_forced_end));
    }
#endif
    PASS();
}
