/* SPDX-License-Identifier: MIT */
/* Code that runs inside domains. Names end in the flavour, because one program holds both. */
#include "domain.h"

#include <keygate/domain.h>
#include <string.h>

#ifdef KEYGATE_SOFT
#define NAME(name) name##_soft
#else
#define NAME(name) name##_plain
#endif
#define ENTRY(name, count) KG_ENTRY(name, count)

static uint64_t NAME(through)(uint64_t gate)
{
    uint64_t value = 0;
    int status = kg_gate_call((const struct kg_gate *)(uintptr_t)gate, &value);
    return status == 0 ? value : (uint64_t)(int64_t)status;
}
ENTRY(NAME(through), 1);

static uint64_t NAME(poke)(uint64_t address)
{
    *(volatile unsigned char *)(uintptr_t)address = 1;
    return 0;
}
ENTRY(NAME(poke), 1);

static uint64_t NAME(alloc)(uint64_t bytes)
{
    return (uint64_t)(uintptr_t)kg_alloc((size_t)bytes);
}
ENTRY(NAME(alloc), 1);

static uint64_t NAME(pull)(uint64_t to, uint64_t from, uint64_t bytes)
{
    memcpy((void *)(uintptr_t)to, (const void *)(uintptr_t)from, (size_t)bytes);
    return 0;
}
ENTRY(NAME(pull), 3);

static uint64_t NAME(shuffle)(uint64_t memory, uint64_t count)
{
    struct kb_node *node = (struct kb_node *)(uintptr_t)memory;
    uint64_t at = 0;
    /* 397 and any power of two have no common divisor, so this visits every node once. */
    for (uint64_t i = 0; i < count; i++) {
        uint64_t next = (at + 397) % count;
        node[at].value = i;
        node[at].next = i + 1 < count ? &node[next] : NULL;
        at = next;
    }
    return memory;
}
ENTRY(NAME(shuffle), 2);

static uint64_t NAME(walk)(uint64_t head)
{
    uint64_t sum = 0;
    for (const struct kb_node *node = (const struct kb_node *)(uintptr_t)head; node != NULL;
         node = node->next) {
        sum += node->value;
    }
    return sum;
}
ENTRY(NAME(walk), 1);

static uint64_t NAME(copy)(uint64_t to, uint64_t from, uint64_t words)
{
    uint64_t *a = (uint64_t *)(uintptr_t)to;
    const uint64_t *b = (const uint64_t *)(uintptr_t)from;
    for (uint64_t i = 0; i < words; i++) {
        a[i] = b[i];
    }
    return 0;
}
ENTRY(NAME(copy), 3);

static uint64_t NAME(hash)(uint64_t memory, uint64_t bytes)
{
    const unsigned char *b = (const unsigned char *)(uintptr_t)memory;
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint64_t i = 0; i < bytes; i++) {
        hash = (hash ^ b[i]) * 0x100000001b3u;
    }
    return hash;
}
ENTRY(NAME(hash), 2);

#define OF(name) KG_ENTRY_OF(name)

const struct kg_entry *const NAME(kb_entries)[KB_FUNCTIONS] = {
    [KB_THROUGH] = OF(NAME(through)), [KB_POKE] = OF(NAME(poke)), [KB_ALLOC] = OF(NAME(alloc)),
    [KB_PULL] = OF(NAME(pull)),       [KB_SHUFFLE] = OF(NAME(shuffle)),
    [KB_WALK] = OF(NAME(walk)),       [KB_COPY] = OF(NAME(copy)), [KB_HASH] = OF(NAME(hash)),
};
