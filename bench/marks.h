/* SPDX-License-Identifier: MIT */
/* Instructions that do nothing on a CPU and that the counting plugin sees. */
#ifndef KB_MARKS_H
#define KB_MARKS_H

/* A window is what runs between a begin and an end. */
#define KB_MARK_BEGIN 0
#define KB_MARK_END 1
#define KB_MARK_RESET 2  /* forget the windows so far */
#define KB_MARK_ROW 3    /* write the line of the windows since the reset */
#define KB_MARK_MIDDLE 4 /* the callee has been reached */
#define KB_MARK_TRACE 5  /* list the addresses of the next window */

/* So many of them at most. */
#define KB_TRACE_MAX 10000

/* x86-64: a NOP with a 32-bit displacement, whose upper half is ours. AArch64: HINT #(96 + k). */
#define KB_MARK_X86 0x4b470000
#define KB_MARK_HINT 96

#ifdef __ASSEMBLER__
#ifdef __x86_64__
#define KB_MARK(k) .byte 0x0f, 0x1f, 0x80; .long KB_MARK_X86 + k
#else
#define KB_MARK(k) hint #(KB_MARK_HINT + k)
#endif
#else
#ifdef __x86_64__
#define KB_MARK(k)                                                                              \
    __asm__ volatile(".byte 0x0f, 0x1f, 0x80\n\t.long %c0" ::"i"(KB_MARK_X86 + (k)) : "memory")
#else
#define KB_MARK(k) __asm__ volatile("hint #%c0" ::"i"(KB_MARK_HINT + (k)) : "memory")
#endif
#endif

#endif
