/* SPDX-License-Identifier: MIT */
/* What a gate on AArch64 keeps of the side that waits. Checked against offsets.h by offsets.c. */
#ifndef KG_ARCH_FRAME_H
#define KG_ARCH_FRAME_H

#include <stdint.h>

/* The registers a procedure call keeps (AAPCS64 6.1): x19 to x30, sp, the low half of v8 to v15,
 * the control bits of FPCR. d[] is saved for a callee that may have vector code; one without keeps
 * them by never touching them. */
struct kg_saved {
    uint64_t x[10];  /* x19 to x28 */
    uint64_t x29;
    uint64_t x30;    /* the return address at the gate's own entry */
    uint64_t d[8];   /* d8 to d15 */
    uint32_t fpcr;
    uint64_t sp;     /* last, so that one STP writes it and the frame's slot */
};

#define KG_FRAME_BYTES 200

/* How many of a report's registers there are, and which has a function's first argument: x0. */
#define KG_ARCH_REGISTERS 34
#define KG_ARCH_ARGUMENT 0

/* Which vector registers a gate must clear towards a domain. An enter keeps it in its frame's
 * `outside`, for the unwind and for what the domain calls: no gate on this CPU keeps rights there,
 * which are the stack pointer's tag and PSTATE.TCO. */
enum kg_vectors {
    KG_VECTORS_GENERAL = 0, /* none: the callee's code has no vector instruction */
    KG_VECTORS_SIMD,        /* v0 to v31 */
    KG_VECTORS_SVE,         /* and the predicates; writing v clears the rest of z */
    KG_VECTORS_COUNT
};

/* One initializer for each of the above; a declaration for each; a table from a prefix. */
#define KG_GATES_EACH(...) {__VA_ARGS__, __VA_ARGS__, __VA_ARGS__}
#define KG_GATES_LEVELS(declare, family)                                                        \
    declare(family, 0);                                                                         \
    declare(family, 1);                                                                         \
    declare(family, 2)
/* The ways into `none`, which clears nothing: it keeps d8 to d15 or does not. */
#define KG_GATES_NONE(prefix) {KG_GATES(prefix##_0), KG_GATES(prefix##_1), KG_GATES(prefix##_1)}
#define KG_GATES_NONE_LEVELS(declare, family)                                                   \
    declare(family, 0);                                                                         \
    declare(family, 1)
#define KG_GATES_BY_LEVEL(prefix)                                                               \
    {                                                                                           \
        KG_GATES(prefix##_0), KG_GATES(prefix##_1), KG_GATES(prefix##_2)                        \
    }

/* The largest set this processor and system have. */
enum kg_vectors kg_arch_vectors(void);

#endif
