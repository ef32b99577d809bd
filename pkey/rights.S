/* SPDX-License-Identifier: MIT */
#include "asm.h"
#include "offsets.h"
#include "kg_pkey.h"

/* uint32_t kg_pkey_rights_read(void)
 * The running rights. Clobbers rcx, rdx. Trusts nothing. */
FUNC kg_pkey_rights_read
    xorl %ecx, %ecx
    rdpkru
    ret
ENDFUNC kg_pkey_rights_read

/* void kg_pkey_rights_write(uint32_t rights)
 * The host's own rights outside a crossing: windows it owns, a look into a domain. In: edi. For the
 * monitor only; a function domain that called it would be one that rewrites its own rights, which
 * level 0 does not stop (CAVEATS). Clobbers rax, rcx, rdx. */
FUNC kg_pkey_rights_write
    movl %edi, %eax
    xorl %ecx, %ecx
    xorl %edx, %edx
    wrpkru
    cmpl %edi, %eax
    jne kg_rights_forged
    ret
ENDFUNC kg_pkey_rights_write

/* void kg_pkey_signal_entry(int number, siginfo_t *info, void *context)
 *
 * Why: the kernel enters a handler with every key but 0 denied, on a stack that has a key of its
 * own, so rights come before the first push. In: as a signal handler. Goes on to
 * kg_signal_dispatch. Trusts the sealed words. */
FUNC kg_pkey_signal_entry
    /* FROM: the kernel.  LIVE: rdi, rsi, rdx.  RIGHTS: key 0 only.  STACK: not to be touched. */
    movq %rdx, %r8
    xorl %ecx, %ecx
    xorl %edx, %edx
    movl kg_sealed_page + SEALED_HANDLER_RIGHTS(%rip), %eax
    wrpkru
    cmpl kg_sealed_page + SEALED_HANDLER_RIGHTS(%rip), %eax
    jne kg_rights_forged
    movq %r8, %rdx
    /* RIGHTS: host and signal stacks.  STACK: the thread's signal stack. The kernel leaves AC as
     * the domain had it. */
    pushq $FLAGS_DEFAULT
    popfq
    jmp kg_signal_dispatch
ENDFUNC kg_pkey_signal_entry
