/* SPDX-License-Identifier: MIT */
/* A domain adds two numbers, then tries to write what belongs to the host and is stopped. */
#include <inttypes.h>
#include <keygate/domain.h>
#include <keygate/keygate.h>
#include <stdio.h>

/* --- Inside the domain: nothing but keygate/domain.h. --- */

static uint64_t add(uint64_t a, uint64_t b)
{
    return a + b;
}
KG_ENTRY(add, 2);

static uint64_t scribble(uint64_t handle)
{
    *(volatile uint64_t *)kg_object_address(handle) = 0;
    return 0;
}
KG_ENTRY(scribble, 1);

/* --- The host. --- */

static int failed(const char *what, int status)
{
    fprintf(stderr, "%s: %s\n", what, kg_strerror(status));
    return 1;
}

int main(void)
{
    int status = kg_start(NULL);
    if (status != 0) {
        return failed("kg_start", status);
    }
    printf("backend: %s\n", kg_backend_name(kg_backend()));

    kg_handle mine;
    struct kg_domain *adder;
    const struct kg_gate *add_gate;
    const struct kg_gate *scribble_gate;
    status = kg_domain_create(&(struct kg_domain_options){.name = "adder"}, &adder);
    if (status == 0) {
        status = kg_gate_create(adder, KG_ENTRY_OF(add), NULL, &add_gate);
    }
    if (status == 0) {
        status = kg_gate_create(adder, KG_ENTRY_OF(scribble), NULL, &scribble_gate);
    }
    if (status == 0) {
        status = kg_object_create(&(struct kg_object_options){.bytes = 8}, &mine);
    }
    if (status != 0) {
        return failed("set-up", status);
    }
    uint64_t *precious = kg_object_address(mine);
    *precious = 42;

    uint64_t sum = 0;
    status = kg_gate_call(add_gate, &sum, 2, 3);
    printf("2 + 3 = %" PRIu64 " (%s)\n", sum, kg_status_name(status));

    status = kg_gate_call(scribble_gate, NULL, mine);
    printf("scribble: %s\n", kg_status_name(status));
    printf("precious is %" PRIu64 "\n", *precious);

    struct kg_report report;
    if (kg_domain_report(adder, &report) == 0) {
        printf("cause of death: %s\n", kg_cause_name(report.cause));
    }
    printf("call the dead: %s\n", kg_status_name(kg_gate_call(add_gate, &sum, 4, 5)));
    kg_domain_reload(adder);
    status = kg_gate_call(add_gate, &sum, 4, 5);
    printf("reloaded, 4 + 5 = %" PRIu64 " (%s)\n", sum, kg_status_name(status));
    return kg_exit() == 0 ? 0 : 1;
}
