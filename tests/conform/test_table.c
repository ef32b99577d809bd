/* SPDX-License-Identifier: MIT */
/* The tables of law_table.h: printed for the documents, and each law tried on the running backend
 * by one short attempt. The other suites try the same at length. */
#include "law_table.h"
#include "registers.h"
#include "world.h"

#include <stdarg.h>
#include <stdio.h>

WORLD(table)

static const enum kg_backend_id order[] = {KG_BACKEND_NONE, KG_BACKEND_SOFT, KG_BACKEND_PAGE,
                                           KG_BACKEND_PKEY, KG_BACKEND_PKU,  KG_BACKEND_PKS,
                                           KG_BACKEND_PKU_RING3, KG_BACKEND_MTE};
#define BACKENDS (sizeof order / sizeof *order)

static void say(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    kg_test_port_write(KG_TEST_OUT, line, (size_t)length);
}

static const char *strength_name(enum law_strength strength)
{
    return strength == ENFORCED ? "enforced" : strength == BOOKS ? "books only" : "n/a";
}

KG_TEST(table, print)
{
    static const char *const touches[] = {"allowed", "tag", "permission", "unmapped", "stack"};
    say("\n| law | port | none | soft | page | pkey | pku | pks | pku-ring3 | mte |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < LAW_ROWS; i++) {
        say("| %d. %s | %s |", law_rows[i].law, law_rows[i].text, law_rows[i].port);
        for (size_t j = 0; j < BACKENDS; j++) {
            const struct law_cell *cell = &law_rows[i].by[order[j]];
            say(" %s: %s |", strength_name(cell->strength), cell->reason);
        }
        say("\n");
    }
    say("\n| a function domain's access | none | soft | page | pkey | pku | pks | pku-ring3 |"
        " mte |\n|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < WILD_COUNT; i++) {
        say("| %s |", wild_rows[i].what);
        for (size_t j = 0; j < BACKENDS; j++) {
            say(" %s |", touches[wild_rows[i].by[order[j]]]);
        }
        say("\n");
    }
    say("\n| an image's access | none | page | pkey | pku | pks | pku-ring3 | mte |\n"
        "|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < IMAGE_REACH_COUNT; i++) {
        say("| %s |", image_rows[i].what);
        for (size_t j = 0; j < BACKENDS; j++) {
            if (order[j] != KG_BACKEND_SOFT) {
                say(" %s |", image_rows[i].denied[order[j]] ? "denied" : "allowed");
            }
        }
        say("\n");
    }
    PASS();
}

KG_TEST(table, is_whole)
{
    for (size_t i = 0; i < LAW_ROWS; i++) {
        KG_ASSERT_EQ(law_rows[i].law, i + 1);
        for (size_t j = 0; j < BACKENDS; j++) {
            const struct law_cell *cell = &law_rows[i].by[order[j]];
            KG_ASSERT(cell->strength >= ENFORCED && cell->strength <= NOT_APPLICABLE);
            KG_ASSERT(cell->reason != NULL && strlen(cell->reason) > 5);
        }
    }
    for (size_t i = 0; i < WILD_COUNT; i++) {
        KG_ASSERT(wild_rows[i].what != NULL);
    }
    PASS();
}

/* ---- Each law, tried ---- */

static enum law_strength stated(int law)
{
    return law_rows[law - 1].by[kg_backend()].strength;
}

static enum law_strength one_owner(void)
{
    uint32_t owner = 0;
    bool readonly;
    kg_handle handle = make(16);
    must(kg_object_give(handle, domain_a), "give");
    int status = kg_object_tag(handle, 0, &owner, &readonly);
    return status == 0 && owner == value0(GATE(domain_a, self)) ? ENFORCED : BOOKS;
}

static enum law_strength close_before_open(void)
{
    kg_handle handle = make(16);
    must(kg_object_give(handle, domain_a), "give");
    must(kg_object_take(handle), "take");
    must(kg_object_give(handle, domain_b), "give on");
    int status = kg_gate_call(GATE(domain_a, poke_object), NULL, handle, 0, 1);
    return status == -KG_EFAULTED ? ENFORCED : BOOKS;
}

/* A pointer into b that b itself hands to a. */
static enum law_strength only_values_cross(void)
{
    uint64_t pointer = value1(GATE(domain_b, heap_keep), 1);
    int status = kg_gate_call(GATE(domain_a, peek), NULL, pointer);
    must(as_status(value1(GATE(domain_b, object_drop), 12345)) == -KG_EHANDLE ? 0 : -KG_EPROOF,
         "a handle out of thin air");
    return status == -KG_EFAULTED ? ENFORCED : BOOKS;
}

static enum law_strength always_returns(void)
{
    struct caller before = {.stack = 0}, after;
    bool kept = true;
    memset(before.general, 0x33, sizeof before.general);
#if defined(__x86_64__)
    before.flags = 0x202;
    before.mxcsr = 0x1f80;
    before.fcw = 0x37f;
#endif
    must(kg_gate_call(GATE(domain_a, crash), NULL, CRASH_PANIC, 0) == -KG_EFAULTED ? 0 : -1,
         "a panic");
    must(kg_domain_reload(domain_a), "reload");
    if (kg_backend() == KG_BACKEND_NONE) {
        return BOOKS; /* a callee that breaks the C rules would take the caller with it */
    }
    must((int)caller_call(GATE(domain_a, registers_spoil), &before, &after), "spoil");
    kept = memcmp(before.general, after.general, sizeof before.general) == 0;
#if defined(__x86_64__)
    kept = kept && after.mxcsr == before.mxcsr && after.fcw == before.fcw;
#else
    kept = kept && after.fpcr == before.fpcr;
#endif
    return kept ? ENFORCED : BOOKS;
}

static enum law_strength death_is_complete(void)
{
    struct kg_account account;
    (void)kg_gate_call(GATE(domain_a, crash_with_mess), NULL, 3);
    must(kg_domain_reload(domain_a), "reload");
    must(kg_domain_account(domain_a, &account), "account");
    bool clean = account.objects == 0 && account.object_bytes == 0 && account.stacks == 0;
    return clean ? ENFORCED : BOOKS;
}

/* What a stray write could do to rights: reach the books they come from. */
static enum law_strength monitor_only(void)
{
    uint64_t name = address_of(kg_domain_name(domain_b));
    uint64_t rights = rights_now();
    if (kg_backend() == KG_BACKEND_NONE) {
        return NOT_APPLICABLE;
    }
    int status = kg_gate_call(GATE(domain_a, poke), NULL, name, 'b');
    return status == -KG_EFAULTED && rights_now() == rights ? ENFORCED : BOOKS;
}

static enum law_strength limits_have_names(void)
{
    int time = kg_gate_call(GATE_WITH(domain_a, crash, .deadline_ns = 2000000), NULL, CRASH_LOOP,
                            0);
    int arity = kg_gate_call(GATE(domain_b, add1), NULL);
    uint64_t full = value1(GATE(domain_b, heap_fill), 4096);
    return time == -KG_EDEADLINE && arity == -KG_EARITY && full > 0 ? ENFORCED : BOOKS;
}

static enum law_strength no_silent_loss(void)
{
    struct kg_probe probe;
    must(kg_probe(&probe), "probe");
    return kg_backend() == KG_BACKEND_NONE ? NOT_APPLICABLE : ENFORCED; /* start.* has the lies */
}

static enum law_strength one_source(void)
{
    return ENFORCED;
}

KG_TEST(table, laws_hold_as_stated)
{
    enum law_strength (*const tries[])(void) = {
        one_owner,    close_before_open, only_values_cross, always_returns, death_is_complete,
        monitor_only, limits_have_names, no_silent_loss,    one_source,
    };
    KG_ASSERT_EQ(sizeof tries / sizeof *tries, LAW_ROWS);
    for (int law = 1; law <= (int)LAW_ROWS; law++) {
        KG_NOTE("law %d\n", law);
        KG_ASSERT_EQ(tries[law - 1](), stated(law));
        world_teardown(NULL);
        world_setup(NULL);
    }
    PASS();
}
