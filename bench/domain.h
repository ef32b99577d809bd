/* SPDX-License-Identifier: MIT */
/* The benchmark's functions that run inside domains: one file, compiled once for each flavour. */
#ifndef KB_DOMAIN_H
#define KB_DOMAIN_H

#include <keygate/entry.h>

enum kb_function {
    KB_THROUGH, /* (gate): calls that gate, which takes nothing */
    KB_POKE,    /* (address): stores a byte there */
    KB_ALLOC,   /* (bytes): the address of memory of its own, 0 when there is none */
    KB_PULL,    /* (to, from, bytes): copies from where it can read to its own memory */
    KB_SHUFFLE, /* (memory, count): a list of count nodes in mixed order; its head */
    KB_WALK,    /* (head): sums a list */
    KB_COPY,    /* (to, from, words): a plain loop */
    KB_HASH,    /* (memory, bytes): one byte at a time */
    KB_FUNCTIONS
};

/* What a list is made of. */
struct kb_node {
    struct kb_node *next;
    uint64_t value;
    uint64_t rest[6];
};

extern const struct kg_entry *const kb_entries_plain[KB_FUNCTIONS];
extern const struct kg_entry *const kb_entries_soft[KB_FUNCTIONS];

#endif
