/* SPDX-License-Identifier: MIT */
/* The clock and each CPU's timer: the virtual ones of the generic timer (Arm ARM, the Generic
 * Timer). */
#include "machine.h"

#define SECOND UINT64_C(1000000000)
#define CONTROL_ON 1u

/* The ISB keeps the count from being read early. */
uint64_t kg_port_time_ns(void)
{
    uint64_t frequency = READ("cntfrq_el0");
    BARRIER("isb");
    uint64_t ticks = READ("cntvct_el0");
    return ticks / frequency * SECOND + ticks % frequency * SECOND / frequency;
}

/* The timer fires while the count is at or above the comparator, so one that is past fires at once.
 * Rounded up: the clock must not read less than what was asked for. */
void platform_timer_set(uint64_t at_ns)
{
    uint64_t frequency = READ("cntfrq_el0");
    if (at_ns == 0) {
        WRITE("cntv_ctl_el0", 0);
    } else {
        uint64_t part = (at_ns % SECOND * frequency + SECOND - 1) / SECOND;
        WRITE("cntv_cval_el0", at_ns / SECOND * frequency + part);
        WRITE("cntv_ctl_el0", CONTROL_ON);
    }
    BARRIER("isb");
}

void machine_timer_cpu_start(void)
{
    platform_timer_set(0);
}
