/* SPDX-License-Identifier: MIT */
/* The tests of the smoke suite but for those of fibres and of the end. */
#include "suite.h"

#include <port/port.h>

/* No kernel here has anything there. */
#define NOWHERE UINT64_C(0x3000000000)

struct kg_domain *left, *right;

static const char *current_test;
static bool current_failed;
unsigned failures;

bool expect(bool well, const char *what)
{
    if (!well && !current_failed) {
        current_failed = true;
        pebble_say("FAILED ");
        pebble_say(current_test);
        pebble_say(": ");
        pebble_say(what);
        pebble_say("\n");
    }
    return well;
}

static void say_deaths(void)
{
    struct kg_report report;
    struct kg_domain *domains[] = {left, right};
    for (uint32_t i = 0; i < 2; i++) {
        char text[200];
        if (kg_domain_report(domains[i], &report) == 0) {
            kg_report_text(&report, text, sizeof text);
            pebble_say("  the last death: ");
            pebble_say(text);
            pebble_say("\n");
        }
    }
}

bool expect_status(int status, int wanted, const char *what)
{
    if (status != wanted && !current_failed) {
        expect(false, what);
        pebble_say("  it was ");
        pebble_say(kg_status_name(status));
        pebble_say("\n");
        say_deaths();
    }
    return status == wanted;
}

void run_test(const char *name, void (*test)(void))
{
    current_test = name;
    current_failed = false;
    test();
    if (current_failed) {
        failures++;
    } else {
        pebble_say("ok ");
        pebble_say(name);
        pebble_say("\n");
    }
}

const struct kg_gate *gate_to(struct kg_domain *domain, const struct kg_entry *entry,
                              const struct kg_gate_options *options)
{
    const struct kg_gate *gate = NULL;
    int status = kg_gate_create(domain, entry, options, &gate);
    if (!expect_status(status, 0, "a gate")) {
        pebble_die("no use going on", NULL);
    }
    return gate;
}

void expect_death(struct kg_domain *domain, int status, enum kg_cause cause)
{
    struct kg_report report;
    expect_status(status, cause == KG_CAUSE_DEADLINE ? -KG_EDEADLINE : -KG_EFAULTED, "status");
    if (!expect_status(kg_domain_report(domain, &report), 0, "a report")) {
        return;
    }
    if (!expect(report.cause == cause, "cause")) {
        char text[200];
        kg_report_text(&report, text, sizeof text);
        pebble_say("  it was: ");
        pebble_say(text);
        pebble_say("\n");
    }
    expect(!machine_masked(), "interrupts are on afterwards");
    expect_status(kg_domain_reload(domain), 0, "reload");
}

/* ---- Tests ---- */

void test_crossing(void)
{
    const struct kg_gate *add_left = gate_to(left, KG_ENTRY_OF(add), NULL);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        expect_status(kg_gate_call(add_left, &sum, i, 3), 0, "call");
        expect(sum == i + 3, "sum");
    }
    expect_status(kg_gate_call(gate_to(right, KG_ENTRY_OF(scratch), NULL), &sum, 100), 0, "heap");
    expect(sum == 5050, "list");
}

void test_objects(void)
{
    const struct kg_gate_options give = {.arguments = {KG_GIVE}};
    const struct kg_gate_options lend = {.arguments = {KG_LEND}};
    const struct kg_gate_options given = {.result = KG_GIVE};
    const struct kg_object_options options = {.bytes = sizeof(struct numbers)};
    const struct kg_gate *total_left = gate_to(left, KG_ENTRY_OF(total), &lend);
    struct kg_object_info info;
    kg_handle handle = 0;
    uint64_t sum = 0;
    expect_status(kg_object_create(&options, &handle), 0, "create");
    expect_status(kg_gate_call(gate_to(right, KG_ENTRY_OF(fill), &give), &sum, handle, 100), 0,
                  "give");
    expect(sum == 9900, "what the new owner wrote");
    expect(kg_object_info(handle, &info) == 0 && info.owner != KG_OWNER_HOST, "owner");
    expect_status(kg_gate_call(total_left, &sum, handle), -KG_EOWNER, "lent by who has it not");
    expect_status(kg_object_take(handle), 0, "take");
    expect_status(kg_gate_call(total_left, &sum, handle), 0, "lend");
    expect(sum == 9900, "what the borrower read");
    ((struct numbers *)kg_object_address(handle))->number[0] = 7;
    expect_status(kg_object_drop(handle), 0, "drop");
    expect_status(kg_gate_call(gate_to(left, KG_ENTRY_OF(produce), &given), &handle, 10), 0,
                  "an object from a domain");
    expect(((struct numbers *)kg_object_address(handle))->number[9] == 18, "what it holds");
    expect(!machine_masked(), "interrupts are on after a call out of a domain");
    expect_status(kg_object_drop(handle), 0, "drop");
}

/* Other domains' memory is guarded by all backends but one. */
void test_stray(void)
{
    const struct kg_gate *store_right = gate_to(right, KG_ENTRY_OF(store), NULL);
    const struct kg_gate *load_right = gate_to(right, KG_ENTRY_OF(load), NULL);
    uint64_t at = (uintptr_t)kg_domain_heap(left, NULL) + 4000;
    if (kg_backend() == KG_BACKEND_NONE) {
        expect_status(kg_gate_call(store_right, NULL, at), 0, "nothing guards it");
        return;
    }
    expect_death(right, kg_gate_call(store_right, NULL, at), KG_CAUSE_TAG);
    expect_death(right, kg_gate_call(load_right, NULL, at), KG_CAUSE_TAG);
}

void test_faults(void)
{
    struct kg_report report;
    int status = kg_gate_call(gate_to(right, KG_ENTRY_OF(give_up), NULL), NULL);
    expect(kg_domain_report(right, &report) == 0 && report.message != NULL &&
               pebble_same(report.message, "no more"),
           "message");
    expect_death(right, status, KG_CAUSE_PANIC);
    status = kg_gate_call(gate_to(right, KG_ENTRY_OF(load), NULL), NULL, NOWHERE);
    expect_death(right, status, KG_CAUSE_UNMAPPED);
    expect_death(right, kg_gate_call(gate_to(right, KG_ENTRY_OF(dig), NULL), NULL, 1000000),
                 KG_CAUSE_STACK);
    if (kg_backend() != KG_BACKEND_NONE) {
        uint64_t constant = (uintptr_t)image_text_end;
        status = kg_gate_call(gate_to(right, KG_ENTRY_OF(store), NULL), NULL, constant);
        /* The CPU may say both. */
        expect_death(right, status,
                     kg_backend() == KG_BACKEND_PKS ? KG_CAUSE_TAG : KG_CAUSE_PERMISSION);
    }
}

void test_deadline(void)
{
    const struct kg_gate_options limited = {.deadline_ns = 20000000};
    uint64_t before = kg_port_time_ns();
    int status = kg_gate_call(gate_to(right, KG_ENTRY_OF(spin), &limited), NULL);
    uint64_t took = kg_port_time_ns() - before;
    expect_death(right, status, KG_CAUSE_DEADLINE);
    expect(took >= 20000000 && took < 1000000000, "time");
}

/* A domain in ring 0 or at EL1 can switch interrupts off; its caller has them as they were. Where
 * nothing is protected, a callee that returns is trusted with that. */
void test_mask(void)
{
    uint64_t one = 0;
    expect_status(kg_gate_call(gate_to(left, KG_ENTRY_OF(mask), NULL), &one), 0, "call");
    if (kg_backend() == KG_BACKEND_NONE) {
        machine_unmask(0);
    }
    expect(one == 1 && !machine_masked(), "interrupts are on afterwards");
    uint64_t held = machine_mask();
    expect_status(kg_gate_call(gate_to(left, KG_ENTRY_OF(mask), NULL), &one), 0, "call");
    expect(machine_masked(), "and off where they were off");
    machine_unmask(held);
    int status = kg_gate_call(gate_to(right, KG_ENTRY_OF(mask_and_give_up), NULL), NULL);
    expect_death(right, status, KG_CAUSE_PANIC);
}

void test_destroy(void)
{
    struct kg_domain *third = NULL;
    struct kg_account account;
    const struct kg_domain_options options = {.name = "third", .stack_bytes = 16384};
    expect_status(kg_domain_create(&options, &third), 0, "create");
    const struct kg_gate *gate = gate_to(third, KG_ENTRY_OF(add), NULL);
    uint64_t sum = 0;
    expect_status(kg_gate_call(gate, &sum, 1, 1), 0, "call");
    expect(kg_domain_account(third, &account) == 0 && account.stacks == 1, "account");
    expect_status(kg_domain_destroy(third), 0, "destroy");
    expect_status(kg_gate_call(gate, &sum, 1, 1), -KG_EDEAD, "a gate into nothing");
}
