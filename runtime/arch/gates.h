/* SPDX-License-Identifier: MIT */
/* The assembly's ways in, declared, and tables of them for the backends. */
#ifndef KG_ARCH_GATES_H
#define KG_ARCH_GATES_H

#include <keygate/gate.h>
#include <kg_arch_frame.h>

#define KG_U64 uint64_t
#define KG_GATE_DECLARE(prefix)                                                                 \
    struct kg_outcome prefix##_0(const struct kg_gate *);                                       \
    struct kg_outcome prefix##_1(KG_U64, const struct kg_gate *);                               \
    struct kg_outcome prefix##_2(KG_U64, KG_U64, const struct kg_gate *);                       \
    struct kg_outcome prefix##_3(KG_U64, KG_U64, KG_U64, const struct kg_gate *);               \
    struct kg_outcome prefix##_4(KG_U64, KG_U64, KG_U64, KG_U64, const struct kg_gate *);       \
    struct kg_outcome prefix##_5(KG_U64, KG_U64, KG_U64, KG_U64, KG_U64,                        \
                                 const struct kg_gate *);                                       \
    struct kg_outcome prefix##_6(KG_U64, KG_U64, KG_U64, KG_U64, KG_U64, KG_U64,                \
                                 const struct kg_gate *)

/* One head: the ways in for each number of arguments. */
#define KG_GATES(prefix)                                                                        \
    {                                                                                           \
        prefix##_0, prefix##_1, prefix##_2, prefix##_3, prefix##_4, prefix##_5, prefix##_6      \
    }

#define KG_FAMILY_DECLARE(family, level)                                                        \
    KG_GATE_DECLARE(kg_enter_##family##_##level);                                               \
    KG_GATE_DECLARE(kg_slow_##family##_##level)

KG_GATES_NONE_LEVELS(KG_FAMILY_DECLARE, none);
KG_GATES_LEVELS(KG_FAMILY_DECLARE, soft);
KG_GATES_LEVELS(KG_FAMILY_DECLARE, page);
KG_GATES_LEVELS(KG_FAMILY_DECLARE, pkey);
KG_GATES_LEVELS(KG_FAMILY_DECLARE, mte);
KG_GATES_LEVELS(KG_FAMILY_DECLARE, forced);
KG_GATES_LEVELS(KG_FAMILY_DECLARE, pku);
KG_GATES_LEVELS(KG_FAMILY_DECLARE, pks);
KG_GATES_LEVELS(KG_FAMILY_DECLARE, pku_ring3);

KG_GATE_DECLARE(kg_out_pkey);
KG_GATE_DECLARE(kg_out_pku);
KG_GATE_DECLARE(kg_out_pks);
KG_GATE_DECLARE(kg_out_pku_ring3);

void kg_unwind_none(void);
void kg_unwind_soft(void);
void kg_unwind_page(void);
void kg_unwind_pkey(void);
void kg_unwind_mte(void);
void kg_unwind_pku(void);
void kg_unwind_pks(void);
void kg_unwind_pku_ring3(void);

#endif
