/* SPDX-License-Identifier: MIT */
/* A domain's birth, death and second life. */
#include "domain.h"
#include "kb.h"

/* The lowest page is never mapped. */
#define UNMAPPED 16u

struct life {
    struct kg_domain *domain;
    const struct kg_gate *poke;
    const struct kg_gate *warm;
    struct kg_entry *entry;
    uint64_t address;
};

/* A call that must die. */
static int die(struct life *life)
{
    int status = kg_gate_call(life->poke, NULL, life->address);
    return status == -KG_EFAULTED ? 0 : status != 0 ? status : -KG_EPROOF;
}

/* A wild store, as far as the status. The domain has been called before, so its stack is there;
 * the reload is not part of it. */
static int fault_loop(void *context, uint64_t n)
{
    struct life *life = context;
    int bad = 0;
    KB_LOOP_APART(n, bad |= kg_gate_call(life->warm, NULL), bad |= die(life),
                  bad |= kg_domain_reload(life->domain));
    return bad;
}

static int reload_loop(void *context, uint64_t n)
{
    struct life *life = context;
    int bad = 0;
    KB_LOOP_APART(n, {
        bad |= kg_gate_call(life->warm, NULL);
        bad |= die(life);
    }, bad |= kg_domain_reload(life->domain), (void)0);
    return bad;
}

/* From nothing to the first answer, and gone again. */
static int create_loop(void *context, uint64_t n)
{
    struct life *life = context;
    struct kg_domain *domain = NULL;
    const struct kg_gate *gate = NULL;
    int bad = 0;
    KB_LOOP(n, {
        bad |= kg_domain_create(NULL, &domain);
        bad |= kg_gate_create(domain, life->entry, NULL, &gate);
        bad |= bad != 0 ? bad : kg_gate_call(gate, NULL);
        bad |= kg_domain_destroy(domain);
    });
    return bad;
}

void kb_work_life(const struct kb_backend *backend)
{
    static struct kg_entry null;
    struct life life = {.entry = &null};
    size_t bytes;
    null = kb_entry(backend, kb_null, 0, 0);
    /* The default sizes, as in the create row. */
    kb_must(kg_domain_create(NULL, &life.domain), "make a domain");
    life.poke = kb_gate(life.domain, backend->entries[KB_POKE], NULL);
    life.warm = kb_gate(life.domain, &null, NULL);
    life.address = UNMAPPED;
    kb_row_apart("fault-unmapped", fault_loop, &life);
    kb_row_apart("reload", reload_loop, &life);
    life.address = (uint64_t)(uintptr_t)kg_domain_heap(backend->b, &bytes);
    if (backend->id == KG_BACKEND_NONE) {
        kb_skip("fault", "no memory is protected: see fault-unmapped");
    } else {
        kb_row_apart("fault", fault_loop, &life);
        kb_trace("fault", fault_loop, &life);
    }
    kb_must(kg_domain_destroy(life.domain), "end a domain");
    kb_row("create", create_loop, &life);
}
