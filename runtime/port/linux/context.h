/* SPDX-License-Identifier: MIT */
/* What of a signal frame differs from CPU to CPU. One file per CPU: context_<cpu>.c. */
#ifndef KG_LINUX_CONTEXT_H
#define KG_LINUX_CONTEXT_H

#include <keygate/fault.h>
#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

struct kg_fault;

/* Fills instruction, stack, address (untagged), write and a first guess at the cause (signal and
 * code are set already) from what the kernel delivered. */
void kg_context_read(const ucontext_t *context, const siginfo_t *info, struct kg_fault *fault);

/* The general registers as a report keeps them. */
void kg_context_registers(const ucontext_t *context, uint64_t *registers);

/* The other way: registers of a report into a context to walk a stack from. */
void kg_context_write(ucontext_t *context, const uint64_t *registers);

/* A gate keeps no floating-point control from code that has none, and the kernel gives handlers one
 * of its own: what the interrupted code had is the caller's, who gets it back from the frame. */
struct kg_frame;
void kg_context_control(const ucontext_t *context, struct kg_frame *frame);

/* The CPU part of a thread's attach on Linux (MTE check mode and the like); undo. */
int kg_context_thread_start(void);
void kg_context_thread_stop(void);

/* Where the kernel enters for a signal when the backend has no entry of its own: goes on to
 * kg_signal_dispatch with clean flags. */
void kg_signal_entry(int number, siginfo_t *info, void *context);

/* The kernel calls this to return from a handler (x86-64 needs one; elsewhere NULL). */
extern void (*const kg_context_restorer)(void);

#endif
