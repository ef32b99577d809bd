/* SPDX-License-Identifier: MIT */
/* Windows: a key opened only in the rights of one thread's call chain. A hand-over changes words
 * that the gate loads, and no page table. */
#include "kg_pkey.h"

#include "core/core.h"

static uint32_t with(uint32_t word, uint32_t key, uint32_t how)
{
    return (word & ~(3u << (2 * key))) | how << (2 * key);
}

/* The host's rights on this thread: those in force, those a running call goes back to, and those
 * waiting in frames of calls further out. */
static void host_set(struct kg_thread *thread, uint32_t key, uint32_t how)
{
    kg_pkey_rights_write(with(kg_pkey_rights_read(), key, how));
    struct kg_pkey_words *words = kg_pkey_words(thread);
    words->outside = with(words->outside, key, how);
    for (uint32_t i = 0; i < KG_FRAMES; i++) {
        struct kg_frame *frame = &thread->frames[i];
        if (frame->slot == KG_FRAME_HOST) {
            frame->outside = with(frame->outside, key, how);
        }
    }
}

int kg_pkey_window_move(struct kg_thread *thread, uint32_t window, uint32_t slot,
                        enum kg_access access)
{
    uint32_t key = kg_pkey_window_key(window);
    uint32_t how = access == KG_ACCESS_WRITE  ? 0
                   : access == KG_ACCESS_READ ? PKRU_WRITE_DENIED
                                              : PKRU_ACCESS_DENIED;
    for (uint32_t i = 1; i <= KG_DOMAINS_MAX; i++) {
        thread->rights[i] = with(thread->rights[i], key, PKRU_ACCESS_DENIED);
    }
    host_set(thread, key, slot == KG_OWNER_HOST ? how : PKRU_ACCESS_DENIED);
    if (slot != KG_OWNER_HOST) {
        thread->rights[slot] = with(thread->rights[slot], key, how);
    }
    return 0;
}

void kg_pkey_window_close(uint32_t window, void *address, size_t bytes)
{
    (void)address;
    (void)bytes;
    uint32_t key = kg_pkey_window_key(window);
    for (struct kg_thread *thread = kg_books->threads; thread != NULL; thread = thread->next) {
        for (uint32_t slot = 1; slot <= KG_DOMAINS_MAX; slot++) {
            thread->rights[slot] = with(thread->rights[slot], key, PKRU_ACCESS_DENIED);
        }
    }
    kg_pkey_window_move(kg_local.real, window, KG_OWNER_HOST, KG_ACCESS_NONE);
}

/* Who may use the window on this thread, as the words the gate loads have it. */
uint32_t kg_pkey_window_owner(uint32_t window, enum kg_access *access)
{
    uint32_t shift = 2 * kg_pkey_window_key(window);
    uint32_t host = (kg_pkey_rights_read() >> shift) & 3u;
    if ((host & PKRU_ACCESS_DENIED) == 0) {
        *access = host == 0 ? KG_ACCESS_WRITE : KG_ACCESS_READ;
        return KG_OWNER_HOST;
    }
    for (uint32_t slot = 1; slot <= KG_DOMAINS_MAX; slot++) {
        uint32_t word = (kg_local.real->rights[slot] >> shift) & 3u;
        if (kg_local.real->stack_base[slot] != 0 && (word & PKRU_ACCESS_DENIED) == 0) {
            *access = word == 0 ? KG_ACCESS_WRITE : KG_ACCESS_READ;
            return slot;
        }
    }
    *access = KG_ACCESS_NONE;
    return KG_OWNER_NOBODY;
}
