/* SPDX-License-Identifier: MIT */
/* A hand-over of a list and a tree that are tied together by pointers: nothing in them is
 * changed. */
#include "images.h"

IMAGE_DECLARE(chain);
IMAGE_DECLARE(chain_soft);

WORLD(chain)

#define NODES 64u

static struct kg_domain *load(struct image image)
{
    struct kg_domain *domain = NULL;
    struct kg_refusal why = {.text = ""};
    int status = kg_image_load(image.file, image.bytes, NULL, &domain, &why);
    must(status, why.text);
    return domain;
}

static const struct kg_gate *gate(struct kg_domain *domain, const char *name, bool gives,
                                  bool takes)
{
    const struct kg_gate *made = NULL;
    const struct kg_gate_options options = {
        .result = gives ? KG_GIVE : KG_VALUE,
        .arguments = {takes ? KG_GIVE : KG_VALUE},
    };
    must(kg_image_gate(domain, name, &options, &made), name);
    return made;
}

/* From the giver to the receiver by way of the host. `follows`: the inner pointers are the
 * receiver's to follow. */
static enum greatest_test_res hand_over(struct image image, bool follows, bool denied)
{
    struct kg_domain *giver = load(image);
    struct kg_domain *receiver = load(image);
    uint64_t handle = 0, value = 0;
    KG_ASSERT_STATUS(kg_gate_call(gate(giver, "build", true, false), &handle), 0);
    int status = kg_gate_call(gate(receiver, "sum_list", false, true), &value, handle);
    KG_ASSERT_STATUS(status, follows ? 0 : -KG_EFAULTED);
    if (follows) {
        KG_ASSERT_EQ(value, NODES * (NODES - 1) / 2);
        KG_ASSERT_EQ(value1(gate(receiver, "walk_tree", false, false), handle), NODES);
        static const char *const stale[] = {"stale_read", "stale_write"};
        for (size_t i = 0; i < 2; i++) {
            KG_NOTE("%s\n", stale[i]);
            status = kg_gate_call(gate(giver, stale[i], false, false), NULL);
            KG_ASSERT_STATUS(status, denied ? -KG_EFAULTED : 0);
            if (denied) {
                struct kg_report report;
                KG_ASSERT_STATUS(kg_domain_report(giver, &report), 0);
                KG_ASSERT_EQ(report.cause, KG_CAUSE_TAG);
                break; /* reloaded it has no pointer from before */
            }
        }
        bool whole = value1(gate(receiver, "walk_tree", false, false), handle) == NODES;
        KG_ASSERT_EQ(whole, denied);
    }
    KG_ASSERT_STATUS(kg_domain_destroy(giver), 0);
    KG_ASSERT_STATUS(kg_domain_destroy(receiver), 0);
    PASS();
}

/* With plain tags the pointer is the right: those inside still have the giver's. */
KG_TEST(chain, goes_over_whole)
{
    bool denied = kg_backend() != KG_BACKEND_NONE;
    CHECK_CALL(hand_over(IMAGE(chain), kg_backend() != KG_BACKEND_MTE, denied));
    PASS();
}

/* Another image's variables: plain images on mte have none that are tagged. */
static enum greatest_test_res variables(struct image image, bool denied)
{
    struct kg_domain *one = load(image);
    struct kg_domain *two = load(image);
    uint64_t there = value0(gate(one, "own_variable", false, false));
    KG_ASSERT_STATUS(kg_gate_call(gate(one, "read_there", false, false), NULL, there), 0);
    int status = kg_gate_call(gate(two, "read_there", false, false), NULL, there);
    KG_ASSERT_STATUS(status, denied ? -KG_EFAULTED : 0);
    KG_ASSERT_STATUS(kg_domain_destroy(one), 0);
    KG_ASSERT_STATUS(kg_domain_destroy(two), 0);
    PASS();
}

KG_TEST(chain, variables_are_its_own)
{
    enum kg_backend_id id = kg_backend();
    CHECK_CALL(variables(IMAGE(chain), id != KG_BACKEND_NONE && id != KG_BACKEND_MTE));
    PASS();
}

#if defined(__aarch64__)
IMAGE_DECLARE(chain_forced);

KG_TEST(chain, forced_tags_go_over_whole)
{
    if (kg_backend() != KG_BACKEND_MTE) {
        KG_SKIP("forced tags take memory tagging");
    }
    CHECK_CALL(hand_over(IMAGE_OF(chain_forced), true, true));
    CHECK_CALL(variables(IMAGE_OF(chain_forced), true));
    PASS();
}
#endif
