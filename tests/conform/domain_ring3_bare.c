/* SPDX-License-Identifier: MIT */
/* Domain code that knows it is in ring 3 and tries to get out of it. */
#include "domain_code.h"

#if defined(__x86_64__)
#define TRY(number, text)                                                                       \
    case number:                                                                                \
        __asm__ volatile(text : : : "rax", "rbx", "rcx", "rdx", "r11", "memory");               \
        break

static uint64_t ring3_try(uint64_t which)
{
    switch ((enum ring3_try)which) {
        TRY(RING3_CLI, "cli");
        TRY(RING3_STI, "sti");
        TRY(RING3_HLT, "hlt");
        TRY(RING3_OUT, "xorl %%eax, %%eax\n movw $0xf4, %%dx\n outl %%eax, %%dx");
        TRY(RING3_IN, "movw $0x3f8, %%dx\n inb %%dx, %%al");
        TRY(RING3_RDMSR, "movl $0xc0000080, %%ecx\n rdmsr");
        TRY(RING3_WRMSR, "movl $0xc0000082, %%ecx\n xorl %%eax, %%eax\n xorl %%edx, %%edx\n wrmsr");
        TRY(RING3_READ_CR0, "movq %%cr0, %%rax");
        TRY(RING3_WRITE_CR3, "movq %%rax, %%cr3");
        TRY(RING3_WRITE_CR4, "xorl %%eax, %%eax\n movq %%rax, %%cr4");
        TRY(RING3_READ_DR7, "movq %%dr7, %%rax");
        TRY(RING3_INVLPG, "invlpg (%%rsp)");
        TRY(RING3_SWAPGS, "swapgs");
        TRY(RING3_SYSRET, "sysretq");
        TRY(RING3_LGDT, "subq $16, %%rsp\n lgdt (%%rsp)");
        TRY(RING3_LTR, "movw $0x28, %%ax\n ltr %%ax");
        TRY(RING3_XSETBV, "xorl %%ecx, %%ecx\n movl $3, %%eax\n xorl %%edx, %%edx\n xsetbv");
        TRY(RING3_INTERRUPT, "int $0x80");
        TRY(RING3_INTERRUPT_TIMER, "int $0xe0");
        TRY(RING3_SYSENTER, "sysenter");
        TRY(RING3_SYSCALL, "syscall");
        TRY(RING3_FAR_RETURN, "pushq $8\n leaq 1f(%%rip), %%rax\n pushq %%rax\n lretq\n 1:");
        TRY(RING3_RETURN_FROM_INTERRUPT,
            "movq %%rsp, %%rax\n pushq $16\n pushq %%rax\n pushq $2\n pushq $8\n"
            "leaq 1f(%%rip), %%rax\n pushq %%rax\n iretq\n 1:");
    case RING3_TRIES:
        break;
    }
    return 1;
}
KG_ENTRY(ring3_try, 1);

/* Leaves the segment registers and bases as the kernel would not have them, calls a gate if there
 * is one, faults or waits for an interrupt if asked to. */
static uint64_t ring3_segments(uint64_t gate, uint64_t then, uint64_t turns)
{
    uint64_t bad = UINT64_C(0xdead0000);
    uint32_t none = 0;
    __asm__ volatile("movl %0, %%ds\n movl %0, %%es\n movl %0, %%fs\n movl %0, %%gs\n"
                     "wrfsbase %1\n wrgsbase %1" : : "r"(none), "r"(bad));
    if (gate != 0) {
        kg_assert(kg_gate_call((const struct kg_gate *)(uintptr_t)gate, NULL) == 0);
    }
    for (volatile uint64_t i = 0; i < turns; i++) {
    }
    if (then != 0) {
        __builtin_trap();
    }
    return 7;
}
KG_ENTRY(ring3_segments, 3);

/* Opens all keys for itself and reads. Nothing but the way a code is built stops it from that. */
static uint64_t ring3_open_all(uint64_t address)
{
    __asm__ volatile("wrpkru" : : "a"(0), "c"(0), "d"(0) : "memory");
    return *(const volatile uint64_t *)(uintptr_t)address;
}
KG_ENTRY(ring3_open_all, 1);

extern const char kg_ring3_goes_on[], kg_ring3_returned[];

/* Calls out, or returns, with a stack pointer of its own choice. */
static uint64_t ring3_with_stack(uint64_t stack, uint64_t out)
{
    uintptr_t there = (uintptr_t)(out != 0 ? kg_ring3_goes_on : kg_ring3_returned) - 2;
    __asm__ volatile("movq %0, %%rsp\n xorl %%eax, %%eax\n jmp *%1"
                     : : "r"(stack), "r"(there) : "rax", "memory");
    __builtin_unreachable();
}
KG_ENTRY(ring3_with_stack, 2);
#endif
