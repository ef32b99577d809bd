/* SPDX-License-Identifier: MIT */
/* The serial console (Arm PL011, PrimeCell UART TRM) and the ways out of the machine. */
#include "machine.h"

#define DATA 0x00
#define FLAGS 0x18
#define LINE 0x2c
#define CONTROL 0x30
#define FLAGS_EMPTY 0x10u /* nothing to read */
#define FLAGS_FULL 0x20u  /* no room to write */
#define LINE_8_BITS_FIFO 0x70u
#define CONTROL_ON 0x301u /* on, with both directions */

static volatile uint32_t *registers;

static volatile uint32_t *at(uint32_t offset)
{
    return registers + offset / sizeof *registers;
}

void machine_console_start(uintptr_t base)
{
    registers = (volatile uint32_t *)base;
    *at(LINE) = LINE_8_BITS_FIFO;
    *at(CONTROL) = CONTROL_ON;
}

void platform_console_put(char c)
{
    if (registers == NULL) {
        return;
    }
    while ((*at(FLAGS) & FLAGS_FULL) != 0) {
    }
    *at(DATA) = (unsigned char)c;
}

int platform_console_get(void)
{
    if (registers == NULL || (*at(FLAGS) & FLAGS_EMPTY) != 0) {
        return -1;
    }
    return (int)(*at(DATA) & 0xffu);
}

/* Arm SMC Calling Convention: x0 to x17 may change. */
uint64_t machine_psci(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a;
    register uint64_t x2 __asm__("x2") = b;
    register uint64_t x3 __asm__("x3") = c;
    if (machine_tree.psci_smc) {
        __asm__ volatile("smc #0"
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                         :
                         : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                           "x15", "x16", "x17", "memory");
    } else {
        __asm__ volatile("hvc #0"
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                         :
                         : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                           "x15", "x16", "x17", "memory");
    }
    return x0;
}

/* No exit code goes this way. */
_Noreturn void machine_off(void)
{
    (void)machine_psci(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;) {
        BARRIER("wfi");
    }
}

/* Semihosting for AArch32 and AArch64, SYS_EXIT. */
_Noreturn void platform_exit(int code)
{
    const uint64_t block[2] = {SEMIHOSTING_STOPPED, (uint64_t)code};
    (void)platform_interrupts_off();
    (void)machine_semihosting(SEMIHOSTING_EXIT, block);
    machine_off();
}
