/* SPDX-License-Identifier: MIT */
/* What a domain calls to carve its own heap. Runs with the domain's rights on the domain's memory:
 * whatever it gets wrong harms that domain alone. */
#include "domain_heap.h"

#include <keygate/domain.h>
#include <string.h>

/* Free blocks in a list by address; a used block keeps its size in front. */
struct block {
    size_t bytes; /* with this head */
    struct block *next; /* next free one; MARK_USED while in use */
};

struct heap {
    size_t bytes;
    uint32_t lock;
    uint32_t ready;
    struct block *free;
};

#define MARK_USED ((struct block *)(uintptr_t)0x5eedu)
#define HEAD_BYTES ((sizeof(struct heap) + 15u) & ~(size_t)15u)

void kg_domain_heap_prepare(void *memory, size_t bytes)
{
    struct heap *heap = memory;
    *heap = (struct heap){.bytes = bytes};
}

static void heap_lock(struct heap *heap)
{
    while (__atomic_exchange_n(&heap->lock, 1, __ATOMIC_ACQUIRE) != 0) {
    }
    if (!heap->ready) {
        struct block *first = (struct block *)(void *)((char *)heap + HEAD_BYTES);
        first->bytes = heap->bytes - HEAD_BYTES;
        first->next = NULL;
        heap->free = first;
        heap->ready = 1;
    }
}

static void heap_unlock(struct heap *heap)
{
    __atomic_store_n(&heap->lock, 0, __ATOMIC_RELEASE);
}

void *kg_alloc(size_t bytes)
{
    struct heap *heap = kg_domain_heap_own();
    if (heap == NULL || bytes > KG_HEAP_BYTES_MAX) {
        return NULL;
    }
    size_t wanted = ((bytes + 15u) & ~(size_t)15u) + sizeof(struct block);
    heap_lock(heap);
    struct block **at = &heap->free;
    while (*at != NULL && (*at)->bytes < wanted) {
        at = &(*at)->next;
    }
    struct block *found = *at;
    if (found == NULL) {
        heap_unlock(heap);
        return NULL;
    }
    if (found->bytes - wanted >= 2 * sizeof(struct block)) {
        struct block *rest = (struct block *)(void *)((char *)found + wanted);
        rest->bytes = found->bytes - wanted;
        rest->next = found->next;
        *at = rest;
        found->bytes = wanted;
    } else {
        *at = found->next;
    }
    found->next = MARK_USED;
    heap_unlock(heap);
    return memset(found + 1, 0, found->bytes - sizeof(struct block));
}

/* Joins `low` with the free block behind it when they touch. */
static void join(struct block *low)
{
    struct block *high = low->next;
    if (high != NULL && (char *)low + low->bytes == (char *)high) {
        low->bytes += high->bytes;
        low->next = high->next;
    }
}

void kg_free(void *memory)
{
    struct heap *heap = kg_domain_heap_own();
    if (memory == NULL || heap == NULL) {
        return;
    }
    uintptr_t offset = (uintptr_t)memory - (uintptr_t)heap;
    struct block *block = (struct block *)memory - 1;
    if (offset < HEAD_BYTES + sizeof(struct block) || offset >= heap->bytes ||
        offset % 16 != 0 || block->next != MARK_USED) {
        kg_panic("kg_free: not memory from kg_alloc, or freed before");
    }
    heap_lock(heap);
    struct block **at = &heap->free;
    struct block *before = NULL;
    while (*at != NULL && *at < block) {
        before = *at;
        at = &(*at)->next;
    }
    block->next = *at;
    *at = block;
    join(block);
    if (before != NULL) {
        join(before);
    }
    heap_unlock(heap);
}
