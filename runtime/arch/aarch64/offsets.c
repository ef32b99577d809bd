/* SPDX-License-Identifier: MIT */
/* Nothing but checks: the assembly's numbers against the compiler's. */
#include "offsets.h"

#include "core/layout.h"

#define CHECK(type, member, offset)                                                             \
    _Static_assert(offsetof(struct type, member) == (offset), #type "." #member " moved")

CHECK(kg_frame, saved.x[0], F_X19);
CHECK(kg_frame, saved.x[2], F_X21);
CHECK(kg_frame, saved.x[4], F_X23);
CHECK(kg_frame, saved.x[6], F_X25);
CHECK(kg_frame, saved.x[8], F_X27);
CHECK(kg_frame, saved.x29, F_X29);
CHECK(kg_frame, saved.x30, F_X29 + 8);
CHECK(kg_frame, saved.d[0], F_D8);
CHECK(kg_frame, saved.d[2], F_D10);
CHECK(kg_frame, saved.d[4], F_D12);
CHECK(kg_frame, saved.d[6], F_D14);
CHECK(kg_frame, saved.fpcr, F_FPCR);
CHECK(kg_frame, saved.sp, F_SP);
CHECK(kg_frame, slot, F_SLOT);
CHECK(kg_frame, slot, F_SP + 8);
CHECK(kg_frame, outside, F_LEVEL);
CHECK(kg_frame, door, F_DOOR);
CHECK(kg_frame, thread, F_THREAD);
_Static_assert(sizeof(struct kg_frame) == F_BYTES, "struct kg_frame grew");
CHECK(kg_thread, top, T_TOP);
CHECK(kg_thread, door, T_DOOR);
CHECK(kg_thread, dead, T_DEAD);
CHECK(kg_thread, pending_status, T_PENDING);
CHECK(kg_gate, function, G_FUNCTION);
CHECK(kg_gate, slot, G_SLOT);
CHECK(kg_gate, door, G_DOOR);
CHECK(kg_local, thread, L_THREAD);
CHECK(kg_local, inside, L_INSIDE);
_Static_assert(L_THREAD == 0, "LOCAL_THREAD loads it without an offset");
_Static_assert(KG_FRAME_HOST == FRAME_HOST, "FRAME_HOST");
_Static_assert(KG_OWNER_NOBODY == SLOT_NOBODY, "SLOT_NOBODY");
_Static_assert(F_LEVEL - F_SLOT == LEVEL_SHIFT / 8, "LEVEL_SHIFT");
