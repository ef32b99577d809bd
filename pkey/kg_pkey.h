/* SPDX-License-Identifier: MIT */
/* The protection-key register: what its bits mean, and the routines that touch it outside gates. */
#ifndef KG_PKEY_H
#define KG_PKEY_H

/* struct kg_sealed_words, handler_rights; checked in pkey.c. */
#define SEALED_HANDLER_RIGHTS 32

/* Two bits a key (SDM vol. 3, 4.6.2): bit 0 denies access, bit 1 denies writes. */
#define PKRU_ALL_DENIED 0x55555555u
#define PKRU_ACCESS_DENIED 1u
#define PKRU_WRITE_DENIED 2u

#ifndef __ASSEMBLER__
#include "core/backend.h"

int kg_pkey_window_key(uint32_t window);
int kg_pkey_window_move(struct kg_thread *thread, uint32_t window, uint32_t slot,
                        enum kg_access access);
void kg_pkey_window_close(uint32_t window, void *address, size_t bytes);
uint32_t kg_pkey_window_owner(uint32_t window, enum kg_access *access);

uint32_t kg_pkey_rights_read(void);
void kg_pkey_rights_write(uint32_t rights);
void kg_pkey_signal_entry(void);
#endif

#endif
