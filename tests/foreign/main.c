/* SPDX-License-Identifier: MIT */
/* A smoke suite: one line for each test, the same under each backend. From start to end. */
#include "suite.h"

#include <port/port.h>

static enum kg_backend_id backend;

static bool choose(const char *name, enum kg_backend_id *id)
{
    for (int i = KG_BACKEND_COUNT - 1; i > KG_BACKEND_AUTO; i--) {
        if (pebble_same(name, kg_backend_name((enum kg_backend_id)i))) {
            *id = (enum kg_backend_id)i;
            return true;
        }
    }
    return false;
}

/* The name of a backend, and "vectors". */
static enum kg_backend_id read_arguments(void)
{
    enum kg_backend_id id = KG_BACKEND_AUTO;
    const char *at = machine_arguments();
    while (*at != '\0') {
        char word[24];
        size_t length = 0;
        while (*at != '\0' && *at != ' ') {
            word[length] = *at++;
            length += length + 1 < sizeof word;
        }
        word[length] = '\0';
        at += *at == ' ';
        if (pebble_same(word, "vectors")) {
            machine_vectors_on();
        } else if (length != 0 && !choose(word, &id)) {
            pebble_say("pebble: no such boot argument: ");
            pebble_say(word);
            pebble_say("; there are the names of backends and vectors\n");
            machine_end(false);
        }
    }
    return id;
}

static int start(bool verbose)
{
    const uint32_t flavours = KG_BUILD_PLAIN | KG_BUILD_SOFT;
    const struct kg_options options = {
        .backend = backend, .verbose = verbose, .build = KG_ENTRY_OF(add)->build & flavours};
    int status = kg_init(&options);
    if (status == 0) {
        status = kg_domain_create(&(struct kg_domain_options){.name = "left"}, &left);
    }
    if (status == 0) {
        status = kg_domain_create(&(struct kg_domain_options){.name = "right"}, &right);
    }
    return status;
}

/* What is not given back shows when it is taken a second time. Page tables stay. */
static void test_exit(void)
{
    expect_status(kg_exit(), 0, "exit");
    size_t used = pebble_frames_used();
    expect(kg_backend() == KG_BACKEND_AUTO, "no backend");
    expect_status(start(false), 0, "a second start");
    test_crossing();
    expect_status(kg_exit(), 0, "a second exit");
    expect(pebble_frames_used() == used, "all memory is back");
}

static const struct {
    const char *name;
    void (*test)(void);
} tests[] = {
    {"crossing", test_crossing},
    {"objects", test_objects},
    {"stray accesses", test_stray},
    {"faults", test_faults},
    {"deadline", test_deadline},
    {"interrupt mask", test_mask},
    {"fibres", test_fibres},
    {"destroy", test_destroy},
    {"exit", test_exit},
};

void pebble_main(void)
{
    backend = read_arguments();
    int status = start(true);
    if (status != 0) {
        pebble_say("pebble: no start: ");
        pebble_say(kg_strerror(status));
        pebble_say("\n");
        machine_end(false);
    }
    pebble_say("backend ");
    pebble_say(kg_backend_name(kg_backend()));
    pebble_say("\n");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        run_test(tests[i].name, tests[i].test);
    }
    pebble_say_number("failures: ", failures, "\n");
    machine_end(failures == 0);
}

_Noreturn void pebble_die(const char *why, const struct kg_trap *trap)
{
    pebble_say("pebble: ");
    pebble_say(why);
    if (trap != NULL) {
        pebble_say_hex(" at 0x", trap->instruction, "");
        pebble_say_hex(", address 0x", trap->address, ", ");
        pebble_say(kg_cause_name(trap->cause));
    }
    pebble_say("\n");
    machine_end(false);
}
