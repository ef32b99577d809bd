/* SPDX-License-Identifier: MIT */
/* The reference platform: what the files common to both CPUs (runtime/port/bare/common) ask of a
 * CPU's own (runtime/port/bare/<cpu>), and what an image asks of the platform. A kernel of its own
 * takes none of this; it supplies port.h.
 *
 * One thread runs on each CPU, for ever. The first CPU runs `platform_main`; the others wait for
 * work. Kernel text, constants and data are mapped one to one; the addresses from
 * PLATFORM_SPACE_START on are handed out by kg_port_reserve and mapped page by page. */
#ifndef KG_BARE_PLATFORM_H
#define KG_BARE_PLATFORM_H

#include "port/port.h"

#define PLATFORM_CPUS_MAX 8u
#define PLATFORM_SPACE_START UINT64_C(0x1000000000) /* 64 GiB */
#define PLATFORM_SPACE_BYTES UINT64_C(0x1000000000)
#define PLATFORM_TRAP_STACK_BYTES 16384u

/* Exit codes of an image, besides those of its own. */
enum platform_exit {
    PLATFORM_EXIT_OK = 0,
    PLATFORM_EXIT_FAILED = 1,
    PLATFORM_EXIT_USE = 2,      /* an unknown boot argument */
    PLATFORM_EXIT_MACHINE = 77, /* this machine lacks something; a sentence says what */
    PLATFORM_EXIT_TRAP = 99,    /* an exception nobody had use for; a last message was printed */
};

/* ---- What a CPU's own files supply ---- */

/* Serial console. get returns -1 when nothing was typed. */
void platform_console_put(char c);
int platform_console_get(void);

/* Ends the emulated machine with this exit code. */
_Noreturn void platform_exit(int code);

/* Makes the page at `virtual` point to `physical` with `how` (enum kg_map); `how` KG_MAP_CLOSED keeps
 * the physical address but lets nobody in. Page tables that are missing are taken from
 * platform_page_take. False: no memory for them. Flushes nothing. */
bool platform_entry_set(uintptr_t virtual, uintptr_t physical, unsigned how);

/* Reads it back: false when the page was never set or was cleared. */
bool platform_entry_look(uintptr_t virtual, uintptr_t *physical, unsigned *how);

/* Forgets the page. */
void platform_entry_clear(uintptr_t virtual);

/* No CPU uses an earlier translation of these pages when this returns. */
void platform_flush(uintptr_t virtual, size_t bytes);

/* Which CPU runs this, from 0. */
uint32_t platform_cpu(void);

/* Interrupts the CPU: its handler calls kg_trap_look. */
void platform_cpu_kick(uint32_t cpu);

/* Interrupts every other CPU that runs and waits until each has taken the interrupt. */
void platform_cpus_barrier(void);

/* Interrupts this CPU when kg_port_time_ns reads `at_ns` (0: never); its handler calls
 * kg_trap_look. */
void platform_timer_set(uint64_t at_ns);

/* Interrupts of this CPU: off, and back to what they were. */
uint64_t platform_interrupts_off(void);
void platform_interrupts_restore(uint64_t before);
bool platform_in_trap(void);

/* Starts the other CPUs the machine has and returns how many run in all; they enter
 * platform_cpu_main, each on a stack and with thread-local storage of its own. */
uint32_t platform_cpus_start(void);

/* ---- What the common files supply ---- */

/* Called by a CPU's start code. `memory` is free physical memory, mapped one to one and writable, and
 * `arguments` the boot arguments ("backend=pks only=gate.* ..."), which may be NULL. */
_Noreturn void platform_start(uintptr_t memory, size_t bytes, const char *arguments);
_Noreturn void platform_cpu_main(uint32_t cpu);

/* A zeroed page of physical memory, mapped one to one; 0: none is left. */
uintptr_t platform_page_take(void);
void platform_page_give(uintptr_t page);

/* The value of boot argument `name`, or NULL. It stays where it is. "name" alone has the value "". */
const char *platform_argument(const char *name);

/* printf for a console: %s %c %d %u %x %p %lu %lx %llu %llx, widths and zero padding. */
__attribute__((format(printf, 1, 2))) void platform_print(const char *format, ...);

/* A line typed at the console, with backspace and Ctrl-U, without its end. */
size_t platform_line(char *line, size_t bytes);

/* Runs function(argument) on CPU `cpu` (not the first) beside what goes on here; wait returns its
 * result when it is done. False: there is no such CPU, or it is busy. */
bool platform_cpu_run(uint32_t cpu, void *(*function)(void *), void *argument);
void *platform_cpu_wait(uint32_t cpu);

/* A last message and PLATFORM_EXIT_TRAP. */
_Noreturn void platform_panic(const char *why);

/* The block of thread-local storage for one CPU: returns what the thread pointer must be. */
uintptr_t platform_tls_make(void);

/* ---- What an image supplies ---- */

int platform_main(void); /* the exit code */

#endif
