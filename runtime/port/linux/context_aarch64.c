/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "context.h"

#include "linux.h"

#include <asm/sigcontext.h>
#include <string.h>
#include <sys/auxv.h>

#ifndef SEGV_MTEAERR
#define SEGV_MTEAERR 8
#define SEGV_MTESERR 9
#endif

/* ESR_EL1 of a data abort: the exception class from EL0, and whether it was a write (Arm ARM). */
#define ESR_CLASS(esr) (((esr) >> 26) & 0x3fu)
#define ESR_DATA_ABORT_EL0 0x24u
#define ESR_WRITE (UINT64_C(1) << 6)

static enum kg_cause cause_of(int signal, int code)
{
    switch (signal) {
    case SIGSEGV:
        return code == SEGV_MTESERR || code == SEGV_MTEAERR ? KG_CAUSE_TAG
               : code == SEGV_ACCERR                        ? KG_CAUSE_PERMISSION
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

/* Bits 63 to 56 may be a tag; the address space is told by bit 55 (Arm ARM, address tagging). */
static uintptr_t untagged(const void *address)
{
    return (uintptr_t)((int64_t)((uint64_t)(uintptr_t)address << 8) >> 8);
}

/* What the CPU said about a data abort. Records lie one behind the other, the last one empty;
 * an emulator may leave this one out, and then a write is not known from a read. */
static bool was_write(const ucontext_t *context)
{
    const unsigned char *at = context->uc_mcontext.__reserved;
    const unsigned char *end = at + sizeof context->uc_mcontext.__reserved;
    struct esr_context record;
    while (at + sizeof record <= end) {
        memcpy(&record, at, sizeof record);
        if (record.head.magic == 0 || record.head.size < sizeof record.head) {
            return false;
        }
        if (record.head.magic == ESR_MAGIC) {
            return ESR_CLASS(record.esr) == ESR_DATA_ABORT_EL0 && (record.esr & ESR_WRITE) != 0;
        }
        at += record.head.size;
    }
    return false;
}

void kg_context_read(const ucontext_t *context, const siginfo_t *info, struct kg_fault *fault)
{
    fault->instruction = (uintptr_t)context->uc_mcontext.pc;
    fault->stack = (uintptr_t)context->uc_mcontext.sp;
    fault->cause = cause_of(fault->signal, fault->code);
    if (fault->signal == SIGSEGV || fault->signal == SIGBUS) {
        fault->address = untagged(info->si_addr);
        fault->write = was_write(context);
    }
}

void kg_context_registers(const ucontext_t *context, uint64_t *registers)
{
    for (size_t i = 0; i < 31; i++) {
        registers[i] = context->uc_mcontext.regs[i];
    }
    registers[31] = context->uc_mcontext.sp;
    registers[32] = context->uc_mcontext.pc;
    registers[33] = context->uc_mcontext.pstate;
}

void kg_context_write(ucontext_t *context, const uint64_t *registers)
{
    for (size_t i = 0; i < 31; i++) {
        context->uc_mcontext.regs[i] = registers[i];
    }
    context->uc_mcontext.sp = registers[31];
    context->uc_mcontext.pc = registers[32];
    context->uc_mcontext.pstate = registers[33];
}

/* Handlers run with the control register they interrupt. */
void kg_context_control(const ucontext_t *context, struct kg_frame *frame)
{
    (void)context;
    (void)frame;
}

int kg_context_thread_start(void)
{
    return 0;
}

void kg_context_thread_stop(void)
{
}

enum kg_vectors kg_arch_vectors(void)
{
    /* HWCAP_SVE, bit 22 of AT_HWCAP (Linux, Documentation/arm64/elf_hwcaps.rst). */
    return (getauxval(AT_HWCAP) & 1ul << 22) != 0 ? KG_VECTORS_SVE : KG_VECTORS_SIMD;
}

/* The kernel has seen to the flags. */
__asm__(".text\n"
        ".globl kg_signal_entry\n"
        ".hidden kg_signal_entry\n"
        ".type kg_signal_entry, %function\n"
        "kg_signal_entry:\n"
        "    b kg_signal_dispatch\n"
        ".size kg_signal_entry, . - kg_signal_entry\n");

/* The kernel's own return path, in the vDSO, will do, and unwinders know it. */
void (*const kg_context_restorer)(void) = NULL;
