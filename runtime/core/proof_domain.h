/* SPDX-License-Identifier: MIT */
#ifndef KG_CORE_PROOF_DOMAIN_H
#define KG_CORE_PROOF_DOMAIN_H

#include <keygate/entry.h>

KG_ENTRY_DECLARE(kg_plain_prove_read);
KG_ENTRY_DECLARE(kg_plain_prove_write);
KG_ENTRY_DECLARE(kg_soft_prove_read);
KG_ENTRY_DECLARE(kg_soft_prove_write);

#endif
