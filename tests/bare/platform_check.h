/* SPDX-License-Identifier: MIT */
/* Checks of the reference platform alone, without the library: what the check's files share. */
#ifndef KG_PLATFORM_CHECK_H
#define KG_PLATFORM_CHECK_H

#include "port/bare/platform.h"

#include <keygate/status.h>
#include <kg_arch_frame.h>

/* Prints a line when it does not hold, and counts. */
#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
void check_that(bool holds, const char *text, const char *file, int line);
void check_begin(const char *name);

/* Runs function(argument); true when it ended in an exception, which is then in check_trap, and
 * the registers it found in check_found. */
bool check_faults(void (*function)(uintptr_t argument), uintptr_t argument);
extern struct kg_trap check_trap;
extern uint64_t check_found[KG_ARCH_REGISTERS];

/* Not 0: the next exception is answered with KG_TRAP_RETRY after this was called. */
extern void (*check_repair)(void);

/* Looks, by CPU. */
extern volatile uint32_t check_looks[PLATFORM_CPUS_MAX];

/* The common accesses. */
void check_read(uintptr_t address);
void check_write(uintptr_t address);
void check_jump(uintptr_t address);

/* What a CPU's own part supplies. */
const char *check_cpu(void);                 /* its own checks, and what it has */
void check_cpu_exceptions(void);             /* traps, illegal instructions, alignment */
bool check_registers_kept(uintptr_t address); /* all of them, over an exception at the address */
bool check_registers_spin(uint64_t rounds);  /* all of them, over whatever interrupts come */
void check_clobber(void);                    /* changes every register that a call may change */
bool check_interrupts_masked(void);

uint32_t check_cpus(void); /* how many there are */

#endif
