/* SPDX-License-Identifier: MIT */
/* What a suite takes of its system, over the reference platform. */
#include "kg_host.h"

#include "port/bare/platform.h"

#include <keygate/keygate.h>
#include <setjmp.h>
#include <string.h>

static uint32_t cpus = 1;

uint32_t kg_host_threads(void)
{
    if (cpus == 1) {
        cpus = platform_cpus_start();
    }
    return cpus - 1;
}

/* A thread's end detaches it. */
static void *run(void *argument)
{
    const struct kg_host_thread *thread = argument;
    void *result = thread->body(thread->argument);
    (void)kg_thread_detach();
    return result;
}

/* A CPU that has only just begun to run takes a moment until it takes work. */
bool kg_host_thread_start(struct kg_host_thread *thread, void *(*body)(void *), void *argument)
{
    uint64_t end_ns = kg_port_time_ns() + UINT64_C(1000000000);
    thread->body = body;
    thread->argument = argument;
    do {
        for (uint32_t cpu = 1; cpu <= kg_host_threads(); cpu++) {
            thread->id = cpu;
            if (platform_cpu_run(cpu, run, thread)) {
                return true;
            }
        }
    } while (kg_port_time_ns() < end_ns);
    return false;
}

void *kg_host_thread_join(struct kg_host_thread *thread)
{
    return platform_cpu_wait((uint32_t)thread->id);
}

void kg_host_yield(void)
{
    platform_pause();
}

bool kg_host_sleep_ms(uint64_t ms)
{
    uint64_t end_ns = kg_port_time_ns() + ms * 1000000;
    while (kg_port_time_ns() < end_ns) {
        platform_pause();
    }
    return true;
}

static const struct {
    const char *setting;
    const char *argument;
} settings[] = {
    {"KEYGATE_BACKEND", "backend"},
    {"KEYGATE_STRICT", "strict"},
    {"KEYGATE_TEST_SCALE", "scale"},
};

static const char *argument_of(const char *name)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (strcmp(name, settings[i].setting) == 0) {
            return settings[i].argument;
        }
    }
    platform_panic("the suite asks for a setting there is not");
}

const char *kg_host_setting(const char *name)
{
    return platform_argument(argument_of(name));
}

void kg_host_setting_set(const char *name, const char *value)
{
    if (!platform_argument_set(argument_of(name), value)) {
        platform_panic("no room for a boot argument");
    }
}

void *kg_host_nowhere(void)
{
    void *page;
    if (kg_port_reserve(KG_PAGE_BYTES, KG_PAGE_BYTES, 0, &page) != 0) {
        platform_panic("no address space");
    }
    kg_port_release(page, KG_PAGE_BYTES, 0);
    return page;
}

/* ---- Exceptions of the suite's own, on one CPU at a time ---- */

#define NO_CPU UINT32_MAX

static jmp_buf out;
static uint32_t armed = NO_CPU;
static void (*in_handler)(void *);
static void *in_handler_argument;

static void come_back(void)
{
    longjmp(out, 1);
}

uintptr_t platform_trap_unclaimed(const struct kg_trap *trap)
{
    (void)trap;
    if (armed != platform_cpu()) {
        return 0;
    }
    armed = NO_CPU;
    if (in_handler != NULL) {
        in_handler(in_handler_argument);
    }
    return (uintptr_t)come_back;
}

bool kg_host_faults(void (*action)(void *), void *argument)
{
    if (setjmp(out) != 0) {
        return true;
    }
    armed = platform_cpu();
    action(argument);
    armed = NO_CPU;
    return false;
}

static void trap_here(void *unused)
{
    (void)unused;
    __builtin_trap();
}

void kg_host_in_handler(void (*action)(void *), void *argument)
{
    in_handler = action;
    in_handler_argument = argument;
    (void)kg_host_faults(trap_here, NULL);
    in_handler = NULL;
}

size_t kg_host_mappings(void)
{
    return platform_pages_taken();
}

bool kg_host_has_sve(void)
{
#if defined(__aarch64__)
    uint64_t features;
    __asm__("mrs %0, id_aa64pfr0_el1" : "=r"(features));
    return (features >> 32 & 15) != 0;
#else
    return false;
#endif
}
