/* SPDX-License-Identifier: MIT */
/* The first CPU's way from start.S to the common files, and what every CPU has to be set to. */
#include "machine.h"

#include <string.h>

/* struct hvm_start_info and its lists (Xen's xen/include/public/arch-x86/hvm/start_info.h). */
#define PVH_MAGIC 0x336ec578u
#define PVH_MEMORY 1u

struct pvh_start {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t arguments;
    uint64_t rsdp;
    uint64_t memory; /* from version 1 on */
    uint32_t memory_count;
    uint32_t reserved;
};

struct pvh_memory {
    uint64_t start;
    uint64_t bytes;
    uint32_t kind;
    uint32_t reserved;
};

struct pvh_module {
    uint64_t start;
    uint64_t bytes;
    uint64_t arguments;
    uint64_t reserved;
};

/* CPUID (SDM vol. 2): leaf 1 ECX; leaf 7 EBX, ECX; 0x80000001 EDX; leaf 13 EAX. */
#define HAS_XSAVE (1u << 26)
#define HAS_UMIP (1u << 2)
#define HAS_PKU (1u << 3)
#define HAS_PKS (1u << 31)

#define CR4_OSFXSR (UINT64_C(1) << 9)
#define CR4_OSXMMEXCPT (UINT64_C(1) << 10)
#define CR4_UMIP (UINT64_C(1) << 11)
#define CR4_OSXSAVE (UINT64_C(1) << 18)
#define CR4_SMEP (UINT64_C(1) << 20)
#define CR4_SMAP (UINT64_C(1) << 21)
#define CR4_PKE (UINT64_C(1) << 22)
#define CR4_PKS (UINT64_C(1) << 24)

#define STATE_X87_SSE 0x3u
#define STATE_AVX 0x4u
#define STATE_AVX512 0xe0u

#define ARGUMENTS_MAX 2048u
#define RANGES_MAX 32u

static char arguments[ARGUMENTS_MAX];
static struct physical_range ranges[RANGES_MAX];
static uint32_t range_count;

_Noreturn void platform_first_cpu(const struct pvh_start *start);

_Noreturn void platform_machine_lacks(const char *what)
{
    platform_print("keygate: this machine lacks %s\n", what);
    platform_exit(PLATFORM_EXIT_MACHINE);
}

/* ---- Every CPU ---- */

/* State component 9 stays off, or XRSTOR would be one more instruction that writes PKRU (SDM vol.
 * 1, 13.5.7). */
static void prepare_vectors(void)
{
    uint32_t has = cpuid(13, 0).eax;
    uint32_t state = STATE_X87_SSE;
    if ((has & STATE_AVX) != 0) {
        state |= STATE_AVX;
        if ((has & STATE_AVX512) == STATE_AVX512) {
            state |= STATE_AVX512;
        }
    }
    __asm__ volatile("xsetbv" : : "c"(0), "a"(state), "d"(0) : "memory");
}

/* SMAP and SMEP stay off. Under `pku` everything a domain may touch is marked as the user's,
 * because PKRU guards nothing else, and both domains and the monitor run in ring 0: with SMAP each
 * of their accesses would need RFLAGS.AC, and with SMEP an image's code could not run. */
void platform_cpu_prepare(void)
{
    struct cpuid extended = cpuid(0, 0).eax >= 7 ? cpuid(7, 0) : (struct cpuid){0};
    uint64_t cr4;
    __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
    cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
    cr4 &= ~(CR4_SMEP | CR4_SMAP);
    cr4 |= (extended.ecx & HAS_UMIP) != 0 ? CR4_UMIP : 0;
    cr4 |= (extended.ecx & HAS_PKU) != 0 ? CR4_PKE : 0;
    cr4 |= (extended.ecx & HAS_PKS) != 0 ? CR4_PKS : 0;
    bool states = (cpuid(1, 0).ecx & HAS_XSAVE) != 0;
    cr4 |= states ? CR4_OSXSAVE : 0;
    __asm__ volatile("movq %0, %%cr4" : : "r"(cr4) : "memory");
    if (states) {
        prepare_vectors();
    }
    platform_ring3_prepare();
    static const uint32_t control = 0x1f80; /* all exceptions masked, as the ABI starts a program */
    __asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(control));
}

void platform_thread_pointer_set(uintptr_t pointer)
{
    msr_write(MSR_FS_BASE, pointer);
    msr_write(MSR_GS_BASE, pointer); /* what ring 3 leaves in FS base is not believed */
}

/* ---- The first ---- */

/* What the loader left may lie in memory that is used soon. */
static void copy_start(const struct pvh_start *start)
{
    const char *text = (const char *)(uintptr_t)start->arguments;
    if (text != NULL) {
        if (strlen(text) >= sizeof arguments) {
            platform_panic("the boot arguments are too long");
        }
        memcpy(arguments, text, strlen(text) + 1);
    }
    const struct pvh_memory *memory = (const struct pvh_memory *)(uintptr_t)start->memory;
    for (uint32_t i = 0; start->version > 0 && i < start->memory_count; i++) {
        if (memory[i].kind == PVH_MEMORY && range_count < RANGES_MAX) {
            ranges[range_count].start = memory[i].start;
            ranges[range_count++].end = memory[i].start + memory[i].bytes;
        }
    }
}

/* Where the memory that the image lies in ends, or the first module begins. */
static uintptr_t memory_end(const struct pvh_start *start)
{
    uintptr_t image = (uintptr_t)__image_end;
    uintptr_t end = 0;
    for (uint32_t i = 0; i < range_count; i++) {
        if (ranges[i].start <= image && ranges[i].end > image) {
            end = ranges[i].end;
        }
    }
    const struct pvh_module *modules = (const struct pvh_module *)(uintptr_t)start->modules;
    for (uint32_t i = 0; i < start->module_count; i++) {
        if (modules[i].start >= image && modules[i].start < end) {
            end = modules[i].start;
        }
    }
    return end;
}

_Noreturn void platform_first_cpu(const struct pvh_start *start)
{
    platform_console_start();
    if (start->magic != PVH_MAGIC) {
        platform_machine_lacks("a loader that starts images by their PVH note");
    }
    copy_start(start);
    uintptr_t end = memory_end(start);
    if (end == 0) {
        platform_machine_lacks("a map of its memory");
    }
    platform_cpus_find(start->rsdp);
    uintptr_t free = (uintptr_t)__image_end;
    platform_tables_start(ranges, range_count, &free);
    platform_descriptors_start();
    platform_descriptors_load(0);
    platform_cpu_prepare();
    platform_apic_start();
    platform_timer_start();
    platform_interrupts_restore(UINT64_MAX);
    platform_start(free, end - free, arguments);
}
