/* SPDX-License-Identifier: MIT */
#ifndef KG_SOFT_PAGE_STATE_H
#define KG_SOFT_PAGE_STATE_H

#include "page.h"

/* What is open, in memory that can be read while the monitor's can't. */
struct kg_page_state {
    uint32_t slot;              /* whose memory is open, 0: no domain's */
    bool monitor_shut;
    void *stack;                /* which of its stacks */
    size_t stack_bytes;
    const struct kg_thread *thread; /* who is in a domain or on its way, NULL: nobody */
    uint64_t turns;             /* changes of state; odd while a domain runs */
};

extern struct kg_page_state kg_page_state;

void kg_page_signal_enter(void);
void kg_page_signal_leave(void);

/* For what was so before and must be so again. */
void kg_page_must_protect(void *address, size_t bytes, unsigned how);

#endif
