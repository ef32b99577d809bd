/* SPDX-License-Identifier: MIT */
/* What the files of the trap check share. */
#ifndef KG_TRAP_CHECK_H
#define KG_TRAP_CHECK_H

#include "machine.h"

#define PKU 1u
#define PKS 2u

/* trap_check_x86_64.S */

/* Rights registers this machine has, for the stand-ins, in a page to itself. Rights are PKRS << 32
 * | PKRU. */
extern uint32_t check_keys;

uint64_t check_try(void (*function)(void *), void *argument); /* 0, or after a fault RFLAGS */
bool check_loop(uint64_t count, uint64_t rights);
void check_rights_write(uint64_t rights);
void check_read(void *address);
void check_write(void *address);
void check_jump(void *address);
void check_divide(void *unused);
void check_undefined(void *unused);
void check_breakpoint(void *unused);
void check_int_80(void *unused);
void check_int_14(void *unused);
void check_float(void *unused);
void check_overflow(void *unused);
void check_fault_registers(void *address);
extern const char check_resumed[], check_fault_here[];

/* trap_check_x86_64.c */

void check(bool good, const char *what);
extern uint64_t check_period_ns; /* each look asks for the next so much later; 0: it does not */
extern uint64_t check_looks[PLATFORM_CPUS_MAX];
extern struct kg_trap check_seen[PLATFORM_CPUS_MAX];
extern bool check_expected[PLATFORM_CPUS_MAX];

/* Denies every key but 1, which the calling CPU's trap stacks and the tables have: what a trap
 * needs must be open to all. */
uint64_t check_narrow_rights(void);

/* trap_check_cpus_x86_64.c */

/* `flush` false: to see that the race finds something. `page` is anyone's to change. */
void check_cpus(uintptr_t page, bool flush);

#endif
