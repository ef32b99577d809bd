/* SPDX-License-Identifier: MIT */
/* Work on memory inside a domain: what each load and store costs there. The crossing is in it, and
 * is next to nothing. */
#include "domain.h"
#include "kb.h"

#include <stdio.h>

#define BYTES (64u << 10)
#define NODES (BYTES / sizeof(struct kb_node))

struct memory {
    const struct kg_gate *gate;
    uint64_t from;
    uint64_t to;
};

static int walk_loop(void *context, uint64_t n)
{
    struct memory *memory = context;
    int bad = 0;
    KB_LOOP(n, bad |= kg_gate_call(memory->gate, NULL, memory->from));
    return bad;
}

static int copy_loop(void *context, uint64_t n)
{
    struct memory *memory = context;
    int bad = 0;
    KB_LOOP(n, bad |= kg_gate_call(memory->gate, NULL, memory->to, memory->from, BYTES / 8));
    return bad;
}

static int hash_loop(void *context, uint64_t n)
{
    struct memory *memory = context;
    int bad = 0;
    KB_LOOP(n, bad |= kg_gate_call(memory->gate, NULL, memory->from, BYTES));
    return bad;
}

static uint64_t own_memory(const struct kg_gate *alloc, uint64_t bytes)
{
    uint64_t address = 0;
    kb_must(kg_gate_call(alloc, &address, bytes), "allocate in a domain");
    kb_must(address != 0 ? 0 : -KG_EMEMORY, "allocate in a domain");
    return address;
}

static void row(const char *work, const char *suffix, kb_loop *loop, struct memory *memory,
                const struct kg_gate *gate)
{
    char name[48];
    snprintf(name, sizeof name, "%s%s", work, suffix);
    memory->gate = gate;
    kb_row(name, loop, memory);
}

void kb_memory_rows(const struct kb_memory_gates *gates, const char *suffix)
{
    struct memory memory = {.from = own_memory(gates->alloc, BYTES),
                            .to = own_memory(gates->alloc, BYTES)};
    kb_must(kg_gate_call(gates->shuffle, NULL, memory.from, NODES), "make a list");
    row("memory-walk", suffix, walk_loop, &memory, gates->walk);
    row("memory-copy", suffix, copy_loop, &memory, gates->copy);
    row("memory-hash", suffix, hash_loop, &memory, gates->hash);
}

void kb_work_memory(const struct kb_backend *backend)
{
    const struct kb_memory_gates gates = {
        .alloc = kb_gate(backend->a, backend->entries[KB_ALLOC], NULL),
        .shuffle = kb_gate(backend->a, backend->entries[KB_SHUFFLE], NULL),
        .walk = kb_gate(backend->a, backend->entries[KB_WALK], NULL),
        .copy = kb_gate(backend->a, backend->entries[KB_COPY], NULL),
        .hash = kb_gate(backend->a, backend->entries[KB_HASH], NULL),
    };
    kb_memory_rows(&gates, "");
}
