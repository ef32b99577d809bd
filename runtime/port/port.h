/* SPDX-License-Identifier: MIT */
/* The platform contract: everything the core and the backends need of an operating system or a
 * bare machine. Functions return 0 or a negative enum kg_status and change nothing when they
 * fail. Addresses and sizes are multiples of KG_PAGE_BYTES. */
#ifndef KG_PORT_H
#define KG_PORT_H

#include <keygate/fault.h>
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
    KG_MAP_EXECUTE = 32, /* code may run there; with READ only */
    KG_MAP_UNMARK = 64, /* of kg_port_protect: no KG_MAP_USER any more */
};

#define KG_MAP_KEY(key) (KG_MAP_KEYED | (unsigned)(key) << 8)
#define KG_MAP_KEY_OF(how) ((how) >> 8 & 15u)

/* True makes the named call fail: a test's way to see every failing path. Backends ask before
 * system calls of their own. Always false outside tests. */
bool kg_port_failure(const char *what);

/* Address space without memory behind it, aligned to `align` with `guard` bytes on both sides
 * that nothing else will ever be mapped into. Bits 63 to 55 of the addresses are 0. -KG_EMEMORY. */
int kg_port_reserve(size_t bytes, size_t align, size_t guard, void **base);
void kg_port_release(void *base, size_t bytes, size_t guard);

/* Fresh zeroed memory at an address inside a reservation, in place of any that is there. Any tag or
 * key is gone. -KG_EMEMORY. */
int kg_port_map(void *address, size_t bytes, unsigned how);

/* Gives the memory back and leaves the reservation closed. Can't fail in a way that leaves the
 * memory reachable: -KG_ESYSTEM means it is closed but not given back. */
int kg_port_unmap(void *address, size_t bytes);

/* Memory that was mapped is zeroes again; permission and key stay as they are, tags in memory are
 * gone. Quicker than to map it anew, and a port may leave it out: -KG_ESYSTEM, and nothing has
 * changed. */
int kg_port_forget(void *address, size_t bytes);

/* Changes permissions, and the key if `how` names one; KG_MAP_TAGGED and _USER stay. In a
 * reservation it changes what memory is there; also for pages of the program or image itself (the
 * sealed page, trap stacks). In a kernel it takes no memory, and may be called in a trap. When it
 * returns, no CPU uses what was in force before. -KG_ESYSTEM. */
int kg_port_protect(void *address, size_t bytes, unsigned how);

/* What is in force at an address, read back from where the system keeps it: KG_MAP_CLOSED, _READ or
 * _WRITE, with KG_MAP_KEY where there are keys. -KG_ESYSTEM when it can't be told. */
int kg_port_look(const void *address, unsigned *how);

/* Takes up to `max` protection keys that nobody else uses and no page carries, and returns how
 * many; if that is fewer, *why is a sentence. On Linux this thread's rights to them are then
 * denied. */
uint32_t kg_port_keys_take(uint32_t *keys, uint32_t max, const char **why);
void kg_port_keys_free(const uint32_t *keys, uint32_t count);

/* One lock, the monitor's; not recursive. Never taken on the fast path. `page` holds it over a
 * whole crossing, call-backs included, so whoever waits lets the holder run. A CPU that waits with
 * interrupts off still answers barriers and changes of pages. */
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

/* Makes `thread` look whether the domain it runs is still alive; returns at once. In a kernel: has
 * kg_trap_look called on it before its domain goes on. */
void kg_port_notify(struct kg_thread *thread);

/* Nanoseconds since some fixed moment. */
uint64_t kg_port_time_ns(void);

/* Calls kg_deadline_expired (in a kernel kg_trap_look) on this thread, the calling one, when the
 * clock reads `at_ns`, and again every millisecond until cleared. A deadline belongs to the thread
 * and is switched with it. -KG_ESYSTEM. */
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

/* For kernels (port/bare): what they call besides the ordinary API.
 *
 * A kernel's own exception and interrupt handlers run with the monitor's rights, on stacks no
 * domain has as its own, and tell the monitor what happened before they do anything else about it:
 *
 *   1. x86-64: before any memory but the trap stack is touched, kg_trap_rights_open. On AArch64 the
 *      CPU itself switches tag checks off on the way in; domains run on SP_EL0, traps on SP_EL1.
 *   2. Copy what the CPU has pushed to memory of the kernel's: while it lies on the trap stack it
 *   is not to be trusted.
 *   3. kg_trap_fault for an exception, kg_trap_look for a timer's interrupt and for the one that
 *      kg_port_notify sends. Other interrupts need neither.
 *   4. KG_TRAP_RESUME: go on at trap->resume with interrupts off, on any stack and with any
 *      registers; x86-64: with RFLAGS 2. Else the kernel does what it would have done.
 *   5. x86-64: kg_trap_rights_restore, then return from the exception.
 *
 * All of these are called with interrupts off and return that way.
 *
 * Each thread that attaches has thread-local storage as the ABI lays it out (PT_TLS): at the FS
 * base on x86-64, at TPIDR_EL0 on AArch64. The kernel keeps that register for Keygate, and a switch
 * of threads saves and loads it, with PKRU or PKRS and GS base on x86-64 (`pks` keeps words of a
 * thread's there), and with SP_EL0, DAIF and TCO on AArch64. Gates are called with SP_EL0 selected
 * (SPSel 0) on AArch64. */

enum kg_trap_answer {
    KG_TRAP_NOT_OURS, /* it has to do with no domain: the kernel's own affair */
    KG_TRAP_RESUME,   /* the running domain's call is given up; go on at trap->resume */
    KG_TRAP_RETRY,    /* host code met what is closed for a while: return to it */
};

struct kg_trap {
    enum kg_cause cause;   /* of an exception: TAG, PERMISSION, UNMAPPED, ARITHMETIC, INSTRUCTION,
                              ALIGNMENT or TRAP */
    bool write;            /* a memory access: it was a write */
    uintptr_t address;     /* a memory access: where, without a tag; else 0. What is mapped but
                              closed is PERMISSION, what is not UNMAPPED */
    uintptr_t instruction; /* what was interrupted */
    uintptr_t stack;
    const uint64_t *registers; /* as in struct kg_report, wherever the kernel has saved them */
    uintptr_t resume;      /* out */
};

/* An exception. The interrupted code may be anybody's. */
enum kg_trap_answer kg_trap_fault(struct kg_trap *trap);

/* Whether the running domain has died or is past a deadline. `cause` does not matter; `address` is
 * 0. */
enum kg_trap_answer kg_trap_look(struct kg_trap *trap);

#if defined(__x86_64__)
/* In assembly only. Returns the interrupted rights in rax and opens the monitor's; uses the trap
 * stack, and clobbers rcx, rdx and flags. Without a register of rights it does nothing, quickly. */
void kg_trap_rights_open(void);
/* In assembly only. In: rax. Clobbers rcx, rdx and flags. */
void kg_trap_rights_restore(void);
#endif

#if defined(__x86_64__)
/* What the CPU itself reads on its way into a trap: the tables of interrupts and of segments and
 * the tasks' stack tables, of all CPUs. Whole pages that are never written while the monitor runs
 * (segments are marked accessed, task registers loaded), `index` counting from 0; false: there are
 * no more. `pks` has all domains read them, because a trap reads them with the rights it
 * interrupts. A kernel that names none has images that can read its memory. */
bool kg_port_trap_table(uint32_t index, const void **start, size_t *bytes);

/* Domains in ring 3 (`pku-ring3`); a kernel without leaves these out. On every CPU:
 *
 *   - SYSCALL is on and enters at kg_ring3_entry with all flags off (SFMASK ~0); STAR has the
 *     kernel's segments and those of ring 3, which no interrupt gate but 3 and 4 is open to.
 *   - CR4.FSGSBASE is on, SMEP and SMAP are off. In ring 0 GS base equals FS base, whose first word
 *     is itself (the ABI's thread pointer). A switch of threads moves both.
 *   - A trap from ring 3 swaps GS back (SWAPGS) and writes FS base from %gs:0 before anything uses
 *     a thread's variables, and swaps again on its way to ring 3. Trap stacks and all the CPU reads
 *     for a trap stay closed to ring 3. KG_TRAP_RESUME goes on in ring 0. */

/* NULL when it is so; else a sentence that says what is missing. */
const char *kg_port_ring3_missing(void);

/* Where SYSCALL enters. Not a function to call. */
extern const char kg_ring3_entry[];
#endif

/* The calling thread ends: takes it off the books, wherever it is. The domains on its chain die. */
void kg_thread_abandon(void);

/* Gives [stack, stack + bytes), whole pages, to all domains to write, because a CPU takes traps on
 * it whatever rights are in force. Called by kg_port_thread_start, for each such stack.
 * -KG_ESYSTEM. */
int kg_trap_stack(void *stack, size_t bytes);

#endif
