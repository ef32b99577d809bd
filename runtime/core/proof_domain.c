/* SPDX-License-Identifier: MIT */
/* The prover's two attempts. Compiled once for each flavour of domain code. */
#include "proof_domain.h"

#ifdef KEYGATE_SOFT
#define prove_read kg_soft_prove_read
#define prove_write kg_soft_prove_write
#else
#define prove_read kg_plain_prove_read
#define prove_write kg_plain_prove_write
#endif

static uint64_t prove_read(uint64_t address)
{
    return *(const volatile uint64_t *)address;
}

static uint64_t prove_write(uint64_t address)
{
    *(volatile uint64_t *)address = 1;
    return 0;
}

#ifdef KEYGATE_SOFT
KG_ENTRY(kg_soft_prove_read, 1);
KG_ENTRY(kg_soft_prove_write, 1);
#else
KG_ENTRY(kg_plain_prove_read, 1);
KG_ENTRY(kg_plain_prove_write, 1);
#endif
