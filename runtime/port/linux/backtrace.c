/* SPDX-License-Identifier: MIT */
/* Return addresses of a dead call, by libunwind where the build found it: first the domain's stack
 * from the registers of its death, then, past the gate, the caller's from those the gate kept. */
#define _GNU_SOURCE
#include "linux.h"

#include "context.h"

#ifdef KEYGATE_LIBUNWIND

#define UNW_LOCAL_ONLY
#include <libunwind.h>

/* Walks one stack and returns the new count. A routine of unknown caller ends it: the gate. */
static size_t walk(const uint64_t *registers, bool signal_frame, uintptr_t *addresses,
                   size_t count, size_t max)
{
    /* libunwind's context is the kernel's, on some processors without the tail. */
    union {
        unw_context_t own;
        ucontext_t kernels;
    } context;
    unw_cursor_t cursor;
    unw_getcontext(&context.own);
    kg_context_write(&context.kernels, registers);
    int flags = signal_frame ? UNW_INIT_SIGNAL_FRAME : 0;
    if (unw_init_local2(&cursor, &context.own, flags) < 0) {
        return count;
    }
    while (count < max) {
        unw_word_t at;
        if (unw_get_reg(&cursor, UNW_REG_IP, &at) < 0 || at == 0) {
            break;
        }
        addresses[count++] = (uintptr_t)at;
        if (unw_step(&cursor) <= 0) {
            break;
        }
    }
    return count;
}

int kg_port_backtrace(const struct kg_report *report, uintptr_t *addresses, size_t max)
{
    size_t count = walk(report->registers, true, addresses, 0, max);
    count = walk(report->caller, false, addresses, count, max);
    return (int)count;
}

#else

int kg_port_backtrace(const struct kg_report *report, uintptr_t *addresses, size_t max)
{
    (void)report;
    (void)addresses;
    (void)max;
    return -KG_ESYSTEM;
}

#endif
