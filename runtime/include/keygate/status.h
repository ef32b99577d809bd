/* SPDX-License-Identifier: MIT */
/* What a call reports. A public function that returns int returns 0 or a negative
 * `enum kg_status`, for example -KG_EDEAD; kg_report_text and kg_domain_backtrace return a count in
 * place of 0. One that returns a pointer returns NULL where there is nothing to point to, and its
 * comment says when. errno is neither read nor meant to be read. */
#ifndef KEYGATE_STATUS_H
#define KEYGATE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KG_API __attribute__((visibility("default")))
#else
#define KG_API
#endif

/* One status, one cause. kg_strerror() has each one's sentence and what to do. */
enum kg_status {
    KG_OK = 0,
    /* start and environment */
    KG_EARGUMENT,    /* an argument is missing or out of range */
    KG_ENOTREADY,    /* kg_init has not been called, or kg_exit has */
    KG_EALREADY,     /* kg_init was called twice */
    KG_EUNPROTECTED, /* strict mode, and no hardware backend can run */
    KG_EBACKEND,     /* the backend asked for is unknown or cannot run here */
    KG_EFLAVOUR,     /* code built for another backend was registered or started */
    KG_EPROOF,       /* a denial the backend promises was not seen at start-up */
    KG_ESYSTEM,      /* the kernel refused a tag, signal or timer call */
    /* capacity */
    KG_EMEMORY,   /* the system has no memory to map */
    KG_ENOTAG,    /* every key or tag is taken */
    KG_EGATES,    /* the gate table is full */
    KG_EOBJECTS,  /* the object table is full */
    KG_EHEAP,     /* the shared heap has no room of that size */
    KG_ESTACKS,   /* the domain has no room for another thread's stack */
    KG_ETHREADS,  /* the thread table is full */
    KG_ENOWINDOW, /* every window key is taken */
    /* context */
    KG_ETHREAD,   /* this thread is not attached */
    KG_EATTACHED, /* this thread is attached already */
    KG_ECONTEXT,  /* called from a signal handler */
    KG_EINSIDE,   /* called from inside a domain; only the host may */
    KG_EDEPTH,    /* calls are nested deeper than KG_DEPTH_MAX */
    /* domains and calls */
    KG_EDEAD,     /* the domain is dead; reload or destroy it */
    KG_EFAULTED,  /* the domain crashed during this call and is now dead */
    KG_EDEADLINE, /* the call ran past its deadline; the domain is now dead */
    KG_EKILLED,   /* the domain died under this call, by another thread's crash */
    KG_EBUSY,     /* threads are still inside the domain */
    KG_ELIVE,     /* the domain is alive; only a dead one can be reloaded */
    KG_ECALLS,    /* the domain has as many calls under way as its options allow */
    KG_EARITY,    /* the gate takes another number of arguments */
    /* shared objects */
    KG_EHANDLE,  /* the handle was never given out */
    KG_ESTALE,   /* the object was dropped; the handle is out of date */
    KG_EOWNER,   /* the object belongs to somebody else */
    KG_ELENT,    /* the object is on loan until the call it was lent to returns */
    KG_EPINNED,  /* the object is pinned for input or output */
    KG_ENOTPINNED, /* the object is not pinned */
    KG_ETWICE,   /* one call names the same object twice */
    KG_EBUDGET,  /* the domain owns as much as its options allow */
    KG_EWINDOW,  /* the window belongs to another thread's call chain */
    /* images */
    KG_EIMAGE,   /* the file is no image, or a broken one */
    KG_EVERIFY,  /* an image's code holds an instruction no domain may have */
    KG_EIMPORT,  /* an image imports what was not granted, or otherwise than granted */
    KG_EENTRY,   /* an image has no entry of that name */
    KG_ENAME,    /* nothing stands for this name, or no longer */
    KG_ENAMES,   /* the table of names or that of links is full */
    KG_STATUS_COUNT
};

/* The sentence for a status, and what to do about it. Accepts the value as returned (negative)
 * or as named (positive); an unknown one gives a sentence that says so. Static memory, any
 * context. */
KG_API const char *kg_strerror(int status);

/* The name of a status, "KG_EDEAD". Static memory, any context. */
KG_API const char *kg_status_name(int status);

#ifdef __cplusplus
}
#endif
#endif
