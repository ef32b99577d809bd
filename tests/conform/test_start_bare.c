/* SPDX-License-Identifier: MIT */
/* Starting on a platform that says "done" and leaves open what it was to close: the linker has the
 * library's calls of kg_port_protect come here (--wrap). */
#include "provoke.h"

#include "port/port.h"

#define KEY_NOBODY 2u /* the second key it takes; see pkey/keys.c */

static bool lying;

int __real_kg_port_protect(void *address, size_t bytes, unsigned how);
int __wrap_kg_port_protect(void *address, size_t bytes, unsigned how);

int __wrap_kg_port_protect(void *address, size_t bytes, unsigned how)
{
    bool closes = (how & (KG_MAP_READ | KG_MAP_WRITE)) == 0;
    bool to_nobody = (how & KG_MAP_KEYED) != 0 && KG_MAP_KEY_OF(how) == KEY_NOBODY;
    if (lying && closes) {
        return 0;
    }
    if (lying && to_nobody) {
        how = (how & 0xffu) | KG_MAP_KEY(0); /* which domains may read where it is not closed */
    }
    return __real_kg_port_protect(address, bytes, how);
}

/* `mte` sets its tags itself; there the kernel has stopped checking them when the first thread
 * comes: none at all, or not those of a pointer without a tag (Arm ARM, SCTLR_EL1.TCF,
 * TCR_EL1.TCMA0). */
#if defined(__aarch64__)
#define SCTLR_TCF (UINT64_C(3) << 40)
#define TCR_TCMA0 (UINT64_C(1) << 57)

static bool lying_half;
static uint64_t controls[2];

static void controls_read(void)
{
    __asm__ volatile("mrs %0, sctlr_el1\n mrs %1, tcr_el1" : "=r"(controls[0]), "=r"(controls[1]));
}

static void controls_write(uint64_t sctlr, uint64_t tcr)
{
    __asm__ volatile("msr sctlr_el1, %0\n msr tcr_el1, %1\n isb\n tlbi vmalle1\n dsb ish\n isb"
                     :
                     : "r"(sctlr), "r"(tcr)
                     : "memory");
}

static void stop_checking(void)
{
    if (lying_half) {
        controls_write(controls[0], controls[1] | TCR_TCMA0);
    } else {
        controls_write(controls[0] & ~SCTLR_TCF, controls[1]);
    }
}
#else
static void controls_read(void)
{
}

static void stop_checking(void)
{
}
#endif

int __real_kg_port_thread_start(struct kg_thread *thread);
int __wrap_kg_port_thread_start(struct kg_thread *thread);

int __wrap_kg_port_thread_start(struct kg_thread *thread)
{
    if (lying) {
        stop_checking();
    }
    return __real_kg_port_thread_start(thread);
}

/* Nothing of the others' is the platform's. */
bool provoke_no_lies(void)
{
    return kg_backend() == KG_BACKEND_NONE || kg_backend() == KG_BACKEND_SOFT;
}

int provoke_proof(void)
{
    world_teardown(NULL);
    controls_read();
    lying = true;
    int status = world_start();
    lying = false;
#if defined(__aarch64__)
    controls_write(controls[0], controls[1]);
    lying_half = !lying_half;
#endif
    return status;
}

KG_TEST(start, platform_that_lies_is_found_out)
{
    if (provoke_no_lies()) {
        KG_SKIP("nothing is closed by the platform here");
    }
    for (int i = 0; i < 4; i++) {
        KG_ASSERT_STATUS(provoke_proof(), -KG_EPROOF);
        KG_ASSERT_EQ(kg_backend(), KG_BACKEND_AUTO);
    }
    KG_ASSERT_STATUS(world_start(), 0);
    PASS();
}

#if defined(__aarch64__)
/* QEMU before 8 keeps one tag for all granules of a page that are an even number apart: so are tags
 * stored here, by the linker's hand, and the start names it. */
static bool tags_spill;

void __real_kg_mte_store(uintptr_t first, size_t bytes);
void __wrap_kg_mte_store(uintptr_t first, size_t bytes);

void __wrap_kg_mte_store(uintptr_t first, size_t bytes)
{
    const uintptr_t page = ~(uintptr_t)(KG_PAGE_BYTES - 1);
    __real_kg_mte_store(first, bytes);
    if (!tags_spill) {
        return;
    }
    for (uintptr_t at = (first & page) | (first & 16); (at & page) == (first & page); at += 32) {
        __real_kg_mte_store(at, 16);
    }
}

KG_TEST(start, tags_wrong_below_a_page_are_named)
{
    struct kg_probe probe;
    bool named = false;
    if (kg_backend() != KG_BACKEND_MTE) {
        KG_SKIP("mte only");
    }
    world_teardown(NULL);
    tags_spill = true;
    int status = world_start();
    KG_ASSERT_STATUS(kg_probe(&probe), 0);
    tags_spill = false;
    for (size_t i = 0; i < probe.count; i++) {
        const struct kg_backend_report *report = &probe.backends[i];
        named = named || (report->id == KG_BACKEND_MTE && !report->available &&
                          strstr(report->reason, "QEMU before 8") != NULL);
    }
    KG_ASSERT_STATUS(status, -KG_EBACKEND);
    KG_ASSERT(named);
    KG_ASSERT_STATUS(world_start(), 0);
    PASS();
}
#endif
