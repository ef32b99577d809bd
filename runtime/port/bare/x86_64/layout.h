/* SPDX-License-Identifier: MIT */
/* What assembly and C must agree on. */
#ifndef KG_BARE_LAYOUT_H
#define KG_BARE_LAYOUT_H

/* Segment selectors. CPU n's task segment is SELECTOR_TSS + 16 n. */
#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_RING3_DATA 0x18 /* SYSRET wants these two in this order (SDM vol. 2, SYSRET) */
#define SELECTOR_RING3_CODE 0x20
#define SELECTOR_TSS 0x28
#define SELECTOR_TRAMPOLINE 0x20 /* 32 bits, in the table a second CPU starts with */

/* Each kind of trap has a stack of its own on each CPU: interrupt stack table entry kind + 1. */
#define TRAP_EXCEPTION 0
#define TRAP_INTERRUPT 1
#define TRAP_NMI 2
#define TRAP_FATAL 3 /* double fault, machine check; faults while a fault is handled */
#define TRAP_KINDS 4
#define TRAP_CPUS 8 /* PLATFORM_CPUS_MAX */

/* Trap stacks, which any domain may be able to write, are pages in the order CPU, kind; areas,
 * which are the kernel's own, have the same order: a page that stays closed, a stack for C, a
 * frame. */
#define TRAP_STACK_SHIFT 12
#define TRAP_AREA_SHIFT 15
#define TRAP_AREA_BYTES (1 << TRAP_AREA_SHIFT)

/* Below the top of a trap stack: what the CPU pushes, and then rax, rcx and rdx. */
#define TRAP_PUSHED 40
#define TRAP_TAIL (TRAP_PUSHED + 24)
/* Where in its page the stack pointer is once vector and registers are pushed, when the CPU has
 * pushed an error code or entry code a zero in its place. */
#define TRAP_DEPTH (4096 - TRAP_PUSHED - 40)

/* struct trap_frame */
#define F_RAX 0
#define F_RBX 8
#define F_RCX 16
#define F_RDX 24
#define F_RSI 32
#define F_RDI 40
#define F_RBP 48
#define F_RSP 56
#define F_R8 64
#define F_R9 72
#define F_R10 80
#define F_R11 88
#define F_R12 96
#define F_R13 104
#define F_R14 112
#define F_R15 120
#define F_RIP 128
#define F_RFLAGS 136
#define F_CS 144
#define F_SS 152
#define F_ERROR 160
#define F_VECTOR 168
#define F_RIGHTS 176
#define F_DEPTH 184
#define F_BUSY 192
#define F_BYTES 208

/* In a trap stack's lowest word while what the CPU pushed is not copied yet. */
#define TRAP_ENTERING 0x74726170

#define FLAGS_CLEAN 2 /* RFLAGS with everything off: bit 1 is always one */

/* Vectors. */
#define VECTOR_INTERRUPTS 32 /* the first that is no exception */
#define VECTOR_PIC 0x20      /* where the two legacy controllers' 16 would go */
#define VECTOR_TIMER 0xe0
#define VECTOR_KICK 0xe1
#define VECTOR_SPURIOUS 0xff /* its low four bits must be ones on old processors */
#define VECTORS_WITH_ERROR 0x60227d00 /* 8, 10-14, 17, 21, 29, 30 (SDM vol. 3, 6.15) */

/* The page a second CPU starts in, in real mode: any below 1 MiB. */
#define TRAMPOLINE 0x8000

/* The stack of a CPU's thread; its lowest page stays closed. */
#define CPU_STACK (192 << 10)

#define CONSOLE_PORT 0x3f8

/* QEMU's isa-debug-exit ends the emulator with status 2 v + 1 when v is written. Code c is written
 * as c + 1, because status 1, which would be code 0, is also QEMU's for not having started at all.
 * So a runner takes an odd status s from 3 on as code (s - 3) / 2, and every other as no answer of
 * the image's. */
#define DEBUG_EXIT_PORT 0xf4
#define DEBUG_EXIT_VALUE(code) ((code) + 1)
#define TRAP_LOST_EXIT DEBUG_EXIT_VALUE(99) /* PLATFORM_EXIT_TRAP */

#endif
