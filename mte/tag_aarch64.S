/* SPDX-License-Identifier: MIT */
#include "asm.h"

/* void kg_mte_store(uintptr_t address, size_t bytes)
 *
 * Why: a hand-over is this and nothing else. In: x0 = first granule, with the new tag in bits 59
 * to 56; x1 = size, a multiple of 16. Out: nothing. Clobbers: x0 to x4, flags. Trusts: the monitor,
 * which asks only for what it owns.
 *
 * DC GVA tags a whole block of 4 << DCZID_EL0.BS bytes (Arm ARM, DC GVA); ST2G and STG do the
 * edges. None of them is itself checked. Where DCZID_EL0.DZP forbids the block, ST2G does it all.
 * FROM: C.  RIGHTS and STACK: host. */
FUNC kg_mte_store
    add x1, x0, x1
    mrs x2, dczid_el0
    tbnz x2, #4, .Lpairs
    and x2, x2, #15
    mov x3, #4
    lsl x3, x3, x2          /* x3 bytes in a block */
    sub x2, x3, #1
    sub x4, x1, x0
    cmp x4, x3, lsl #1
    b.lo .Lpairs            /* maybe not one whole block in it */
.Lhead:
    tst x0, x2
    b.eq .Lblocks
    stg x0, [x0], #16
    b .Lhead
.Lblocks:
    bic x4, x1, x2          /* where the last whole block ends */
    b .Lmore
.Lfour:
    .rept 4
    dc gva, x0
    add x0, x0, x3
    .endr
.Lmore:
    add x2, x0, x3, lsl #2
    cmp x2, x4
    b.ls .Lfour
.Lblock:
    cmp x0, x4
    b.hs .Lpairs
    dc gva, x0
    add x0, x0, x3
    b .Lblock
.Lpairs:
    sub x4, x1, x0
    tbz x4, #4, .Leven
    stg x0, [x0], #16
.Leven:
    cmp x0, x1
    b.hs .Ldone
.Lpair:
    st2g x0, [x0], #32
    cmp x0, x1
    b.lo .Lpair
.Ldone:
    /* Tag stores are ordered as data stores are: other CPUs' barriers pair with this. */
    dsb ish
    ret
ENDFUNC kg_mte_store
