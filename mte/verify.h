/* SPDX-License-Identifier: MIT */
/*
 * The verifier of domain images with forced tags, and the contract between such an image, the
 * loader and the gates. Freestanding: a loader on Linux, one in a kernel and a host tool use the
 * same code.
 *
 * ---- What holds while verified code runs ----
 *
 *   x21   window base | tag << 56. The window is 4 GiB, aligned to its size. Never written.
 *   x22   stack base | tag << 56, of this thread's stack in the domain. Never written.
 *   x18   x21 + some 32 bits, always: it is only written by `add x18, x21, wN, uxtw`.
 *   sp    near the 1 MiB from x22 on: it is set by `add sp, x22, wN, uxth #4` and moved by small
 *         steps, each of which is followed by an access through sp before the next one or any
 *         branch.
 *   x30   an address in the window, with x21's tag or none, at every branch: from a call, or from
 *         `add x30, x21, wN, uxtw`.
 *   x23, x24  the assembly pass's scratch. Ordinary registers to the verifier, and to nobody else:
 *         they are not kept over a call, whatever the procedure call standard says.
 *
 * Memory is reached through x18 with an immediate, through sp with an immediate, and through
 * [x21, wN, uxtw]; control goes through x18, x30 and direct branches inside the text. So every
 * address that is used has the domain's own tag and lies in the window, give or take an immediate,
 * whatever the code has computed. Each instruction keeps all of this by itself: there are no
 * sequences to protect, and an indirect branch may land on any instruction of any verified text.
 *
 * ---- What the loader must see to ----
 *
 *   - KG_FORCED_GUARD bytes without access: below and above the window, below and above the 1 MiB
 *     of each stack, and at the start of the window, where they catch null pointers. Accesses reach
 *     from 1,024 bytes below x18 to 65,536 above. An access proves that sp is no more than 65,520
 *     bytes below its stack and 1,024 above; a step adds up to KG_FORCED_STEP, and the next access
 *     1,024 or 65,536: 99,312 below and 99,328 above.
 *     A smaller stack leaves the rest of its 1 MiB without access, because accesses through sp with
 *     an immediate are not checked against tags. sp starts below the end, not at it: setting it
 *     counts modulo 1 MiB.
 *   - Memory in the window is tagged, with checks that are synchronous, or may be read by every
 *     domain and written by none: the gate table, text. Tag 0 is nobody's.
 *   - Nothing but text and gate code is executable, and text is never writable once it is verified.
 *     What follows its last instruction in the page is zero, which traps, or other verified text.
 *   - There is no procedure linkage table: what a linker makes loads its targets unguarded, and is
 *     refused. Imports are stubs (below); constants and jump tables are not in text.
 *   - On entry x18 = x21, sp is confined, PSTATE.TCO is clear; the rest may be anything.
 *   - The host takes traps and signals on a stack of its own, and neither trusts sp nor x18 there.
 *   - Pointers are handed over without a tag (bits 63 to 56 zero), so that one object has one
 *     address for all domains. Only sp, x18, x30 and what is made from them have a tag.
 *
 * KG_VERIFY_STORES leaves loads alone. They use tags as they come, so this is for CPUs that check
 * stores only (FEAT_MTE_STORE_ONLY), or for windows without tags.
 *
 * ---- How code gets out, and back to the host ----
 *
 * Two pages of the window belong to the monitor: a table of host addresses at KG_FORCED_TABLE,
 * neither written by domains nor executable, and gate code at KG_FORCED_GATES, executable, not
 * written, and not verified. Both are untagged memory. Gate k is two instructions at
 * KG_FORCED_GATES + 8 * k:
 *
 *     ldr x18, table + 8 * k      a literal: one instruction, nothing a domain could have changed
 *     br x18                      who jumps here goes to where x18 is: into the window
 *
 * An image reaches gate k as it reaches any function, through an import stub in its own text:
 *
 *     movz w16, #low
 *     movk w16, #high, lsl #16    KG_FORCED_GATES + 8 * k, wherever window and image lie
 *     add x18, x21, w16, uxtw
 *     br x18
 *
 * Gate 0 is the way back: the host enters an image with x30 = x21 + KG_FORCED_GATES, and the
 * function's `ret` goes there. Behind each table entry stands a routine of the host's, which knows
 * by that which gate it is. It trusts x21 (bits 59 to 56 say who calls) and x22 and nothing else:
 * not that sp is a good address, not that it was called and x30 is a return address, not flags or
 * floating-point control. It goes back by `add xN, x21, w30, uxtw` and a branch, with x18 = x21.
 * Domains can read the table, and so where those routines are.
 */
#ifndef KG_MTE_VERIFY_H
#define KG_MTE_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "window.h"

/* The longest step of sp that an instruction may take without an access. */
#define KG_FORCED_STEP 32768u

enum kg_verify_rule {
    KG_RULE_NONE,
    KG_RULE_UNKNOWN,   /* not on the list of instructions */
    KG_RULE_SYSTEM,    /* system registers, system calls, cache and exception instructions */
    KG_RULE_TAG,       /* changes or reads memory tags */
    KG_RULE_ADDRESS,   /* memory reached through a register that is not guarded */
    KG_RULE_LITERAL,   /* memory reached through the program counter */
    KG_RULE_WRITEBACK, /* an access that moves another register than sp */
    KG_RULE_RESERVED,  /* x18, x21 or x22 written */
    KG_RULE_STACK,     /* sp set or moved in another way than the two */
    KG_RULE_PROBE,     /* sp moved, and moved or branched again before an access through it */
    KG_RULE_LINK,      /* a branch while x30 is not guarded */
    KG_RULE_BRANCH,    /* a direct branch out of the text */
    KG_RULE_INDIRECT,  /* an indirect branch through another register than x18, or x30 to return */
    KG_RULE_OVERLAP,   /* registers overlap in a way the architecture does not define */
    KG_RULE_END,       /* the text ends before x30 is guarded or sp proved */
    KG_RULES
};

/* What is checked. Stores only: loads may use any address; what may be written, called and
 * returned to is kept all the same. */
enum kg_verify_profile { KG_VERIFY_FORCED, KG_VERIFY_STORES };

struct kg_verify_refusal {
    size_t offset; /* of the instruction, in bytes */
    uint32_t word; /* the instruction; 0 past the end */
    enum kg_verify_rule rule;
};

/*
 * Looks at each of the words, one after the other, and says whether all of them may run in a
 * window. The text must not be writable by anybody who is not trusted. false: *why is the first
 * that may not.
 * The address of the text makes no difference: what is reached relative to it is within it.
 */
bool kg_verify_aarch64(const uint32_t *code, size_t words, enum kg_verify_profile profile,
                       struct kg_verify_refusal *why);

/* A few words for a message, in static memory. */
const char *kg_verify_rule_name(enum kg_verify_rule rule);

#endif
