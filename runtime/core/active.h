/* SPDX-License-Identifier: MIT */
/* The chosen backend, called. What a backend leaves out of its table has nothing to do there, and
 * that is decided here, once. */
#ifndef KG_CORE_ACTIVE_H
#define KG_CORE_ACTIVE_H

#include "core.h"

static inline void kg_active_stop(void)
{
    if (kg_sealed.active->stop != NULL) {
        kg_sealed.active->stop();
    }
}

static inline int kg_active_thread_start(struct kg_thread *thread)
{
    return kg_sealed.active->thread_start != NULL ? kg_sealed.active->thread_start(thread) : 0;
}

static inline void kg_active_thread_stop(struct kg_thread *thread)
{
    if (kg_sealed.active->thread_stop != NULL) {
        kg_sealed.active->thread_stop(thread);
    }
}

static inline int kg_active_domain_open(uint32_t slot)
{
    return kg_sealed.active->domain_open != NULL ? kg_sealed.active->domain_open(slot) : 0;
}

static inline void kg_active_domain_close(uint32_t slot)
{
    if (kg_sealed.active->domain_close != NULL) {
        kg_sealed.active->domain_close(slot);
    }
}

static inline uint32_t kg_active_rights(const struct kg_thread *thread, uint32_t slot)
{
    return kg_sealed.active->rights != NULL ? kg_sealed.active->rights(thread, slot) : 0;
}

static inline int kg_active_tag(void *address, size_t bytes, uint32_t owner,
                                enum kg_access access)
{
    return kg_sealed.active->tag != NULL ? kg_sealed.active->tag(address, bytes, owner, access)
                                         : 0;
}

static inline int kg_active_tag_read(const void *address, uint32_t *owner, enum kg_access *access)
{
    return kg_sealed.active->tag_read != NULL ? kg_sealed.active->tag_read(address, owner, access)
                                              : -KG_ESYSTEM;
}

static inline void *kg_active_pointer(void *address, uint32_t owner)
{
    return kg_sealed.active->pointer != NULL ? kg_sealed.active->pointer(address, owner) : address;
}

/* After kg_port_forget: what is in page tables has stayed, tags in memory have not. */
static inline int kg_active_tag_again(void *memory, size_t bytes, uint32_t owner)
{
    return kg_sealed.active->pointer != NULL ? kg_active_tag(memory, bytes, owner, KG_ACCESS_WRITE)
                                             : 0;
}

static inline void *kg_active_monitor_open(void *address, size_t bytes)
{
    return kg_sealed.active->monitor_open != NULL ? kg_sealed.active->monitor_open(address, bytes)
                                                  : address;
}

static inline void kg_active_monitor_close(void *address, size_t bytes)
{
    if (kg_sealed.active->monitor_close != NULL) {
        kg_sealed.active->monitor_close(address, bytes);
    }
}

static inline void kg_active_decode(struct kg_fault *fault)
{
    if (kg_sealed.active->decode != NULL) {
        kg_sealed.active->decode(fault);
    }
}

#endif
