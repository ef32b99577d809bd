/* SPDX-License-Identifier: MIT */
/* The local APIC, by its registers in memory (SDM vol. 3, chapter 10), and the legacy interrupt
 * controllers, which are silenced. */
#include "machine.h"

#define BASE_ENABLED 0x800u
#define BASE_X2APIC 0x400u
#define BASE_ADDRESS UINT64_C(0xffffff000)

#define ID 0x20u
#define TASK_PRIORITY 0x80u
#define END_OF_INTERRUPT 0xb0u
#define SPURIOUS 0xf0u
#define COMMAND_LOW 0x300u
#define COMMAND_HIGH 0x310u
#define TIMER 0x320u
#define LINT0 0x350u
#define LINT1 0x360u
#define ERRORS 0x370u
#define TIMER_INITIAL 0x380u
#define TIMER_CURRENT 0x390u
#define TIMER_DIVIDE 0x3e0u

#define SPURIOUS_ON 0x100u
#define MASKED 0x10000u
#define PENDING 0x1000u
#define DIVIDE_BY_1 0xbu

/* The two 8259s (their data sheet): words of initialisation, then the mask. */
#define PIC_COMMAND 0x20u
#define PIC_DATA 0x21u
#define PIC2_COMMAND 0xa0u
#define PIC2_DATA 0xa1u

static volatile uint32_t *registers;

static uint32_t get(uint32_t at)
{
    return registers[at / 4];
}

static void put(uint32_t at, uint32_t value)
{
    registers[at / 4] = value;
}

/* Moved off the exceptions' vectors first: a spurious interrupt comes even when all are masked. */
static void silence_legacy(void)
{
    out8(PIC_COMMAND, 0x11);
    out8(PIC2_COMMAND, 0x11);
    out8(PIC_DATA, VECTOR_PIC);
    out8(PIC2_DATA, VECTOR_PIC + 8);
    out8(PIC_DATA, 4);
    out8(PIC2_DATA, 2);
    out8(PIC_DATA, 1);
    out8(PIC2_DATA, 1);
    out8(PIC_DATA, 0xff);
    out8(PIC2_DATA, 0xff);
}

/* Firmware leaves x2APIC mode on only where there are more processors than this platform has room
 * for (SDM vol. 3, 10.12). */
void platform_apic_start(void)
{
    uint64_t base = msr_read(MSR_APIC_BASE);
    if ((base & BASE_ENABLED) == 0 || (base & BASE_X2APIC) != 0) {
        platform_machine_lacks("a local APIC with its registers in memory");
    }
    if (registers == NULL) {
        registers = (volatile uint32_t *)(uintptr_t)(base & BASE_ADDRESS);
        silence_legacy();
    }
    put(TASK_PRIORITY, 0);
    put(TIMER, MASKED);
    put(LINT0, MASKED);
    put(LINT1, MASKED);
    put(ERRORS, MASKED);
    put(SPURIOUS, SPURIOUS_ON | VECTOR_SPURIOUS);
    put(TIMER_DIVIDE, DIVIDE_BY_1);
    put(TIMER_INITIAL, 0);
    put(TIMER, VECTOR_TIMER);
}

uint32_t platform_apic_identifier(void)
{
    return get(ID) >> 24;
}

void platform_apic_done(void)
{
    put(END_OF_INTERRUPT, 0);
}

/* Two registers make one command, so no interrupt may come between. */
void platform_apic_send(uint32_t identifier, uint32_t command)
{
    uint64_t before = platform_interrupts_off();
    while ((get(COMMAND_LOW) & PENDING) != 0) {
        platform_pause();
    }
    put(COMMAND_HIGH, identifier << 24);
    put(COMMAND_LOW, command);
    platform_interrupts_restore(before);
}

/* Interrupts once when the count is down; 0: never. */
void platform_apic_timer(uint32_t count)
{
    put(TIMER_INITIAL, count);
}

uint32_t platform_apic_timer_left(void)
{
    return get(TIMER_CURRENT);
}
