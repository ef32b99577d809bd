/* SPDX-License-Identifier: MIT */
/* Protection keys, however they are enforced: which key is whose, and the word of rights a domain
 * runs with: its own key open, the trap stacks' key open, key 0 (the host's memory) readable for
 * functions of the host's own and shut for images, the gates' words readable, all else denied. In
 * ring 3 key 0 is what function domains may read, and what the host owns has a key.
 *
 * All keys are taken at start, so that no stale right to one can linger in a thread. A key is never
 * freed while a page may still carry it. */
#include "kg_pkey.h"

#include "core/core.h"
#include "core/text.h"

#include <string.h>

#define KEYS 16
#define OWN_KEYS 4 /* trap stacks, nobody, two windows; and one of a kind more where it has one */
#define WORDS_STRIDE 64u
#define WORDS_BYTES (KG_THREADS_MAX * WORDS_STRIDE)

_Static_assert(offsetof(struct kg_sealed_words, handler_rights) == SEALED_HANDLER_RIGHTS,
               "mend SEALED_HANDLER_RIGHTS");
_Static_assert(offsetof(struct kg_sealed_words, rights_register) == SEALED_RIGHTS_REGISTER,
               "mend SEALED_RIGHTS_REGISTER");

static struct {
    uint32_t all[KEYS]; /* every key we hold */
    uint32_t count;
    uint32_t traps;     /* open to all: the stacks that traps or signals are taken on */
    uint32_t nobody;    /* open to none */
    uint32_t host;      /* of what the host owns; mostly 0 */
    uint32_t words_key; /* of the gates' words; 0: they are thread-local */
    unsigned char *words;
    uint32_t own;       /* how many of them no slot gets */
    bool closes;
    uint32_t window[KG_WINDOWS_MAX];
    uint32_t slot[KG_SLOTS]; /* of each owner; 0: none, mostly the host's too */
    bool taken[KEYS];   /* by a slot */
    unsigned marked;    /* KG_MAP_USER or 0 */
} keys;

static __thread uint32_t before_open;

static uint32_t bits(uint32_t key, uint32_t how)
{
    return how << (2 * key);
}

static uint32_t own_keys(const struct kg_pkey_kind *kind)
{
    return kind->host_key || kind->words_key ? OWN_KEYS + 1 : OWN_KEYS;
}

void kg_pkey_probe(struct kg_backend_report *report, const struct kg_pkey_kind *kind,
                   const char *missing, const char *found)
{
    if (missing != NULL) {
        KG_REASON(report, missing);
        return;
    }
    uint32_t own = own_keys(kind);
    uint32_t taken[KEYS];
    const char *why = "";
    uint32_t count = kg_port_keys_take(taken, KEYS, &why);
    kg_port_keys_free(taken, count);
    struct kg_text reason = {report->reason, sizeof report->reason, 0};
    if (count < own + 2) {
        kg_text_add_number(&reason, count);
        kg_text_add(&reason, " keys are free, ");
        kg_text_add_number(&reason, own + 2);
        kg_text_add(&reason, " are needed: ");
        kg_text_add(&reason, why);
        return;
    }
    report->available = true;
    report->domains = count - own - 1;
    kg_text_add(&reason, found);
}

struct kg_pkey_words *kg_pkey_words(const struct kg_thread *thread)
{
    return keys.words == NULL
               ? (struct kg_pkey_words *)(void *)&kg_local.inside
               : (struct kg_pkey_words *)(void *)(keys.words + thread->index * WORDS_STRIDE);
}

static int words_start(void)
{
    void *memory;
    int status = kg_port_reserve(WORDS_BYTES, KG_PAGE_BYTES, KG_PAGE_BYTES, &memory);
    if (status != 0) {
        return status;
    }
    keys.words_key = keys.all[OWN_KEYS];
    keys.words = memory;
    status = kg_port_map(memory, WORDS_BYTES, KG_MAP_WRITE);
    return status != 0 ? status
                       : kg_port_protect(memory, WORDS_BYTES,
                                         KG_MAP_WRITE | KG_MAP_KEY(keys.words_key));
}

void kg_pkey_stop(void)
{
    if (keys.words != NULL) {
        kg_port_release(keys.words, WORDS_BYTES, KG_PAGE_BYTES);
    }
    kg_port_keys_free(keys.all, keys.count);
    memset(&keys, 0, sizeof keys);
}

int kg_pkey_start(const struct kg_options *options, const struct kg_pkey_kind *kind)
{
    uint32_t max = KEYS;
    const char *why;
    if (options->keys_max != 0 && options->keys_max < KEYS) {
        max = options->keys_max;
    }
    memset(&keys, 0, sizeof keys);
    keys.count = kg_port_keys_take(keys.all, max, &why);
    keys.own = own_keys(kind);
    if (keys.count < keys.own + 2) {
        kg_pkey_stop();
        return -KG_ENOTAG;
    }
    keys.traps = keys.all[0];
    keys.nobody = keys.all[1];
    keys.window[0] = keys.all[2];
    keys.window[1] = keys.all[3];
    keys.host = kind->host_key ? keys.all[OWN_KEYS] : 0;
    keys.slot[KG_OWNER_HOST] = keys.host;
    keys.slot[KG_OWNER_NOBODY] = keys.nobody;
    keys.marked = kind->marked;
    keys.closes = kind->closes;
    int status = kind->words_key ? words_start() : 0;
    if (status != 0) {
        kg_pkey_stop();
        return status;
    }
    kg_sealed.rights_register = kind->rights_register;
    kg_sealed.handler_rights =
        PKRU_ALL_DENIED & ~bits(0, 3) & ~bits(keys.traps, 3) & ~bits(keys.host, 3) &
        ~bits(keys.words_key, 3);
    return 0;
}

/* Absolute, not inherited: whatever this thread had of our keys, it now has the trap stacks' and
 * nothing else. Frames are pushed with the rights they interrupt (Linux before 6.12, and any
 * CPU). */
int kg_pkey_thread_start(struct kg_thread *thread)
{
    (void)thread;
    uint32_t rights = kg_pkey_rights_read();
    for (uint32_t i = 0; i < keys.count; i++) {
        rights = (rights & ~bits(keys.all[i], 3)) | bits(keys.all[i], PKRU_ACCESS_DENIED);
    }
    rights &= ~bits(keys.traps, 3);
    if (keys.host != 0) {
        rights &= ~bits(keys.host, 3);
    }
    if (keys.words_key != 0) {
        rights &= ~bits(keys.words_key, 3);
    }
    kg_pkey_rights_write(rights);
    return 0;
}

int kg_pkey_domain_open(uint32_t slot)
{
    for (uint32_t i = keys.own; i < keys.count; i++) {
        /* The last free key is the prover's. */
        bool reserved = i == keys.count - 1 && slot != KG_SLOT_PROVER;
        if (!keys.taken[i] && !reserved && (slot != KG_SLOT_PROVER || i == keys.count - 1)) {
            keys.taken[i] = true;
            keys.slot[slot] = keys.all[i];
            return 0;
        }
    }
    return -KG_ENOTAG;
}

void kg_pkey_domain_close(uint32_t slot)
{
    for (uint32_t i = 0; i < keys.count; i++) {
        if (keys.all[i] == keys.slot[slot]) {
            keys.taken[i] = false;
        }
    }
    keys.slot[slot] = 0;
}

uint32_t kg_pkey_rights(const struct kg_thread *thread, uint32_t slot)
{
    (void)thread;
    uint32_t word = PKRU_ALL_DENIED & ~bits(keys.traps, 3) & ~bits(keys.slot[slot], 3);
    if (!keys.closes || kg_books->domains[slot].image.base == NULL) {
        word = (word & ~bits(0, 3)) | bits(0, PKRU_WRITE_DENIED);
    }
    if (keys.words_key != 0) {
        word = (word & ~bits(keys.words_key, 3)) | bits(keys.words_key, PKRU_WRITE_DENIED);
    }
    return word;
}

static int protect(void *address, size_t bytes, uint32_t key, unsigned how)
{
    return kg_port_failure("tag") ? -KG_ESYSTEM
                                  : kg_port_protect(address, bytes,
                                                    how | KG_MAP_KEY(key) | keys.marked);
}

int kg_pkey_tag(void *address, size_t bytes, uint32_t owner, enum kg_access access)
{
    unsigned how = access == KG_ACCESS_READ  ? KG_MAP_READ
                   : access == KG_ACCESS_RUN ? KG_MAP_READ | KG_MAP_EXECUTE
                                             : KG_MAP_WRITE;
    return protect(address, bytes, keys.slot[owner], how);
}

static uint32_t owner_of(uint32_t key)
{
    if (key == 0 || key == keys.host) {
        return KG_OWNER_HOST;
    }
    for (uint32_t slot = 1; slot < KG_SLOTS; slot++) {
        if (keys.slot[slot] == key) {
            return slot;
        }
    }
    return KG_OWNER_NOBODY;
}

int kg_pkey_tag_read(const void *address, uint32_t *owner, enum kg_access *access)
{
    unsigned how;
    int status = kg_port_look(address, &how);
    if (status != 0) {
        return status;
    }
    uint32_t key = KG_MAP_KEY_OF(how);
    *access = (how & KG_MAP_WRITE) != 0  ? KG_ACCESS_WRITE
              : (how & KG_MAP_READ) != 0 ? KG_ACCESS_READ
                                         : KG_ACCESS_NONE;
    *owner = *access == KG_ACCESS_NONE ? KG_OWNER_NOBODY : owner_of(key);
    for (uint32_t i = 0; i < KG_WINDOWS_MAX; i++) {
        if (key == keys.window[i]) {
            *owner = kg_pkey_window_owner(i, access);
        }
    }
    return 0;
}

void *kg_pkey_monitor_open(void *address, size_t bytes)
{
    (void)bytes;
    before_open = kg_pkey_rights_read();
    uint32_t open = before_open;
    for (uint32_t i = 0; i < keys.count; i++) {
        open &= ~bits(keys.all[i], 3);
    }
    kg_pkey_rights_write(open);
    return address;
}

void kg_pkey_monitor_close(void *address, size_t bytes)
{
    (void)address;
    (void)bytes;
    kg_pkey_rights_write(before_open);
}

int kg_pkey_trap_stack(void *stack, size_t bytes)
{
    return protect(stack, bytes, keys.traps, KG_MAP_WRITE);
}

/* Where there is a key that all may only read it is that one; else the pages' own permission is
 * what keeps domains from writing. */
int kg_pkey_trap_page(const void *start, size_t bytes, unsigned how, bool open)
{
    uint32_t key = !open ? 0 : keys.words_key != 0 ? keys.words_key : keys.traps;
    return kg_port_protect((void *)(uintptr_t)start, bytes, how | KG_MAP_KEY(key));
}

void kg_pkey_leave_open(void)
{
    keys.closes = false;
}

uint32_t kg_pkey_window_key(uint32_t window)
{
    return keys.window[window];
}

int kg_pkey_window_open(uint32_t window, void *address, size_t bytes)
{
    return protect(address, bytes, keys.window[window], KG_MAP_WRITE);
}
