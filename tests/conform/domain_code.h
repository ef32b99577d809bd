/* SPDX-License-Identifier: MIT */
/* The entries of the suite's domain code, the domain_*.c files. */
#ifndef CONFORM_DOMAIN_CODE_H
#define CONFORM_DOMAIN_CODE_H

#include <keygate/domain.h>

/* domain_basic.c */
KG_ENTRY_DECLARE(add0);
KG_ENTRY_DECLARE(add1);
KG_ENTRY_DECLARE(add2);
KG_ENTRY_DECLARE(add3);
KG_ENTRY_DECLARE(add4);
KG_ENTRY_DECLARE(add5);
KG_ENTRY_DECLARE(add6);
KG_ENTRY_DECLARE(self);
KG_ENTRY_DECLARE(sum_to);
KG_ENTRY_DECLARE(heap_fill);
KG_ENTRY_DECLARE(sum_bytes);
KG_ENTRY_DECLARE(stack_mark);
KG_ENTRY_DECLARE(heap_reuse);
KG_ENTRY_DECLARE(heap_keep);
KG_ENTRY_DECLARE(heap_misuse);
KG_ENTRY_DECLARE(stack_here);
KG_ENTRY_DECLARE(stack_use);
KG_ENTRY_DECLARE(wait_for);
KG_ENTRY_DECLARE(count_up);

/* domain_touch.c */
KG_ENTRY_DECLARE(peek);
KG_ENTRY_DECLARE(poke);
KG_ENTRY_DECLARE(peek_object);
KG_ENTRY_DECLARE(poke_object);
KG_ENTRY_DECLARE(raise_object);
KG_ENTRY_DECLARE(poke_one);
KG_ENTRY_DECLARE(hammer);
KG_ENTRY_DECLARE(poke_constant);
KG_ENTRY_DECLARE(jump);
KG_ENTRY_DECLARE(jump_to_data);

/* domain_interrupt.c */
enum rights {
    RIGHTS_NONE,
    RIGHTS_PKRU,
    RIGHTS_PKRS,
    RIGHTS_TCO,
};
KG_ENTRY_DECLARE(rights_inside); /* enum rights */
KG_ENTRY_DECLARE(read_until);    /* handle, value */
KG_ENTRY_DECLARE(interrupts_and); /* 0: off, 1: on; what then. In a kernel only */

/* domain_crash.c */
enum crash {
    CRASH_READ_NULL,
    CRASH_WRITE_NULL,
    CRASH_READ,  /* of the address given */
    CRASH_WRITE,
    CRASH_JUMP,
    CRASH_DIVIDE, /* x86-64 only */
    CRASH_ILLEGAL,
    CRASH_TRAP,
    CRASH_PANIC,
    CRASH_PANIC_OWN_TEXT, /* the message lies in the domain's own heap */
    CRASH_PANIC_BAD_TEXT, /* the message lies at the address given */
    CRASH_ASSERT,
    CRASH_ABORT,
    CRASH_RAISE,
    CRASH_LOOP,
    CRASH_OVERFLOW,
    CRASH_COUNT
};
KG_ENTRY_DECLARE(crash);
KG_ENTRY_DECLARE(crash_with_mess);

/* domain_call.c: statuses come back as negative numbers. */
KG_ENTRY_DECLARE(call_value);
KG_ENTRY_DECLARE(call_then_loop); /* gate, argument */
KG_ENTRY_DECLARE(call_value2);
KG_ENTRY_DECLARE(call_status0);
KG_ENTRY_DECLARE(call_status);
KG_ENTRY_DECLARE(call_status2);
KG_ENTRY_DECLARE(call_then_touch);
KG_ENTRY_DECLARE(call_then_sum);
KG_ENTRY_DECLARE(lend_to);
KG_ENTRY_DECLARE(call_with_object);
KG_ENTRY_DECLARE(ladder);
KG_ENTRY_DECLARE(host_only);
KG_ENTRY_DECLARE(call_wrong_arity);
KG_ENTRY_DECLARE(call_as);
KG_ENTRY_DECLARE(call_as_copy);
KG_ENTRY_DECLARE(call_then_work);
KG_ENTRY_DECLARE(use_libc);
#define HOST_ONLY_COUNT 16u

/* domain_object.c */
KG_ENTRY_DECLARE(object_make);
KG_ENTRY_DECLARE(object_make_one);
KG_ENTRY_DECLARE(object_drop);
KG_ENTRY_DECLARE(object_pin);
KG_ENTRY_DECLARE(object_unpin);
KG_ENTRY_DECLARE(object_fill);
KG_ENTRY_DECLARE(object_sum);
KG_ENTRY_DECLARE(object_sum2);
KG_ENTRY_DECLARE(object_guard);
KG_ENTRY_DECLARE(object_guard_loan);
KG_ENTRY_DECLARE(object_return);
KG_ENTRY_DECLARE(object_churn);
KG_ENTRY_DECLARE(object_take_and_crash);
KG_ENTRY_DECLARE(object_sum_via);

/* domain_registers.c and <cpu>_registers.S */
KG_ENTRY_DECLARE(registers_scan);
KG_ENTRY_DECLARE(registers_scan_return);
KG_ENTRY_DECLARE(registers_spoil);
KG_ENTRY_DECLARE(registers_spoil_crash);
KG_ENTRY_DECLARE(registers_mmx); /* x86-64 only */
KG_ENTRY_DECLARE(x87_leave_exception); /* x86-64 only */
KG_ENTRY_DECLARE(control_is_plain);
KG_ENTRY_DECLARE(crash_now);
KG_ENTRY_DECLARE(control_own);
KG_ENTRY_DECLARE(registers_rest);
KG_ENTRY_DECLARE(registers_rest_return);
KG_ENTRY_DECLARE(flags_leave);    /* x86-64 only */
KG_ENTRY_DECLARE(gs_move);        /* x86-64 only */
KG_ENTRY_DECLARE(flags_own);      /* x86-64 only */
KG_ENTRY_DECLARE(flags_signal);   /* x86-64 only */
KG_ENTRY_DECLARE(x87_record);
KG_ENTRY_DECLARE(gs_lose);     /* x86-64 only */
KG_ENTRY_DECLARE(rights_forge);   /* x86-64 only */
KG_ENTRY_DECLARE(predicates_scan); /* AArch64 with SVE only */
KG_ENTRY_DECLARE(checks_off);     /* AArch64 with memory tagging only */
KG_ENTRY_DECLARE(stack_scan);

KG_ENTRY_DECLARE(keep_locals_over); /* gate */
KG_ENTRY_DECLARE(large_frame);      /* bytes */
KG_ENTRY_DECLARE(panic_from_stack);
KG_ENTRY_DECLARE(panic_at_end);     /* end of the heap */
KG_ENTRY_DECLARE(write_word);       /* address, value */

/* domain_ring3_bare.c; x86-64 */
enum ring3_try {
    RING3_CLI,
    RING3_STI,
    RING3_HLT,
    RING3_OUT,
    RING3_IN,
    RING3_RDMSR,
    RING3_WRMSR,
    RING3_READ_CR0,
    RING3_WRITE_CR3,
    RING3_WRITE_CR4,
    RING3_READ_DR7,
    RING3_INVLPG,
    RING3_SWAPGS,
    RING3_SYSRET,
    RING3_LGDT,
    RING3_LTR,
    RING3_XSETBV,
    RING3_INTERRUPT,
    RING3_INTERRUPT_TIMER,
    RING3_SYSENTER,
    RING3_SYSCALL,
    RING3_FAR_RETURN,
    RING3_RETURN_FROM_INTERRUPT,
    RING3_TRIES
};
KG_ENTRY_DECLARE(ring3_try);
KG_ENTRY_DECLARE(ring3_segments);
KG_ENTRY_DECLARE(ring3_open_all);
KG_ENTRY_DECLARE(ring3_with_stack);

#endif
