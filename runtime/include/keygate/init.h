/* SPDX-License-Identifier: MIT */
/* Starting the monitor, what this machine offers, and the threads that may cross. */
#ifndef KEYGATE_INIT_H
#define KEYGATE_INIT_H

#include <keygate/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KG_VERSION_MAJOR 0
#define KG_VERSION_MINOR 1
#define KG_VERSION_PATCH 0
#define KG_VERSION_STRING "0.1.0"

/* How domain code was built, a mark every entry carries (see keygate/domain.h). */
enum kg_build {
    KG_BUILD_PLAIN = 1,        /* ordinary code */
    KG_BUILD_SOFT = 2,         /* every load and store asks the software tags */
    KG_BUILD_GENERAL_ONLY = 4, /* no vector or floating-point register is used (a further bit) */
    KG_BUILD_FORCED = 8,       /* AArch64: every access has the domain's own tag (a further bit) */
};

#if defined(__SANITIZE_ADDRESS__) && defined(KEYGATE_SOFT)
#define KG_BUILD_FLAVOUR KG_BUILD_SOFT
#else
#define KG_BUILD_FLAVOUR KG_BUILD_PLAIN
#endif

enum kg_backend_id {
    KG_BACKEND_AUTO = 0, /* plain code: hardware tags, else `page`; code built for the software
                            tags: those, never hardware */
    KG_BACKEND_NONE,     /* books only: no memory protection */
    KG_BACKEND_SOFT,     /* software tags, needs domain code built for them */
    KG_BACKEND_PAGE,     /* page permissions, one domain at a time */
    KG_BACKEND_PKEY,     /* memory protection keys */
    KG_BACKEND_MTE,      /* memory tagging, plain tags */
    KG_BACKEND_PKU,      /* protection keys in ring 0, on user-marked pages */
    KG_BACKEND_PKS,      /* protection keys in ring 0, on its own pages */
    KG_BACKEND_PKU_RING3, /* protection keys, a kernel's domains in ring 3; only when asked for */
    KG_BACKEND_COUNT
};

/* Zero everywhere is the safe default. The environment overrides: KEYGATE_BACKEND=none|soft|
 * page|pkey|mte|auto, KEYGATE_STRICT=1, KEYGATE_VERBOSE=1. Of the latter two "0" means no, an empty
 * value leaves what the program chose, and any other means yes. */
struct kg_options {
    enum kg_backend_id backend;
    bool strict;        /* refuse to start without hardware tags */
    bool verbose;       /* say on the error stream what was chosen and why, and what was proved */
    uint32_t build;     /* how the domains' code is built: KG_BUILD_PLAIN, KG_BUILD_SOFT, or both
                           where all domains are images and each is there in either flavour
                           (KG_BACKEND_AUTO then takes what it takes for plain); 0 means plain */
    uint32_t keys_max;  /* leave the other protection keys to the program; 0 means no limit;
                           with fewer than 7 `pkey` does not start: -KG_ENOTAG */
};

/* What one backend can do here. `available` is false with a reason a person can act on. */
struct kg_backend_report {
    enum kg_backend_id id;
    const char *name;      /* "pkey" */
    bool available;
    bool hardware;         /* the CPU checks the tags */
    uint32_t domains;      /* domains at once, 0 when not available */
    char reason[160];      /* why not available, or what it promises */
};

struct kg_probe {
    const char *cpu;    /* "x86_64" */
    const char *port;   /* "linux" */
    enum kg_backend_id chosen; /* what KG_BACKEND_AUTO takes for a plain build; for a soft
                                  one that is always KG_BACKEND_SOFT */
    char why_not_better[160];  /* why no better one was chosen; empty when none is better */
    size_t count;
    struct kg_backend_report backends[KG_BACKEND_COUNT];
};

/* Finds out what this machine offers; needs no kg_init and changes nothing that lasts.
 *
 * Context: host code, any thread, not a signal handler.
 * -KG_EARGUMENT when probe is NULL. */
KG_API int kg_probe(struct kg_probe *probe);

/* Starts the monitor: chooses the backend, reserves the address space, takes over the fault
 * signals, attaches the calling thread, and proves one denial of each kind the backend promises.
 * options may be NULL. On failure nothing is left behind and the call can be repeated.
 *
 * Context: one thread, host code, no domain running.
 * -KG_EALREADY, -KG_EARGUMENT (unknown name in the environment, unknown build mark), -KG_EBACKEND,
 * -KG_EUNPROTECTED, -KG_EFLAVOUR, -KG_EMEMORY, -KG_ENOTAG (too few protection keys),
 * -KG_ESYSTEM, -KG_EPROOF. */
KG_API int kg_init(const struct kg_options *options);

/* As kg_init, with how the caller itself is built in place of 0. Context and statuses are the
 * same. */
static inline int kg_start(const struct kg_options *options)
{
    struct kg_options own = {KG_BACKEND_AUTO, false, false, 0, 0};
    if (options != NULL) {
        own = *options;
    }
    if (own.build == 0) {
        own.build = KG_BUILD_FLAVOUR;
    }
    return kg_init(&own);
}

/* Destroys every domain and object, gives keys, memory and signals back, detaches this thread.
 * Domains, gates and handles are not to be used any more.
 *
 * Context: host code; the one attached thread, or one that is not when none is.
 * -KG_ENOTREADY, -KG_EINSIDE, -KG_ECONTEXT, -KG_EBUSY when a call is under way or another thread
 * is still attached, -KG_ESYSTEM; then nothing has changed. */
KG_API int kg_exit(void);

/* The backend in use after kg_init, KG_BACKEND_AUTO before. Any thread, host code. */
KG_API enum kg_backend_id kg_backend(void);

/* The name of a backend, "pkey"; "auto" for KG_BACKEND_AUTO, "unknown" for what is none. Static
 * memory, any context. */
KG_API const char *kg_backend_name(enum kg_backend_id id);

/* Attaches the calling thread: absolute rights are loaded, a signal stack is prepared, and a
 * denial is proved on this thread. A thread detaches by itself when it ends.
 *
 * Context: host code, not a signal handler.
 * -KG_ENOTREADY, -KG_EATTACHED, -KG_ECONTEXT, -KG_ETHREADS, -KG_EMEMORY, -KG_ESYSTEM,
 * -KG_EPROOF. */
KG_API int kg_thread_attach(void);

/* Gives up this thread's stacks in every domain, and its window objects.
 *
 * Context: host code, an attached thread.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_EINSIDE, -KG_ECONTEXT; -KG_EBUSY from under a call. */
KG_API int kg_thread_detach(void);

#ifdef __cplusplus
}
#endif
#endif
