/* SPDX-License-Identifier: MIT */
/* Shared objects: memory with one owner at a time, handed over by re-tagging.
 *
 * To create, drop, pin and unpin works in host code and in a domain alike: in a domain each is a
 * call to the monitor, and the domain is the owner meant. kg_object_address needs no call; the rest
 * is for host code. */
#ifndef KEYGATE_OBJECT_H
#define KEYGATE_OBJECT_H

#include <keygate/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KG_OBJECTS_MAX 16384u
#define KG_OBJECT_BYTES_MAX (256u << 20)

/* Names an object: where it is, which entry of the object table, and that entry's generation.
 * 0 is never a handle. */
typedef uint64_t kg_handle;

enum kg_object_kind {
    KG_OBJECT_REKEYED = 0, /* re-tagged at each hand-over; the same on every thread */
    KG_OBJECT_WINDOW,      /* opened only in the rights of the thread whose call chain it belongs
                              to: no kernel work at a hand-over, but no use from another thread */
};

struct kg_object_options {
    size_t bytes;             /* required; rounded up to the backend's unit (16 bytes or a page) */
    enum kg_object_kind kind;
    uint32_t type;            /* the owner's own number for what it is */
};

/* Allocates a zeroed object owned by the caller.
 *
 * Context: an attached thread, host code or a domain; not a signal handler.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EARGUMENT, -KG_EOBJECTS, -KG_EHEAP, -KG_ENOWINDOW,
 * -KG_EBUDGET, -KG_EMEMORY, -KG_ESYSTEM. */
KG_API int kg_object_create(const struct kg_object_options *options, kg_handle *handle);

/* Gives the object's memory back; its handle is stale from then on.
 *
 * Context: as kg_object_create.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EHANDLE, -KG_ESTALE, -KG_EOWNER, -KG_ELENT,
 * -KG_EPINNED, -KG_EWINDOW, -KG_ESYSTEM. */
KG_API int kg_object_drop(kg_handle handle);

/* Where the caller reaches the object. Pure arithmetic: no check, no crossing; memory that is not
 * the caller's faults when touched, where the backend guards it. NULL for handle 0, for one that
 * points outside the shared heap, and when the monitor is not running. Any context. */
KG_API void *kg_object_address(kg_handle handle);

struct kg_object_info {
    size_t bytes;
    uint32_t type;
    enum kg_object_kind kind;
    uint32_t owner;       /* a domain's number, or KG_OWNER_HOST */
    uint32_t borrower;    /* who it is lent to; KG_OWNER_NOBODY when not lent */
    uint32_t pins;
};

#define KG_OWNER_NONE 0u    /* memory that belongs to no one here: the host program's own */
#define KG_OWNER_HOST 14u
#define KG_OWNER_NOBODY 15u /* freed or revoked memory */

/* Reads the table entry of any live object.
 *
 * Context: host code, an attached thread.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT, -KG_EHANDLE, -KG_ESTALE. */
KG_API int kg_object_info(kg_handle handle, struct kg_object_info *info);

struct kg_domain;

/* Gives an object of the host's to a domain outside any call (domain NULL: takes no effect, it is
 * the host's already).
 *
 * Context: host code, an attached thread.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT, -KG_EDEAD, -KG_EHANDLE,
 * -KG_ESTALE, -KG_EOWNER, -KG_ELENT, -KG_EPINNED, -KG_EWINDOW, -KG_ESYSTEM. */
KG_API int kg_object_give(kg_handle handle, struct kg_domain *domain);

/* Takes an object a domain owns back to the host, be the domain live or dead.
 *
 * Context: host code, an attached thread.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EHANDLE, -KG_ESTALE, -KG_ELENT,
 * -KG_EPINNED, -KG_EWINDOW, -KG_ESYSTEM. */
KG_API int kg_object_take(kg_handle handle);

/* While pinned (a device or the kernel may be writing it) an object can be neither given, lent
 * nor dropped. Pins count, and end with their owner.
 *
 * Context: an attached thread, host code or a domain; not a signal handler.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EHANDLE, -KG_ESTALE, -KG_EOWNER, -KG_ELENT;
 * kg_object_unpin: -KG_ENOTPINNED. */
KG_API int kg_object_pin(kg_handle handle);
KG_API int kg_object_unpin(kg_handle handle);

/* Reads back from the hardware (or the software tags) who may touch the byte at `offset`.
 * *owner gets an owner number, *readonly whether that owner may only read. For tests and audits.
 *
 * Context: host code, an attached thread.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT (also for an offset beyond
 * the end), -KG_EHANDLE, -KG_ESTALE; -KG_ESYSTEM on `none`, which has no tags, and when the system
 * does not say. */
KG_API int kg_object_tag(kg_handle handle, size_t offset, uint32_t *owner, bool *readonly);

#ifdef __cplusplus
}
#endif
#endif
