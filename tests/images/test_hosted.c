/* SPDX-License-Identifier: MIT */
/* What the domain-side library has for code that was written against a C library. */
#include "images.h"

#include "conform/provoke.h"

IMAGE_DECLARE(hosted);
IMAGE_DECLARE(hosted_soft);
#if defined(__aarch64__)
IMAGE_DECLARE(hosted_forced);
#endif

WORLD(hosted)

static enum greatest_test_res hosts(struct image image)
{
    struct kg_report report;
    struct kg_domain *domain = NULL;
    struct kg_refusal why = {.text = ""};
    int status = kg_image_load(image.file, image.bytes, NULL, &domain, &why);
    must(status, why.text);
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
    CHECK_CALL(hosts(IMAGE(hosted)));
#if defined(__aarch64__)
    if (kg_backend() == KG_BACKEND_MTE) {
        CHECK_CALL(hosts(IMAGE_OF(hosted_forced)));
    }
#endif
    PASS();
}
