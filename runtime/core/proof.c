/* SPDX-License-Identifier: MIT */
/* Nothing is called protected before a denial was seen. The prover, a domain of the monitor's own,
 * tries each thing the backend promises to prevent, on each thread that attaches. */
#include "proof_domain.h"
#include "text.h"

#include "active.h"

/* What the host's ordinary memory and constants look like to a domain. */
static volatile uint64_t host_word;
static const uint64_t constant_word; /* volatile ones are not put among the constants */

int kg_proof_start(void)
{
    static const struct kg_domain_options options = {.name = "prover", .heap_bytes = 4096};
    static const struct kg_gate_options values;
    bool soft = kg_sealed.active->build == KG_BUILD_SOFT;
    struct kg_domain *prover = &kg_books->domains[KG_SLOT_PROVER];
    if (kg_sealed.active->promises == 0) {
        return 0;
    }
    int status = kg_port_map(kg_span(0), KG_PAGE_BYTES, KG_MAP_WRITE | KG_MAP_TAGGED);
    if (status == 0) {
        status = kg_active_tag(kg_span(0), KG_PAGE_BYTES, KG_OWNER_NOBODY,
                                       KG_ACCESS_NONE);
    }
    if (status == 0) {
        status = kg_domain_open(KG_SLOT_PROVER, &options);
    }
    if (status == 0) {
        status = kg_gate_write(KG_GATE_PROVE_READ, prover,
                               soft ? KG_ENTRY_OF(kg_soft_prove_read)
                                    : KG_ENTRY_OF(kg_plain_prove_read),
                               &values);
    }
    if (status == 0) {
        status = kg_gate_write(KG_GATE_PROVE_WRITE, prover,
                               soft ? KG_ENTRY_OF(kg_soft_prove_write)
                                    : KG_ENTRY_OF(kg_plain_prove_write),
                               &values);
    }
    return status;
}

/* One attempt. 0 when it was denied, at the right address, and the prover is alive again. */
static int expect_denial(uint32_t service, uintptr_t address)
{
    const struct kg_gate *gate = &kg_sealed.gates[service];
    struct kg_domain *prover = &kg_books->domains[KG_SLOT_PROVER];
    struct kg_outcome outcome = gate->head.enter1(address, gate);
    if (outcome.status != -KG_EFAULTED) {
        return outcome.status == 0 ? -KG_EPROOF : (int)outcome.status;
    }
    bool right = prover->report.address == address;
    int status = kg_domain_revive(prover);
    return status == 0 && !right ? -KG_EPROOF : status;
}

static void say_denied(const char *what)
{
    char line[96];
    struct kg_text text = {line, sizeof line, 0};
    kg_text_add(&text, "keygate: denied, as promised: a domain's ");
    kg_text_add(&text, what);
    kg_text_add(&text, "\n");
    kg_port_message(line);
}

int kg_proof_run(void)
{
    uint32_t promises = kg_sealed.active->promises;
    uintptr_t foreign = (uintptr_t)kg_span(0); /* tagged as nobody's, for ever */
    uintptr_t monitor = (uintptr_t)kg_books;
    uintptr_t host = (uintptr_t)&host_word;
    uintptr_t constant = (uintptr_t)&constant_word;
    const struct {
        uint32_t promise;
        uint32_t gate;
        uintptr_t address;
        const char *what;
    } attempts[] = {
        {KG_PROMISE_OTHERS_READ, KG_GATE_PROVE_READ, foreign, "read of other domains' memory"},
        {KG_PROMISE_OTHERS_WRITE, KG_GATE_PROVE_WRITE, foreign, "write to other domains' memory"},
        {KG_PROMISE_MONITOR_READ, KG_GATE_PROVE_READ, monitor, "read of the monitor's memory"},
        {KG_PROMISE_MONITOR_WRITE, KG_GATE_PROVE_WRITE, monitor, "write to the monitor's memory"},
        {KG_PROMISE_HOST_READ, KG_GATE_PROVE_READ, host, "read of the host's memory"},
        {KG_PROMISE_HOST_WRITE, KG_GATE_PROVE_WRITE, host, "write to the host's memory"},
        {KG_PROMISE_CONSTANT_WRITE, KG_GATE_PROVE_WRITE, constant, "write to constants"},
    };
    bool first = kg_threads_attached() == 1;
    int status = 0;
    kg_lock();
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts && status == 0; i++) {
        if ((promises & attempts[i].promise) != 0) {
            status = expect_denial(attempts[i].gate, attempts[i].address);
            if (status == 0 && kg_books->verbose && first) {
                say_denied(attempts[i].what);
            }
        }
    }
    kg_unlock();
    return status;
}
