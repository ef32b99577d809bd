/* SPDX-License-Identifier: MIT */
/* What only x86-64 has to be tried for in the check that is the same everywhere. What needs rights
 * registers, or ends the machine, is an image of its own: trap_check_x86_64.c. */
#include "platform_check.h"

void check_do_divide(uintptr_t by);
void check_do_undefined(uintptr_t unused);
void check_do_breakpoint(uintptr_t unused);
void check_do_interrupt(uintptr_t unused);
void check_do_float(uintptr_t unused);

#define FLAGS_INTERRUPTS 0x200u

bool check_interrupts_masked(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq\n\tpopq %0" : "=r"(flags));
    return (flags & FLAGS_INTERRUPTS) == 0;
}

void check_cpu_exceptions(void)
{
    const uintptr_t no_address = UINT64_C(0x800000000000);
    CHECK(check_faults(check_do_divide, 0) && check_trap.cause == KG_CAUSE_ARITHMETIC);
    CHECK(!check_faults(check_do_divide, 1));
    CHECK(check_faults(check_do_float, 0) && check_trap.cause == KG_CAUSE_ARITHMETIC);
    CHECK(check_faults(check_do_undefined, 3) && check_trap.cause == KG_CAUSE_INSTRUCTION);
    CHECK(check_trap.instruction == (uintptr_t)check_do_undefined);
    CHECK(check_found[5] == 3 && check_found[7] == check_trap.stack);
    CHECK(check_faults(check_do_breakpoint, 0) && check_trap.cause == KG_CAUSE_TRAP);
    CHECK(check_faults(check_do_interrupt, 0) && check_trap.cause == KG_CAUSE_TRAP);
    CHECK(check_faults(check_read, no_address) && check_trap.cause == KG_CAUSE_UNMAPPED);
    CHECK(check_faults(check_write, no_address) && check_trap.cause == KG_CAUSE_UNMAPPED);
    CHECK(check_faults(check_jump, no_address) && check_trap.cause == KG_CAUSE_UNMAPPED);
}

const char *check_cpu(void)
{
    return "x86-64";
}
