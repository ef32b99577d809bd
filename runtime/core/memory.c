/* SPDX-License-Identifier: MIT */
/* The monitor's address space: the arena, the tables, the gates, and the sealed words. */
#include "core.h"

#include <string.h>

__attribute__((aligned(4096))) union kg_sealed_page kg_sealed_page;

int kg_memory_start(void)
{
    void *arena = NULL;
    int status = kg_port_reserve(KG_ARENA_BYTES, KG_ARENA_BYTES, KG_ARENA_GUARD_BYTES, &arena);
    if (status != 0) {
        return status;
    }
    if ((uintptr_t)arena >> 55 != 0) {
        /* Pointers may carry a tag there, and it is taken off by clearing the bits. */
        kg_port_message("keygate: the arena is in the upper half of the address space\n");
        kg_port_release(arena, KG_ARENA_BYTES, KG_ARENA_GUARD_BYTES);
        return -KG_EMEMORY;
    }
    void *monitor = NULL;
    status = kg_port_reserve(KG_MONITOR_BYTES, KG_PAGE_BYTES, KG_PAGE_BYTES, &monitor);
    if (status != 0) {
        goto no_monitor;
    }
    void *gates = NULL;
    status = kg_port_reserve(KG_GATES_BYTES, KG_PAGE_BYTES, KG_PAGE_BYTES, &gates);
    if (status != 0) {
        goto no_gates;
    }
    status = kg_port_map(monitor, KG_MONITOR_BYTES, KG_MAP_WRITE);
    if (status == 0) {
        status = kg_port_map(gates, KG_GATES_BYTES, KG_MAP_READ);
    }
    if (status != 0) {
        goto no_memory;
    }
    kg_sealed.arena = arena;
    kg_sealed.monitor = monitor;
    kg_sealed.gates = gates;
    return 0;

no_memory:
    kg_port_release(gates, KG_GATES_BYTES, KG_PAGE_BYTES);
no_gates:
    kg_port_release(monitor, KG_MONITOR_BYTES, KG_PAGE_BYTES);
no_monitor:
    kg_port_release(arena, KG_ARENA_BYTES, KG_ARENA_GUARD_BYTES);
    return status;
}

void kg_memory_stop(void)
{
    kg_port_release(kg_sealed.gates, KG_GATES_BYTES, KG_PAGE_BYTES);
    kg_port_release(kg_books, KG_MONITOR_BYTES, KG_PAGE_BYTES);
    kg_port_release(kg_sealed.arena, KG_ARENA_BYTES, KG_ARENA_GUARD_BYTES);
    memset(&kg_sealed, 0, sizeof kg_sealed);
}

/* The sealed words choose the backend; nobody writes them between start and exit. */
int kg_seal(bool writable)
{
    unsigned how = writable ? KG_MAP_WRITE : KG_MAP_READ;
    return kg_port_protect(&kg_sealed_page, sizeof kg_sealed_page, how);
}

/* Going on with gates that a domain could write is no choice. It concerns one whole mapping, which
 * the system can change without memory of its own. */
int kg_gates_writable(bool writable)
{
    unsigned how = writable ? KG_MAP_WRITE : KG_MAP_READ;
    int tries = writable ? 1 : 1000;
    int status = -KG_ESYSTEM;
    for (int i = 0; i < tries && status != 0; i++) {
        status = kg_port_protect(kg_sealed.gates, KG_GATES_BYTES, how);
    }
    if (status != 0 && !writable) {
        kg_port_message("keygate: the system refuses to make the gates read-only\n");
        __builtin_trap();
    }
    return status;
}

struct kg_thread *kg_thread_block(uint32_t index)
{
    unsigned char *base = (unsigned char *)kg_books + KG_TABLE_BYTES;
    return (struct kg_thread *)(void *)(base + (size_t)index * KG_THREAD_BYTES);
}

bool kg_in_monitor(uintptr_t address)
{
    return address - (uintptr_t)kg_books < KG_MONITOR_BYTES ||
           address - (uintptr_t)kg_sealed.gates < KG_GATES_BYTES ||
           address - (uintptr_t)&kg_sealed_page < sizeof kg_sealed_page;
}
