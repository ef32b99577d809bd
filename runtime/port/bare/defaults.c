/* SPDX-License-Identifier: MIT */
/* What a kernel need not supply unless it has something better. Part of the library. */
#include "port/port.h"

#include <keygate/status.h>

#define WEAK __attribute__((weak))

WEAK bool kg_port_failure(const char *what)
{
    (void)what;
    return false;
}

/* A kernel's vectors call the monitor for good. */
WEAK int kg_port_faults_start(void)
{
    return 0;
}

WEAK void kg_port_faults_stop(void)
{
}

/* All keys but the kernel's own, which is 0. */
WEAK uint32_t kg_port_keys_take(uint32_t *keys, uint32_t max, const char **why)
{
    uint32_t count = 0;
    *why = "the processor has no more";
    while (count < max && count < 15) {
        keys[count] = count + 1;
        count++;
    }
    return count;
}

WEAK void kg_port_keys_free(const uint32_t *keys, uint32_t count)
{
    (void)keys;
    (void)count;
}

WEAK const char *kg_port_environment(const char *name)
{
    (void)name;
    return 0;
}

#if defined(__x86_64__)
WEAK const char *kg_port_ring3_missing(void)
{
    return "this kernel has no way into ring 3 for domains";
}

WEAK bool kg_port_trap_table(uint32_t index, const void **start, size_t *bytes)
{
    (void)index;
    (void)start;
    (void)bytes;
    return false;
}
#endif

WEAK int kg_port_forget(void *address, size_t bytes)
{
    (void)address;
    (void)bytes;
    return -KG_ESYSTEM;
}

/* A kernel's handlers call nothing that asks. */
WEAK bool kg_port_in_handler(void)
{
    return false;
}

WEAK const char *kg_port_name(void)
{
    return "bare";
}

WEAK const char *kg_port_cpu_name(void)
{
#if defined(__x86_64__)
    return "x86_64";
#else
    return "aarch64";
#endif
}

WEAK bool kg_port_constant(uintptr_t address, size_t bytes)
{
    uintptr_t start, end;
    return kg_port_constant_range(address, bytes, &start, &end);
}

/* No walker of stacks is part of this. */
WEAK int kg_port_backtrace(const struct kg_report *report, uintptr_t *addresses, size_t max)
{
    (void)report;
    (void)addresses;
    (void)max;
    return -KG_ESYSTEM;
}
