/* SPDX-License-Identifier: MIT */
/* Domains in ring 3 of the kernel's own address space: what port.h asks of a kernel for them. */
#include "machine.h"

/* CPUID leaf 7 EBX; leaf 0x80000001 EDX (SDM vol. 2); CR4 and EFER (SDM vol. 3, 2.5, 2.2.1). */
#define HAS_FSGSBASE 1u
#define HAS_SYSCALL (1u << 11)
#define CR4_FSGSBASE (UINT64_C(1) << 16)
#define EFER_SYSCALL 1u

uint8_t platform_ring3;

/* An image whose list of backends has no pku-ring3 has no such place either. */
#pragma weak kg_ring3_entry

static bool processor_has_it(void)
{
    return cpuid(0, 0).eax >= 7 && (cpuid(7, 0).ebx & HAS_FSGSBASE) != 0 &&
           (cpuid(0x80000001u, 0).edx & HAS_SYSCALL) != 0;
}

void platform_ring3_prepare(void)
{
    if (!processor_has_it() || kg_ring3_entry == NULL) {
        return;
    }
    uint64_t cr4;
    __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | CR4_FSGSBASE) : "memory");
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SYSCALL);
    /* SYSCALL takes code and data from here on, SYSRET data and code after the second number. */
    msr_write(MSR_STAR, (uint64_t)SELECTOR_CODE << 32 | (uint64_t)(SELECTOR_DATA | 3) << 48);
    msr_write(MSR_LSTAR, (uintptr_t)kg_ring3_entry);
    msr_write(MSR_SFMASK, UINT32_MAX);
    platform_ring3 = 1;
}

const char *kg_port_ring3_missing(void)
{
    return processor_has_it() ? NULL : "this processor lacks FSGSBASE or SYSCALL (CPUID)";
}
