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

static uint64_t crash(uint64_t address)
{
    *(volatile unsigned char *)(uintptr_t)address = 1;
    return 0;
}
KG_ENTRY(crash, 1);

/* Dies in the domain and walks back from there, which takes the libraries that the library itself
 * was linked with. */
static int walk_back(struct kg_domain *domain)
{
    const struct kg_gate *gate;
    uintptr_t addresses[16];
    int status = kg_gate_create(domain, KG_ENTRY_OF(crash), NULL, &gate);
    if (status != 0) {
        return status;
    }
    status = kg_gate_call(gate, NULL, 16); /* the lowest page is never mapped */
    if (status != -KG_EFAULTED) {
        return status != 0 ? status : -KG_EPROOF;
    }
    int count = kg_domain_backtrace(domain, addresses, sizeof addresses / sizeof *addresses);
    printf("%d return addresses\n", count);
    return count > 0 || count == -KG_ESYSTEM ? 0 : -KG_EPROOF; /* -KG_ESYSTEM: no libunwind */
}

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
        status = walk_back(domain);
    }
    if (status == 0) {
        status = kg_exit();
    }
    printf("%s, %u\n", kg_status_name(status), (unsigned)result);
    return status == 0 && result == 42 ? 0 : 1;
}
