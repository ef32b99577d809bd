/* SPDX-License-Identifier: MIT */
/* What only AArch64 has to be tried for: tags, and its exceptions. */
#include "platform_check.h"

void check_do_brk(uintptr_t unused);
void check_do_udf(uintptr_t unused);
void check_do_svc(uintptr_t unused);
void check_do_misaligned(uintptr_t address);
void check_tag_store(uintptr_t tagged);
uintptr_t check_tag_load(uintptr_t address);
uintptr_t check_tag_draw(uintptr_t address);

bool check_interrupts_masked(void)
{
    uint64_t masks;
    __asm__ volatile("mrs %0, daif" : "=r"(masks));
    return masks == 0x3c0;
}

void check_cpu_exceptions(void)
{
    static uint64_t words[4] __attribute__((aligned(16)));
    CHECK(check_faults(check_do_brk, 0) && check_trap.cause == KG_CAUSE_TRAP);
    CHECK(check_trap.instruction == (uintptr_t)check_do_brk);
    CHECK(check_faults(check_do_udf, 3) && check_trap.cause == KG_CAUSE_INSTRUCTION);
    CHECK(check_found[0] == 3 && check_found[31] == check_trap.stack);
    CHECK(check_faults(check_do_svc, 0) && check_trap.cause == KG_CAUSE_INSTRUCTION);
    uintptr_t odd = (uintptr_t)words + 9; /* over 16 bytes' end, as FEAT_LSE2 wants it */
    CHECK(check_faults(check_do_misaligned, odd) && check_trap.cause == KG_CAUSE_ALIGNMENT &&
          check_trap.address == odd);
    CHECK(check_faults(check_jump, (uintptr_t)check_do_brk + 2) &&
          check_trap.cause == KG_CAUSE_ALIGNMENT);
}

static uintptr_t tagged(uintptr_t address, uint64_t tag)
{
    return address | tag << 56;
}

static void check_tags(uintptr_t at)
{
    for (uint32_t i = 0; i < 8; i++) {
        check_tag_store(tagged(at + 16 * i, i + 3));
    }
    uint32_t wrong = 0;
    for (uint64_t i = 0; i < 8; i++) {
        uintptr_t granule = at + 16 * i;
        wrong += check_tag_load(granule) != tagged(granule, i + 3);
        for (uint64_t tag = 0; tag < 16; tag++) {
            bool faults = check_faults(check_write, tagged(granule, tag));
            wrong += faults != (tag != i + 3);
            wrong += faults && (check_trap.cause != KG_CAUSE_TAG || !check_trap.write ||
                                check_trap.address != granule);
        }
    }
    CHECK(wrong == 0);
    CHECK(check_faults(check_read, at) && check_trap.cause == KG_CAUSE_TAG && !check_trap.write);
    CHECK(check_tag_draw(at) == at);
}

/* Tags go with the memory, and so do accesses by another road: memory is mapped one to one too. */
const char *check_cpu(void)
{
    bool have = (__extension__({
                    uint64_t value;
                    __asm__("mrs %0, id_aa64pfr1_el1" : "=r"(value));
                    value;
                }) >> 8 & 15) >= 2;
    void *base = NULL;
    uintptr_t physical = 0;
    unsigned how = 0;
    check_begin("tags");
    CHECK(kg_port_reserve(4 * KG_PAGE_BYTES, KG_PAGE_BYTES, KG_PAGE_BYTES, &base) == 0);
    uintptr_t at = (uintptr_t)base;
    CHECK(kg_port_map(base, 2 * KG_PAGE_BYTES, KG_MAP_WRITE | KG_MAP_TAGGED) == 0);
    CHECK(kg_port_map((char *)base + 2 * KG_PAGE_BYTES, KG_PAGE_BYTES, KG_MAP_WRITE) == 0);
    CHECK(!check_faults(check_write, tagged(at + 2 * KG_PAGE_BYTES, 9)));
    if (!have) {
        CHECK(!check_faults(check_write, tagged(at, 9)));
        kg_port_release(base, 4 * KG_PAGE_BYTES, KG_PAGE_BYTES);
        return "no tags";
    }
    check_tags(at);
    CHECK(platform_entry_look(at, &physical, &how) && (how & KG_MAP_TAGGED) != 0);
    CHECK(check_faults(check_write, tagged(physical, 9)) && check_trap.cause == KG_CAUSE_TAG);
    CHECK(!check_faults(check_write, tagged(physical, 3)));
    /* A permission counts before a tag; tags outlive a closed while, but not the memory. */
    CHECK(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_READ) == 0);
    CHECK(check_faults(check_write, tagged(at, 3)) && check_trap.cause == KG_CAUSE_PERMISSION);
    CHECK(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_CLOSED) == 0);
    CHECK(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_WRITE) == 0);
    CHECK(check_tag_load(at) == tagged(at, 3) && check_faults(check_write, tagged(at, 4)));
    CHECK(kg_port_map(base, KG_PAGE_BYTES, KG_MAP_WRITE | KG_MAP_TAGGED) == 0);
    CHECK(check_tag_load(at) == at && !check_faults(check_write, at));
    check_tag_store(tagged(at, 5));
    CHECK(kg_port_unmap(base, KG_PAGE_BYTES) == 0);
    CHECK(kg_port_map(base, KG_PAGE_BYTES, KG_MAP_WRITE | KG_MAP_TAGGED) == 0);
    CHECK(check_tag_load(at) == at);
    kg_port_release(base, 4 * KG_PAGE_BYTES, KG_PAGE_BYTES);
    return "tags";
}
