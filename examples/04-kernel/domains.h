/* SPDX-License-Identifier: MIT */
#ifndef DOMAINS_H
#define DOMAINS_H

#include <keygate/domain.h>

enum misbehaviour {
    MISBEHAVE_PANIC,
    MISBEHAVE_WRITE, /* to the address given */
    MISBEHAVE_READ,  /* from it; the value is what was there */
    MISBEHAVE_LOOP,
};

KG_ENTRY_DECLARE(count);     /* by */
KG_ENTRY_DECLARE(add);       /* a, b */
KG_ENTRY_DECLARE(misbehave); /* how, where */

#endif
