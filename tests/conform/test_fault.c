/* SPDX-License-Identifier: MIT */
/* Every way to die: the status, the report, and what is left. */
#include "fault.h"

#include <signal.h>

WORLD(fault)

#if defined(__x86_64__)
#define KG_ON_X86 1
#else
#define KG_ON_X86 0
#endif

enum greatest_test_res dies(enum crash how, uint64_t detail, enum kg_cause cause,
                            struct kg_report *report)
{
    uint64_t value = 4711;
    uint64_t rights = rights_now();
    const struct kg_gate *gate = GATE(domain_a, crash);
    KG_ASSERT_STATUS(kg_gate_call(gate, &value, how, detail), -KG_EFAULTED);
    KG_ASSERT_EQ(value, 4711);
    KG_ASSERT_EQ(rights_now(), rights);
    KG_ASSERT_STATUS(kg_gate_call(gate, &value, how, detail), -KG_EDEAD);
    memset(report, 0xee, sizeof *report);
    KG_ASSERT_STATUS(kg_domain_report(domain_a, report), 0);
    KG_NOTE("cause: %s\n", kg_cause_name(report->cause));
    KG_ASSERT_EQ(report->cause, cause);
    KG_ASSERT_STR(report->domain_name, "a");
    KG_ASSERT(report->instruction != 0 || how == CRASH_JUMP);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), -KG_ELIVE);
    KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    KG_ASSERT_EQ(value0(GATE(domain_b, add0)), 1000);
    PASS();
}

KG_TEST(fault, illegal_instruction)
{
    struct kg_report report;
    CHECK_CALL(dies(CRASH_ILLEGAL, 0, KG_CAUSE_INSTRUCTION, &report));
    KG_ASSERT_EQ(report.signal, KG_HOST_SIGNAL(SIGILL));
    KG_ASSERT_EQ(report.address, 0);
    KG_ASSERT_EQ(report.owner, KG_OWNER_NONE);
    KG_ASSERT(report.message == NULL);
    PASS();
}

KG_TEST(fault, trap)
{
    struct kg_report report;
    CHECK_CALL(dies(CRASH_TRAP, 0, KG_CAUSE_TRAP, &report));
    KG_ASSERT_EQ(report.signal, KG_HOST_SIGNAL(SIGTRAP));
    PASS();
}

#if KG_ON_X86
KG_TEST(fault, division_by_zero)
{
    struct kg_report report;
    CHECK_CALL(dies(CRASH_DIVIDE, 0, KG_CAUSE_ARITHMETIC, &report));
    KG_ASSERT_EQ(report.signal, KG_HOST_SIGNAL(SIGFPE));
    PASS();
}
#endif

KG_TEST(fault, panic_keeps_its_message)
{
    struct kg_report report;
    char text[256];
    CHECK_CALL(dies(CRASH_PANIC, 0, KG_CAUSE_PANIC, &report));
    KG_ASSERT_STR(report.message, "out of cheese");
    KG_ASSERT(report.message == report.message_text);
    int length = kg_report_text(&report, text, sizeof text);
    KG_ASSERT(length > 0 && (size_t)length == strlen(text));
    KG_ASSERT(strstr(text, "out of cheese") != NULL);
    CHECK_CALL(dies(CRASH_PANIC_OWN_TEXT, 0, KG_CAUSE_PANIC, &report));
    KG_ASSERT_STR(report.message, "from my own heap");
    PASS();
}

static char host_text[] = "a secret of the host";

/* A message is read only where the domain could have put it. */
KG_TEST(fault, panic_message_is_not_a_way_to_read)
{
    struct kg_report report;
    size_t bytes;
    uint64_t heap_a = address_of(kg_domain_heap(domain_a, &bytes));
    uint64_t heap_b = address_of(kg_domain_heap(domain_b, NULL));
    (void)value1(GATE(domain_b, heap_keep), UINT64_C(0x4142434445464748));
    const uint64_t bad[] = {0,      8,          address_of(host_text), address_of(domain_a),
                            heap_b, heap_b + 64, UINT64_MAX,           UINT64_MAX - 4096,
                            UINT64_C(0x8000000000000000), UINT64_C(0x0000800000000000)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        KG_NOTE("message %zu\n", i);
        CHECK_CALL(dies(CRASH_PANIC_BAD_TEXT, bad[i], KG_CAUSE_PANIC, &report));
        KG_ASSERT(report.message == NULL || report.message[0] == '\0');
    }
    /* At the very end of its own heap it ends with the heap. */
    for (uint64_t back = 1; back < 200; back += 33) {
        CHECK_CALL(dies(CRASH_PANIC_BAD_TEXT, heap_a + bytes - back, KG_CAUSE_PANIC, &report));
    }
    PASS();
}

KG_TEST(fault, failed_assertion_says_where)
{
    struct kg_report report;
    CHECK_CALL(dies(CRASH_ASSERT, 0, KG_CAUSE_ASSERT, &report));
    KG_ASSERT(strstr(report.message, "domain_crash.c:") != NULL);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, crash), NULL, CRASH_ASSERT, UINT64_MAX), 0);
    PASS();
}

KG_TEST(fault, wild_jumps)
{
    struct kg_report report;
    CHECK_CALL(dies(CRASH_JUMP, 0, KG_CAUSE_UNMAPPED, &report));
    KG_ASSERT_EQ(report.instruction, 0 + report.address);
    uint64_t data = address_of(host_text) & ~UINT64_C(7);
    CHECK_CALL(dies(CRASH_JUMP, data, KG_CAUSE_PERMISSION, &report));
    KG_ASSERT_EQ(report.address, data);
    KG_ASSERT_EQ(report.instruction, data);
    PASS();
}

KG_TEST(fault, report_has_the_registers)
{
    struct kg_report report;
    CHECK_CALL(dies(CRASH_READ_NULL, 0, KG_CAUSE_UNMAPPED, &report));
#if KG_ON_X86
    KG_ASSERT_EQ(report.registers[16], report.instruction);
    uint64_t stack = report.registers[7];
#else
    KG_ASSERT_EQ(report.registers[32], report.instruction);
    uint64_t stack = report.registers[31];
#endif
    uint64_t heap = address_of(kg_domain_heap(domain_a, NULL));
    KG_ASSERT((stack & UINT64_C(0x00ffffffffffffff)) - heap < (UINT64_C(128) << 20));
    KG_ASSERT_EQ(report.domain, value0(GATE(domain_a, self)));
    PASS();
}

KG_TEST(fault, report_text_fits_any_room)
{
    struct kg_report report;
    char text[256];
    CHECK_CALL(dies(CRASH_WRITE_NULL, 0, KG_CAUSE_UNMAPPED, &report));
    int length = kg_report_text(&report, text, sizeof text);
    KG_ASSERT(length > 20 && length < 256);
    for (size_t room = 0; room < 60; room++) {
        char small[64];
        memset(small, 'x', sizeof small);
        KG_ASSERT_EQ(kg_report_text(&report, small, room), length);
        KG_ASSERT(room == 0 || small[room - 1] == '\0');
        KG_ASSERT_EQ(small[room], 'x');
    }
    KG_ASSERT_EQ(kg_report_text(&report, NULL, 0), length);
    KG_ASSERT_STATUS(kg_report_text(NULL, text, sizeof text), -KG_EARGUMENT);
    KG_ASSERT_STATUS(kg_report_text(&report, NULL, 5), -KG_EARGUMENT);
    PASS();
}

/* A fault in b, called from a: a gets a status and lives. */
KG_TEST(fault, inner_death_is_a_status_for_the_outer_domain)
{
    const struct kg_gate *outer = GATE(domain_a, call_status2);
    struct kg_report report;
    const int kinds[] = {CRASH_READ_NULL, CRASH_ILLEGAL, CRASH_PANIC, CRASH_OVERFLOW};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        uint64_t b = address_of(GATE(domain_b, crash));
        KG_ASSERT_STATUS(as_status(value3(outer, b, (uint64_t)kinds[i], 0)), -KG_EFAULTED);
        KG_ASSERT_STATUS(as_status(value3(outer, b, (uint64_t)kinds[i], 0)), -KG_EDEAD);
        KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), -KG_ELIVE);
        KG_ASSERT_STATUS(kg_domain_reload(domain_b), 0);
    }
    KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    PASS();
}

static int inner_status[2];

static uint64_t call_b_and_crash(uint64_t how)
{
    inner_status[0] = kg_gate_call(GATE(domain_b, crash), NULL, how, 0);
    inner_status[1] = kg_gate_call(GATE(domain_b, crash), NULL, how, 0);
    return 77;
}

KG_TEST(fault, in_a_call_made_by_a_call_back)
{
    (void)GATE(domain_b, crash);
    KG_ASSERT_EQ(value2(GATE(domain_a, call_value), address_of(HOST_GATE(call_b_and_crash, 1)),
                        CRASH_WRITE_NULL),
                 77);
    KG_ASSERT_STATUS(inner_status[0], -KG_EFAULTED);
    KG_ASSERT_STATUS(inner_status[1], -KG_EDEAD);
    KG_ASSERT_STATUS(kg_domain_reload(domain_b), 0);
    PASS();
}

static uint64_t crash_a_again(uint64_t how)
{
    inner_status[0] = kg_gate_call(GATE(domain_a, crash), NULL, how, 0);
    inner_status[1] = kg_domain_reload(domain_a);
    return 77;
}

/* a dies further in while a itself waits further out: the outer call is lost as well. */
KG_TEST(fault, of_a_domain_that_also_waits_further_out)
{
    (void)GATE(domain_a, crash);
    uint64_t value = 4711;
    int status = kg_gate_call(GATE(domain_a, call_value), &value,
                              address_of(HOST_GATE(crash_a_again, 1)), CRASH_READ_NULL);
    KG_ASSERT_STATUS(inner_status[0], -KG_EFAULTED);
    KG_ASSERT_STATUS(inner_status[1], -KG_EBUSY);
    KG_NOTE("outer: %s\n", kg_status_name(status));
    KG_ASSERT(status == -KG_EFAULTED || status == -KG_EKILLED);
    KG_ASSERT_EQ(value, 4711);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    PASS();
}

KG_TEST(fault, heap_misuse_is_a_panic)
{
    struct kg_report report;
    for (uint64_t how = 0; how < 4; how++) {
        KG_NOTE("misuse %llu\n", (unsigned long long)how);
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, heap_misuse), NULL, how,
                                      address_of(host_text)),
                         -KG_EFAULTED);
        KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
        KG_ASSERT_EQ(report.cause, KG_CAUSE_PANIC);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    PASS();
}

/* Looking at what a dead domain left opens its memory for a moment, and for no longer. */
KG_TEST(fault, backtrace_leaves_rights_alone)
{
    uintptr_t addresses[32];
    struct kg_report report;
    kg_handle handle = make(64);
    KG_ASSERT_STATUS(kg_object_give(handle, domain_b), 0);
    KG_ASSERT_STATUS(kg_domain_backtrace(domain_a, addresses, 32), -KG_ELIVE);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, crash), NULL, CRASH_ILLEGAL, 0), -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
    uint64_t rights = rights_now();
    int count = kg_domain_backtrace(domain_a, addresses, 32);
    KG_ASSERT_EQ(rights_now(), rights);
    KG_ASSERT(count >= 1 || count == -KG_ESYSTEM);
    KG_ASSERT(count < 1 || addresses[0] == report.instruction);
    CHECK_CALL(tags_agree());
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    PASS();
}
