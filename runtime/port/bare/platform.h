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

/* Makes the page at `virtual` point to `physical` with `how` (enum kg_map); without KG_MAP_READ and
 * KG_MAP_WRITE nobody gets in, but the physical address, KG_MAP_TAGGED, KG_MAP_USER and the key are
 * kept. Page tables that are missing are taken from platform_page_take and stay. False: no memory
 * for them. A page of the image can be set too. Flushes nothing. */
bool platform_entry_set(uintptr_t virtual, uintptr_t physical, unsigned how);

/* Reads it back: false when the page was never set or was cleared. */
bool platform_entry_look(uintptr_t virtual, uintptr_t *physical, unsigned *how);

/* Whether a page of the space is there and may have been written, by way of this entry, since the
 * last such question, which this one is as soon as the entry is flushed. For who knows that nobody
 * writes to it meanwhile. */
bool platform_entry_written(uintptr_t virtual, uintptr_t *physical);

/* Changes rights, and the key if `how` names one, of the pages in [virtual, virtual + bytes) that
 * were set, leaves the rest of what platform_entry_look tells, reads each entry back, and flushes.
 * For addresses that are handed out it takes neither lock nor memory. -KG_ESYSTEM: an entry is not
 * what was written, or there is no memory. */
int platform_entries_change(uintptr_t virtual, size_t bytes, unsigned how);

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

/* Interrupts this CPU once when kg_port_time_ns reads `at_ns`, at once if it is past, never if it
 * is 0; its handler calls platform_timer_expired and then kg_trap_look. */
void platform_timer_set(uint64_t at_ns);

/* Interrupts of this CPU: off, and back to what they were. */
uint64_t platform_interrupts_off(void);
void platform_interrupts_restore(uint64_t before);
bool platform_in_trap(void);

/* One turn of a loop that waits for another CPU. With interrupts off it also answers what a barrier
 * or a flush of another CPU waits for: two CPUs that wait for each other must both get on. */
void platform_pause(void);

/* Rests until there is an interrupt, and takes it. Called and returns with interrupts off. */
void platform_idle(void);

/* Makes this the thread pointer of this CPU. */
void platform_thread_pointer_set(uintptr_t pointer);

/* The stacks this CPU takes traps on, each PLATFORM_TRAP_STACK_BYTES and whole pages: the one of
 * that index, NULL past the last. */
void *platform_trap_stack(uint32_t index);

/* Fills a page of physical memory with zeros, and on MTE its tags. (A weak one for memory without
 * tags is in common/pages.c.) */
void platform_page_zero(uintptr_t page);

/* Starts the other CPUs the machine has and returns how many run in all; they enter
 * platform_cpu_main, each on a stack and with thread-local storage of its own. */
uint32_t platform_cpus_start(void);

/* ---- What the common files supply ---- */

/* Called by the first CPU's start code, on its own stack, with interrupts on (none has been asked
 * for yet), console, clock and page tables working. `memory` is free physical memory, mapped one to
 * one and writable, and `arguments` the boot arguments ("backend=pks only=gate.* ..."), which may
 * be NULL. */
_Noreturn void platform_start(uintptr_t memory, size_t bytes, const char *arguments);

/* Where the other CPUs go, their thread pointer set, with interrupts on. */
_Noreturn void platform_cpu_main(uint32_t cpu);

/* The timer has gone off; asks for the next interrupt if a deadline still stands. */
void platform_timer_expired(void);

/* A zeroed page of physical memory, mapped one to one; 0: none is left. */
uintptr_t platform_page_take(void);
void platform_page_give(uintptr_t page);

/* How many of them are taken. */
size_t platform_pages_taken(void);

/* The value of boot argument `name`, or NULL. It stays where it is. "name" alone has the value "".
 * */
const char *platform_argument(const char *name);

/* The name of the boot argument of that index; NULL past the last. */
const char *platform_argument_name(uint32_t index);

/* Changes a boot argument or adds it; without a value it is gone. Name and value must stay. False:
 * there is no room. */
bool platform_argument_set(const char *name, const char *value);

/* Called in the handler of an exception that is neither the monitor's nor one of a trap's own:
 * where the interrupted code goes on, with all else as it was, or 0 for a last message. (A weak one
 * that returns 0 is in common/start.c.) */
uintptr_t platform_trap_unclaimed(const struct kg_trap *trap);

/* printf for a console: %s %c %d %u %x %p %lu %lx %llu %llx, widths and zero padding. */
__attribute__((format(printf, 1, 2))) void platform_print(const char *format, ...);

/* A line typed at the console, with backspace and Ctrl-U, without its end. */
size_t platform_line(char *line, size_t bytes);

/* Runs function(argument) on CPU `cpu` (not the first) beside what goes on here; wait returns its
 * result when it is done. False: there is no such CPU, or it is busy. */
bool platform_cpu_run(uint32_t cpu, void *(*function)(void *), void *argument);
void *platform_cpu_wait(uint32_t cpu);

/* Before words of one's own and platform_exit, where another CPU or the interrupted code may hold
 * the console: from then on only this CPU prints. Who comes second ends the image at once. */
void platform_panic_begin(void);

/* A last message and PLATFORM_EXIT_TRAP. */
_Noreturn void platform_panic(const char *why);

/* The same for an exception that kg_trap_fault answered KG_TRAP_NOT_OURS. */
_Noreturn void platform_trap_panic(const struct kg_trap *trap);

/* The block of thread-local storage for one CPU: returns what the thread pointer must be; 0: no
 * memory. */
uintptr_t platform_tls_make(void);

/* ---- What a CPU's linker script supplies: whole pages each, in this order but for tdata ---- */

extern char __image_start[], __image_end[];   /* all of it, .bss and first stacks included */
extern char __text_start[], __text_end[];     /* read-only, executable */
extern char __rodata_start[], __rodata_end[]; /* read-only: constants, and .tdata's first values */
extern char __tdata_start[], __tdata_end[];   /* PT_TLS: first values; any alignment */
extern char __tls_bytes[], __tls_align[];     /* numbers, as addresses: with .tbss; alignment */
extern void (*const __init_array_start[])(void), (*const __init_array_end[])(void);

/* ---- What an image supplies ---- */

int platform_main(void); /* the exit code */

#endif
