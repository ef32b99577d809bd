/* SPDX-License-Identifier: MIT */
/* The interrupt controller: GICv2 (Arm IHI 0048) and GICv3 (Arm IHI 0069). Only what each CPU has
 * of its own is used: the timer's interrupt and two that CPUs send each other. */
#include "machine.h"

/* Distributor. */
#define D_CONTROL 0x000
#define D_ENABLE 0x100
#define D_TARGETS 0x800
#define D_SEND 0xf00
#define D_CONTROL_V2 1u
#define D_CONTROL_V3 0x12u /* affinity routing, group 1 */
#define D_BUSY (1u << 31)  /* a write is under way */

/* GICv2: a CPU's interface. */
#define C_CONTROL 0x00
#define C_MASK 0x04
#define C_TAKE 0x0c
#define C_DONE 0x10

/* GICv3: a CPU's redistributor, two frames of 64 KiB; and its system registers, by number for
 * assemblers that know no names for them. */
#define R_BYTES 0x20000u
#define R_TYPE 0x08
#define R_WAKER 0x14
#define R_GROUP 0x10080
#define R_ENABLE 0x10100
#define R_ASLEEP 4u
#define R_SLEEP 2u
#define R_LAST 0x10u
#define ICC_PMR "s3_0_c4_c6_0"
#define ICC_TAKE "s3_0_c12_c12_0"
#define ICC_DONE "s3_0_c12_c12_1"
#define ICC_SRE "s3_0_c12_c12_5"
#define ICC_GROUP1 "s3_0_c12_c12_7"
#define ICC_SEND "s3_0_c12_c11_5"

#define NUMBER 0x3ffu      /* of GICv2's answer; the rest says who sent it */
#define SPECIAL 1020u      /* from here on numbers mean that there is none */
#define EVERYTHING 0xffu   /* no priority is masked */

static volatile uint32_t *at(uint64_t base, uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(base + offset);
}

static uint32_t wanted(void)
{
    return 1u << GIC_KICK | 1u << GIC_BARRIER | 1u << machine_tree.timer_interrupt;
}

void machine_gic_start(void)
{
    uint64_t distributor = machine_tree.gic[0].start;
    if (machine_tree.gic_version == 2) {
        *at(distributor, D_CONTROL) = D_CONTROL_V2;
    } else {
        *at(distributor, D_CONTROL) = D_CONTROL_V3;
        while ((*at(distributor, D_CONTROL) & D_BUSY) != 0) {
        }
    }
}

/* The first registers of the distributor are each CPU's own. Its targets read as the CPU's bit. */
static void start_v2(struct machine_cpu *cpu)
{
    uint64_t distributor = machine_tree.gic[0].start;
    uint64_t interface = machine_tree.gic[1].start;
    cpu->gic_target = *at(distributor, D_TARGETS) & 0xffu;
    *at(distributor, D_ENABLE) = wanted();
    *at(interface, C_MASK) = EVERYTHING;
    *at(interface, C_CONTROL) = 1;
}

/* The redistributor with this CPU's affinity; the upper half of its type register has it. */
static uint64_t redistributor(const struct machine_cpu *cpu)
{
    uint64_t mpidr = cpu->mpidr;
    uint32_t affinity = (uint32_t)(mpidr & 0xffffffu) | (uint32_t)(mpidr >> 8 & 0xff000000u);
    uint64_t end = machine_tree.gic[1].start + machine_tree.gic[1].bytes;
    for (uint64_t base = machine_tree.gic[1].start; base < end; base += R_BYTES) {
        if (*at(base, R_TYPE + 4) == affinity) {
            return base;
        }
        if ((*at(base, R_TYPE) & R_LAST) != 0) {
            break;
        }
    }
    platform_panic("the interrupt controller has no part for this CPU");
}

static void start_v3(struct machine_cpu *cpu)
{
    uint64_t base = redistributor(cpu);
    *at(base, R_WAKER) &= ~R_SLEEP;
    while ((*at(base, R_WAKER) & R_ASLEEP) != 0) {
    }
    *at(base, R_GROUP) = UINT32_MAX;
    *at(base, R_ENABLE) = wanted();
    WRITE(ICC_SRE, READ(ICC_SRE) | 1);
    BARRIER("isb");
    WRITE(ICC_PMR, EVERYTHING);
    WRITE(ICC_GROUP1, 1);
    BARRIER("isb");
}

void machine_gic_cpu_start(struct machine_cpu *cpu)
{
    if (machine_tree.gic_version == 2) {
        start_v2(cpu);
    } else {
        start_v3(cpu);
    }
}

uint32_t machine_gic_take(struct machine_cpu *cpu)
{
    if (machine_tree.gic_version == 2) {
        cpu->gic_pending = *at(machine_tree.gic[1].start, C_TAKE);
    } else {
        cpu->gic_pending = READ(ICC_TAKE);
        BARRIER("dsb sy");
    }
    uint32_t bits = machine_tree.gic_version == 2 ? NUMBER : 0xffffffu;
    uint32_t number = (uint32_t)cpu->gic_pending & bits;
    return number >= SPECIAL && number <= GIC_NONE ? GIC_NONE : number;
}

void machine_gic_done(struct machine_cpu *cpu)
{
    if (machine_tree.gic_version == 2) {
        *at(machine_tree.gic[1].start, C_DONE) = (uint32_t)cpu->gic_pending;
    } else {
        WRITE(ICC_DONE, cpu->gic_pending);
        BARRIER("isb");
    }
}

/* ICC_SGI1R_EL1: affinities 3, 2 and 1 at bits 48, 32 and 16, one bit of 16 for affinity 0. What
 * was stored before is seen by who takes the interrupt. */
void machine_gic_send(const struct machine_cpu *cpu, uint32_t number)
{
    BARRIER("dsb ish");
    if (machine_tree.gic_version == 2) {
        *at(machine_tree.gic[0].start, D_SEND) = (uint32_t)cpu->gic_target << 16 | number;
        return;
    }
    uint64_t mpidr = cpu->mpidr;
    uint64_t value = (mpidr >> 32 & 0xff) << 48 | (mpidr >> 16 & 0xff) << 32 |
                     (mpidr >> 8 & 0xff) << 16 | (uint64_t)number << 24;
    value |= (mpidr & 0xf0) << 40; /* the range of 16 at bits 44 to 47 */
    value |= UINT64_C(1) << (mpidr & 15);
    WRITE(ICC_SEND, value);
    BARRIER("isb");
}
