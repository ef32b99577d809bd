/* SPDX-License-Identifier: MIT */
/* Return addresses of a dead call, by libunwind where the build found it. */
#define _GNU_SOURCE
#include "linux.h"

#ifdef KEYGATE_LIBUNWIND
#include "backtrace_libunwind.h"
#else
int kg_port_backtrace(const struct kg_report *report, uintptr_t *addresses, size_t max)
{
    (void)report;
    (void)addresses;
    (void)max;
    return -KG_ESYSTEM;
}
#endif
