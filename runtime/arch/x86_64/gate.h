/* SPDX-License-Identifier: MIT */
/* The x86-64 gate, as steps. Every backend's gate is these macros in the same order; what differs
 * is RIGHTS_* (pkey/gate_x86_64.S writes a register, the others nothing), AROUND_* (the page
 * backend's system calls) and whether leftovers are cleared.
 *
 * A file that includes this defines, as 0 or 1:
 *   GATE_RIGHTS   rights are a register, which the file's RIGHTS_* read, write and check
 *   GATE_CLEAR    clear towards the domain, normalise flags and floating-point control
 *   GATE_AROUND   AROUND_* make system calls around the callee, and the monitor's memory can't be
 *                 read in a domain: the thread-local words come first
 *   GATE_RING3    (0 if not defined) domains run in ring 3: pkey/ring3_x86_64.h has the ways there
 * The GATE_NO_* switches take one protective step out, for the benchmark's ablations only.
 *
 * Labels say: FROM who jumps here; LIVE registers that hold something; RIGHTS whose; STACK whose.
 *
 * Registers in an enter:  r11 thread, rax frame offset (frame = r11 + it) then rights, r10
 * thread-local offset, GATE_SLOT slot. The gate comes in the register after the last argument. */
#ifndef KG_ARCH_GATE_H
#define KG_ARCH_GATE_H

#include "asm.h"
#include "offsets.h"

#ifndef GATE_RING3
#define GATE_RING3 0
#endif
/* Where a fourth argument goes on its way in. SYSRET takes rcx. */
#if GATE_RING3
#define RING_ARGUMENT r10
#else
#define RING_ARGUMENT rcx
.macro FROM_RING3 there
.endm
#endif

/* Thread-local words: after LOCAL_FIND reg, LOCAL(L_X, reg) is one of them. The static library goes
 * into executables only, where the linker knows the place; a shared one asks its GOT. */
#ifdef KG_STATIC
#define LOCAL(word, reg) %fs:kg_local@tpoff + word
.macro LOCAL_FIND reg
.endm
#else
#define LOCAL(word, reg) %fs:word(reg)
.macro LOCAL_FIND reg
    movq kg_local@gottpoff(%rip), \reg
.endm
#endif

/* The two words of rights: what must be in force inside, and what to go back to. A domain may be
 * shut out of the host's memory altogether, thread-local words and GOT included; then they lie at
 * the thread's GS base, in memory that domains may read (GATE_WORDS_GS). After WORD_FIND reg,
 * WORD(L_X, reg). */
#ifdef GATE_WORDS_GS
#define WORD(word, reg) %gs:(word - L_INSIDE)
.macro WORD_FIND reg
.endm
#else
#define WORD(word, reg) LOCAL(word, reg)
.macro WORD_FIND reg
    LOCAL_FIND \reg
.endm
#endif

/* Reading rights takes rax and rdx, so the slot waits in a register that is saved by then. Without
 * rights that would have to be given back, and r10 is free. */
#if GATE_RIGHTS
#define GATE_SLOT(bits) r14##bits
#else
#define GATE_SLOT(bits) r10##bits
#endif

/* The gate's slot, by where arity n leaves the gate, flags being on the stack. Only arity 6 needs
 * memory. */
.macro SLOT_OF_GATE n
.if \n == 0
    movl G_SLOT(%rdi), %GATE_SLOT(d)
.elseif \n == 1
    movl G_SLOT(%rsi), %GATE_SLOT(d)
.elseif \n == 2
    movl G_SLOT(%rdx), %GATE_SLOT(d)
.elseif \n == 3
    movl G_SLOT(%rcx), %GATE_SLOT(d)
.elseif \n == 4
    movl G_SLOT(%r8), %GATE_SLOT(d)
.elseif \n == 5
    movl G_SLOT(%r9), %GATE_SLOT(d)
.else
    movq 16(%rsp), %GATE_SLOT()
    movl G_SLOT(%GATE_SLOT()), %GATE_SLOT(d)
.endif
.endm

/* The gate itself into a register, at the gate's own entry. */
.macro GATE_INTO n, reg
.if \n == 0
    movq %rdi, \reg
.elseif \n == 1
    movq %rsi, \reg
.elseif \n == 2
    movq %rdx, \reg
.elseif \n == 3
    movq %rcx, \reg
.elseif \n == 4
    movq %r8, \reg
.elseif \n == 5
    movq %r9, \reg
.else
    movq 8(%rsp), \reg
.endif
.endm

/* `movq` the callee into a register, or `call` it. The gate is where arity n left it, or in rbx if
 * that register was needed (rax in `none`, which gives rbx back to nobody). */
.macro WITH_CALLEE n, op, to
.ifc \op, call
    .macro callee_op place
    call *\place
    .endm
.else
    .macro callee_op place
    \op \place, \to
    .endm
.endif
.if \n == 0
    callee_op G_FUNCTION(%rdi)
.elseif \n == 1
    callee_op G_FUNCTION(%rsi)
.elseif \n == 4
    callee_op G_FUNCTION(%r8)
.elseif \n == 5
    callee_op G_FUNCTION(%r9)
.elseif \n == 2 && !GATE_RIGHTS
    callee_op G_FUNCTION(%rdx)
.elseif \n == 3 && !GATE_RIGHTS
    callee_op G_FUNCTION(%rcx)
.elseif \n == 6 && !GATE_CLEAR
    callee_op G_FUNCTION(%rax)
.else
    callee_op G_FUNCTION(%rbx)
.endif
    .purgem callee_op
.endm

/* The host's registers into the frame at r11 + top; nothing a domain can write. */
.macro SAVE_HOST top
    movq %rbx, F_RBX(%r11, \top)
#if GATE_CLEAR
    movq %rbp, F_RBP(%r11, \top)
#endif
    movq %r12, F_R12(%r11, \top)
    movq %r13, F_R13(%r11, \top)
    movq %r14, F_R14(%r11, \top)
    movq %r15, F_R15(%r11, \top)
.endm

.macro RESTORE_SAVED frame, index, plus
    movq \plus + F_RBX(\frame, \index), %rbx
    movq \plus + F_RBP(\frame, \index), %rbp
    movq \plus + F_R12(\frame, \index), %r12
    movq \plus + F_R13(\frame, \index), %r13
    movq \plus + F_R14(\frame, \index), %r14
    movq \plus + F_R15(\frame, \index), %r15
.endm

/* Vector registers towards a domain. `level` is enum kg_vectors. vzeroall leaves zmm16-31 and the
 * mask registers alone (SDM vol. 2, VZEROALL). */
.macro CLEAR_VECTORS level
.if \level == 1
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    pxor %xmm\i, %xmm\i
    .endr
.endif
.if \level >= 2
    vzeroall
.endif
.if \level == 3
    .irp i, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    vpxord %zmm\i, %zmm\i, %zmm\i
    .endr
    .irp i, 0,1,2,3,4,5,6,7
    kxorw %k\i, %k\i, %k\i
    .endr
.endif
.endm

/* General registers towards a domain that carry no argument. rdx is zero or an argument already
 * where rights were written, and rcx too, but for the number of a register; rax holds the
 * callee. */
.macro CLEAR_GENERAL n
.if \n < 1
    xorl %edi, %edi
.endif
.if \n < 2
    xorl %esi, %esi
.endif
#if !GATE_RIGHTS
.if \n < 3
    xorl %edx, %edx
.endif
#endif
#if !GATE_RIGHTS || defined(GATE_PKS)
.if \n < 4
    xorl %ecx, %ecx
.endif
#endif
.if \n < 5
    xorl %r8d, %r8d
.endif
.if \n < 6
    xorl %r9d, %r9d
.endif
    xorl %ebx, %ebx
    xorl %ebp, %ebp
#if GATE_RING3
.if \n < 4
    xorl %r10d, %r10d
.endif
#else
    xorl %r10d, %r10d
    xorl %r11d, %r11d
#endif
    xorl %r12d, %r12d
    xorl %r13d, %r13d
    xorl %r14d, %r14d
    xorl %r15d, %r15d
.endm

/* What waits on the caller's own stack, above the return address: its flags; where nothing is
 * cleared its rbp, which the callee is trusted to keep as a frame pointer. */
.macro PUSH_FLAGS
#if GATE_CLEAR
    pushfq
#else
    pushq %rbp
#endif
    .cfi_adjust_cfa_offset 8
.endm

.macro POP_FLAGS
#if GATE_CLEAR
    popfq
#else
    popq %rbp
#endif
    .cfi_adjust_cfa_offset -8
.endm

/* Loading flags costs more than looking at them, and hardly anybody's are out of the ordinary. In:
 * flags on the stack. */
.macro FLAGS_ARE_PLAIN otherwise
#ifndef GATE_NO_FLAGS
    testl $FLAGS_ODD, (%rsp)
    jnz \otherwise
#endif
.endm

/* The last of an enter: what the domain left in the flags is looked at, and what PUSH_FLAGS put on
 * the stack, known to be plain, is dropped. In a kernel IF is the host's, too, set or not. */
.macro DROP_FLAGS otherwise
#ifdef GATE_NO_FLAGS
    addq $8, %rsp
#elif defined(KG_BARE)
    pushfq
    popq %rcx
    xorl (%rsp), %ecx
    testl $FLAGS_ODD | FLAG_INTERRUPTS, %ecx
    jnz \otherwise
    addq $8, %rsp
#else
    pushfq
    FLAGS_ARE_PLAIN \otherwise
    addq $16, %rsp
#endif
    .cfi_adjust_cfa_offset -8
.endm

/* Where DROP_FLAGS goes. FROM: there.  LIVE: rax, rdx.  RIGHTS and STACK: host. */
.macro FLAGS_AGAIN
#ifndef KG_BARE
    addq $8, %rsp
#endif
    popfq
    ret
.endm

/* Floating-point control is kept from a callee that may have such code, and set to what the ABI
 * promises: round to nearest, exceptions masked. x87 comes first, while an exception the host left
 * pending is still the host's. In: the frame at frame + index, F_CONTROL 0. */
.macro SAVE_CONTROL level, frame, index
#if GATE_CLEAR && !defined(GATE_NO_CONTROL)
.if \level >= 1
    stmxcsr F_MXCSR(\frame, \index)
    fnstcw F_CONTROL(\frame, \index)
    fldcw kg_fcw_default(%rip)
    ldmxcsr kg_mxcsr_default(%rip)
.endif
#endif
.endm

/* And back for the host. emms empties the register stack (SDM vol. 2, EMMS), and fldcw comes to the
 * same as fninit and fldcw, at a tenth of the time, unless the word unmasks exceptions: then none
 * may be on record. Both wait: an exception the domain left pending comes now and is its fault,
 * since the newest frame is still its own. */
.macro RESTORE_CONTROL level, plus, frame, index
#if GATE_CLEAR && !defined(GATE_NO_CONTROL)
.if \level >= 1
    ldmxcsr \plus + F_MXCSR(\frame, \index)
    cmpw $FCW_DEFAULT, \plus + F_CONTROL(\frame, \index)
    je .Lmasked_\@
    fninit
.Lmasked_\@:
    emms
    fldcw \plus + F_CONTROL(\frame, \index)
.endif
#endif
.endm

#endif
