/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "context.h"

#include "linux.h"

#include <string.h>

#define PAGE_FAULT_WRITE 2u /* bit 1 of the page-fault error code (SDM vol. 3, 4.7) */

static enum kg_cause cause_of(int signal, int code)
{
    switch (signal) {
    case SIGSEGV:
        return code == SEGV_PKUERR   ? KG_CAUSE_TAG
               : code == SEGV_ACCERR ? KG_CAUSE_PERMISSION
                                     : KG_CAUSE_UNMAPPED;
    case SIGBUS:
        return KG_CAUSE_ALIGNMENT;
    case SIGILL:
        return KG_CAUSE_INSTRUCTION;
    case SIGFPE:
        return KG_CAUSE_ARITHMETIC;
    case SIGTRAP:
        return KG_CAUSE_TRAP;
    default:
        return KG_CAUSE_ABORT;
    }
}

void kg_context_read(const ucontext_t *context, const siginfo_t *info, struct kg_fault *fault)
{
    const greg_t *registers = context->uc_mcontext.gregs;
    fault->instruction = (uintptr_t)registers[REG_RIP];
    fault->stack = (uintptr_t)registers[REG_RSP];
    fault->cause = cause_of(fault->signal, fault->code);
    if (fault->signal == SIGSEGV || fault->signal == SIGBUS) {
        fault->address = (uintptr_t)info->si_addr;
        fault->write = (registers[REG_ERR] & PAGE_FAULT_WRITE) != 0;
    }
    if (fault->cause == KG_CAUSE_TAG) {
        fault->key = (int)info->si_pkey;
    }
}

/* The order of kg_report.registers. */
static const int order[] = {
    REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
    REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP, REG_EFL,
};
#define REGISTERS (sizeof order / sizeof *order)

void kg_context_registers(const ucontext_t *context, uint64_t *registers)
{
    for (size_t i = 0; i < REGISTERS; i++) {
        registers[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
    }
}

void kg_context_write(ucontext_t *context, const uint64_t *registers)
{
    for (size_t i = 0; i < REGISTERS; i++) {
        context->uc_mcontext.gregs[order[i]] = (greg_t)registers[i];
    }
}

void kg_context_control(const ucontext_t *context, struct kg_frame *frame)
{
    if (frame->outside == 0 && context->uc_mcontext.fpregs != NULL) {
        frame->saved.mxcsr = context->uc_mcontext.fpregs->mxcsr;
        frame->outside = context->uc_mcontext.fpregs->cwd;
    }
}

int kg_context_thread_start(void)
{
    return 0;
}

void kg_context_thread_stop(void)
{
}

/* The kernel clears the direction flag for a handler, but not AC: with that a domain could make the
 * monitor's own accesses fault. */
__asm__(".text\n"
        ".globl kg_signal_entry\n"
        ".hidden kg_signal_entry\n"
        ".type kg_signal_entry, @function\n"
        "kg_signal_entry:\n"
        "    pushq $0x202\n"
        "    popfq\n"
        "    jmp kg_signal_dispatch\n"
        ".size kg_signal_entry, . - kg_signal_entry\n");

/* The kernel has no return path of its own on x86-64 (rt_sigaction(2), SA_RESTORER). Unwinders
 * know a signal frame by these very bytes. */
void kg_signal_restorer(void);
__asm__(".text\n"
        ".hidden kg_signal_restorer\n"
        ".type kg_signal_restorer, @function\n"
        "kg_signal_restorer:\n"
        "    movq $15, %rax\n"
        "    syscall\n"
        ".size kg_signal_restorer, . - kg_signal_restorer\n");

void (*const kg_context_restorer)(void) = kg_signal_restorer;
