/* SPDX-License-Identifier: MIT */
/* What assembly and C of the AArch64 kernel share. */
#ifndef PEBBLE_MACHINE_H
#define PEBBLE_MACHINE_H

#define IMAGE_TABLES 0x40200000 /* four mebibytes with page tables of the last level */
#define HANDLER_STACK 16384

/* struct trap: registers as in struct kg_report. */
#define T_SP 248
#define T_PC 256
#define T_BYTES 272

#define TRAP_SYNCHRONOUS 0
#define TRAP_INTERRUPT 1

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Sixteen gibibytes of addresses, whose directories lie in one row. */
#define WINDOW UINT64_C(0x2000000000)
#define WINDOW_BYTES (UINT64_C(16) << 30)
#define TABLE_BYTES (UINT64_C(2) << 20)

struct trap {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t pstate;
};

void pebble_trap(struct trap *trap, uint64_t kind);
_Noreturn void machine_trap_twice(void);
void machine_start(void);
void machine_spaces_start(void);
extern _Bool machine_tags; /* whether this processor has any */
#endif
#endif
