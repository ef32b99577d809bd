/* SPDX-License-Identifier: MIT */
/* The backend contract: everything a way of tagging memory owes the core.
 *
 * A backend is one constant table. The core calls it on the control path only; a crossing goes
 * through the gate's own pointers, which lie in read-only memory. All functions return 0 or a
 * negative enum kg_status and leave memory, tags and rights as they were when they fail. They are
 * called with the monitor's lock held unless said otherwise. All but `probe` and `unwind` may be
 * NULL, which means there is nothing to do (active.h).
 *
 * "Slot" is a domain's number (1 to 13) or KG_OWNER_HOST; "owner" is a slot or KG_OWNER_NOBODY. */
#ifndef KG_CORE_BACKEND_H
#define KG_CORE_BACKEND_H

#include "layout.h"

#include <keygate/fault.h>

enum kg_access {
    KG_ACCESS_NONE,
    KG_ACCESS_READ,
    KG_ACCESS_WRITE,
    KG_ACCESS_RUN,   /* read and execute: an image's code */
};

/* What the port found out about a fault, and what the backend adds. */
struct kg_fault {
    struct kg_thread *thread; /* never NULL: the thread was inside a domain */
    int signal;
    int code;                 /* the kernel's si_code */
    int key;                  /* the protection key it names, or -1 */
    uintptr_t address;
    uintptr_t instruction;
    uintptr_t stack;
    bool write;
    enum kg_cause cause;      /* set by the port, refined by the backend */
    const char *message;      /* a panic's, in the domain's own words */
    const uint64_t *registers; /* as a report keeps them; NULL: not known */
};

/* What a domain's wild pointer can't do. Each promise made is proved on each thread. */
enum kg_promise {
    KG_PROMISE_OTHERS_READ = 1,   /* read what belongs to other domains, or to nobody */
    KG_PROMISE_OTHERS_WRITE = 2,
    KG_PROMISE_MONITOR_READ = 4,
    KG_PROMISE_MONITOR_WRITE = 8,
    KG_PROMISE_HOST_READ = 16,    /* the host program's ordinary memory */
    KG_PROMISE_HOST_WRITE = 32,
    KG_PROMISE_CONSTANT_WRITE = 64, /* write the program's own code and constants */
};

struct kg_image_checks;

struct kg_forced_ways {
    struct kg_gate_head enter[KG_VECTORS_COUNT];
    struct kg_gate_head slow[KG_VECTORS_COUNT];
    uint64_t out[7];       /* for each number of arguments */
    uint64_t first;        /* where the shared heap begins */
    uint64_t stack_bytes;  /* the room each stack has, and its alignment */
    uint64_t guard_bytes;  /* between two of them */
};

struct kg_backend {
    enum kg_backend_id id;
    const char *name;
    bool hardware;
    bool clears;        /* its gates clear leftovers and keep the caller's flags on its stack */
    uint32_t promises;  /* enum kg_promise: what a domain can't reach; each is proved at start */
    bool window;        /* KG_OBJECT_WINDOW needs a window key; false: books only */
    bool readonly;      /* a borrower can be held to reading */
    bool monitor_hidden; /* the monitor's memory can't be read while a domain runs: every crossing
                            is slow, under the lock, and kg_local.inside says who runs */
    uint32_t build;     /* the build mark domain code must carry */
    uint32_t unit_bytes; /* granularity of objects: 16 or 4096 */

    /* Can it run here? Fills available, domains and reason. Changes nothing that lasts. No lock. */
    void (*probe)(struct kg_backend_report *report);

    /* Takes keys and the like; stop gives everything back. */
    int (*start)(const struct kg_options *options);
    void (*stop)(void);

    /* This thread's part: rights, check mode. thread->rights and door are still zero. */
    int (*thread_start)(struct kg_thread *thread);
    void (*thread_stop)(struct kg_thread *thread);

    /* Gives the slot a tag. -KG_ENOTAG. After close nobody holds the slot's tag and no memory may
     * carry it any more. */
    int (*domain_open)(uint32_t slot);
    void (*domain_close)(uint32_t slot);

    /* The rights word for running `slot` on this thread. */
    uint32_t (*rights)(const struct kg_thread *thread, uint32_t slot);

    /* Makes [address, address + bytes) belong to `owner` alone, with at most `access`. Both are
     * multiples of unit_bytes. When it returns, no CPU still lets an earlier owner in. The address
     * is untagged. */
    int (*tag)(void *address, size_t bytes, uint32_t owner, enum kg_access access);

    /* The memory of an object is about to be given back. */
    void (*forget)(void *address, size_t bytes);

    /* Reads back who may touch the byte at `address` and how, from where the tags are really
     * kept. -KG_ESYSTEM when it can't be read. */
    int (*tag_read)(const void *address, uint32_t *owner, enum kg_access *access);

    /* A pointer as `owner` must hold it. */
    void *(*pointer)(void *address, uint32_t owner);

    /* Windows: opens or shuts window `window` for `slot` on this thread: thread->rights for a
     * domain, the running rights for the host. */
    int (*window_open)(uint32_t window, void *address, size_t bytes);
    void (*window_close)(uint32_t window, void *address, size_t bytes);
    int (*window_move)(struct kg_thread *thread, uint32_t window, uint32_t slot,
                       enum kg_access access);

    /* Before the monitor itself touches memory that belongs to a domain (zeroing, backtraces), and
     * after. Returns the pointer to use. */
    void *(*monitor_open)(void *address, size_t bytes);
    void (*monitor_close)(void *address, size_t bytes);

    /* Refines a fault. Called in a signal handler or trap, without the lock, with the monitor's
     * rights. */
    void (*decode)(struct kg_fault *fault);

    /* Where a thread goes on when the newest call is given up: the gate's own way back, which
     * returns thread->pending_status to the caller. */
    void (*unwind)(void);

    /* The ways in, by what must be cleared (kg_arch_vectors) and number of arguments, and the way
     * in when C has work first. */
    struct kg_gate_head enter[KG_VECTORS_COUNT];
    struct kg_gate_head slow[KG_VECTORS_COUNT];

    /* For images: they can't read the host's memory, and call out by these. */
    bool closes_host;
    struct kg_gate_head out;

    /* The ways in for images with forced tags; and where such an image finds the way in for calls
     * out, from the arena on. NULL: it runs none. */
    const struct kg_forced_ways *forced;

    /* Has an image's checks know what to ask. NULL: its code asks nothing. */
    void (*image_checks)(struct kg_image_checks *checks);

    /* Where the kernel enters for a signal, when rights must be opened before a stack is touched;
     * it goes on to kg_signal_dispatch. NULL: kg_signal_dispatch itself will do. */
    void (*signal_entry)(void);

    /* Makes a stack writable that traps or signals are taken on, whatever rights are in force
     * then. */
    int (*trap_stack)(void *stack, size_t bytes);

    /* Called first in every handler, before monitor memory is touched, and last when the
     * interrupted domain goes on. */
    void (*signal_enter)(void);
    void (*signal_leave)(void);

    /* Host code has faulted at the address. True: try again, it may be open now. Called in a
     * signal handler on any thread, without the lock. NULL: always false. */
    bool (*host_fault)(uintptr_t address);
};

/* All that were built, in the order KG_BACKEND_AUTO tries them, ended by NULL. */
extern const struct kg_backend *const kg_backends[];

extern const struct kg_backend kg_backend_none;
extern const struct kg_backend kg_backend_soft;
extern const struct kg_backend kg_backend_page;
extern const struct kg_backend kg_backend_pkey;
extern const struct kg_backend kg_backend_mte;
extern const struct kg_backend kg_backend_pku;
extern const struct kg_backend kg_backend_pks;
extern const struct kg_backend kg_backend_pku_ring3;

#endif
