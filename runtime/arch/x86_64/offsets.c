/* SPDX-License-Identifier: MIT */
/* Nothing but checks: the assembly's numbers against the compiler's. */
#include "offsets.h"

#include "core/core.h"

#define CHECK(type, member, offset)                                                             \
    _Static_assert(offsetof(struct type, member) == (offset), #type "." #member " moved")

CHECK(kg_frame, saved.rbx, F_RBX);
CHECK(kg_frame, saved.rbp, F_RBP);
CHECK(kg_frame, saved.r12, F_R12);
CHECK(kg_frame, saved.r13, F_R13);
CHECK(kg_frame, saved.r14, F_R14);
CHECK(kg_frame, saved.r15, F_R15);
CHECK(kg_frame, saved.rsp, F_RSP);
CHECK(kg_frame, saved.mxcsr, F_MXCSR);
CHECK(kg_frame, saved.fcw, F_FCW);
CHECK(kg_frame, slot, F_SLOT);
CHECK(kg_frame, outside, F_OUTSIDE);
CHECK(kg_frame, door, F_DOOR);
_Static_assert(sizeof(struct kg_frame) == F_BYTES, "struct kg_frame grew");
CHECK(kg_thread, top, T_TOP);
CHECK(kg_thread, door, T_DOOR);
CHECK(kg_thread, rights, T_RIGHTS);
CHECK(kg_thread, dead, T_DEAD);
CHECK(kg_thread, pending_status, T_PENDING);
CHECK(kg_gate, function, G_FUNCTION);
CHECK(kg_gate, slot, G_SLOT);
CHECK(kg_gate, door, G_DOOR);
CHECK(kg_local, thread, L_THREAD);
CHECK(kg_local, inside, L_INSIDE);
CHECK(kg_local, outside, L_OUTSIDE);
CHECK(kg_sealed_words, vectors, SEALED_VECTORS);
_Static_assert(KG_FRAME_HOST == FRAME_HOST, "FRAME_HOST");
_Static_assert(KG_OWNER_NOBODY == SLOT_NOBODY, "SLOT_NOBODY");
