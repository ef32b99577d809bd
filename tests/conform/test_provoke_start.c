/* SPDX-License-Identifier: MIT */
/* Starting: options, the environment, refusals, and a system that lies. */
#define _GNU_SOURCE
#include "provoke.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

WORLD(start)

/* The environment that chose this run's backend, put back in the end. */
static char *chosen;

static void environment_save(void)
{
    const char *name = getenv("KEYGATE_BACKEND");
    world_teardown(NULL);
    free(chosen);
    chosen = name != NULL ? strdup(name) : NULL;
}

static void environment_restore(void)
{
    if (chosen != NULL) {
        setenv("KEYGATE_BACKEND", chosen, 1);
    } else {
        unsetenv("KEYGATE_BACKEND");
    }
    unsetenv("KEYGATE_STRICT");
}

static int start_with(const char *backend, const char *strict)
{
    environment_save();
    setenv("KEYGATE_BACKEND", backend, 1);
    if (strict != NULL) {
        setenv("KEYGATE_STRICT", strict, 1);
    }
    int status = world_start();
    environment_restore();
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
    const struct kg_options bad_build = {.build = KG_BUILD_PLAIN | KG_BUILD_SOFT};
    environment_save();
    unsetenv("KEYGATE_BACKEND");
    int first = kg_init(&bad_backend);
    int second = kg_init(&bad_build);
    environment_restore();
    KG_ASSERT_STATUS(first, -KG_EARGUMENT);
    KG_ASSERT_STATUS(second, -KG_EARGUMENT);
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

/* ---- A system that says "done" and does nothing ---- */

static bool lying;

#ifndef CONFORM_SHARED
int mprotect(void *address, size_t bytes, int protection)
{
    bool opens = (protection & PROT_READ) != 0;
    if (lying && !opens) {
        return 0;
    }
    return (int)syscall(SYS_mprotect, address, bytes, protection);
}

#if defined(__x86_64__)
int pkey_mprotect(void *address, size_t bytes, int protection, int key)
{
    if (lying && key == 2) { /* the second key it takes: nobody's memory */
        return 0;
    }
    return (int)syscall(SYS_pkey_mprotect, address, bytes, protection, key);
}
#else
int prctl(int option, ...)
{
    static unsigned long control;
    va_list list;
    va_start(list, option);
    unsigned long a = va_arg(list, unsigned long);
    unsigned long b = va_arg(list, unsigned long);
    unsigned long c = va_arg(list, unsigned long);
    unsigned long d = va_arg(list, unsigned long);
    va_end(list);
    if (lying && option == 55) { /* PR_SET_TAGGED_ADDR_CTRL */
        control = a;
        return 0;
    }
    if (lying && option == 56) {
        return (int)control;
    }
    return (int)syscall(SYS_prctl, option, a, b, c, d);
}
#endif
#endif

bool provoke_no_lies(void)
{
#ifdef CONFORM_SHARED
    return true;
#else
    enum kg_backend_id id = kg_backend();
    return id == KG_BACKEND_NONE || id == KG_BACKEND_SOFT;
#endif
}

/* The monitor finds out by itself, and does not start. */
int provoke_proof(void)
{
    world_teardown(NULL);
    lying = true;
    int status = world_start();
    lying = false;
    return status;
}

KG_TEST(start, system_that_lies_is_found_out)
{
    if (provoke_no_lies()) {
        PASS();
    }
    size_t maps = 0;
    for (int i = 0; i < 3; i++) {
        KG_ASSERT_STATUS(provoke_proof(), -KG_EPROOF);
        KG_ASSERT_EQ(kg_backend(), KG_BACKEND_AUTO);
        maps = i == 0 ? mappings() : maps;
        KG_ASSERT(mappings() <= maps + 1);
    }
    KG_ASSERT_STATUS(world_start(), 0);
    PASS();
}
