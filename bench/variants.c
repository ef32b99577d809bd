/* SPDX-License-Identifier: MIT */
#include "variants.h"

#include <stddef.h>

/* Every backend's gate has these. */
#define BOOKS(X, family) X(family, liveness) X(family, depth)
/* What is cleared and normalised towards a domain. */
#define CLEARING(X, family) X(family, general) X(family, vector) X(family, control)
/* Rights are a register; one without the write has no check either. */
#define RIGHTS(X, family) X(family, check) X(family, rights)

#if defined(KG_BARE) && defined(__x86_64__)
#define ALL(NONE, X, PLAIN)                                                                     \
    BOOKS(NONE, none)                                                                           \
    BOOKS(X, soft) CLEARING(X, soft) X(soft, flags)                                             \
    BOOKS(X, pku) RIGHTS(X, pku) CLEARING(X, pku) X(pku, flags)                                 \
    BOOKS(X, pks) RIGHTS(X, pks) CLEARING(X, pks) X(pks, flags)
#elif defined(__x86_64__)
/* Flags are normalised on this processor only. `unwritten` is the gate of `pkey` without WRPKRU and
 * RDPKRU, so that its time can be taken on a processor that lacks them. */
#define ALL(NONE, X, PLAIN)                                                                     \
    BOOKS(NONE, none)                                                                           \
    BOOKS(X, soft) CLEARING(X, soft) X(soft, flags)                                             \
    BOOKS(X, pkey) RIGHTS(X, pkey) CLEARING(X, pkey) X(pkey, flags)                             \
    PLAIN(unwritten) BOOKS(X, unwritten) CLEARING(X, unwritten) X(unwritten, flags)
#else
#define ALL(NONE, X, PLAIN)                                                                     \
    BOOKS(NONE, none)                                                                           \
    BOOKS(X, soft) CLEARING(X, soft)                                                            \
    BOOKS(X, mte) RIGHTS(X, mte) CLEARING(X, mte)
#endif

#define DECLARE_NONE(family, step) KG_GATES_NONE_LEVELS(KG_FAMILY_DECLARE, family##_no_##step);
#define DECLARE(family, step) KG_GATES_LEVELS(KG_FAMILY_DECLARE, family##_no_##step);
#define DECLARE_PLAIN(family) KG_GATES_LEVELS(KG_FAMILY_DECLARE, family);

ALL(DECLARE_NONE, DECLARE, DECLARE_PLAIN)

#define ROW_NONE(family, step)                                                                  \
    {#family, #step, KG_GATES_NONE(kg_enter_##family##_no_##step)},
#define ROW(family, step) {#family, #step, KG_GATES_BY_LEVEL(kg_enter_##family##_no_##step)},
#define ROW_PLAIN(family) {#family, NULL, KG_GATES_BY_LEVEL(kg_enter_##family)},

const struct kb_variant kb_variants[] = {ALL(ROW_NONE, ROW, ROW_PLAIN){.family = NULL}};
