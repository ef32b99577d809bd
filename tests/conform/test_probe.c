/* SPDX-License-Identifier: MIT */
/* What a machine is said to offer, and that starting agrees with it. */
#include "world.h"

#if defined(__x86_64__) && !__STDC_HOSTED__
#define BUILT 6u /* keys of both kinds of pages, and ring 3 */
#else
#define BUILT 4u
#endif

static bool is_hardware(enum kg_backend_id id)
{
    return id != KG_BACKEND_NONE && id != KG_BACKEND_SOFT && id != KG_BACKEND_PAGE;
}

KG_TEST_HOOKS(probe, NULL, world_teardown)

KG_TEST(probe, says_what_runs_and_why_not)
{
    struct kg_probe probe;
    KG_ASSERT_STATUS(kg_probe(NULL), -KG_EARGUMENT);
    KG_ASSERT_STATUS(kg_probe(&probe), 0);
#if defined(__x86_64__)
    KG_ASSERT_STR(probe.cpu, "x86_64");
#else
    KG_ASSERT_STR(probe.cpu, "aarch64");
#endif
    KG_ASSERT_STR(probe.port, __STDC_HOSTED__ ? "linux" : "bare");
    KG_ASSERT_EQ(probe.count, BUILT);
    for (size_t i = 0; i < probe.count; i++) {
        const struct kg_backend_report *report = &probe.backends[i];
        KG_NOTE("%s: %s\n", report->name, report->reason);
        KG_ASSERT_STR(report->name, kg_backend_name(report->id));
        KG_ASSERT(strlen(report->reason) > 10);
        KG_ASSERT_EQ(report->available, report->domains > 0);
        KG_ASSERT(report->domains <= KG_DOMAINS_MAX - 1);
        bool hardware = is_hardware(report->id);
        KG_ASSERT_EQ(report->hardware, hardware);
        KG_ASSERT(hardware || report->available); /* software runs everywhere */
        KG_ASSERT(probe.chosen != report->id || report->available);
    }
    KG_ASSERT_EQ(is_hardware(probe.chosen), probe.why_not_better[0] == '\0');
    PASS();
}

KG_TEST(probe, changes_nothing)
{
    struct kg_probe first, second;
    KG_ASSERT_STATUS(kg_probe(&first), 0);
    size_t maps = mappings();
    for (int i = 0; i < 50; i++) {
        KG_ASSERT_STATUS(kg_probe(&second), 0);
    }
    KG_ASSERT(mappings() <= maps);
    KG_ASSERT_EQ(second.chosen, first.chosen);
    world_setup(NULL);
    KG_ASSERT_STATUS(kg_probe(&second), 0);
    KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    PASS();
}

/* What is said to be available starts, the rest is refused. */
KG_TEST(probe, agrees_with_starting)
{
    struct kg_probe probe;
    KG_ASSERT_STATUS(kg_probe(&probe), 0);
    settings_save();
    kg_host_setting_set("KEYGATE_BACKEND", NULL);
    for (size_t i = 0; i < probe.count; i++) {
        const struct kg_backend_report *report = &probe.backends[i];
        bool soft = report->id == KG_BACKEND_SOFT;
        const struct kg_options options = {.backend = report->id,
                                           .build = soft ? KG_BUILD_SOFT : KG_BUILD_PLAIN};
        int status = kg_init(&options);
        KG_NOTE("%s\n", report->name);
        KG_ASSERT_STATUS(status, report->available ? 0 : -KG_EBACKEND);
        if (status == 0) {
            KG_ASSERT_EQ(kg_backend(), report->id);
            uint32_t made = 0;
            struct kg_domain *domain;
            while (kg_domain_create(NULL, &domain) == 0) {
                made++;
            }
            KG_ASSERT_EQ(made, report->domains);
            KG_ASSERT_STATUS(kg_exit(), 0);
        }
    }
    settings_restore();
    PASS();
}

/* Run where there is no memory tagging, or no protection keys. */
KG_TEST(probe, says_what_hardware_is_missing)
{
    struct kg_probe probe;
    KG_ASSERT_STATUS(kg_probe(&probe), 0);
    const struct kg_backend_report *report = &probe.backends[0];
    KG_ASSERT(report->hardware);
    if (!report->available) {
        KG_ASSERT_STR(probe.why_not_better, report->reason);
        KG_ASSERT(strstr(report->reason, "CPUID") != NULL ||
                  strstr(report->reason, "HWCAP") != NULL);
        KG_ASSERT_EQ(probe.chosen, KG_BACKEND_PAGE);
    }
    PASS();
}
