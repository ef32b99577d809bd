/* SPDX-License-Identifier: MIT */
/* The protection-key register: what its bits mean, and the routines that touch it outside gates. */
#ifndef KG_PKEY_H
#define KG_PKEY_H

/* struct kg_sealed_words, handler_rights; checked in keys.c. */
#define SEALED_HANDLER_RIGHTS 32
#define SEALED_RIGHTS_REGISTER 44

/* rights_register. */
#define REGISTER_NONE 0
#define REGISTER_PKRU 1
#define REGISTER_PKRS 2

/* IA32_PKRS (SDM vol. 4, 2.1). */
#define MSR_PKRS 0x6e1

/* Two bits a key (SDM vol. 3, 4.6.2): bit 0 denies access, bit 1 denies writes. */
#define PKRU_ALL_DENIED 0x55555555u
#define PKRU_ACCESS_DENIED 1u
#define PKRU_WRITE_DENIED 2u

#ifndef __ASSEMBLER__
#include "core/backend.h"

/* keys.c and window.c: what the backends with keys have in common. */

/* What differs between the backends with keys. */
struct kg_pkey_kind {
    unsigned marked; /* KG_MAP_USER where only such pages are guarded */
    uint32_t rights_register; /* in a kernel: REGISTER_PKRU or REGISTER_PKRS */
    bool words_key;  /* the gates' words lie at GS base, with a key that all may read */
    bool closes;     /* images can't read key 0 */
    bool host_key;   /* the host's share of the arena has a key of its own, for domains may read
                        what key 0 is on */
};

/* `missing`: why it can't be, or NULL; `found`: what to say when it can. */
void kg_pkey_probe(struct kg_backend_report *report, const struct kg_pkey_kind *kind,
                   const char *missing, const char *found);
int kg_pkey_start(const struct kg_options *options, const struct kg_pkey_kind *kind);
void kg_pkey_stop(void);
int kg_pkey_thread_start(struct kg_thread *thread);
int kg_pkey_domain_open(uint32_t slot);
void kg_pkey_domain_close(uint32_t slot);
uint32_t kg_pkey_rights(const struct kg_thread *thread, uint32_t slot);
int kg_pkey_tag(void *address, size_t bytes, uint32_t owner, enum kg_access access);
int kg_pkey_tag_read(const void *address, uint32_t *owner, enum kg_access *access);
int kg_pkey_window_open(uint32_t window, void *address, size_t bytes);
void kg_pkey_window_close(uint32_t window, void *address, size_t bytes);
int kg_pkey_window_move(struct kg_thread *thread, uint32_t window, uint32_t slot,
                        enum kg_access access);
void *kg_pkey_monitor_open(void *address, size_t bytes);
void kg_pkey_monitor_close(void *address, size_t bytes);
int kg_pkey_trap_stack(void *stack, size_t bytes);

/* Pages that are written at start only: for all domains to read, images included, because a trap
 * looks at them with the rights it interrupts. `open` false: key 0 again. `how` as for
 * kg_port_protect. */
int kg_pkey_trap_page(const void *start, size_t bytes, unsigned how, bool open);

/* Images can read key 0 after all: the kernel does not say what traps look at. */
void kg_pkey_leave_open(void);

#define KG_PKEY_COMMON                                                                          \
    .hardware = true, .clears = true, .window = true, .readonly = true,                         \
    .build = KG_BUILD_PLAIN, .unit_bytes = KG_PAGE_BYTES,                                       \
    .domain_open = kg_pkey_domain_open, .domain_close = kg_pkey_domain_close,                   \
    .rights = kg_pkey_rights, .tag = kg_pkey_tag, .tag_read = kg_pkey_tag_read,                 \
    .window_open = kg_pkey_window_open, .window_close = kg_pkey_window_close,                   \
    .window_move = kg_pkey_window_move, .monitor_open = kg_pkey_monitor_open,                   \
    .monitor_close = kg_pkey_monitor_close

/* The gates' words of a thread: what must be in force inside, and what to go back to. */
struct kg_pkey_words {
    uint32_t inside;
    uint32_t outside;
};
struct kg_pkey_words *kg_pkey_words(const struct kg_thread *thread);

uint32_t kg_pkey_window_key(uint32_t window);
uint32_t kg_pkey_window_owner(uint32_t window, enum kg_access *access);

/* The rights in force. */
uint32_t kg_pkey_rights_read(void);
void kg_pkey_rights_write(uint32_t rights);
void kg_pkey_signal_entry(void);
#endif

#endif
