/* SPDX-License-Identifier: MIT */
#include "world.h"

#include "caller.h"

bool backend_clears(void)
{
    return kg_backend() != KG_BACKEND_NONE;
}

void caller_prepare(struct caller *caller)
{
    memset(caller, 0, sizeof *caller);
    for (size_t i = 0; i < sizeof caller->general / sizeof *caller->general; i++) {
        caller->general[i] = UINT64_C(0x1111111111111111) * (i + 1);
    }
#if defined(__x86_64__)
    caller->flags = 0x202 | 0xd5; /* carry, parity, adjust, zero, sign */
    caller->mxcsr = 0x7f80 | 0x2; /* towards zero, and one exception has been */
    caller->fcw = 0xf7f;          /* towards zero, extended precision */
#else
    for (size_t i = 0; i < 8; i++) {
        caller->vector[i] = UINT64_C(0x0101010101010101) * (i + 1);
    }
    caller->fpcr = UINT64_C(3) << 22; /* towards zero */
#endif
}

enum greatest_test_res caller_kept(const struct caller *before, const struct caller *after,
                                   bool control)
{
    KG_ASSERT_EQ(after->stack, 0);
    ASSERT_MEM_EQ(before->general, after->general, sizeof before->general);
#if defined(__x86_64__)
    if (control) {
        KG_ASSERT_EQ(after->flags & ~ARITHMETIC, before->flags & ~ARITHMETIC);
        KG_ASSERT_EQ(after->mxcsr, before->mxcsr);
        KG_ASSERT_EQ(after->fcw, before->fcw);
    }
#else
    ASSERT_MEM_EQ(before->vector, after->vector, sizeof before->vector);
    if (control) {
        KG_ASSERT_EQ(after->fpcr, before->fpcr);
    }
#endif
    PASS();
}

enum greatest_test_res caller_same(const struct kg_gate *gate, int64_t expected, bool control)
{
    struct caller before, after;
    caller_prepare(&before);
    memset(&after, 0, sizeof after);
    uint64_t rights = rights_now();
    int64_t status = caller_call(gate, &before, &after);
    KG_ASSERT_STATUS(status, expected);
    KG_ASSERT_EQ(rights_now(), rights);
    CHECK_CALL(caller_kept(&before, &after, control));
    PASS();
}
