/* SPDX-License-Identifier: MIT */
/* What the parts of the `page` backend share. Page permissions are the whole process's, so there is
 * one state at a time: the host's, or that of one domain on one thread. */
#ifndef KG_SOFT_PAGE_H
#define KG_SOFT_PAGE_H

#include "core/core.h"

/* The words a gate and a signal handler need before the monitor's memory is open. Not protected:
 * `page` promises nothing of the host's ordinary memory. */
struct kg_page_local {
    uint64_t stack;   /* of whoever waits for this thread's domain; the assembly knows: first */
    uint32_t signals; /* handlers under way that interrupted a domain */
};

extern __thread struct kg_page_local kg_page_local __attribute__((tls_model("initial-exec")));

/* Called by the gates (runtime/arch/<cpu>/gate_page.S), on the host's stack. */

/* From the host's state into that of a domain. Returns the stack pointer to enter it with, 0 when
 * its memory could not be opened; then nothing has changed. */
uint64_t kg_page_enter(uint32_t slot, uint64_t stack);

/* Out of a domain: by return, by a call out or because the call is given up. */
void kg_page_leave(void);

/* Back into a domain that had called out. */
void kg_page_return(uint32_t slot, uint64_t stack);

/* What the gate answers when kg_page_enter returned 0. */
extern const int64_t kg_page_refused;

/* page_books.c: which shared objects are whose, in lists, so that a crossing touches only what
 * it must. Lies with the monitor's tables. */
struct kg_page_object {
    uintptr_t address;
    size_t bytes;
    uint32_t owner; /* slot; objects of nobody's are not kept */
    enum kg_access access;
    uint32_t next;  /* of the same owner; KG_OBJECTS_MAX ends */
    uint32_t before;
};

void kg_page_books_start(void);
void kg_page_books_set(uintptr_t address, size_t bytes, uint32_t owner, enum kg_access access);
void kg_page_books_forget(uintptr_t address);

/* The object that starts at, or holds, the address; NULL when there is none. */
const struct kg_page_object *kg_page_object_at(uintptr_t address);
const struct kg_page_object *kg_page_object_holding(uintptr_t address);

/* Walks one owner's: first with NULL. */
const struct kg_page_object *kg_page_object_next(uint32_t owner,
                                                 const struct kg_page_object *object);


#endif
