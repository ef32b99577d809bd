/* SPDX-License-Identifier: MIT */
/* The first CPU's way from its start code to the common one. */
#include "machine.h"

extern char machine_first_guard[];

_Noreturn void machine_main(const void *tree);

/* Where loaders of ELF files put the tree: at the start of memory, 2 MiB below the image. */
#define TREE_BELOW UINT64_C(0x200000)

/* Without a console there is nobody to tell. */
static _Noreturn void unfit(const char *why)
{
    platform_print("keygate: %s\n", why);
    platform_exit(PLATFORM_EXIT_MACHINE);
}

static void map_device(uint64_t start, uint64_t bytes)
{
    machine_map(start, start + bytes, MACHINE_DEVICE);
}

/* Free memory: what follows the image, up to the tree if that lies behind it. */
static struct machine_region free_memory(uintptr_t tree)
{
    uintptr_t start = (uintptr_t)__image_end;
    uint64_t end = machine_tree.memory.start + machine_tree.memory.bytes;
    if (end > PLATFORM_SPACE_START) {
        end = PLATFORM_SPACE_START;
    }
    if (tree >= start && tree < end) {
        end = tree;
    }
    return (struct machine_region){start, end - start};
}

static void start_memory(uintptr_t tree, uint64_t tree_bytes)
{
    struct machine_cpu *cpu = &machine_cpus[0];
    machine_guard((uintptr_t)machine_first_guard);
    machine_cpus_prepare();
    machine_map_image();
    machine_map(tree, tree + tree_bytes, MACHINE_CONSTANTS);
    machine_mmu_prepare(cpu);
    machine_control_load(cpu);
}

static void check_machine(void)
{
    if (machine_tree.memory.bytes == 0) {
        unfit("the device tree names no memory where this image is");
    }
    if (machine_tree.gic_version == 0) {
        unfit("this machine has neither a GICv2 nor a GICv3");
    }
    if (machine_tree.timer_interrupt < 16 || machine_tree.timer_interrupt > 31) {
        unfit("this machine has no generic timer");
    }
}

_Noreturn void machine_main(const void *tree)
{
    uintptr_t at = tree != NULL ? (uintptr_t)tree : (uintptr_t)__image_start - TREE_BELOW;
    uint64_t bytes = machine_tree_bytes((const void *)at);
    if (bytes == 0 || READ("CurrentEL") >> 2 != 1) {
        platform_exit(PLATFORM_EXIT_MACHINE);
    }
    start_memory(at, bytes);
    if (!machine_tree_read((const void *)at, map_device)) {
        platform_exit(PLATFORM_EXIT_MACHINE);
    }
    if (machine_tree.console.bytes != 0) {
        machine_console_start(machine_tree.console.start);
    }
    check_machine();
    struct machine_region memory = free_memory(at);
    machine_map(machine_tree.memory.start, memory.start + memory.bytes, MACHINE_MEMORY);
    machine_gic_start();
    machine_gic_cpu_start(&machine_cpus[0]);
    machine_timer_cpu_start();
    machine_cpus[0].running = 1;
    BARRIER("msr daifclr, #15");
    platform_start(memory.start, memory.bytes, machine_tree.arguments);
}
