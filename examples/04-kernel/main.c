/* SPDX-License-Identifier: MIT */
/* A kernel with two domains in it. It says what protects it, crosses, catches a fault, and then
 * takes commands at the console. */
#include "domains.h"

#include "port/bare/platform.h"

#include <keygate/keygate.h>

static struct kg_domain *counter;
static struct kg_domain *worker;
static const struct kg_gate *count_gate;
static const struct kg_gate *add_gate;
static const struct kg_gate *misbehave_gate;

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static int make_domains(void)
{
    const struct kg_gate_options limited = {.deadline_ns = 20000000};
    int status = kg_domain_create(&(struct kg_domain_options){.name = "counter"}, &counter);
    if (status == 0) {
        status = kg_domain_create(&(struct kg_domain_options){.name = "worker"}, &worker);
    }
    if (status == 0) {
        status = kg_gate_create(counter, KG_ENTRY_OF(count), NULL, &count_gate);
    }
    if (status == 0) {
        status = kg_gate_create(worker, KG_ENTRY_OF(add), NULL, &add_gate);
    }
    if (status == 0) {
        status = kg_gate_create(worker, KG_ENTRY_OF(misbehave), &limited, &misbehave_gate);
    }
    return status;
}

static void print_domain(const char *name, struct kg_domain *domain)
{
    struct kg_account account;
    if (kg_domain_account(domain, &account) == 0) {
        platform_print("  %-8s %-5s %6lu KiB of heap %2u stacks %2u objects %2u deaths\n", name,
                       account.dead ? "dead" : "alive", (unsigned long)account.heap_bytes / 1024,
                       account.stacks, account.objects, account.deaths);
    }
}

static void print_domains(void)
{
    print_domain("counter", counter);
    print_domain("worker", worker);
}

/* What becomes of a call that goes wrong; then the domain is fit again. */
static void misbehave(const char *what, enum misbehaviour how, uintptr_t where)
{
    uint64_t value = 0;
    struct kg_report report;
    int status = kg_gate_call(misbehave_gate, &value, how, where);
    if (status == 0) {
        platform_print("%s: done, and nothing stopped it\n", what);
        return;
    }
    platform_print("%s: %s\n", what, kg_status_name(status));
    if (kg_domain_report(worker, &report) == 0) {
        char text[192];
        kg_report_text(&report, text, sizeof text);
        platform_print("  %s\n", text);
    }
    print_domains();
    status = kg_domain_reload(worker);
    platform_print("  worker reloaded: %s\n", kg_status_name(status));
}

/* An address of the other domain's. */
static uintptr_t forbidden(void)
{
    return (uintptr_t)kg_domain_heap(counter, NULL) + 64;
}

static int cross(void)
{
    uint64_t sum = 0, counted = 0;
    int status = kg_gate_call(add_gate, &sum, 2, 3);
    platform_print("2 + 3 = %lu (%s)\n", (unsigned long)sum, kg_status_name(status));
    if (status == 0) {
        status = kg_gate_call(count_gate, &counted, 1);
        platform_print("counted %lu (%s)\n", (unsigned long)counted, kg_status_name(status));
    }
    return status;
}

#define BENCH_CALLS 1000u

static void bench(void)
{
    int bad = 0;
    uint64_t start_ns = kg_port_time_ns();
    for (uint32_t i = 0; i < BENCH_CALLS; i++) {
        bad |= kg_gate_call(add_gate, NULL, i, 1);
    }
    uint64_t took_ns = kg_port_time_ns() - start_ns;
    platform_print("%u crossings, %lu ns each by the machine's clock%s\n", BENCH_CALLS,
                   (unsigned long)(took_ns / BENCH_CALLS), bad != 0 ? ", and some failed" : "");
}

static void help(void)
{
    platform_print("help     this\n"
                   "domains  the table of domains\n"
                   "crash    the worker panics\n"
                   "hang     the worker never returns\n"
                   "peek     the worker writes to the counter's heap\n"
                   "bench    many crossings\n"
                   "exit     ends the machine\n");
}

static void console(void)
{
    char line[64];
    for (;;) {
        platform_print("> ");
        platform_line(line, sizeof line);
        if (same(line, "exit")) {
            return;
        }
        if (same(line, "help")) {
            help();
        } else if (same(line, "domains")) {
            print_domains();
        } else if (same(line, "crash")) {
            misbehave("panic", MISBEHAVE_PANIC, 0);
        } else if (same(line, "hang")) {
            misbehave("loop", MISBEHAVE_LOOP, 0);
        } else if (same(line, "peek")) {
            misbehave("write to the counter", MISBEHAVE_WRITE, forbidden());
        } else if (same(line, "bench")) {
            bench();
        } else if (line[0] != '\0') {
            platform_print("no such command: %s; try help\n", line);
        }
    }
}

static bool arguments_known(void)
{
    static const char *const known[] = {"backend", "strict", "verbose"};
    for (uint32_t i = 0; platform_argument_name(i) != NULL; i++) {
        bool found = false;
        for (uint32_t j = 0; j < sizeof known / sizeof *known; j++) {
            found = found || same(platform_argument_name(i), known[j]);
        }
        if (!found) {
            platform_print("unknown boot argument %s; there are backend=NAME, strict, verbose\n",
                           platform_argument_name(i));
            return false;
        }
    }
    return true;
}

int platform_main(void)
{
    const uint32_t flavours = KG_BUILD_PLAIN | KG_BUILD_SOFT;
    const struct kg_options options = {
        .build = KG_ENTRY_OF(add)->build & flavours,
        .verbose = true,
    };
    if (!arguments_known()) {
        return PLATFORM_EXIT_USE;
    }
    int status = kg_init(&options);
    if (status != 0) {
        platform_print("the monitor does not start: %s\n", kg_strerror(status));
        return status == -KG_EARGUMENT ? PLATFORM_EXIT_USE : PLATFORM_EXIT_MACHINE;
    }
    platform_print("backend: %s\n", kg_backend_name(kg_backend()));
    status = make_domains();
    if (status == 0) {
        status = cross();
    }
    if (status != 0) {
        platform_print("set-up: %s\n", kg_strerror(status));
        return PLATFORM_EXIT_FAILED;
    }
    misbehave("write to the counter", MISBEHAVE_WRITE, forbidden());
    console();
    status = kg_exit();
    return status == 0 ? PLATFORM_EXIT_OK : PLATFORM_EXIT_FAILED;
}
