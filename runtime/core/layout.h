/* SPDX-License-Identifier: MIT */
/* What gates and core share about a thread, its frames and a gate. The assembly sees the numbers
 * through runtime/arch/<cpu>/offsets.h, which the compiler checks against these structures. */
#ifndef KG_CORE_LAYOUT_H
#define KG_CORE_LAYOUT_H

#include <keygate/gate.h>
#include <keygate/object.h>
#include <kg_arch_frame.h>
#include <stdbool.h>

/* Domains are numbered 1 to 13. The same numbers are owners of memory and, on MTE, tags. */
#define KG_SLOTS 16u

/* One crossing under way. The frame's `slot` is who runs while it is the newest: a domain after
 * an enter, the host (KG_FRAME_HOST, so that a gate need not compare) after a leave. It holds what
 * the side that waits wants back. */
#define KG_FRAME_HOST 0u

struct kg_frame {
    struct kg_saved saved; /* per CPU: callee-saved registers, stack, floating-point control */
    uint32_t slot;
    uint32_t outside;      /* a leave keeps the rights of the enter's caller here */
    uint64_t door;         /* a leave keeps the stack the domain was entered on */
    struct kg_thread *thread; /* whose frame it is; never changes */
};

/* frames[0] is scratch: a save that finds no room lands there. frames[KG_DEPTH_MAX + 1] is the
 * host itself, waiting for nobody. */
#define KG_FRAMES (KG_DEPTH_MAX + 2u)

/* Enters and leaves take turns on a thread, so only an enter can find none left. */
_Static_assert(KG_DEPTH_MAX % 2 == 0, "a leave would have to look whether there is a frame");

/* A caller that waits for a call which C makes for it: its registers as the gate found them, and
 * where the frame of that call is. Lies on the caller's stack. */
struct kg_waiting {
    const struct kg_waiting *outer;
    const struct kg_saved *caller;
    int64_t top;
};

/* A call that must be over by a moment. Lies on the host's stack, in the call it belongs to. */
struct kg_deadline {
    const struct kg_deadline *outer;
    uint64_t at_ns;
    uint32_t slot; /* whose deadline it is */
};

struct kg_thread {
    struct kg_frame frames[KG_FRAMES];
    int64_t top;               /* byte offset of the next free frame; frames are taken downwards */
    uint64_t door[KG_SLOTS];   /* the stack pointer to enter each domain with; 0: not this way */
    uint32_t rights[KG_SLOTS]; /* the word to load for each domain on this thread */

    uint8_t dead[KG_SLOTS];    /* 1: the domain died; a return into it must give up */
    int64_t pending_status;    /* why the newest call is being given up */

    /* From here on only C looks. */
    struct kg_thread *next;
    uint64_t kept[KG_SLOTS];         /* doors while they are shut for a moment */
    uint64_t stack_base[KG_SLOTS];   /* lowest usable byte of this thread's stack, 0: none */
    uint64_t stack_bytes[KG_SLOTS];
    uint8_t stack_empty[KG_SLOTS];   /* of an earlier life; not in the domain's account */
    uint32_t calls[KG_SLOTS];        /* under way, where a domain's are limited */
    uint32_t index;
    const struct kg_deadline *deadline; /* those of the calls under way, the innermost first */
    const struct kg_waiting *waiting;   /* the innermost caller of a slow call */
    const struct kg_gate *following; /* where a link led it last: that place is not used anew */
    struct kg_port_thread *port;     /* the platform's own part */
};

_Static_assert(sizeof(struct kg_frame) == KG_FRAME_BYTES, "mend KG_FRAME_BYTES");

/* Gates lie in memory that is read-only to everybody after they are made. */
struct kg_gate {
    struct kg_gate_head head;
    kg_function *function;
    uint32_t slot;         /* whose code it is; KG_OWNER_HOST for a call-back */
    uint32_t door;         /* where a struct kg_thread has the door to it, in bytes */
    uint32_t arguments;
    struct kg_gate_head fast; /* the backend's own ways in, once the slow work is done */
    struct kg_domain *domain;
    const char *name;
    uint64_t deadline_ns;
    uint8_t kinds[KG_ARGUMENTS_MAX];
    uint8_t result;
    uint8_t live;          /* 0: the place is free, and what is left of it leads nowhere */
    uint8_t slow;          /* objects, a deadline, a limit: C has work before and after */
    uint8_t given;         /* 1 + which argument, when all of that work is to give that one */
};

/* Each thread's words the gates must trust, in thread-local memory the host can write and a
 * domain cannot (where the backend can say so). */
struct kg_local {
    struct kg_thread *thread; /* kg_thread_none when not attached, _handler in a signal handler */
    uint32_t inside;          /* the rights word that must be in force in the running domain */
    uint32_t outside;         /* the host's, to go back to */
    struct kg_thread *real;   /* the attached thread even while `thread` is _handler */
    uint32_t lock_depth;      /* how often this thread holds the monitor's lock */
    bool settling;            /* a fault of this thread is being settled */
};

extern __thread struct kg_local kg_local __attribute__((tls_model("initial-exec")));

/* Stand-ins on which nobody runs: the fast path takes that for a call from inside and needs no test
 * for "no thread". */
extern struct kg_thread kg_thread_none;
extern struct kg_thread kg_thread_handler;

static inline struct kg_frame *kg_frame_at(struct kg_thread *thread, int64_t offset)
{
    return (struct kg_frame *)(void *)((char *)thread + offset);
}

/* The newest crossing under way on this thread; the host's own frame when there is none. */
static inline struct kg_frame *kg_frame_newest(struct kg_thread *thread)
{
    return kg_frame_at(thread, thread->top + (int64_t)sizeof(struct kg_frame));
}

#endif
