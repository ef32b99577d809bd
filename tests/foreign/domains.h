/* SPDX-License-Identifier: MIT */
/* What runs in domains, and what it calls back. */
#ifndef PEBBLE_DOMAINS_H
#define PEBBLE_DOMAINS_H

#include <keygate/domain.h>

struct numbers {
    uint64_t count;
    uint64_t number[500];
};

KG_ENTRY_DECLARE(add);
KG_ENTRY_DECLARE(scratch);
KG_ENTRY_DECLARE(fill);
KG_ENTRY_DECLARE(total);
KG_ENTRY_DECLARE(store);
KG_ENTRY_DECLARE(load);
KG_ENTRY_DECLARE(give_up);
KG_ENTRY_DECLARE(dig);
KG_ENTRY_DECLARE(spin);
KG_ENTRY_DECLARE(mask);
KG_ENTRY_DECLARE(mask_and_give_up);
KG_ENTRY_DECLARE(rounds);
KG_ENTRY_DECLARE(produce);

#endif
