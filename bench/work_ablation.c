/* SPDX-License-Identifier: MIT */
/* What each protective step of a gate costs: the null crossing through gates that leave one out.
 * Calls go through a copy of a gate whose way in is the variant's. */
#include "core/core.h"
#include "kb.h"
#include "variants.h"

#include <stdio.h>
#include <string.h>

#ifdef __x86_64__
#include "pkey/kg_pkey.h"
#endif

static int loop0(void *context, uint64_t n)
{
    const struct kg_gate *gate = context;
    int bad = 0;
    KB_LOOP(n, bad |= kg_gate_call(gate, NULL));
    return bad;
}

static void variant_row(const char *work, const struct kg_gate *gate, kb_loop *loop,
                        const struct kb_variant *variant, enum kg_vectors level)
{
    struct kg_gate copy = *gate;
    if (!kb_wanted(work)) {
        return;
    }
    copy.head = variant->enter[level];
#ifdef __x86_64__
    /* Without the write the host's own rights stay in force, so they must reach the domain. */
    enum kg_backend_id id = kg_backend();
    bool keys = id == KG_BACKEND_PKEY || id == KG_BACKEND_PKU || id == KG_BACKEND_PKS ||
                id == KG_BACKEND_PKU_RING3;
    bool open = keys && variant->step != NULL && strcmp(variant->step, "rights") == 0;
    uint32_t rights = open ? kg_pkey_rights_read() : 0;
    if (open) {
        kg_pkey_rights_write(0);
    }
#endif
    kb_row(work, loop, &copy);
#ifdef __x86_64__
    if (open) {
        kg_pkey_rights_write(rights);
    }
#endif
}

static void family_rows(const char *family, const struct kg_gate *null)
{
    for (const struct kb_variant *variant = kb_variants; variant->family != NULL; variant++) {
        char work[48];
        if (strcmp(variant->family, family) == 0 && variant->step != NULL) {
            snprintf(work, sizeof work, "null-%s-off", variant->step);
            variant_row(work, null, loop0, variant, kg_arch_vectors());
        }
    }
}

#ifdef __x86_64__
static int loop6(void *context, uint64_t n)
{
    const struct kg_gate *gate = context;
    int bad = 0;
    KB_LOOP(n, bad |= kg_gate_call(gate, NULL, 1, 2, 3, 4, 5, 6));
    return bad;
}

/* By the clock, and on any processor: the gate of `pkey` but for the writes. It runs in the domains
 * of `none`, whose books are the same. */
static void unwritten_rows(const struct kb_backend *backend, const struct kg_gate *null)
{
    static struct kg_entry entry;
    const char *before = kb.backend;
    const struct kb_variant *plain = kb_variants;
    while (plain->family != NULL && strcmp(plain->family, "unwritten") != 0) {
        plain++;
    }
    entry = kb_entry(backend, kb_null, 6, 0);
    kb.backend = "pkey-gate-without-writes";
    variant_row("null", null, loop0, plain, kg_arch_vectors());
    variant_row("null-general", null, loop0, plain, KG_VECTORS_GENERAL);
    variant_row("args6", kb_gate(backend->a, &entry, NULL), loop6, plain, kg_arch_vectors());
    family_rows("unwritten", null);
    kb.backend = before;
}
#else
/* What the vectors cost on a processor that has fewer of them. */
static void level_rows(const struct kg_gate *null)
{
    struct kb_variant backend = {.family = kg_sealed.active->name};
    memcpy(backend.enter, kg_sealed.active->enter, sizeof backend.enter);
    if (kg_arch_vectors() > KG_VECTORS_SIMD) {
        variant_row("null-simd", null, loop0, &backend, KG_VECTORS_SIMD);
    }
}
#endif

void kb_work_ablation(const struct kb_backend *backend)
{
    static struct kg_entry entry;
    entry = kb_entry(backend, kb_null, 0, 0);
    const struct kg_gate *null = kb_gate(backend->a, &entry, NULL);
    kb_must(kg_gate_call(null, NULL), "the first call");
    if (null->slow != 0) {
        return; /* C and the kernel do the work; there is no step to take out of the gate alone */
    }
#ifdef __x86_64__
    if (kb.time_row != NULL && backend->id == KG_BACKEND_NONE) {
        unwritten_rows(backend, null);
    }
#else
    if (backend->id != KG_BACKEND_NONE) {
        level_rows(null);
    }
#endif
    family_rows(backend->name, null);
}
