/* SPDX-License-Identifier: MIT */
/* What the device tree says about the machine (Devicetree Specification; bindings of the Linux
 * kernel for what Arm machines have), read with libfdt. Copies all it needs but the arguments. */
#include "machine.h"

#include <libfdt.h>
#include <string.h>

struct machine_tree machine_tree;

/* libfdt as it is packaged checks its stack. */
extern uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);
uintptr_t __stack_chk_guard = UINT64_C(0x6b65796761746500);

_Noreturn void __stack_chk_fail(void)
{
    platform_panic("a stack was overwritten while the device tree was read");
}

/* Larger windows are not registers. */
#define DEVICE_BYTES_MAX (UINT64_C(16) << 20)

static uint64_t cells(const fdt32_t *at, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++) {
        value = value << 32 | fdt32_to_cpu(at[i]);
    }
    return value;
}

/* The reg entry of that index of a child of the root. */
static bool region(const void *tree, int node, int index, struct machine_region *out)
{
    int address = fdt_address_cells(tree, 0);
    int size = fdt_size_cells(tree, 0);
    int length = 0;
    const fdt32_t *reg = fdt_getprop(tree, node, "reg", &length);
    int whole = (address + size) * (int)sizeof *reg;
    if (reg == NULL || address < 1 || size < 1 || (index + 1) * whole > length) {
        return false;
    }
    reg += index * (address + size);
    out->start = cells(reg, address);
    out->bytes = cells(reg + address, size);
    return true;
}

static bool is(const void *tree, int node, const char *kind)
{
    return fdt_node_check_compatible(tree, node, kind) == 0;
}

static bool has_type(const void *tree, int node, const char *type)
{
    const char *found = fdt_getprop(tree, node, "device_type", NULL);
    return found != NULL && strcmp(found, type) == 0;
}

static void read_memory(const void *tree, int node)
{
    struct machine_region part;
    for (int i = 0; region(tree, node, i, &part); i++) {
        if ((uintptr_t)__image_start - part.start < part.bytes) {
            machine_tree.memory = part;
        }
    }
}

static void read_interrupts(const void *tree, int node, uint32_t version)
{
    if (machine_tree.gic_version == 0 && region(tree, node, 0, &machine_tree.gic[0]) &&
        region(tree, node, 1, &machine_tree.gic[1])) {
        machine_tree.gic_version = version;
    }
}

/* Four timers of three cells: secure, physical, virtual, hypervisor. A private interrupt's number
 * begins at 16. */
static void read_timer(const void *tree, int node)
{
    int length = 0;
    const fdt32_t *interrupts = fdt_getprop(tree, node, "interrupts", &length);
    if (interrupts != NULL && length >= 9 * (int)sizeof *interrupts) {
        machine_tree.timer_interrupt = 16 + fdt32_to_cpu(interrupts[7]);
    }
}

static void read_device(const void *tree, int node)
{
    struct machine_region part;
    if (is(tree, node, "cfi-flash") || fdt_getprop(tree, node, "device_type", NULL) != NULL) {
        return; /* nothing is to be mapped at address 0; memory and buses are other things */
    }
    for (int i = 0; region(tree, node, i, &part); i++) {
        if (part.bytes <= DEVICE_BYTES_MAX) {
            machine_tree.device(part.start, part.bytes);
        }
    }
}

static void read_node(const void *tree, int node)
{
    if (has_type(tree, node, "memory")) {
        read_memory(tree, node);
    } else if (is(tree, node, "arm,pl011") && machine_tree.console.bytes == 0) {
        (void)region(tree, node, 0, &machine_tree.console);
    } else if (is(tree, node, "arm,gic-v3")) {
        read_interrupts(tree, node, 3);
    } else if (is(tree, node, "arm,cortex-a15-gic") || is(tree, node, "arm,gic-400")) {
        read_interrupts(tree, node, 2);
    } else if (is(tree, node, "arm,armv8-timer")) {
        read_timer(tree, node);
    } else if (is(tree, node, "arm,psci-0.2") || is(tree, node, "arm,psci-1.0")) {
        const char *method = fdt_getprop(tree, node, "method", NULL);
        machine_tree.psci_smc = method != NULL && strcmp(method, "smc") == 0;
    }
    read_device(tree, node);
}

/* MPIDR_EL1 without what is no affinity (Arm ARM, MPIDR_EL1). */
#define AFFINITY UINT64_C(0xff00ffffff)

/* The first CPU keeps the first place, wherever in the tree it is. */
static void read_cpus(const void *tree, int parent)
{
    int address = fdt_address_cells(tree, parent);
    uint64_t self = READ("mpidr_el1") & AFFINITY;
    machine_cpus[0].mpidr = self;
    machine_cpu_count = 1;
    int node;
    fdt_for_each_subnode(node, tree, parent)
    {
        int length = 0;
        const fdt32_t *reg = fdt_getprop(tree, node, "reg", &length);
        if (!has_type(tree, node, "cpu") || reg == NULL ||
            length < address * (int)sizeof *reg || machine_cpu_count == PLATFORM_CPUS_MAX) {
            continue;
        }
        uint64_t mpidr = cells(reg, address);
        if (mpidr != self) {
            machine_cpus[machine_cpu_count++].mpidr = mpidr;
        }
    }
}

/* From the header's second word (Devicetree Specification, 5.2), without libfdt: before the MMU is
 * on its unaligned reads would fault. */
uint64_t machine_tree_bytes(const void *tree)
{
    const uint32_t *header = tree;
    return fdt32_to_cpu(header[0]) == FDT_MAGIC ? fdt32_to_cpu(header[1]) : 0;
}

bool machine_tree_read(const void *tree, void (*device)(uint64_t start, uint64_t bytes))
{
    int node;
    if (fdt_check_header(tree) != 0) {
        return false;
    }
    machine_tree.device = device;
    fdt_for_each_subnode(node, tree, 0)
    {
        read_node(tree, node);
    }
    int cpus = fdt_path_offset(tree, "/cpus");
    if (cpus >= 0) {
        read_cpus(tree, cpus);
    }
    int chosen = fdt_path_offset(tree, "/chosen");
    if (chosen >= 0) {
        machine_tree.arguments = fdt_getprop(tree, chosen, "bootargs", NULL);
    }
    return true;
}
