/* SPDX-License-Identifier: MIT */
/* The numbers the x86-64 gates use; offsets.c makes the compiler check each. */
#ifndef KG_ARCH_OFFSETS_H
#define KG_ARCH_OFFSETS_H

/* struct kg_frame */
#define F_RBX 0
#define F_RBP 8
#define F_R12 16
#define F_R13 24
#define F_R14 32
#define F_R15 40
#define F_RSP 48
#define F_MXCSR 56
#define F_FCW 60
#define F_SLOT 64
#define F_OUTSIDE 68
#define F_CONTROL F_OUTSIDE /* in an enter's frame: the x87 control word; 0: control was not kept */
#define F_DOOR 72
#define F_FLAGS F_DOOR /* in an enter's frame, in a kernel where nothing is cleared: its flags */
#define F_BYTES 88

/* struct kg_thread */
#define T_TOP 2992
#define T_DOOR 3000
#define T_RIGHTS 3128
#define T_DEAD 3192
#define T_PENDING 3208

/* struct kg_gate */
#define G_FUNCTION 56
#define G_SLOT 64
#define G_DOOR 68

/* struct kg_local */
#define L_THREAD 0
#define L_INSIDE 8
#define L_OUTSIDE 12

/* struct kg_sealed_words */
#define SEALED_VECTORS 40

#define FRAME_HOST 0
#define SLOT_NOBODY 15

/* What a callee finds: all floating-point exceptions masked, round to nearest. */
#define MXCSR_DEFAULT 0x1f80
#define FCW_DEFAULT 0x37f
/* Bit 1 of RFLAGS is always set; the others are TF, DF, NT, AC and ID. */
#define FLAGS_DEFAULT 2
#define FLAGS_ODD 0x244500
#define FLAG_INTERRUPTS 0x200

#endif
