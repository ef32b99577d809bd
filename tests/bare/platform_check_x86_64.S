/* SPDX-License-Identifier: MIT */

    .section .note.GNU-stack, "", @progbits

#define PATTERN(n) (0x1122334455667700 + (n))
#define FLAGS_ARITHMETIC 0x8d5 /* OF, SF, ZF, AF, PF, CF */
#define FLAG_DIRECTION 0x400

.macro SAVE
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rsp /* compared with itself when all is over */
.endm

/* All values; rdi stays, and rax is what compares. */
.macro VALUES
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movabsq $PATTERN(16 + \number), %rax
    movq %rax, %xmm\number
    .endr
    movabsq $PATTERN(1), %rbx
    movabsq $PATTERN(2), %rcx
    movabsq $PATTERN(3), %rdx
    movabsq $PATTERN(4), %rsi
    movabsq $PATTERN(6), %rbp
    .irp number, 8, 9, 10, 11, 12, 13, 14, 15
    movabsq $PATTERN(\number), %r\number
    .endr
    pushq $(FLAGS_ARITHMETIC | FLAG_DIRECTION | 0x202)
    popfq
.endm

.macro SAME register, number
    movabsq $PATTERN(\number), %rax
    cmpq %rax, %\register
    jne 9f
.endm

/* Goes to 9 when something differs. */
.macro VERIFY
    pushfq
    popq %rax
    cld
    notl %eax
    testl $(FLAGS_ARITHMETIC | FLAG_DIRECTION), %eax
    jnz 9f
    SAME rbx, 1
    SAME rcx, 2
    SAME rdx, 3
    SAME rsi, 4
    SAME rbp, 6
    .irp number, 8, 9, 10, 11, 12, 13, 14, 15
    SAME r\number, \number
    .endr
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movq %xmm\number, %rbx
    SAME rbx, 16 + \number
    .endr
    leaq 8(%rsp), %rax
    cmpq %rax, (%rsp)
    jne 9f
.endm

.macro ANSWER
    movl $1, %eax
    jmp 1f
9:  xorl %eax, %eax
1:  addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
.endm

    .text

/* bool check_registers_kept(uintptr_t address): reads there; the exception on the way must be
 * repaired and leave all as it was. */
    .globl check_registers_kept
    .type check_registers_kept, @function
check_registers_kept:
    SAVE
    VALUES
    movq (%rdi), %rax
    VERIFY
    ANSWER
    .size check_registers_kept, . - check_registers_kept

/* bool check_registers_spin(uint64_t rounds) */
    .globl check_registers_spin
    .type check_registers_spin, @function
check_registers_spin:
    SAVE
    VALUES
    xchgq %rdi, %rcx
2:  jrcxz 3f /* no flag is touched */
    leaq -1(%rcx), %rcx
    jmp 2b
3:  movq %rdi, %rcx
    VERIFY
    ANSWER
    .size check_registers_spin, . - check_registers_spin

/* void check_clobber(void) */
    .globl check_clobber
    .type check_clobber, @function
check_clobber:
    .irp register, rcx, rdx, rsi, rdi, r8, r9, r10, r11
    movq $-1, %\register
    .endr
    xorl %eax, %eax /* and flags */
    ret
    .size check_clobber, . - check_clobber

/* In place of the library: there are no rights. */
    .globl kg_trap_rights_open, kg_trap_rights_restore
    .weak kg_trap_rights_open, kg_trap_rights_restore
kg_trap_rights_open:
    movl $1, %ecx
    movl $2, %edx
    movl $3, %eax
kg_trap_rights_restore:
    movl $4, %ecx
    movl $5, %edx
    ret

/* One instruction each. */
    .globl check_do_divide, check_do_undefined, check_do_breakpoint, check_do_interrupt
    .globl check_do_float
check_do_divide: /* the argument: by what */
    xorl %edx, %edx
    divl %edi
    ret
check_do_undefined:
    ud2
check_do_breakpoint:
    int3
    ret
check_do_interrupt:
    int $14
    ret
check_do_float: /* by x87: QEMU raises no exception of SSE's */
    movl $0x33b, -4(%rsp)
    fninit
    fldcw -4(%rsp)
    fld1
    fldz
    fdivrp
    fwait
    ret
