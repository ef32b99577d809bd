/* SPDX-License-Identifier: MIT */
/* Time: the time-stamp counter says what it is, the local APIC's timer interrupts. */
#include "machine.h"

#define SECOND UINT64_C(1000000000)

/* The 8254's channel 0, counting down by one over and over (its data sheet, mode 2). */
#define PIT_CHANNEL_0 0x40u
#define PIT_CONTROL 0x43u
#define PIT_MODE_2 0x34u
#define PIT_LATCH 0x00u
#define PIT_HZ 1193182u

/* Rates are measured over this many ticks, which is 0.4 to 2 ms; a window counts when the one
 * before it said the same to one part in AGREE. */
#define WINDOW_TICKS 2000000u
#define WINDOWS_MAX 16
#define AGREE 200

/* A rate this close to a nanosecond a tick is that: QEMU's counted time (-icount shift=0) and its
 * APIC timer are exactly so, and a rounding error of the PIT would be all the difference. */
#define SNAP 400

#define LEAF_CRYSTAL 0x15u
#define LEAF_HYPERVISOR 0x40000000u
#define LEAF_RATES 0x40000010u
#define HAS_HYPERVISOR (1u << 31)

static uint64_t first_tick;
static uint64_t ns_per_tick;   /* as a multiple of 2^-32 */
static uint64_t counts_per_ns; /* of the APIC timer, likewise */

/* What each CPU has asked for; 0: nothing. */
static uint64_t asked[PLATFORM_CPUS_MAX];

struct sample {
    uint64_t tick;
    uint32_t apic;
    uint16_t pit;
};

struct rates {
    uint64_t ticks; /* a second */
    uint64_t apic;
};

static uint16_t pit_read(void)
{
    out8(PIT_CONTROL, PIT_LATCH);
    uint16_t low = in8(PIT_CHANNEL_0);
    return (uint16_t)(low | in8(PIT_CHANNEL_0) << 8);
}

/* The shortest of some tries: a virtual CPU may be stopped at any moment for long. */
static struct sample take_sample(void)
{
    struct sample best = {0};
    uint64_t shortest = UINT64_MAX;
    for (uint32_t i = 0; i < 5; i++) {
        uint64_t before = ticks();
        uint16_t pit = pit_read();
        uint32_t apic = platform_apic_timer_left();
        uint64_t after = ticks();
        if (after - before < shortest) {
            shortest = after - before;
            best = (struct sample){before + (after - before) / 2, apic, pit};
        }
    }
    return best;
}

/* False: the PIT does not count, so that there is nothing to measure by. */
static bool measure(struct rates *rates, uint64_t known)
{
    platform_apic_timer(UINT32_MAX);
    struct sample start = take_sample();
    while (ticks() - start.tick < WINDOW_TICKS) {
        platform_pause();
    }
    struct sample end = take_sample();
    platform_apic_timer(0);
    uint64_t passed = end.tick - start.tick;
    uint16_t pit = (uint16_t)(start.pit - end.pit);
    if (pit == 0 && known == 0) {
        return false;
    }
    rates->ticks = known != 0 ? known : passed * PIT_HZ / pit;
    rates->apic = (uint64_t)(start.apic - end.apic) * rates->ticks / passed;
    return true;
}

static bool agree(uint64_t one, uint64_t other, uint64_t part)
{
    uint64_t apart = one > other ? one - other : other - one;
    return apart <= one / part;
}

/* What the processor or a hypervisor says about itself, or 0. */
static uint64_t told_rate(void)
{
    if (cpuid(0, 0).eax >= LEAF_CRYSTAL) {
        struct cpuid crystal = cpuid(LEAF_CRYSTAL, 0);
        if (crystal.eax != 0 && crystal.ebx != 0 && crystal.ecx != 0) {
            return (uint64_t)crystal.ecx * crystal.ebx / crystal.eax;
        }
    }
    if ((cpuid(1, 0).ecx & HAS_HYPERVISOR) != 0 && cpuid(LEAF_HYPERVISOR, 0).eax >= LEAF_RATES) {
        return (uint64_t)cpuid(LEAF_RATES, 0).eax * 1000;
    }
    return 0;
}

static uint64_t snap(uint64_t rate)
{
    return agree(rate, SECOND, SNAP) ? SECOND : rate;
}

void platform_timer_start(void)
{
    struct rates rates = {0};
    struct rates before;
    uint64_t told = told_rate();
    out8(PIT_CONTROL, PIT_MODE_2);
    out8(PIT_CHANNEL_0, 0);
    out8(PIT_CHANNEL_0, 0);
    uint64_t before_flags = platform_interrupts_off();
    for (int window = 0; window < WINDOWS_MAX; window++) {
        before = rates;
        if (!measure(&rates, told)) {
            platform_machine_lacks("a clock of known rate: no 8254, and CPUID does not say");
        }
        if (agree(rates.ticks, before.ticks, AGREE) && agree(rates.apic, before.apic, AGREE)) {
            break;
        }
    }
    platform_interrupts_restore(before_flags);
    ns_per_tick = (SECOND << 32) / snap(rates.ticks);
    counts_per_ns = (snap(rates.apic) << 32) / SECOND;
    first_tick = ticks();
}

uint64_t kg_port_time_ns(void)
{
    return scale(ticks() - first_tick, ns_per_tick);
}

void platform_wait_ns(uint64_t ns)
{
    uint64_t start = kg_port_time_ns();
    while (kg_port_time_ns() - start < ns) {
        platform_pause();
    }
}

/* A moment that is past, or nearly, is at once. */
static void arm(uint64_t at_ns)
{
    uint64_t now = kg_port_time_ns();
    uint64_t count = at_ns > now ? scale(at_ns - now, counts_per_ns) : 0;
    if (at_ns > now && at_ns - now > SECOND) {
        count = scale(SECOND, counts_per_ns); /* looked at again then */
    }
    if (count > UINT32_MAX) {
        count = UINT32_MAX;
    }
    platform_apic_timer(count > 0 ? (uint32_t)count : 1);
}

void platform_timer_set(uint64_t at_ns)
{
    uint64_t before = platform_interrupts_off();
    asked[platform_cpu()] = at_ns;
    if (at_ns != 0) {
        arm(at_ns);
    } else {
        platform_apic_timer(0);
    }
    platform_interrupts_restore(before);
}

/* The two clocks agree to a fraction of a percent only, and the far future is reached in steps, so
 * the interrupt may be early; one that was on its way when it was called off is none. */
bool platform_timer_due(void)
{
    uint64_t *at = &asked[platform_cpu()];
    if (*at == 0) {
        return false;
    }
    if (kg_port_time_ns() < *at) {
        arm(*at);
        return false;
    }
    *at = 0;
    return true;
}
