/* SPDX-License-Identifier: MIT */
/* Wild pointers: one test for each row of wild_rows, on the backend that runs. */
#include "law_table.h"
#include "world.h"

WORLD(wild)

#define ADDRESS_BITS UINT64_C(0x00ffffffffffffff)

static volatile unsigned char host_byte = 3;

static enum touch touch_of(enum kg_cause cause)
{
    switch (cause) {
    case KG_CAUSE_TAG:
        return TAG;
    case KG_CAUSE_PERMISSION:
        return PERMISSION;
    case KG_CAUSE_UNMAPPED:
        return UNMAPPED;
    case KG_CAUSE_STACK:
        return STACK;
    default:
        return (enum touch)99;
    }
}

/* `status` is what domain a's call gave: is that what the table says? */
static enum greatest_test_res as_stated(enum wild row, int status, struct kg_report *report)
{
    enum touch expected = wild_rows[row].by[kg_backend()];
    KG_NOTE("%s\n", wild_rows[row].what);
    if (expected == ALLOWED) {
        KG_ASSERT_STATUS(status, 0);
        PASS();
    }
    KG_ASSERT_STATUS(status, -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_report(domain_a, report), 0);
    KG_ASSERT_EQ(touch_of(report->cause), expected);
    PASS();
}

static enum greatest_test_res address_is(const struct kg_report *report, uint64_t address)
{
    if (report->cause != KG_CAUSE_NONE) {
        KG_ASSERT_EQ(report->address, address & ADDRESS_BITS);
    }
    PASS();
}

static enum greatest_test_res writes(const struct kg_report *report, bool write)
{
#if defined(__x86_64__)
    if (report->cause != KG_CAUSE_NONE) {
        KG_ASSERT_EQ(report->write, write);
    }
#else
    KG_ASSERT(write || !report->write); /* an emulator may not say */
#endif
    PASS();
}

/* Reads or writes one byte at an address in domain a. */
static enum greatest_test_res touch(enum wild row, uint64_t address, bool write,
                                    uint32_t owner)
{
    struct kg_report report = {.cause = KG_CAUSE_NONE};
    int status = write ? kg_gate_call(GATE(domain_a, poke), NULL, address, 0x5a)
                       : kg_gate_call(GATE(domain_a, peek), NULL, address);
    CHECK_CALL(as_stated(row, status, &report));
    CHECK_CALL(address_is(&report, address));
    CHECK_CALL(writes(&report, write));
    if (report.cause != KG_CAUSE_NONE) {
        KG_ASSERT_EQ(report.owner, owner);
    }
    PASS();
}

static uint32_t number(struct kg_domain *domain)
{
    return (uint32_t)value0(GATE(domain, self));
}

static enum greatest_test_res other_heap(enum wild row, bool write, bool forged)
{
    uint64_t word = value1(GATE(domain_b, heap_keep), 7);
    uint64_t address = forged ? word : word & ADDRESS_BITS;
    CHECK_CALL(touch(row, address, write, number(domain_b)));
    bool allowed = wild_rows[row].by[kg_backend()] == ALLOWED;
    KG_ASSERT_EQ(value1(GATE(domain_b, peek), word), write && allowed ? 0x5a : 7);
    PASS();
}

KG_TEST(wild, other_heap)
{
    CHECK_CALL(other_heap(OTHER_HEAP_READ, false, false));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(other_heap(OTHER_HEAP_WRITE, true, false));
    PASS();
}

KG_TEST(wild, other_heap_by_its_own_pointer)
{
    CHECK_CALL(other_heap(FORGED_READ, false, true));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(other_heap(FORGED_WRITE, true, true));
    PASS();
}

KG_TEST(wild, other_stack)
{
    /* Below what any frame of b's uses now. */
    uint64_t address = (value0(GATE(domain_b, stack_here)) & ADDRESS_BITS) - 1024;
    CHECK_CALL(touch(OTHER_STACK_READ, address, false, number(domain_b)));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(touch(OTHER_STACK_WRITE, address, true, number(domain_b)));
    PASS();
}

/* Through the handle, with the pointer the domain itself would use. */
static enum greatest_test_res touch_object(enum wild row, kg_handle handle, bool write,
                                           uint32_t owner)
{
    struct kg_report report = {.cause = KG_CAUSE_NONE};
    uint64_t address = address_of(kg_object_address(handle)) + 5;
    int status = write ? kg_gate_call(GATE(domain_a, poke_object), NULL, handle, 5, 0x5a)
                       : kg_gate_call(GATE(domain_a, peek_object), NULL, handle, 5);
    CHECK_CALL(as_stated(row, status, &report));
    CHECK_CALL(address_is(&report, address));
    CHECK_CALL(writes(&report, write));
    if (report.cause != KG_CAUSE_NONE) {
        KG_ASSERT_EQ(report.owner, owner);
    }
    CHECK_CALL(tags_agree());
    PASS();
}

KG_TEST(wild, object_given_away)
{
    kg_handle handle = make(64);
    KG_ASSERT_STATUS(kg_object_give(handle, domain_a), 0);
    KG_ASSERT_EQ(value2(GATE(domain_a, peek_object), handle, 5), 0);
    KG_ASSERT_STATUS(kg_object_take(handle), 0);
    KG_ASSERT_STATUS(kg_object_give(handle, domain_b), 0);
    CHECK_CALL(touch_object(GIVEN_READ, handle, false, number(domain_b)));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(touch_object(GIVEN_WRITE, handle, true, number(domain_b)));
    bool allowed = wild_rows[GIVEN_WRITE].by[kg_backend()] == ALLOWED;
    KG_ASSERT_EQ(value2(GATE(domain_b, peek_object), handle, 5), allowed ? 0x5a : 0);
    PASS();
}

KG_TEST(wild, object_of_the_hosts)
{
    kg_handle handle = make(64);
    CHECK_CALL(touch_object(HOST_OBJECT_READ, handle, false, KG_OWNER_HOST));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(touch_object(HOST_OBJECT_WRITE, handle, true, KG_OWNER_HOST));
    PASS();
}

KG_TEST(wild, object_dropped)
{
    kg_handle handle = make(64);
    uint64_t address = address_of(kg_object_address(handle));
    KG_ASSERT_NE(address, 0);
    KG_ASSERT_STATUS(kg_object_give(handle, domain_a), 0);
    KG_ASSERT_EQ(value2(GATE(domain_a, peek_object), handle, 5), 0);
    KG_ASSERT_EQ(as_status(value1(GATE(domain_a, object_drop), handle)), 0);
    CHECK_CALL(touch_object(FREED_READ, handle, false, KG_OWNER_NOBODY));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(touch_object(FREED_WRITE, handle, true, KG_OWNER_NOBODY));
    PASS();
}

static enum greatest_test_res borrowed(enum wild row, bool write)
{
    struct kg_report report = {.cause = KG_CAUSE_NONE};
    kg_handle handle = make(64);
    const struct kg_gate *gate =
        write ? GATE_WITH(domain_a, poke_object, .arguments = {KG_LEND})
              : GATE_WITH(domain_a, peek_object, .arguments = {KG_LEND});
    int status = write ? kg_gate_call(gate, NULL, handle, 5, 0x5a)
                       : kg_gate_call(gate, NULL, handle, 5);
    CHECK_CALL(as_stated(row, status, &report));
    CHECK_CALL(address_is(&report, address_of(kg_object_address(handle)) + 5));
    bool allowed = write && wild_rows[row].by[kg_backend()] == ALLOWED;
    KG_ASSERT_EQ(((volatile unsigned char *)kg_object_address(handle))[5], allowed ? 0x5a : 0);
    CHECK_CALL(tags_agree());
    PASS();
}

/* A write right after a read of the same place, which gcc's checks take for one access. */
KG_TEST(wild, object_borrowed_and_raised)
{
    kg_handle handle = make(64);
    const struct kg_gate *gate = GATE_WITH(domain_a, raise_object, .arguments = {KG_LEND});
    bool allowed =
        kg_backend() == KG_BACKEND_SOFT || wild_rows[BORROWED_WRITE].by[kg_backend()] == ALLOWED;
    KG_ASSERT_STATUS(kg_gate_call(gate, NULL, handle, 5, 3), allowed ? 0 : -KG_EFAULTED);
    KG_ASSERT_EQ(((volatile unsigned char *)kg_object_address(handle))[5], allowed ? 3 : 0);
    PASS();
}

KG_TEST(wild, object_borrowed)
{
    CHECK_CALL(borrowed(BORROWED_READ, false));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(borrowed(BORROWED_WRITE, true));
    PASS();
}

/* host -> a, which lends its object to b, which calls a again, which touches it. */
static enum greatest_test_res on_loan(enum wild row, bool write)
{
    kg_handle handle = watch(value2(GATE(domain_a, object_make), 64, KG_OBJECT_REKEYED));
    const struct kg_gate *reader = GATE(domain_a, peek_object);
    const struct kg_gate *writer = GATE(domain_a, poke_one);
    const struct kg_gate *via =
        GATE_WITH(domain_b, call_with_object, .arguments = {KG_VALUE, KG_LEND});
    uint64_t status = 0;
    int outer = kg_gate_call(GATE(domain_a, lend_to), &status, address_of(via),
                             address_of(write ? writer : reader), handle);
    KG_NOTE("%s\n", wild_rows[row].what);
    if (wild_rows[row].by[kg_backend()] == ALLOWED) {
        KG_ASSERT_STATUS(outer, 0);
        KG_ASSERT_STATUS(as_status(status), 0);
        PASS();
    }
    /* a died in the inner call, so the outer one is lost as well. */
    struct kg_report report;
    KG_ASSERT(outer == -KG_EFAULTED || outer == -KG_EKILLED);
    KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
    KG_ASSERT_EQ(touch_of(report.cause), wild_rows[row].by[kg_backend()]);
    KG_ASSERT_EQ(report.owner, number(domain_b));
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    PASS();
}

KG_TEST(wild, object_on_loan)
{
    CHECK_CALL(on_loan(LENT_READ, false));
    CHECK_CALL(on_loan(LENT_WRITE, true));
    PASS();
}

KG_TEST(wild, host_memory)
{
    host_byte = 3;
    CHECK_CALL(touch(HOST_READ, address_of((const void *)&host_byte), false, KG_OWNER_NONE));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(touch(HOST_WRITE, address_of((const void *)&host_byte), true, KG_OWNER_NONE));
    bool allowed = wild_rows[HOST_WRITE].by[kg_backend()] == ALLOWED;
    KG_ASSERT_EQ(host_byte, allowed ? 0x5a : 3);
    PASS();
}

KG_TEST(wild, monitor_memory)
{
    /* The name lies in the books; what is written is what is there. */
    struct kg_domain *named = NULL;
    const struct kg_domain_options options = {.name = "ZZ"};
    KG_ASSERT_STATUS(kg_domain_create(&options, &named), 0);
    uint64_t address = address_of(kg_domain_name(named));
    CHECK_CALL(touch(MONITOR_READ, address, false, KG_OWNER_HOST));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(touch(MONITOR_WRITE, address, true, KG_OWNER_HOST));
    struct kg_report report;
    if (kg_domain_report(domain_a, &report) == 0) {
        KG_ASSERT(report.monitor);
    }
    KG_ASSERT_STATUS(kg_domain_destroy(named), 0);
    PASS();
}

#ifndef CONFORM_SHARED
/* The gates, and the words that say where the monitor is, are read-only pages even on `none`. */
KG_TEST(wild, gates_and_sealed_words)
{
    extern unsigned char kg_sealed_page[];
    const uint64_t places[] = {address_of(GATE(domain_b, add0)) + 56, address_of(kg_sealed_page)};
    for (size_t i = 0; i < 2; i++) {
        KG_NOTE("place %zu\n", i);
        uint64_t byte = *(const volatile unsigned char *)(uintptr_t)places[i];
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, poke), NULL, places[i], byte),
                         -KG_EFAULTED);
        struct kg_report report;
        KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
        KG_ASSERT(report.monitor);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    PASS();
}
#endif

/* Memory of a domain that was destroyed is nobody's, also for the next one of its number. */
KG_TEST(wild, memory_of_a_destroyed_domain)
{
    const struct kg_domain_options big = {.heap_bytes = 256u << 10, .stack_bytes = 256u << 10};
    const struct kg_domain_options small = {.heap_bytes = 8192, .stack_bytes = 16384};
    struct kg_domain *domain = NULL;
    const struct kg_gate *gate = NULL;
    must(kg_domain_create(&big, &domain), "a big domain");
    must(kg_gate_create(domain, KG_ENTRY_OF(stack_here), NULL, &gate), "gate");
    uint64_t stack = (value0(gate) & ADDRESS_BITS) & ~UINT64_C(4095);
    size_t bytes = 0;
    uint64_t heap_end = address_of(kg_domain_heap(domain, &bytes));
    heap_end = (heap_end & ADDRESS_BITS) + bytes - 8;
    must(kg_domain_destroy(domain), "destroy");
    must(kg_domain_create(&small, &domain), "a small domain");
    must(kg_gate_create(domain, KG_ENTRY_OF(peek), NULL, &gate), "gate");
    KG_ASSERT_STATUS(kg_gate_call(gate, NULL, heap_end), -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
    KG_ASSERT_STATUS(kg_gate_call(gate, NULL, stack), -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_destroy(domain), 0);
    PASS();
}

KG_TEST(wild, own_constants)
{
    struct kg_report report = {.cause = KG_CAUSE_NONE};
    CHECK_CALL(as_stated(CONSTANT_WRITE, kg_gate_call(GATE(domain_a, poke_constant), NULL),
                         &report));
    CHECK_CALL(writes(&report, true));
    PASS();
}

KG_TEST(wild, no_memory)
{
    void *page = kg_host_nowhere();
    CHECK_CALL(touch(NULL_READ, 0, false, KG_OWNER_NONE));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(touch(NULL_WRITE, 0, true, KG_OWNER_NONE));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(touch(UNMAPPED_READ, address_of(page) + 8, false, KG_OWNER_NONE));
    (void)kg_domain_reload(domain_a);
    CHECK_CALL(touch(UNMAPPED_WRITE, address_of(page) + 8, true, KG_OWNER_NONE));
    PASS();
}

KG_TEST(wild, data_as_code)
{
    struct kg_report report = {.cause = KG_CAUSE_NONE};
    CHECK_CALL(as_stated(EXECUTE_DATA, kg_gate_call(GATE(domain_a, jump_to_data), NULL),
                         &report));
    KG_ASSERT_EQ(report.address, report.instruction & ADDRESS_BITS);
    KG_ASSERT_EQ(report.owner, report.domain);
    PASS();
}

KG_TEST(wild, stack_overflow)
{
    struct kg_report report = {.cause = KG_CAUSE_NONE};
    uint64_t here = value0(GATE(domain_a, stack_here)) & ADDRESS_BITS;
    CHECK_CALL(as_stated(STACK_OVERFLOW,
                         kg_gate_call(GATE(domain_a, crash), NULL, CRASH_OVERFLOW, 0),
                         &report));
    KG_ASSERT(report.address < here && here - report.address <= (64u << 10) + 4096);
    KG_ASSERT_EQ(report.owner, KG_OWNER_NONE); /* the guard is no memory */
    PASS();
}
