/* SPDX-License-Identifier: MIT */
/* The register of rights in a kernel, outside gates: PKRU under `pku` and `pku-ring3`, PKRS under
 * `pks`, and none under any other backend or before the start. Which it is, the sealed words
 * say. */
#include "asm.h"
#include "kg_pkey.h"

/* Goes to `pks` or `pku` by the register, or falls through. */
.macro BY_REGISTER pks, pku
    cmpl $REGISTER_PKRU, kg_sealed_page + SEALED_RIGHTS_REGISTER(%rip)
    je \pku
    ja \pks
.endm

/* uint32_t kg_pkey_rights_read(void)
 * The running rights. Clobbers rcx, rdx. Trusts the sealed words. */
FUNC kg_pkey_rights_read
    BY_REGISTER .Lread_pks, .Lread_pku
    xorl %eax, %eax
    ret
.Lread_pks:
    movl $MSR_PKRS, %ecx
    rdmsr
    ret
.Lread_pku:
    xorl %ecx, %ecx
    rdpkru
    ret
ENDFUNC kg_pkey_rights_read

/* void kg_pkey_rights_write(uint32_t rights)
 * The host's own rights outside a crossing: windows it owns, a look into a domain. In: edi. For the
 * monitor only; a domain that called it would be one that rewrites its own rights, which level 0
 * does not stop (CAVEATS). Clobbers rax, rcx, rdx. Trusts the sealed words. */
FUNC kg_pkey_rights_write
    BY_REGISTER .Lwrite_pks, .Lwrite_pku
    ret
.Lwrite_pks:
    movl %edi, %eax
    movl $MSR_PKRS, %ecx
    xorl %edx, %edx
    wrmsr
    cmpl %edi, %eax
    jne kg_rights_forged
    ret
.Lwrite_pku:
    movl %edi, %eax
    xorl %ecx, %ecx
    xorl %edx, %edx
    wrpkru
    cmpl %edi, %eax
    jne kg_rights_forged
    ret
ENDFUNC kg_pkey_rights_write

/* rax = kg_trap_rights_open(): for a kernel's vectors, first thing.
 *
 * Why: a trap arrives with the interrupted rights. In: nothing. Out: rax, those rights; the
 * monitor's are in force. Clobbers rcx, rdx, flags. STACK: the trap stack, on which nothing is left
 * that matters, since another CPU's domain may write there: the rights wait in the half of rdx that
 * neither WRPKRU nor WRMSR reads (SDM vol. 2). Trusts the sealed words. */
FUNC kg_trap_rights_open
    BY_REGISTER .Lopen_pks, .Lopen_pku
    xorl %eax, %eax
    ret
.Lopen_pks:
    movl $MSR_PKRS, %ecx
    rdmsr
    movl %eax, %edx
    shlq $32, %rdx
    movl kg_sealed_page + SEALED_HANDLER_RIGHTS(%rip), %eax
    wrmsr
    jmp .Lopened
.Lopen_pku:
    xorl %ecx, %ecx
    rdpkru
    movl %eax, %edx
    shlq $32, %rdx
    movl kg_sealed_page + SEALED_HANDLER_RIGHTS(%rip), %eax
    wrpkru
.Lopened:
    cmpl kg_sealed_page + SEALED_HANDLER_RIGHTS(%rip), %eax
    jne kg_rights_forged
    shrq $32, %rdx
    movq %rdx, %rax
    ret
ENDFUNC kg_trap_rights_open

/* kg_trap_rights_restore(rax): for a kernel's way out of a trap.
 * In: rax, what kg_trap_rights_open returned. Clobbers rcx, rdx, flags. Trusts its caller. */
FUNC kg_trap_rights_restore
    BY_REGISTER .Lrestore_pks, .Lrestore_pku
    ret
.Lrestore_pks:
    movl $MSR_PKRS, %ecx
    xorl %edx, %edx
    wrmsr
    ret
.Lrestore_pku:
    xorl %ecx, %ecx
    xorl %edx, %edx
    wrpkru
    ret
ENDFUNC kg_trap_rights_restore
