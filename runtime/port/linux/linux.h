/* SPDX-License-Identifier: MIT */
/* What the files of the Linux port share. */
#ifndef KG_LINUX_LINUX_H
#define KG_LINUX_LINUX_H

#include "core/core.h"

#include <signal.h>
#include <sys/types.h>
#include <time.h>
#include <ucontext.h>

#define KG_SIGNAL_STACK_BYTES (64u << 10)

/* The signal that makes a thread look (deadline, death), taken from near the top of the real-time
 * range: QEMU's user mode keeps the two topmost for itself and refuses timers on them. */
#define KG_SIGNAL_NOTIFY (SIGRTMAX - 2)

/* A thread's own part. Lies in host memory: other threads' handlers may need it at any time. */
struct kg_port_thread {
    pid_t tid;
    void *signal_stack;     /* where the kernel pushes frames; tagged by the backend */
    stack_t previous_stack; /* what the program had */
    timer_t timer;
    bool has_timer;
    bool had_rseq;
    bool has_context;       /* kg_context_thread_start was done */
};

struct kg_port_thread *kg_linux_thread(const struct kg_thread *thread);

/* signal.c: everything the kernel delivers to a handler of ours comes here, with the monitor's
 * rights, from kg_signal_entry (or the backend's own entry). */
void kg_signal_dispatch(int number, siginfo_t *info, void *context);

/* rt_sigaction without the interposition. how may be NULL. */
int kg_linux_sigaction(int number, const struct sigaction *action, struct sigaction *old);

#endif
