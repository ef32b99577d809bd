/* SPDX-License-Identifier: MIT */
/* The platform contract: everything the core and the backends need of an operating system or a
 * bare machine. Functions return 0 or a negative enum kg_status and change nothing when they
 * fail. Addresses and sizes are multiples of KG_PAGE_BYTES. */
#ifndef KG_PORT_H
#define KG_PORT_H

#include <keygate/gate.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_thread;
struct kg_fault;

#define KG_PAGE_BYTES 4096u

enum kg_map {
    KG_MAP_CLOSED = 0, /* nobody may touch it */
    KG_MAP_READ = 1,
    KG_MAP_WRITE = 2,  /* implies READ */
    KG_MAP_TAGGED = 4, /* may carry memory tags (MTE) */
    KG_MAP_USER = 8,   /* bare x86-64: user-marked, so that PKRU guards it */
    KG_MAP_KEYED = 16, /* the protection key is KG_MAP_KEY_OF(how); else it stays what it was */
};

#define KG_MAP_KEY(key) (KG_MAP_KEYED | (unsigned)(key) << 8)
#define KG_MAP_KEY_OF(how) ((how) >> 8 & 15u)

/* True makes the named call fail: a test's way to see every failing path. Backends ask before
 * system calls of their own. Always false outside tests. */
bool kg_port_failure(const char *what);

/* Address space without memory behind it, aligned to `align` with `guard` bytes on both sides
 * that nothing else will ever be mapped into. -KG_EMEMORY. */
int kg_port_reserve(size_t bytes, size_t align, size_t guard, void **base);
void kg_port_release(void *base, size_t bytes, size_t guard);

/* Fresh zeroed memory at an address inside a reservation. Any tag or key it had is gone.
 * -KG_EMEMORY. */
int kg_port_map(void *address, size_t bytes, unsigned how);

/* Gives the memory back and leaves the reservation closed. Can't fail in a way that leaves the
 * memory reachable: -KG_ESYSTEM means it is closed but not given back. */
int kg_port_unmap(void *address, size_t bytes);

/* Changes permissions, and the key if `how` names one. When it returns, no CPU uses what was in force
 * before. -KG_ESYSTEM. */
int kg_port_protect(void *address, size_t bytes, unsigned how);

/* What is in force at an address, read back from where the system keeps it: KG_MAP_CLOSED, _READ or
 * _WRITE, with KG_MAP_KEY where there are keys. -KG_ESYSTEM when it can't be told. */
int kg_port_look(const void *address, unsigned *how);

/* Takes up to `max` protection keys that nobody else uses and no page carries, and returns how many;
 * if that is fewer, *why is a sentence. On Linux this thread's rights to them are then denied. */
uint32_t kg_port_keys_take(uint32_t *keys, uint32_t max, const char **why);
void kg_port_keys_free(const uint32_t *keys, uint32_t count);

/* One lock, the monitor's; not recursive. Never taken on the fast path. */
void kg_port_lock(void);
void kg_port_unlock(void);

/* Faults. start takes the processor's fault signals over (what was there before still gets what
 * is not ours); stop gives them back. -KG_ESYSTEM. */
int kg_port_faults_start(void);
void kg_port_faults_stop(void);

/* The calling thread's part: a stack for signals that the backend has tagged, end-of-thread
 * detach, whatever of the system's writes into the thread would be denied in a domain (rseq).
 * -KG_EMEMORY, -KG_ESYSTEM. */
int kg_port_thread_start(struct kg_thread *thread);
void kg_port_thread_stop(struct kg_thread *thread);

/* Keeps the calling thread's handlers from running, all but those of faults. Returns what to hand
 * to release, which lets them in again. */
uint64_t kg_port_signals_hold(void);
void kg_port_signals_release(uint64_t held);

/* Whether the calling thread, whose books say so, really is in a signal handler. */
bool kg_port_in_handler(void);

/* Makes `thread` look whether the domain it runs is still alive; returns at once. */
void kg_port_notify(struct kg_thread *thread);

/* Nanoseconds since some fixed moment. */
uint64_t kg_port_time_ns(void);

/* Calls kg_deadline_expired on this thread, the calling one, when the clock reads `at_ns`, and
 * again every millisecond until cleared. -KG_ESYSTEM. */
int kg_port_deadline_set(struct kg_thread *thread, uint64_t at_ns);
void kg_port_deadline_clear(struct kg_thread *thread);

/* Every thread of the program has passed a full memory barrier when it returns. */
int kg_port_barrier(void);

/* "x86_64" and "linux", for people. */
const char *kg_port_cpu_name(void);
const char *kg_port_name(void);

/* A setting from outside, KEYGATE_...; NULL when there is none. */
const char *kg_port_environment(const char *name);

/* A line for a person, on the error stream or console. */
void kg_port_message(const char *text);

/* Whether [address, address + bytes) lies in the program's own read-only segments: what a domain
 * may read of the host under a backend that checks reads in software. */
bool kg_port_constant(uintptr_t address, size_t bytes);

/* The same, and how far the segment reaches. */
bool kg_port_constant_range(uintptr_t address, size_t bytes, uintptr_t *start, uintptr_t *end);

/* Whether there is anything at all at an address, accessible or not. */
bool kg_port_mapped(uintptr_t address);

/* Return addresses of the interrupted code, from the registers a report keeps. */
struct kg_report;
int kg_port_backtrace(const struct kg_report *report, uintptr_t *addresses, size_t max);

#endif
