/* SPDX-License-Identifier: MIT */
/* The numbers the AArch64 gates use; offsets.c makes the compiler check each. */
#ifndef KG_ARCH_OFFSETS_H
#define KG_ARCH_OFFSETS_H

/* struct kg_frame */
#define F_X19 0
#define F_X21 16
#define F_X23 32
#define F_X25 48
#define F_X27 64
#define F_X29 80
#define F_D8 96
#define F_D10 112
#define F_D12 128
#define F_D14 144
#define F_FPCR 160
#define F_SP 168
#define F_SLOT 176
#define F_LEVEL 180
#define F_DOOR 184
#define F_THREAD 192
#define F_BYTES 200

/* struct kg_thread */
#define T_TOP 6800
#define T_DOOR 6808
#define T_DEAD 7000
#define T_PENDING 7016

/* struct kg_gate */
#define G_FUNCTION 56
#define G_SLOT 64
#define G_DOOR 68

/* struct kg_local */
#define L_THREAD 0
#define L_INSIDE 8

#define FRAME_HOST 0
#define SLOT_NOBODY 15

/* A frame's slot and the word behind it are written as one: slot | level << LEVEL_SHIFT. */
#define LEVEL_SHIFT 32


#endif
