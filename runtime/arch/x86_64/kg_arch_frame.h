/* SPDX-License-Identifier: MIT */
/* What a gate on x86-64 keeps of the side that waits. Checked against offsets.h by offsets.c. */
#ifndef KG_ARCH_FRAME_H
#define KG_ARCH_FRAME_H

#include <stdint.h>

struct kg_saved {
    uint64_t rbx;
    uint64_t rbp;
    uint64_t r12;
    uint64_t r13;
    uint64_t r14;
    uint64_t r15;
    uint64_t rsp;   /* at the gate's own entry: the return address is on top */
    uint32_t mxcsr;
    uint16_t fcw;   /* a leave's x87 control word; an enter's is in kg_frame.outside */
    uint16_t unused;
};

#define KG_FRAME_BYTES 88

/* How many of a report's registers there are, and which has a function's first argument: rdi. */
#define KG_ARCH_REGISTERS 18
#define KG_ARCH_ARGUMENT 5

/* Which vector registers a gate must clear towards a domain. */
enum kg_vectors {
    KG_VECTORS_GENERAL = 0, /* none: the callee's code has no vector instruction */
    KG_VECTORS_SSE,
    KG_VECTORS_AVX,
    KG_VECTORS_AVX512,
    KG_VECTORS_COUNT
};

/* One initializer for each of the above; a declaration for each; a table from a prefix. */
#define KG_GATES_EACH(...) {__VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__}
#define KG_GATES_LEVELS(declare, family)                                                        \
    declare(family, 0);                                                                         \
    declare(family, 1);                                                                         \
    declare(family, 2);                                                                         \
    declare(family, 3)
/* The ways into `none`, which clears nothing: one for all. */
#define KG_GATES_NONE(prefix) KG_GATES_EACH(KG_GATES(prefix##_0))
#define KG_GATES_NONE_LEVELS(declare, family) declare(family, 0)
#define KG_GATES_BY_LEVEL(prefix)                                                               \
    {                                                                                           \
        KG_GATES(prefix##_0), KG_GATES(prefix##_1), KG_GATES(prefix##_2), KG_GATES(prefix##_3)  \
    }

/* The largest set this processor and system have. */
enum kg_vectors kg_arch_vectors(void);

#endif
