/* SPDX-License-Identifier: MIT */
/* Places in the window of images with forced tags, part of their ABI (verify.h has the whole). */
#ifndef KG_MTE_WINDOW_H
#define KG_MTE_WINDOW_H

#define KG_FORCED_WINDOW_BITS 32
/* Without access on both sides of the window and of each stack, and at the window's start. */
#define KG_FORCED_GUARD 0x20000
/* A stack's place, to which it is aligned. */
#define KG_FORCED_STACK 0x100000
/* Addresses the gates lead to, and the gates' code. */
#define KG_FORCED_TABLE 0x20000
#define KG_FORCED_GATES 0x30000
#define KG_FORCED_GATES_MAX 512
/* What lies below is none of the shared heap's. */
#define KG_FORCED_FIRST 0x100000

#endif
