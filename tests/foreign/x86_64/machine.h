/* SPDX-License-Identifier: MIT */
/* What assembly and C of the x86-64 kernel share. */
#ifndef PEBBLE_MACHINE_H
#define PEBBLE_MACHINE_H

#define CODE 0x08
#define DATA 0x10
#define TASK 0x18

#define VECTORS 48       /* the table ends here: any other is a general protection fault */
#define VECTORS_ERROR 0x60227d00 /* those for which the CPU pushes an error code */
#define VECTOR_TICK 32   /* the interrupt controllers' first */

#define VECTOR_SPURIOUS 47
#define LOCAL_APIC 0xfee00000

#define TRAP_STACK 4096
#define HANDLER_STACK 16384

/* struct trap: registers as in struct kg_report, 18 words, then what else there is. */
#define T_RIP 128
#define T_RFLAGS 136
#define T_VECTOR 144
#define T_ERROR 152
#define T_CS 160
#define T_SS 168
#define T_RIGHTS 176
#define T_BYTES 184

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Sixteen gibibytes of addresses, whose directories lie in one row. */
#define WINDOW UINT64_C(0x0000600000000000)
#define WINDOW_BYTES (UINT64_C(16) << 30)
#define TABLE_BYTES (UINT64_C(2) << 20)

struct trap {
    uint64_t registers[18];
    uint64_t vector;
    uint64_t error;
    uint64_t cs;
    uint64_t ss;
    uint64_t rights;
};

/* Returns whether to go on at registers' rip with the monitor's rights. */
uint64_t pebble_trap(struct trap *trap);

void machine_start(const void *start_info);
void machine_spaces_start(void);
#endif
#endif
