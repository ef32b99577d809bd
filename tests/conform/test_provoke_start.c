/* SPDX-License-Identifier: MIT */
/* Starting: options, settings from outside and refusals. */
#include "provoke.h"

WORLD(start)

static int start_with(const char *backend, const char *strict)
{
    world_teardown(NULL);
    settings_save();
    kg_host_setting_set("KEYGATE_BACKEND", backend);
    kg_host_setting_set("KEYGATE_STRICT", strict);
    int status = world_start();
    settings_restore();
    return status;
}

static const char *software(void)
{
    return world_build() == KG_BUILD_SOFT ? "soft" : "none";
}

int provoke_not_ready(void)
{
    struct kg_domain *domain = NULL;
    world_teardown(NULL);
    return kg_domain_create(NULL, &domain);
}

int provoke_unprotected(void)
{
    return start_with(software(), "1");
}

int provoke_backend(void)
{
#if defined(__x86_64__)
    return start_with("mte", NULL);
#else
    return start_with("pkey", NULL);
#endif
}

KG_TEST(start, unknown_names_are_refused)
{
    KG_ASSERT_STATUS(start_with("nonesuch", NULL), -KG_EARGUMENT);
    KG_ASSERT_STATUS(start_with("PKEY", NULL), -KG_EARGUMENT);
    KG_ASSERT_STATUS(world_start(), 0);
    PASS();
}

KG_TEST(start, options_are_checked)
{
    const struct kg_options bad_backend = {.backend = KG_BACKEND_COUNT};
    const struct kg_options bad_build = {.build = KG_BUILD_GENERAL_ONLY};
    const struct kg_options odd_build = {.build = KG_BUILD_PLAIN | 16};
    world_teardown(NULL);
    settings_save();
    kg_host_setting_set("KEYGATE_BACKEND", NULL);
    int first = kg_init(&bad_backend);
    int second = kg_init(&bad_build);
    int third = kg_init(&odd_build);
    settings_restore();
    KG_ASSERT_STATUS(first, -KG_EARGUMENT);
    KG_ASSERT_STATUS(second, -KG_EARGUMENT);
    KG_ASSERT_STATUS(third, -KG_EARGUMENT);
    KG_ASSERT_EQ(kg_backend(), KG_BACKEND_AUTO);
    PASS();
}

/* Plain code does not run on `soft`, nor checked code anywhere else. */
KG_TEST(start, flavour_must_fit_the_backend)
{
    const char *other = world_build() == KG_BUILD_SOFT ? "none" : "soft";
    KG_ASSERT_STATUS(start_with(other, NULL), -KG_EFLAVOUR);
    PASS();
}

KG_TEST(start, strict_mode_wants_hardware)
{
    KG_ASSERT_STATUS(start_with(software(), "1"), -KG_EUNPROTECTED);
    KG_ASSERT_STATUS(start_with(software(), "0"), 0);
    world_teardown(NULL);
    enum kg_backend_id id = KG_BACKEND_NONE;
    struct kg_probe probe;
    KG_ASSERT_STATUS(kg_probe(&probe), 0);
    for (size_t i = 0; i < probe.count; i++) {
        if (probe.backends[i].hardware && probe.backends[i].available) {
            id = probe.backends[i].id;
        }
    }
    if (id != KG_BACKEND_NONE && world_build() == KG_BUILD_PLAIN) {
        KG_ASSERT_STATUS(start_with(kg_backend_name(id), "1"), 0);
        KG_ASSERT_EQ(kg_backend(), id);
    } else {
        KG_ASSERT_STATUS(start_with("auto", "1"), -KG_EUNPROTECTED);
    }
    PASS();
}

KG_TEST(start, without_a_monitor_calls_say_so)
{
    struct kg_account account;
    struct kg_domain *a = domain_a;
    const struct kg_object_options options = {.bytes = 16};
    kg_handle handle = 0;
    const struct kg_gate *gate = NULL;
    world_teardown(NULL);
    KG_ASSERT_STATUS(kg_exit(), -KG_ENOTREADY);
    KG_ASSERT_STATUS(kg_thread_attach(), -KG_ENOTREADY);
    KG_ASSERT_STATUS(kg_thread_detach(), -KG_ENOTREADY);
    KG_ASSERT_STATUS(kg_domain_create(NULL, &a), -KG_ENOTREADY);
    KG_ASSERT_STATUS(kg_domain_account(a, &account), -KG_ENOTREADY);
    KG_ASSERT_STATUS(kg_gate_create(NULL, KG_ENTRY_OF(add0), NULL, &gate), -KG_ENOTREADY);
    KG_ASSERT_STATUS(kg_object_create(&options, &handle), -KG_ENOTREADY);
    KG_ASSERT_STATUS(kg_object_drop(1), -KG_ENOTREADY);
    KG_ASSERT(kg_object_address(1) == NULL);
    KG_ASSERT_EQ(kg_backend(), KG_BACKEND_AUTO);
    KG_ASSERT_STATUS(world_start(), 0);
    KG_ASSERT_STATUS(kg_init(NULL), -KG_EALREADY);
    PASS();
}
