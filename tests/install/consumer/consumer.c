/* SPDX-License-Identifier: MIT */
/* A stranger's program, valid as C and as C++. */
#include <keygate/domain.h>
#include <keygate/keygate.h>
#include <stdio.h>

static uint64_t twice(uint64_t a)
{
    return 2 * a;
}
KG_ENTRY(twice, 1);

int main(void)
{
    struct kg_domain *domain;
    const struct kg_gate *gate;
    uint64_t result = 0;
    int status = kg_start(NULL);
    if (status == 0) {
        status = kg_domain_create(NULL, &domain);
    }
    if (status == 0) {
        status = kg_gate_create(domain, KG_ENTRY_OF(twice), NULL, &gate);
    }
    if (status == 0) {
        status = kg_gate_call(gate, &result, 21);
    }
    if (status == 0) {
        status = kg_exit();
    }
    printf("%s, %u\n", kg_status_name(status), (unsigned)result);
    return status == 0 && result == 42 ? 0 : 1;
}
