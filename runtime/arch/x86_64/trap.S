/* SPDX-License-Identifier: MIT */
#include "asm.h"

/* void kg_panic(const char *message); void kg_assert_failed(const char *message);
 *
 * Why: a trap is the one way out of a domain that needs nothing of it. In: rdi = message. Out:
 * never. The fault handler knows the traps by their addresses. */
.macro TRAP_FUNC name, trap
    .text
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    .globl \trap
    .hidden \trap
\trap:
    ud2
    .cfi_endproc
    .size \name, . - \name
.endm

TRAP_FUNC kg_panic, kg_panic_trap
TRAP_FUNC kg_assert_failed, kg_assert_trap

/* FROM: a gate that found rights it did not write.  RIGHTS: unknown. The fault handler ends the
 * domain; outside any domain it ends the process. */
FUNC kg_rights_forged
    ud2
ENDFUNC kg_rights_forged

/* uintptr_t kg_arch_stack_pointer(void): the caller's stack pointer, tag included. */
FUNC kg_arch_stack_pointer
    movq %rsp, %rax
    ret
ENDFUNC kg_arch_stack_pointer
