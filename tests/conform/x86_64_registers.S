/* SPDX-License-Identifier: MIT */
/* What C cannot say about registers: fill all, dump all, spoil all, and what a caller gets back.
 * Words that must not be seen begin with SECRET and end with a number that tells them apart. */
#define SECRET 0x5ec2e7c0de000000

/* Dump: 16 general registers, 8 MMX, 32 ZMM, 8 mask registers, as 64-bit words. */
#define AT_MMX 128
#define AT_ZMM 192
#define AT_MASK 2240
#define DUMP_BYTES 2304
#define DUMP_WORDS 288

    .section .note.GNU-stack, "", @progbits

    .text

.macro START name
    .globl \name
    .type \name, @function
    .p2align 4
\name:
.endm

.macro FINISH name
    .size \name, . - \name
.endm

/* uint32_t registers_level(void): 0 SSE, 1 AVX, 2 AVX-512 with byte and word instructions. A domain
 * may be unable to read the host's variables, so it asks the processor. Clobbers rax alone. */
START registers_level
    pushq %rbx
    pushq %rcx
    pushq %rdx
    pushq %rsi
    xorl %esi, %esi
    movl $1, %eax
    cpuid
    andl $0x18000000, %ecx /* OSXSAVE, AVX */
    cmpl $0x18000000, %ecx
    jne 1f
    movl $7, %eax
    xorl %ecx, %ecx
    cpuid
    xorl %ecx, %ecx
    xgetbv
    andl $0xe6, %eax
    movl %eax, %ecx
    andl $6, %ecx
    cmpl $6, %ecx
    jne 1f
    incl %esi
    cmpl $0xe6, %eax
    jne 1f
    btl $30, %ebx /* AVX512BW */
    adcl $0, %esi
1:  movl %esi, %eax
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rbx
    ret
FINISH registers_level

/* Flags as of a comparison of this processor's level with `level`. */
.macro COMPARE_LEVEL level
    pushq %rax
    call registers_level
    cmpl $\level, %eax
    popq %rax
.endm

/* Every vector, mask and MMX register secret. Clobbers rax. */
.macro FILL_VECTORS
    movabsq $SECRET + 0x100, %rax
    .irp i, 0,1,2,3,4,5,6,7
    incq %rax
    movq %rax, %mm\i
    .endr
    emms
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    incq %rax
    movq %rax, %xmm\i
    punpcklqdq %xmm\i, %xmm\i
    .endr
    COMPARE_LEVEL 1
    jb 9f
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    vinsertf128 $1, %xmm\i, %ymm\i, %ymm\i
    .endr
    COMPARE_LEVEL 2
    jb 9f
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    vshuff64x2 $0x44, %zmm\i, %zmm\i, %zmm\i
    .endr
    .irp i, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    incq %rax
    vpbroadcastq %rax, %zmm\i
    .endr
    .irp i, 0,1,2,3,4,5,6,7
    incq %rax
    kmovq %rax, %k\i
    .endr
9:
.endm

/* Secrets in all general registers but rax, rsp and those named. */
.macro FILL_GENERAL registers:vararg
    .irp r, \registers
    incq %rax
    movq %rax, %\r
    .endr
.endm

/* All registers into the dump at rsp, which is zeroed where there is no such register. */
.macro DUMP
    subq $DUMP_BYTES, %rsp
    movq %rax, 0(%rsp)
    movq %rbx, 8(%rsp)
    movq %rcx, 16(%rsp)
    movq %rdx, 24(%rsp)
    movq %rsi, 32(%rsp)
    movq %rdi, 40(%rsp)
    movq %rbp, 48(%rsp)
    movq $0, 56(%rsp)
    movq %r8, 64(%rsp)
    movq %r9, 72(%rsp)
    movq %r10, 80(%rsp)
    movq %r11, 88(%rsp)
    movq %r12, 96(%rsp)
    movq %r13, 104(%rsp)
    movq %r14, 112(%rsp)
    movq %r15, 120(%rsp)
    movl $AT_MMX / 8, %ecx
8:  movq $0, (%rsp, %rcx, 8)
    incl %ecx
    cmpl $DUMP_WORDS, %ecx
    jb 8b
    .irp i, 0,1,2,3,4,5,6,7
    movq %mm\i, AT_MMX + 8 * \i(%rsp)
    .endr
    emms
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    movups %xmm\i, AT_ZMM + 64 * \i(%rsp)
    .endr
    COMPARE_LEVEL 1
    jb 9f
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    vmovups %ymm\i, AT_ZMM + 64 * \i(%rsp)
    .endr
    COMPARE_LEVEL 2
    jb 9f
    .irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    vmovups %zmm\i, AT_ZMM + 64 * \i(%rsp)
    .endr
    .irp i, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    vmovups %zmm\i, AT_ZMM + 64 * \i(%rsp)
    .endr
    .irp i, 0,1,2,3,4,5,6,7
    kmovq %k\i, AT_MASK + 8 * \i(%rsp)
    .endr
9:  movq %rsp, %rdi
    movl $DUMP_WORDS, %esi
.endm

/* uint64_t registers_scan(...): in a domain; which register held a secret on entry, 0 if none. */
START registers_scan
    pushq %rbp
    DUMP
    call registers_find
    addq $DUMP_BYTES, %rsp
    popq %rbp
    ret
FINISH registers_scan

/* uint64_t registers_scan_return(gate): in a domain; calls a gate without arguments and looks at
 * what comes back besides rax and rdx. */
START registers_scan_return
    pushq %rbp
    pushq %rbx
    subq $8, %rsp
    xorl %eax, %eax
    call *(%rdi)
    xorl %edx, %edx
    DUMP
    call registers_find
    addq $DUMP_BYTES + 8, %rsp
    popq %rbx
    popq %rbp
    ret
FINISH registers_scan_return

/* uint64_t registers_rest(...): in a domain; which register but rax and rsp holds more than an
 * argument on entry, all of which are 1. 0 if none. */
START registers_rest
    pushq %rbp
    DUMP
    movl $0xff7e, %esi
    call registers_more_than_one
    addq $DUMP_BYTES, %rsp
    popq %rbp
    ret
FINISH registers_rest

/* uint64_t registers_rest_return(gate): in a domain; calls a gate without arguments and looks at
 * what comes back in registers that a call may change. */
START registers_rest_return
    pushq %rbp
    call *(%rdi)
    xorl %edx, %edx
    DUMP
    movl $0x0f36, %esi
    call registers_more_than_one
    addq $DUMP_BYTES, %rsp
    popq %rbp
    ret
FINISH registers_rest_return

/* uint64_t flags_leave(flags): in a domain; returns with these flags. */
START flags_leave
    movl $99, %eax
    orq $2, %rdi
    pushq %rdi
    popfq
    ret
FINISH flags_leave

/* uint64_t flags_own(gate): in a domain; calls a gate without arguments with DF, AC and ID set and
 * returns those of them that are set afterwards. */
START flags_own
    pushq %rbp
    pushq $0x240402
    popfq
    call *(%rdi)
    pushfq
    popq %rax
    pushq $0x202
    popfq
    andl $0x240400, %eax
    popq %rbp
    ret
FINISH flags_own

/* uint64_t flags_signal(process, thread, number): in a domain; sends the signal with AC set. */
START flags_signal
    pushq $0x40202
    popfq
    movl $234, %eax /* tgkill */
    syscall
    pushq $0x202
    popfq
    ret
FINISH flags_signal

/* uint64_t rights_forge(address, number): in a domain; jumps there with the word for all rights,
 * and the number of the register. */
START rights_forge
    movq %rdi, %r11
    movl $8, %edi
    xorl %eax, %eax
    movl %esi, %ecx
    xorl %edx, %edx
    jmp *%r11
FINISH rights_forge

.macro SPOIL
    popq %rcx
    FILL_VECTORS
    FILL_GENERAL rbx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    movl $0x0, -8(%rsp)
    ldmxcsr -8(%rsp)  /* all exceptions unmasked */
    fninit
    fldpi
    fldpi
    movw $0x0c40, -8(%rsp)
    fldcw -8(%rsp)
    pushq $0x40cd5    /* AC, DF and every arithmetic flag */
    popfq
.endm

/* uint64_t registers_spoil(void): in a domain; returns with nothing left as it was. */
START registers_spoil
    SPOIL
    movabsq $SECRET, %rsp
    movl $99, %eax
    jmp *%rcx
FINISH registers_spoil

START registers_spoil_crash
    SPOIL
    movabsq $SECRET, %rsp
    ud2
FINISH registers_spoil_crash

.macro SAVE_OWN
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
.endm

.macro RESTORE_OWN
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
.endm

/* uint64_t registers_fill_N(gate): in the host; calls a gate with N arguments, all 1, and a secret
 * in every other register. The value, or all ones when the call failed. */
.macro FILL_CALL n, gate, secret:vararg
START registers_fill_\n
    SAVE_OWN
    subq $24, %rsp
    movq %rdi, %r11
    movq %rdi, (%rsp)
    FILL_VECTORS
    movl $1, %edi
    movl $1, %esi
    movl $1, %edx
    movl $1, %ecx
    movl $1, %r8d
    movl $1, %r9d
    FILL_GENERAL rbx, rbp, r10, r12, r13, r14, r15, \secret
.if \n < 6
    movq %r11, %\gate
    incq %rax
    movq %rax, %r11
    call *8 * \n(%\gate)
.else
    movq %r11, %rax
    movabsq $SECRET + 0x99, %r11
    call *48(%rax)
.endif
    testq %rax, %rax
    movq %rdx, %rax
    jz 1f
    movq $-1, %rax
1:  addq $24, %rsp
    cld
    RESTORE_OWN
    ret
FINISH registers_fill_\n
.endm

FILL_CALL 0, rdi, rsi, rdx, rcx, r8, r9
FILL_CALL 1, rsi, rdx, rcx, r8, r9
FILL_CALL 2, rdx, rcx, r8, r9
FILL_CALL 3, rcx, r8, r9
FILL_CALL 4, r8, r9
FILL_CALL 5, r9, r15
FILL_CALL 6, rax, r15

/* int64_t caller_call(gate, const struct caller *before, struct caller *after): in the host; loads
 * what the C rules or the gate keep from *before, calls a gate without arguments, and stores what
 * is there afterwards. struct caller: rbx rbp r12 r13 r14 r15 rsp flags mxcsr fcw, 64 bits each. */
START caller_call
    SAVE_OWN
    subq $40, %rsp
    stmxcsr 16(%rsp)
    fnstcw 20(%rsp)
    movq %rdx, 24(%rsp)
    movq 0(%rsi), %rbx
    movq 8(%rsi), %rbp
    movq 16(%rsi), %r12
    movq 24(%rsi), %r13
    movq 32(%rsi), %r14
    movq 40(%rsi), %r15
    ldmxcsr 64(%rsi)
    fldcw 72(%rsi)
    movq %rsp, 32(%rsp)
    pushq 56(%rsi)
    popfq
    call *(%rdi)
    pushfq
    popq %r8
    movq 24(%rsp), %rdx
    movq %rbx, 0(%rdx)
    movq %rbp, 8(%rdx)
    movq %r12, 16(%rdx)
    movq %r13, 24(%rdx)
    movq %r14, 32(%rdx)
    movq %r15, 40(%rdx)
    movq %rsp, %rcx
    subq 32(%rsp), %rcx
    movq %rcx, 48(%rdx)
    movq %r8, 56(%rdx)
    movq $0, 64(%rdx)
    movq $0, 72(%rdx)
    stmxcsr 64(%rdx)
    fnstcw 72(%rdx)
    ldmxcsr 16(%rsp)
    fldcw 20(%rsp)
    pushq $0x202
    popfq
    addq $40, %rsp
    RESTORE_OWN
    ret
FINISH caller_call
