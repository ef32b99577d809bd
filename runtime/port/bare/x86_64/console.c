/* SPDX-License-Identifier: MIT */
/* The serial console, a 16550, and the way out. */
#include "machine.h"

#define PORT ((uint16_t)CONSOLE_PORT)
#define DATA (PORT + 0)       /* with the divisor latch open: its low byte */
#define INTERRUPTS (PORT + 1) /* with the divisor latch open: its high byte */
#define FIFO (PORT + 2)
#define LINE (PORT + 3)
#define STATUS (PORT + 5)

#define LINE_DIVISOR 0x80u
#define LINE_8N1 0x03u
#define FIFO_ON_CLEAR 0x07u
#define STATUS_HAS_INPUT 0x01u
#define STATUS_MAY_SEND 0x20u

/* A port without a device reads all ones. */
#define NO_DEVICE 0xffu

#define SEND_TRIES 1000000u

void platform_console_start(void)
{
    out8(INTERRUPTS, 0);
    out8(LINE, LINE_DIVISOR);
    out8(DATA, 1); /* 115200 bits a second */
    out8(INTERRUPTS, 0);
    out8(LINE, LINE_8N1);
    out8(FIFO, FIFO_ON_CLEAR);
}

/* A line that takes nothing must not stop what is more important. */
void platform_console_put(char c)
{
    uint32_t tries = 0;
    while ((in8(STATUS) & STATUS_MAY_SEND) == 0 && tries < SEND_TRIES) {
        tries++;
    }
    out8(DATA, (uint8_t)c);
}

int platform_console_get(void)
{
    uint8_t status = in8(STATUS);
    if (status == NO_DEVICE || (status & STATUS_HAS_INPUT) == 0) {
        return -1;
    }
    return in8(DATA);
}

_Noreturn void platform_exit(int code)
{
    (void)platform_interrupts_off();
    out32(DEBUG_EXIT_PORT, DEBUG_EXIT_VALUE((uint32_t)code));
    static const char text[] = "keygate: halted; there is no debug-exit device\r\n";
    for (size_t i = 0; text[i] != '\0'; i++) {
        platform_console_put(text[i]);
    }
    for (;;) {
        __asm__ volatile("cli\n\thlt");
    }
}
