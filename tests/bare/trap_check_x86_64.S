/* SPDX-License-Identifier: MIT */
/* What the platform check can't say in C: rights, registers, a way out of a fault. */

    .section .note.GNU-stack, "", @progbits

#define CPU_STATE_SHIFT 7
#define HAS_PKU 1
#define HAS_PKS 2
#define MSR_PKRS 0x6e1

/* In rax: this CPU's saved state, by its task register (first selector 0x20, 16 apart). */
.macro STATE_OF_CPU
    xorl %eax, %eax
    str %ax
    subl $0x20, %eax
    shll $(CPU_STATE_SHIFT - 4), %eax
    addl $check_states, %eax
.endm

    .text

/* Stand-ins for the library's: rax = PKRS << 32 | PKRU, both open. Clobbers rcx, rdx, flags. */
    .globl kg_trap_rights_open
    .weak kg_trap_rights_open
kg_trap_rights_open:
    xorl %eax, %eax
    pushq %rbx
    xorl %ebx, %ebx
    testl $HAS_PKU, check_keys
    jz 1f
    xorl %ecx, %ecx
    rdpkru
    movl %eax, %ebx
    xorl %eax, %eax
    xorl %edx, %edx
    wrpkru
1:  testl $HAS_PKS, check_keys
    jz 2f
    movl $MSR_PKRS, %ecx
    rdmsr
    shlq $32, %rax
    orq %rax, %rbx
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
2:  movq %rbx, %rax
    popq %rbx
    ret

    .globl kg_trap_rights_restore
    .weak kg_trap_rights_restore
kg_trap_rights_restore:
    testl $HAS_PKU, check_keys
    jz 1f
    pushq %rax
    xorl %ecx, %ecx
    xorl %edx, %edx
    wrpkru
    popq %rax
1:  testl $HAS_PKS, check_keys
    jz 2f
    movl $MSR_PKRS, %ecx
    shrq $32, %rax
    xorl %edx, %edx
    wrmsr
2:  ret

/* void check_rights_write(uint64_t rights): as above. */
    .globl check_rights_write
check_rights_write:
    movq %rdi, %rax
    jmp kg_trap_rights_restore

/* uint64_t check_try(void (*function)(void *), void *argument)
 * Calls it, and returns 0 when it returns and RFLAGS when it faults and is given up. */
    .globl check_try
check_try:
    STATE_OF_CPU
    movq %rbx, (%rax)
    movq %rbp, 8(%rax)
    movq %r12, 16(%rax)
    movq %r13, 24(%rax)
    movq %r14, 32(%rax)
    movq %r15, 40(%rax)
    movq %rsp, 48(%rax)
    movq %rdi, %rcx
    movq %rsi, %rdi
    subq $8, %rsp
    call *%rcx
    addq $8, %rsp
    xorl %eax, %eax
    ret

    .globl check_resumed
check_resumed:
    pushfq
    popq %rdx
    STATE_OF_CPU
    movq (%rax), %rbx
    movq 8(%rax), %rbp
    movq 16(%rax), %r12
    movq 24(%rax), %r13
    movq 32(%rax), %r14
    movq 40(%rax), %r15
    movq 48(%rax), %rsp
    movq %rdx, %rax
    sti
    ret

/* Accesses, each with one instruction that may fault. */
    .globl check_read, check_write, check_jump, check_divide, check_undefined, check_breakpoint
    .globl check_int_80, check_int_14, check_float, check_overflow
check_read:
    movq (%rdi), %rax
    ret
check_write:
    movq %rdi, (%rdi)
    ret
check_jump:
    jmp *%rdi
check_divide:
    xorl %ecx, %ecx
    xorl %edx, %edx
    divl %ecx
    ret
check_undefined:
    ud2
check_breakpoint:
    int3
    ret
check_int_80:
    int $0x80
    ret
check_int_14:
    int $14
    ret
check_float: /* x87: QEMU does not raise what SSE would */
    movl $0x33b, -4(%rsp) /* division by zero is not masked */
    fninit
    fldcw -4(%rsp)
    fld1
    fldz
    fdivrp
    fwait
    ret
check_overflow:
    call check_overflow
    ret

/* Pattern of register number n (rax rbx rcx rdx rsi rdi rbp rsp r8-r15). */
#define PATTERN(n) (0x1122334455667700 + (n))

.macro LOAD_PATTERNS
    movabsq $PATTERN(0), %rax
    movabsq $PATTERN(1), %rbx
    movabsq $PATTERN(3), %rdx
    movabsq $PATTERN(4), %rsi
    movabsq $PATTERN(5), %rdi
    movabsq $PATTERN(6), %rbp
    movabsq $PATTERN(8), %r8
    movabsq $PATTERN(9), %r9
    movabsq $PATTERN(10), %r10
    movabsq $PATTERN(11), %r11
    movabsq $PATTERN(12), %r12
    movabsq $PATTERN(13), %r13
    movabsq $PATTERN(14), %r14
    movabsq $PATTERN(15), %r15
.endm

/* void check_fault_registers(void *address): faults with rcx = address and a stack pointer that is
 * no address. */
    .globl check_fault_registers, check_fault_here
check_fault_registers:
    movq %rdi, %rcx
    LOAD_PATTERNS
    movabsq $PATTERN(7), %rsp
    std
    stc
check_fault_here:
    movq (%rcx), %rax
    ud2

.macro SAME register, number
    movabsq $PATTERN(\number), %rcx
    cmpq %rcx, %\register
    jne 9f
.endm

/* bool check_loop(uint64_t count, uint64_t rights)
 * Counts down with all registers, flags, two vector registers and rights set; the stack pointer is
 * no address and no memory is touched meanwhile. Says whether all is as it was. */
    .globl check_loop
check_loop:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsi, check_rights
    movq %rsp, check_stack
    movabsq $PATTERN(16), %rax
    movq %rax, %xmm0
    movq %rax, %xmm15
    movq %rdi, %xmm1
    movl check_keys, %eax
    movq %rax, %xmm2
    movq %rsi, %rax
    movq $(check_keys + 4096), %rsp /* the only stack there is with these rights */
    call kg_trap_rights_restore
    LOAD_PATTERNS
    movabsq $PATTERN(7), %rsp
    movq %xmm1, %rcx
    std
    stc
1:  leaq -1(%rcx), %rcx /* no flag is touched */
    jrcxz 2f
    jmp 1b
2:  jnc 9f
    SAME rax, 0
    SAME rbx, 1
    SAME rdx, 3
    SAME rsi, 4
    SAME rdi, 5
    SAME rbp, 6
    SAME rsp, 7
    SAME r8, 8
    SAME r9, 9
    SAME r10, 10
    SAME r11, 11
    SAME r12, 12
    SAME r13, 13
    SAME r14, 14
    SAME r15, 15
    movq %xmm0, %rax
    SAME rax, 16
    movq %xmm15, %rax
    SAME rax, 16
    movl $1, %r8d
    jmp 3f
9:  xorl %r8d, %r8d
    /* The rights that were left, and then open ones: only now is there a stack. */
3:  movq %xmm2, %rbx
    xorl %r9d, %r9d
    testl $HAS_PKS, %ebx
    jz 4f
    movl $MSR_PKRS, %ecx
    rdmsr
    movq %rax, %r9
    shlq $32, %r9
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
4:  testl $HAS_PKU, %ebx
    jz 5f
    xorl %ecx, %ecx
    rdpkru
    orq %rax, %r9
    xorl %eax, %eax
    xorl %edx, %edx
    wrpkru
5:  movq check_stack, %rsp
    pushfq
    popq %rax
    cld
    testl $0x400, %eax /* DF */
    jz 6f
    cmpq check_rights, %r9
    jne 6f
    movl %r8d, %eax
    jmp 7f
6:  xorl %eax, %eax
7:  popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

    .section .bss.check, "aw", @nobits
    .p2align 12
    .globl check_keys
check_keys: /* a page to itself: read with whatever rights were interrupted */
    .skip 4096
check_rights:
    .skip 8
check_stack:
    .skip 8
    .globl check_states
    .p2align CPU_STATE_SHIFT
check_states:
    .skip 8 << CPU_STATE_SHIFT
