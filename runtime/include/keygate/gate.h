/* SPDX-License-Identifier: MIT */
/* Domains and the gates into them: the host's side. */
#ifndef KEYGATE_GATE_H
#define KEYGATE_GATE_H

#include <keygate/entry.h>
#include <keygate/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KG_DEPTH_MAX 32u       /* crossings under way on one thread; a call from one domain to
                                  another takes two */
#define KG_DOMAINS_MAX 13u     /* one is the monitor's own; a backend may have fewer tags: see
                                  kg_probe */
#define KG_THREADS_MAX 128u    /* attached threads */
#define KG_GATES_MAX 512u
#define KG_HEAP_BYTES_MAX (64u << 20)
#define KG_STACK_BYTES_MAX (1u << 20)

struct kg_domain;

struct kg_domain_options {
    const char *name;    /* copied; NULL means "domain" */
    size_t heap_bytes;   /* private heap, rounded up to pages; 0 means 64 KiB */
    size_t stack_bytes;  /* each thread's stack, rounded up to pages; 0 means 64 KiB */
    uint32_t objects_max;    /* it makes no shared object while it owns as many, those it was */
    size_t object_bytes_max; /* given included; and the same in bytes. 0 means no limit */
    uint32_t calls_max;  /* calls under way in it, of all threads; 0 means no limit. A call that is
                            one too many answers -KG_ECALLS. Its gates count, so they cost more. */
};

/* Makes a domain with a private heap of its own. options may be NULL. The caller owns *domain
 * until kg_domain_destroy.
 *
 * Context: host code, an attached thread.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT, -KG_ENOTAG, -KG_EMEMORY,
 * -KG_ESYSTEM. */
KG_API int kg_domain_create(const struct kg_domain_options *options, struct kg_domain **domain);

/* Ends a domain, live or dead: its gates, heap, stacks and objects are gone when this returns and
 * the pointer is no longer valid. Its gates answer -KG_EDEAD until kg_gate_create uses their places
 * again.
 *
 * Context: host code, an attached thread. On `page` it waits until no thread is inside any domain.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT, -KG_ESYSTEM; -KG_EBUSY
 * when a thread is inside it or it is on this thread's call chain. On failure nothing changed. */
KG_API int kg_domain_destroy(struct kg_domain *domain);

/* Makes a dead domain fit for calls again: fresh zeroed heap and stacks, the same gates; objects
 * it owned are dropped.
 *
 * Context: as kg_domain_destroy.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT; -KG_ELIVE when it is not
 * dead, -KG_EBUSY as for kg_domain_destroy, -KG_EMEMORY and -KG_ESYSTEM; it stays dead then. */
KG_API int kg_domain_reload(struct kg_domain *domain);

/* What a domain holds. Heap and calls are 0 from its death on; stacks, which a backtrace reads, and
 * objects, which the host may still take, when it is reloaded. */
struct kg_account {
    size_t heap_bytes;
    size_t stack_bytes;
    size_t image_bytes;    /* of a loaded one; they stay for its restart */
    uint32_t stacks;
    uint32_t objects;      /* shared objects owned */
    size_t object_bytes;
    uint32_t calls_inside; /* calls under way */
    uint32_t deaths;       /* how often it died */
    bool dead;
};

/* Reads a domain's account.
 *
 * Context: host code, an attached thread.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT. */
KG_API int kg_domain_account(const struct kg_domain *domain, struct kg_account *account);

/* The base and size of a domain's private heap, for tests and debuggers; the host is not to touch
 * it. bytes may be NULL. Host code, an attached thread; NULL from anywhere else (a thread that is
 * not attached, a domain, a signal handler) and when domain is none that exists. */
KG_API void *kg_domain_heap(const struct kg_domain *domain, size_t *bytes);

/* A domain's name, at most 31 bytes of the one it was given; valid until kg_domain_destroy. NULL as
 * for kg_domain_heap. */
KG_API const char *kg_domain_name(const struct kg_domain *domain);

/* What an argument or result is. Objects are named by handle and checked, handed over and rolled
 * back by the gate. */
enum kg_kind {
    KG_VALUE = 0, /* a plain integer */
    KG_GIVE,      /* a handle; the object is the callee's from then on (result: the caller's) */
    KG_LEND,      /* a handle; the callee may read the object until the call returns */
};

struct kg_outcome {
    int64_t status; /* 0 or a negative enum kg_status */
    uint64_t value; /* what the callee returned; 0 unless status is 0 */
};

struct kg_gate;

struct kg_gate_options {
    uint64_t deadline_ns;  /* the callee is killed when it runs longer; 0 means no limit. What the
                              host takes for a call-back counts when it returns. Not for gates out
                              to the host. */
    uint8_t arguments[KG_ARGUMENTS_MAX]; /* enum kg_kind of each */
    uint8_t result;        /* KG_VALUE or KG_GIVE */
};

/* A gate into `domain`, or out to the host when domain is NULL: then `entry` is a host function
 * that domains may call back. The gate lives as long as its domain (a host gate until kg_exit).
 * Gates lie in memory nobody can write; calling one takes no lock.
 *
 * Context: host code, an attached thread.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT (also for a kind given to an
 * argument that the entry does not take), -KG_EFLAVOUR, -KG_EDEAD, -KG_EGATES, -KG_ESYSTEM. */
KG_API int kg_gate_create(struct kg_domain *domain, const struct kg_entry *entry,
                          const struct kg_gate_options *options, const struct kg_gate **gate);

/* The part of a gate a caller may read: one way in for each number of arguments, the gate itself
 * coming last. All but the right one answer -KG_EARITY. */
struct kg_gate_head {
    struct kg_outcome (*enter0)(const struct kg_gate *);
    struct kg_outcome (*enter1)(uint64_t, const struct kg_gate *);
    struct kg_outcome (*enter2)(uint64_t, uint64_t, const struct kg_gate *);
    struct kg_outcome (*enter3)(uint64_t, uint64_t, uint64_t, const struct kg_gate *);
    struct kg_outcome (*enter4)(uint64_t, uint64_t, uint64_t, uint64_t, const struct kg_gate *);
    struct kg_outcome (*enter5)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                const struct kg_gate *);
    struct kg_outcome (*enter6)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                const struct kg_gate *);
};

/* kg_gate_call(gate, &result, arguments...) calls through a gate and waits.
 *
 * Up to six integer arguments. The callee runs with its own rights on its own stack. Returns 0
 * and stores what the callee returned in *result (which may be NULL); otherwise *result is
 * untouched. Objects given away are the callee's, unless the status was found before the callee
 * ran (then nothing changed hands); loans have ended when this returns.
 *
 * Context: an attached thread, in host code or in a domain; not a signal handler. Must not be
 * called with NULL or another pointer that kg_gate_create did not give, nor after kg_exit: the
 * way in is read through that pointer.
 * -KG_ETHREAD, -KG_ECONTEXT, -KG_EDEPTH, -KG_EARITY, -KG_EDEAD, -KG_EMEMORY and -KG_ESTACKS (the
 * thread's first call into this domain), -KG_ESYSTEM (the system refuses a tag, a permission or the
 * timer of a deadline), -KG_ECALLS, -KG_EFAULTED, -KG_EDEADLINE, -KG_EKILLED; with objects
 * -KG_EHANDLE, -KG_ESTALE, -KG_EOWNER, -KG_ELENT, -KG_EPINNED, -KG_ETWICE, -KG_EWINDOW, also when
 * the callee ran and its result is no object it could give; from a domain -KG_EARGUMENT for what is
 * no gate, such as a copy of one. */
#define kg_gate_call(...)                                                                       \
    KG_CALL_PICK(__VA_ARGS__, kg_call6, kg_call5, kg_call4, kg_call3, kg_call2, kg_call1,       \
                 kg_call0, bad)(__VA_ARGS__)
#define KG_CALL_PICK(g, r, a, b, c, d, e, f, pick, ...) pick

static inline int kg_outcome_take(struct kg_outcome outcome, uint64_t *result)
{
    if (outcome.status == 0 && result != NULL) {
        *result = outcome.value;
    }
    return (int)outcome.status;
}

static inline const struct kg_gate_head *kg_gate_head(const struct kg_gate *gate)
{
    return (const struct kg_gate_head *)(const void *)gate;
}

#ifdef KEYGATE_IMAGE
/* Where an image finds a gate it may call (KG_IMPORT): the way in, and what to say there. The
 * loader fills both. */
struct kg_import {
    struct kg_gate_head head;
    const struct kg_gate *gate;
    const char *name;
    uint64_t arguments;
};

static inline const struct kg_gate *kg_gate_of(const struct kg_gate *gate)
{
    return ((const struct kg_import *)(const void *)gate)->gate;
}
#else
static inline const struct kg_gate *kg_gate_of(const struct kg_gate *gate)
{
    return gate;
}
#endif

static inline int kg_call0(const struct kg_gate *gate, uint64_t *result)
{
    return kg_outcome_take(kg_gate_head(gate)->enter0(kg_gate_of(gate)), result);
}

static inline int kg_call1(const struct kg_gate *gate, uint64_t *result, uint64_t a)
{
    return kg_outcome_take(kg_gate_head(gate)->enter1(a, kg_gate_of(gate)), result);
}

static inline int kg_call2(const struct kg_gate *gate, uint64_t *result, uint64_t a, uint64_t b)
{
    return kg_outcome_take(kg_gate_head(gate)->enter2(a, b, kg_gate_of(gate)), result);
}

static inline int kg_call3(const struct kg_gate *gate, uint64_t *result, uint64_t a, uint64_t b,
                           uint64_t c)
{
    return kg_outcome_take(kg_gate_head(gate)->enter3(a, b, c, kg_gate_of(gate)), result);
}

static inline int kg_call4(const struct kg_gate *gate, uint64_t *result, uint64_t a, uint64_t b,
                           uint64_t c, uint64_t d)
{
    return kg_outcome_take(kg_gate_head(gate)->enter4(a, b, c, d, kg_gate_of(gate)), result);
}

static inline int kg_call5(const struct kg_gate *gate, uint64_t *result, uint64_t a, uint64_t b,
                           uint64_t c, uint64_t d, uint64_t e)
{
    return kg_outcome_take(kg_gate_head(gate)->enter5(a, b, c, d, e, kg_gate_of(gate)), result);
}

static inline int kg_call6(const struct kg_gate *gate, uint64_t *result, uint64_t a, uint64_t b,
                           uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    return kg_outcome_take(kg_gate_head(gate)->enter6(a, b, c, d, e, f, kg_gate_of(gate)), result);
}

#ifdef __cplusplus
}
#endif
#endif
