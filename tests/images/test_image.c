/* SPDX-License-Identifier: MIT */
/* Domains that are files: what they can do, what is kept from them, and what is refused. */
#include "images.h"

#include "conform/law_table.h"
#include "conform/provoke.h"

WORLD(image)

uint64_t parts_calls;

static uint64_t add_host(uint64_t a, uint64_t b)
{
    __atomic_add_fetch(&parts_calls, 1, __ATOMIC_RELAXED);
    return a + b;
}

struct kg_grant parts_grant(void)
{
    return (struct kg_grant){"add_host", HOST_GATE(add_host, 2)};
}

int parts_load(struct kg_domain **domain, struct kg_refusal *why)
{
    const struct kg_grant grant = parts_grant();
    const struct kg_image_options options = {
        .name = "parts", .grants = &grant, .grant_count = 1};
    struct image parts = IMAGE(parts);
    return kg_image_load(parts.file, parts.bytes, &options, domain, why);
}

struct kg_domain *parts(void)
{
    struct kg_domain *domain = NULL;
    must(parts_load(&domain, NULL), "load");
    return domain;
}

const struct kg_gate *parts_gate(struct kg_domain *domain, const char *name)
{
    const struct kg_gate *gate = NULL;
    must(kg_image_gate(domain, name, NULL, &gate), name);
    return gate;
}

KG_TEST(image, runs)
{
    struct kg_domain *domain = parts();
    KG_ASSERT_EQ(value0(parts_gate(domain, "count")), 41);
    KG_ASSERT_EQ(value0(parts_gate(domain, "count")), 42);
    KG_ASSERT_EQ(value1(parts_gate(domain, "length"), 2), 205);
    KG_ASSERT_EQ(value2(parts_gate(domain, "through"), 3, 4), 7);
    KG_ASSERT(value1(parts_gate(domain, "heap"), 100) >= 8);
    KG_ASSERT_EQ(value1(parts_gate(domain, "heap"), 1 << 30), 0);
    KG_ASSERT_EQ(value0(parts_gate(domain, "object")), 1);
    KG_ASSERT_EQ(value0(parts_gate(domain, "say")), 1);
    const struct kg_gate *gate;
    KG_ASSERT_STATUS(kg_image_gate(domain, "nonsense", NULL, &gate), -KG_EENTRY);
    KG_ASSERT_STATUS(kg_image_gate(domain_a, "count", NULL, &gate), -KG_EENTRY);
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

KG_TEST(image, is_a_domain_each_time)
{
    struct kg_domain *one = parts();
    struct kg_domain *two = parts();
    KG_ASSERT_EQ(value0(parts_gate(one, "count")), 41);
    KG_ASSERT_EQ(value0(parts_gate(one, "count")), 42);
    KG_ASSERT_EQ(value0(parts_gate(two, "count")), 41);
    KG_ASSERT_STATUS(kg_domain_destroy(one), 0);
    KG_ASSERT_EQ(value0(parts_gate(two, "count")), 42);
    KG_ASSERT_STATUS(kg_domain_destroy(two), 0);
    PASS();
}

/* A restart gives back what was loaded: data, zeroes, heap. */
KG_TEST(image, restarts_pristine)
{
    struct kg_domain *domain = parts();
    const struct kg_gate *crash = parts_gate(domain, "crash");
    for (int i = 0; i < 3; i++) {
        struct kg_report report;
        KG_ASSERT_EQ(value0(parts_gate(domain, "count")), 41);
        KG_ASSERT_EQ(value1(parts_gate(domain, "length"), 0), 103);
        KG_ASSERT_STATUS(kg_gate_call(crash, NULL, 0, 0), -KG_EFAULTED);
        KG_ASSERT_STATUS(kg_domain_report(domain, &report), 0);
        KG_ASSERT_EQ(report.cause, KG_CAUSE_PANIC);
        KG_ASSERT_STR(report.message, "as asked");
        KG_ASSERT_STATUS(kg_gate_call(crash, NULL, 0, 0), -KG_EDEAD);
        KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
        struct kg_account account;
        KG_ASSERT_STATUS(kg_domain_account(domain, &account), 0);
        KG_ASSERT_EQ(account.objects, 0);
        KG_ASSERT(account.image_bytes != 0);
    }
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

/* What parts.c does when it is told to crash. */
enum { PANIC, WRITE_THERE, READ_THERE, WRITE_CONSTANT, WRITE_CODE };

/* An attempt, and whether it is denied as the law table says. */
static enum greatest_test_res reach(struct kg_domain *domain, enum image_reach which, uint64_t how,
                                    const volatile void *address)
{
    bool denied = image_rows[which].denied[kg_backend()];
    KG_NOTE("%s\n", image_rows[which].what);
    int status = kg_gate_call(parts_gate(domain, "crash"), NULL, how, (uintptr_t)address);
    KG_ASSERT_STATUS(status, denied ? -KG_EFAULTED : 0);
    if (denied) {
        KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
    }
    PASS();
}

KG_TEST(image, reaches_what_the_table_says)
{
    static volatile uint64_t of_the_host = 5;
    static const uint64_t constant_of_the_host = 5;
    struct kg_domain *domain = parts();
    volatile uint64_t *heap = kg_domain_heap(domain_b, NULL);
    /* The end of a short name, which is zeroes. */
    volatile uint64_t *books = (volatile uint64_t *)(uintptr_t)(kg_domain_name(domain) + 24);
    CHECK_CALL(reach(domain, IMAGE_HEAP_READ, READ_THERE, heap));
    CHECK_CALL(reach(domain, IMAGE_HEAP_WRITE, WRITE_THERE, heap));
    CHECK_CALL(reach(domain, IMAGE_MONITOR_READ, READ_THERE, books));
    CHECK_CALL(reach(domain, IMAGE_MONITOR_WRITE, WRITE_THERE, books));
    *books = 0;
    CHECK_CALL(reach(domain, IMAGE_HOST_READ, READ_THERE, &of_the_host));
    CHECK_CALL(reach(domain, IMAGE_HOST_WRITE, WRITE_THERE, &of_the_host));
    CHECK_CALL(reach(domain, IMAGE_HOST_CONSTANT_READ, READ_THERE, &constant_of_the_host));
    CHECK_CALL(reach(domain, IMAGE_CONSTANT_WRITE, WRITE_CONSTANT, NULL));
    CHECK_CALL(reach(domain, IMAGE_CODE_WRITE, WRITE_CODE, NULL));
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

KG_TEST(image, writes_by_other_means)
{
    enum { WAYS = 5 };
    static _Alignas(16) unsigned char of_the_host[512];
    bool denied = image_rows[IMAGE_HOST_WRITE].denied[kg_backend()];
    struct kg_domain *domain = parts();
    for (uint64_t how = 0; how < WAYS; how++) {
        KG_NOTE("way %d\n", (int)how);
        memset(of_the_host, 0, sizeof of_the_host);
        int status =
            kg_gate_call(parts_gate(domain, "write_by"), NULL, how, (uintptr_t)of_the_host);
        bool changed = false;
        for (size_t i = 0; i < sizeof of_the_host; i++) {
            changed |= of_the_host[i] != 0;
        }
        KG_ASSERT_STATUS(status, denied ? -KG_EFAULTED : 0);
        KG_ASSERT_EQ(changed, !denied);
        if (denied) {
            KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
        }
    }
    KG_ASSERT_STATUS(kg_gate_call(parts_gate(domain, "write_home"), NULL), -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

KG_TEST(image, reads_by_other_means)
{
    enum { WAYS = 5 };
    static _Alignas(16) unsigned char of_the_host[64];
    bool denied = image_rows[IMAGE_HOST_READ].denied[kg_backend()];
    struct kg_domain *domain = parts();
    for (uint64_t how = 0; how < WAYS; how++) {
        KG_NOTE("way %d\n", (int)how);
        int status =
            kg_gate_call(parts_gate(domain, "read_by"), NULL, how, (uintptr_t)of_the_host);
        KG_ASSERT_STATUS(status, denied ? -KG_EFAULTED : 0);
        if (denied) {
            KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
        }
    }
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

/* What interrupts it, and ends it, finds the host's memory again. */
KG_TEST(image, is_ended_past_its_deadline)
{
    struct kg_domain *domain = parts();
    const struct kg_gate_options options = {.deadline_ns = 5000000};
    const struct kg_gate *spin = NULL;
    must(kg_image_gate(domain, "spin", &options, &spin), "spin");
    for (int i = 0; i < 3; i++) {
        KG_ASSERT_STATUS(kg_gate_call(spin, NULL), -KG_EDEADLINE);
        KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
        KG_ASSERT_EQ(value0(parts_gate(domain, "count")), 41);
    }
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

KG_TEST(image, imports_what_is_granted)
{
    struct kg_domain *domain = NULL;
    struct kg_refusal why = {.text = ""};
    struct image image = IMAGE(parts);
    KG_ASSERT_STATUS(kg_image_load(image.file, image.bytes, NULL, &domain, &why), -KG_EIMPORT);
    KG_ASSERT(strstr(why.text, "not granted: add_host") != NULL);
    struct kg_grant grant = {"add_host", HOST_GATE(add_host, 1)};
    struct kg_image_options options = {.grants = &grant, .grant_count = 1};
    KG_ASSERT_STATUS(kg_image_load(image.file, image.bytes, &options, &domain, &why), -KG_EIMPORT);
    KG_ASSERT(strstr(why.text, "number of arguments: add_host") != NULL);
    grant.gate = (const struct kg_gate *)(const void *)&grant;
    int status = kg_image_load(image.file, image.bytes, &options, &domain, &why);
    KG_ASSERT_STATUS(status, -KG_EARGUMENT);
    PASS();
}

KG_TEST(image, is_of_the_flavour_that_runs)
{
    bool soft = world_build() == KG_BUILD_SOFT;
    struct image other = soft ? IMAGE_OF(parts) : IMAGE_OF(parts_soft);
    struct kg_image_info info;
    struct kg_domain *domain = NULL;
    struct kg_refusal why = {.text = ""};
    KG_ASSERT_STATUS(kg_image_check(other.file, other.bytes, &info, &why), 0);
    KG_ASSERT_EQ(info.build, (soft ? KG_BUILD_PLAIN : KG_BUILD_SOFT) | KG_BUILD_GENERAL_ONLY);
    KG_ASSERT_STATUS(kg_image_load(other.file, other.bytes, NULL, &domain, &why), -KG_EFLAVOUR);
    KG_ASSERT(strstr(why.text, "another flavour") != NULL);
    PASS();
}

KG_TEST(image, holds_no_forbidden_instruction)
{
    struct kg_domain *domain = NULL;
    struct kg_refusal why = {.text = ""};
    struct image image = IMAGE_OF(forbidden);
    KG_ASSERT_STATUS(kg_image_check(image.file, image.bytes, NULL, &why), -KG_EVERIFY);
    KG_ASSERT(strstr(why.text, "no domain may run") != NULL);
    KG_ASSERT(why.offset >= 4096 && why.offset < image.bytes);
    KG_ASSERT_STATUS(kg_image_load(image.file, image.bytes, NULL, &domain, &why), -KG_EVERIFY);
    PASS();
}

/* A load that fails at any point leaves no domain and no memory behind. */
KG_TEST(image, leaves_nothing_when_refused)
{
    struct image image = IMAGE(parts);
    for (int i = 0; i < 50; i++) {
        struct kg_domain *domain = NULL;
        KG_ASSERT_STATUS(kg_image_load(image.file, image.bytes, NULL, &domain, NULL), -KG_EIMPORT);
        KG_ASSERT(domain == NULL);
    }
    struct kg_domain *domain = parts();
    KG_ASSERT_EQ(value0(parts_gate(domain, "count")), 41);
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

int provoke_image(void)
{
    struct kg_domain *domain = NULL;
    return kg_image_load("no image", 8, NULL, &domain, NULL);
}

int provoke_verify(void)
{
    struct image image = IMAGE_OF(forbidden);
    return kg_image_check(image.file, image.bytes, NULL, NULL);
}

int provoke_import(void)
{
    struct kg_domain *domain = NULL;
    struct image image = IMAGE(parts);
    return kg_image_load(image.file, image.bytes, NULL, &domain, NULL);
}

int provoke_entry(void)
{
    const struct kg_gate *gate = NULL;
    return kg_image_gate(domain_a, "nothing", NULL, &gate);
}
