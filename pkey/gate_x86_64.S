/* SPDX-License-Identifier: MIT */
/* The gate of protection keys on x86-64. Rights are PKRU, or in a kernel PKRS (GATE_PKS), an MSR.
 * Besides rights.S and rights_bare.S the only file that writes either. */
#ifndef GATE_RIGHTS
#define GATE_RIGHTS 1
#endif
#define GATE_CLEAR 1
#define GATE_AROUND 0
#ifdef GATE_PKU_RING3
#define GATE_RING3 1
#endif
/* Where PKRU rules in a kernel, the thread-local words are no user-marked memory, and no key shuts
 * them. */
#if (!defined(KG_BARE) || defined(GATE_PKS)) && !defined(GATE_NO_RIGHTS)
#define GATE_WORDS_GS
#endif
#include "gate.h"
#include "kg_pkey.h"

/* WRPKRU and RDPKRU want ecx = 0 (SDM vol. 2), RDMSR and WRMSR the number of the register. */
.macro RIGHTS_SELECT
#ifdef GATE_PKS
    movl $MSR_PKRS, %ecx
#else
    xorl %ecx, %ecx
#endif
.endm

/* The rights in force, in eax; edx is 0 then. */
.macro RIGHTS_READ
    RIGHTS_SELECT
#ifdef GATE_NO_RIGHTS
#elif defined(GATE_PKS)
    rdmsr
#else
    rdpkru
#endif
.endm

/* In: eax, ecx as RIGHTS_SELECT left it, edx 0. The value stays in eax. Whoever jumps here with one
 * of his own is caught by the compare with the word in trusted memory, found anew. */
.macro RIGHTS_WRITE
#ifdef GATE_NO_RIGHTS
#elif defined(GATE_PKS)
    wrmsr
#else
    wrpkru
#endif
.endm

.macro RIGHTS_CHECK word
#if !defined(GATE_NO_CHECK) && !defined(GATE_NO_RIGHTS)
    WORD_FIND %r10
    cmpl WORD(\word, %r10), %eax
    jne kg_rights_forged
#endif
.endm

#if GATE_RING3
#include "ring3_x86_64.h"
#else
#include "gate_leave.h"
#endif

UNWIND_GATE pkey
GATE_SET pkey, 0
GATE_SET pkey, 1
GATE_SET pkey, 2
GATE_SET pkey, 3
