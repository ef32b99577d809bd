/* SPDX-License-Identifier: MIT */
/* Passing a block of memory: given, lent, or copied. Each in one direction, with the crossing that
 * carries it; a block given away is taken back outside the window. */
#include "domain.h"
#include "kb.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t bytes;
} sizes[] = {{"64", 64}, {"4k", 4 << 10}, {"64k", 64 << 10}, {"1m", 1 << 20}};

#define PAGE_BYTES 4096u
#define SIZES (sizeof sizes / sizeof sizes[0])

struct pass {
    const struct kg_gate *gate;
    kg_handle handle;
    unsigned char *host; /* copies: the host's block and the domain's */
    uint64_t own;
    size_t bytes;
};

static int give_loop(void *context, uint64_t n)
{
    struct pass *pass = context;
    int bad = 0;
    KB_LOOP_APART(n, (void)0, bad |= kg_gate_call(pass->gate, NULL, pass->handle),
                  bad |= kg_object_take(pass->handle));
    return bad;
}

static int lend_loop(void *context, uint64_t n)
{
    struct pass *pass = context;
    int bad = 0;
    KB_LOOP(n, bad |= kg_gate_call(pass->gate, NULL, pass->handle));
    return bad;
}

/* The domain copies from where the host left it. */
static int pull_loop(void *context, uint64_t n)
{
    struct pass *pass = context;
    int bad = 0;
    KB_LOOP(n, bad |= kg_gate_call(pass->gate, NULL, pass->own,
                                   (uint64_t)(uintptr_t)pass->host, pass->bytes));
    return bad;
}

/* The host copies to where the domain will find it. */
static int push_loop(void *context, uint64_t n)
{
    struct pass *pass = context;
    int bad = 0;
    KB_LOOP(n, {
        memcpy((void *)(uintptr_t)pass->own, pass->host, pass->bytes);
        bad |= kg_gate_call(pass->gate, NULL, pass->own);
    });
    return bad;
}

static void object_row(const char *verb, size_t size, enum kg_object_kind kind,
                       const struct kg_gate *gate, kb_loop *loop)
{
    struct kg_object_options options = {.bytes = sizes[size].bytes, .kind = kind};
    struct pass pass = {.gate = gate};
    char work[32];
    snprintf(work, sizeof work, "%s-%s%s", verb, sizes[size].name,
             kind == KG_OBJECT_WINDOW ? "-window" : "");
    if (!kb_wanted(work)) {
        return;
    }
    int status = kg_object_create(&options, &pass.handle);
    if (status != 0) {
        kb_skip(work, kg_strerror(status));
        return;
    }
    /* Memory that was never touched has no pages to hand over. */
    memset(kg_object_address(pass.handle), 1, options.bytes);
    if (loop == give_loop) {
        kb_row_apart(work, loop, &pass);
        if (kind == KG_OBJECT_REKEYED && options.bytes == PAGE_BYTES) {
            kb_trace(work, loop, &pass);
        }
    } else {
        kb_row(work, loop, &pass);
    }
    kg_object_take(pass.handle);
    kb_must(kg_object_drop(pass.handle), "drop an object");
}

static void copy_rows(const struct kb_backend *backend, struct kg_entry *null)
{
    /* Software tags let no domain read the host's memory, but don't bind the host. */
    bool push = backend->id == KG_BACKEND_SOFT;
    static _Alignas(4096) unsigned char block[1 << 20];
    struct pass pass = {.host = block};
    const struct kg_gate *alloc = kb_gate(backend->a, backend->entries[KB_ALLOC], NULL);
    char work[32];
    if (backend->id == KG_BACKEND_PKU_RING3) {
        kb_skip("copy", "neither side reaches the other's memory; objects are for that");
        return;
    }
    memset(block, 1, sizeof block);
    kb_must(kg_gate_call(alloc, &pass.own, sizes[SIZES - 1].bytes), "allocate in a domain");
    kb_must(pass.own != 0 ? 0 : -KG_EMEMORY, "allocate in a domain");
    pass.gate = kb_gate(backend->a, push ? null : backend->entries[KB_PULL], NULL);
    for (size_t i = 0; i < SIZES; i++) {
        pass.bytes = sizes[i].bytes;
        snprintf(work, sizeof work, "copy-%s", sizes[i].name);
        kb_row(work, push ? push_loop : pull_loop, &pass);
    }
}

void kb_work_objects(const struct kb_backend *backend)
{
    static const struct kg_gate_options giving = {.arguments = {KG_GIVE}};
    static const struct kg_gate_options lending = {.arguments = {KG_LEND}};
    static struct kg_entry null;
    null = kb_entry(backend, kb_null, 1, 0);
    const struct kg_gate *give = kb_gate(backend->a, &null, &giving);
    const struct kg_gate *lend = kb_gate(backend->a, &null, &lending);
    for (size_t i = 0; i < SIZES; i++) {
        object_row("give", i, KG_OBJECT_REKEYED, give, give_loop);
        object_row("give", i, KG_OBJECT_WINDOW, give, give_loop);
    }
    for (size_t i = 0; i < 2; i++) {
        object_row("lend", i, KG_OBJECT_REKEYED, lend, lend_loop);
    }
    copy_rows(backend, &null);
}
