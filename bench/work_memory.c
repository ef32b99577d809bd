/* SPDX-License-Identifier: MIT */
/* Work on memory inside a domain: what each load and store costs there. The crossing is in it, and
 * is next to nothing. */
#include "domain.h"
#include "kb.h"

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

static uint64_t own_memory(const struct kb_backend *backend, uint64_t bytes)
{
    const struct kg_gate *gate = kb_gate(backend->a, backend->entries[KB_ALLOC], NULL);
    uint64_t address = 0;
    kb_must(kg_gate_call(gate, &address, bytes), "allocate in a domain");
    kb_must(address != 0 ? 0 : -KG_EMEMORY, "allocate in a domain");
    return address;
}

void kb_work_memory(const struct kb_backend *backend)
{
    struct memory memory = {.from = own_memory(backend, BYTES), .to = own_memory(backend, BYTES)};
    const struct kg_gate *shuffle = kb_gate(backend->a, backend->entries[KB_SHUFFLE], NULL);
    kb_must(kg_gate_call(shuffle, NULL, memory.from, NODES), "make a list");
    memory.gate = kb_gate(backend->a, backend->entries[KB_WALK], NULL);
    kb_row("memory-walk", walk_loop, &memory);
    memory.gate = kb_gate(backend->a, backend->entries[KB_COPY], NULL);
    kb_row("memory-copy", copy_loop, &memory);
    memory.gate = kb_gate(backend->a, backend->entries[KB_HASH], NULL);
    kb_row("memory-hash", hash_loop, &memory);
}
