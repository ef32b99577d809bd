/* SPDX-License-Identifier: MIT */
/* The private heap of a domain, carved by the domain itself (keygate/domain.h). */
#ifndef KG_CORE_DOMAIN_HEAP_H
#define KG_CORE_DOMAIN_HEAP_H

#include <stddef.h>

/* Writes the head of a fresh heap, before it is tagged. */
void kg_domain_heap_prepare(void *heap, size_t bytes);

/* The running domain's heap, as it must point to it; NULL: the host runs. */
void *kg_domain_heap_own(void);

#endif
