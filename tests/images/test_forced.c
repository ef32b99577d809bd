/* SPDX-License-Identifier: MIT */
/* Images with forced tags: whatever their code computes, each access has the domain's own tag. */
#include "images.h"

#if defined(__aarch64__)
IMAGE_DECLARE(parts_forced);

WORLD(forced)

#define BYTES (IMAGE_OF(parts_forced).bytes)

static bool runs_none(void)
{
    return kg_backend() != KG_BACKEND_MTE;
}
#define WHY "forced tags take memory tagging"

static int load(struct kg_domain **domain, struct kg_refusal *why)
{
    const struct kg_grant grant = parts_grant();
    const struct kg_image_options options = {
        .name = "forced", .grants = &grant, .grant_count = 1};
    return kg_image_load(image_parts_forced, BYTES, &options, domain, why);
}

static struct kg_domain *forced(void)
{
    struct kg_domain *domain = NULL;
    struct kg_refusal why = {.text = ""};
    int status = load(&domain, &why);
    must(status, why.text);
    return domain;
}

KG_TEST(forced, runs)
{
    struct kg_domain *domain = NULL;
    struct kg_refusal why = {.text = ""};
    if (runs_none()) {
        KG_ASSERT_STATUS(load(&domain, &why), -KG_EFLAVOUR);
        PASS();
    }
    domain = forced();
    for (uint64_t i = 0; i < 3; i++) {
        KG_ASSERT_EQ(value0(parts_gate(domain, "count")), 41 + i);
    }
    KG_ASSERT_EQ(value1(parts_gate(domain, "length"), 2), 305);
    KG_ASSERT_EQ(value2(parts_gate(domain, "through"), 3, 4), 7);
    KG_ASSERT(value1(parts_gate(domain, "heap"), 100) >= 8);
    KG_ASSERT_EQ(value0(parts_gate(domain, "object")), 1);
    KG_ASSERT_EQ(value0(parts_gate(domain, "say")), 1);
    KG_ASSERT_STATUS(kg_gate_call(parts_gate(domain, "crash"), NULL, 0, 0), -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
    KG_ASSERT_EQ(value0(parts_gate(domain, "count")), 41);
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

/* One word of its code changed, by somebody else than the pass. */
KG_TEST(forced, is_verified)
{
    static unsigned char copy[1 << 16];
    static const uint32_t words[] = {
        0xf9400020, /* ldr x0, [x1] */
        0xaa0103f5, /* mov x21, x1 */
        0x9100003f, /* mov sp, x1 */
        0xd61f0020, /* br x1 */
        0xd4000001, /* svc #0 */
        0xd503411f, /* msr tco, #1 */
        0xd9200820, /* stg x0, [x1] */
        0x14ffffff, /* b out of the text */
    };
    struct kg_refusal why;
    uint64_t code;
    KG_ASSERT(BYTES <= sizeof copy);
    memcpy(&code, image_parts_forced + 64 + 56 + 8, sizeof code); /* the second segment */
    KG_ASSERT_STATUS(kg_image_check(image_parts_forced, BYTES, NULL, &why), 0);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct kg_domain *domain = NULL;
        memcpy(copy, image_parts_forced, BYTES);
        memcpy(copy + code + 16, &words[i], sizeof words[i]);
        int status = kg_image_load(copy, BYTES, NULL, &domain, &why);
        KG_NOTE("word %x: %s at %lx\n", (unsigned)words[i], why.text, (unsigned long)why.offset);
        KG_ASSERT_STATUS(status, -KG_EVERIFY);
        KG_ASSERT(strstr(why.text, "does not keep to its tag and window") != NULL);
        KG_ASSERT(why.offset >= code + 16 && why.offset < code + 64);
    }
    PASS();
}

enum { PANIC, WRITE_THERE, READ_THERE, WRITE_CONSTANT, WRITE_CODE };

/* A pointer with the right tag for what it points to, made by arithmetic: plain code follows it. */
KG_TEST(forced, forged_pointers_are_its_own)
{
    if (runs_none()) {
        KG_SKIP(WHY);
    }
    struct kg_domain *plain = parts();
    struct kg_domain *domain = forced();
    uint64_t heap = (uintptr_t)kg_domain_heap(domain_b, NULL);
    uint64_t forged = heap | value0(GATE(domain_b, self)) << 56;
    uint64_t value = 0;
    KG_ASSERT_STATUS(
        kg_gate_call(parts_gate(plain, "crash"), &value, READ_THERE, forged), 0);
    KG_ASSERT_STATUS(kg_gate_call(parts_gate(domain, "crash"), NULL, READ_THERE, forged),
                     -KG_EFAULTED);
    struct kg_report report;
    KG_ASSERT_STATUS(kg_domain_report(domain, &report), 0);
    KG_ASSERT_EQ(report.cause, KG_CAUSE_TAG);
    KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    KG_ASSERT_STATUS(kg_domain_destroy(plain), 0);
    PASS();
}

/* What lies outside the window can't be said by its code: the upper half of an address is the
 * window's, and what is left of it is the domain's or faults. */
KG_TEST(forced, cannot_reach)
{
    if (runs_none()) {
        KG_SKIP(WHY);
    }
    static volatile uint64_t of_the_host = 5;
    struct kg_domain *domain = forced();
    const struct kg_gate *crash = parts_gate(domain, "crash");
    const struct {
        uint64_t how, address;
    } tries[] = {
        {WRITE_THERE, (uintptr_t)&of_the_host},
        {READ_THERE, (uintptr_t)&of_the_host},
        {WRITE_THERE, (uintptr_t)kg_domain_name(domain)},
        {READ_THERE, (uintptr_t)kg_domain_name(domain)},
        {WRITE_THERE, (uintptr_t)kg_domain_heap(domain_a, NULL)},
        {READ_THERE, (uintptr_t)kg_domain_heap(domain_a, NULL)},
        {READ_THERE, 0},
        {WRITE_CONSTANT, 0},
        {WRITE_CODE, 0},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        KG_NOTE("try %d\n", (int)i);
        KG_ASSERT_STATUS(kg_gate_call(crash, NULL, tries[i].how, tries[i].address),
                         -KG_EFAULTED);
        KG_ASSERT_EQ(of_the_host, 5);
        KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
    }
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}
#endif
