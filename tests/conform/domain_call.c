/* SPDX-License-Identifier: MIT */
/* Domain code: calls through gates it is told of, and what a domain must not call. */
#include "domain_code.h"

#include <keygate/keygate.h>

static const struct kg_gate *gate_at(uint64_t address)
{
    return (const struct kg_gate *)(uintptr_t)address;
}

static uint64_t as_result(int status)
{
    return (uint64_t)(int64_t)status;
}

static uint64_t call_value(uint64_t gate, uint64_t argument)
{
    uint64_t value = 0;
    kg_assert(kg_gate_call(gate_at(gate), &value, argument) == 0);
    return value;
}
KG_ENTRY(call_value, 2);

static uint64_t call_then_loop(uint64_t gate, uint64_t argument)
{
    volatile uint64_t forever = call_value(gate, argument) | 1;
    while (forever != 0) {
    }
    return forever;
}
KG_ENTRY(call_then_loop, 2);

static uint64_t call_status0(uint64_t gate)
{
    return as_result(kg_gate_call(gate_at(gate), NULL));
}
KG_ENTRY(call_status0, 1);

static uint64_t call_status(uint64_t gate, uint64_t argument)
{
    uint64_t value = 4711;
    int status = kg_gate_call(gate_at(gate), &value, argument);
    kg_assert(status == 0 || value == 4711);
    return as_result(status);
}
KG_ENTRY(call_status, 2);

static uint64_t call_value2(uint64_t gate, uint64_t a, uint64_t b)
{
    uint64_t value = 0;
    kg_assert(kg_gate_call(gate_at(gate), &value, a, b) == 0);
    return value;
}
KG_ENTRY(call_value2, 3);

static uint64_t call_status2(uint64_t gate, uint64_t a, uint64_t b)
{
    uint64_t value = 4711;
    int status = kg_gate_call(gate_at(gate), &value, a, b);
    kg_assert(status == 0 || value == 4711);
    return as_result(status);
}
KG_ENTRY(call_status2, 3);

/* Calls gate(handle), then reads (how 0) or writes the object's first byte. */
static uint64_t call_then_touch(uint64_t gate, uint64_t handle, uint64_t how)
{
    kg_assert(kg_gate_call(gate_at(gate), NULL, handle) == 0);
    volatile unsigned char *bytes = kg_object_address(handle);
    if (how == 0) {
        return bytes[0];
    }
    bytes[0] = 9;
    return 0;
}
KG_ENTRY(call_then_touch, 3);

/* Lends an object through `gate`, telling it which gate to call with it. */
static uint64_t lend_to(uint64_t gate, uint64_t inner, uint64_t handle)
{
    uint64_t value = 4711;
    int status = kg_gate_call(gate_at(gate), &value, inner, handle);
    return status == 0 ? value : as_result(status);
}
KG_ENTRY(lend_to, 3);

/* Calls a gate with an object's handle and an offset in it; the status. */
static uint64_t call_with_object(uint64_t gate, uint64_t handle)
{
    return as_result(kg_gate_call(gate_at(gate), NULL, handle, 5));
}
KG_ENTRY(call_with_object, 2);

/* Its own numbers survive a call out. */
static uint64_t call_then_sum(uint64_t gate, uint64_t argument)
{
    volatile uint64_t own[64];
    for (uint64_t i = 0; i < 64; i++) {
        own[i] = i * 3;
    }
    uint64_t value = 0;
    kg_assert(kg_gate_call(gate_at(gate), &value, argument) == 0);
    uint64_t sum = value;
    for (uint64_t i = 0; i < 64; i++) {
        kg_assert(own[i] == i * 3);
        sum += own[i];
    }
    return sum;
}
KG_ENTRY(call_then_sum, 2);

/* Two domains call each other until a call is refused; how many were entered after this one. At
 * the deepest place a service of the monitor must still do. */
static uint64_t ladder(uint64_t other, uint64_t own, uint64_t limit)
{
    uint64_t below = 0;
    if (limit == 0) {
        return 0;
    }
    int status = kg_gate_call(gate_at(other), &below, own, other, limit - 1);
    if (status == -KG_EDEPTH) {
        kg_handle handle = 0;
        const struct kg_object_options options = {.bytes = 64};
        kg_assert(kg_object_create(&options, &handle) == 0);
        kg_assert(kg_object_drop(handle) == 0);
        return 0;
    }
    kg_assert(status == 0);
    return below + 1;
}
KG_ENTRY(ladder, 3);

/* Each function that only the host may call. The last two may be called by anyone. */
static uint64_t host_only(uint64_t which)
{
    struct kg_domain *domain = NULL;
    const struct kg_gate *gate = NULL;
    struct kg_account account;
    struct kg_report report;
    struct kg_object_info info;
    uintptr_t addresses[2];
    uint32_t owner;
    bool readonly;
    switch (which) {
    case 0:
        return as_result(kg_domain_create(NULL, &domain));
    case 1:
        return as_result(kg_domain_destroy(domain));
    case 2:
        return as_result(kg_domain_reload(domain));
    case 3:
        return as_result(kg_domain_account(domain, &account));
    case 4:
        return as_result(kg_domain_report(domain, &report));
    case 5:
        return as_result(kg_domain_backtrace(domain, addresses, 2));
    case 6:
        return as_result(kg_gate_create(domain, KG_ENTRY_OF(add0), NULL, &gate));
    case 7:
        return as_result(kg_object_info(1, &info));
    case 8:
        return as_result(kg_object_tag(1, 0, &owner, &readonly));
    case 9:
        return as_result(kg_object_give(1, domain));
    case 10:
        return as_result(kg_object_take(1));
    case 11:
        return as_result(kg_exit());
    case 12:
        return as_result(kg_thread_detach());
    case 13:
        return as_result(kg_domain_heap(domain, NULL) == NULL ? -KG_EINSIDE : 0);
    case 14:
        return as_result(kg_thread_attach());
    default:
        return as_result(kg_init(NULL));
    }
}
KG_ENTRY(host_only, 1);

/* Every way into a gate but the right one, which `arity` names. */
static uint64_t call_wrong_arity(uint64_t gate, uint64_t arity)
{
    const struct kg_gate *to = gate_at(gate);
    kg_assert(arity == 0 || kg_gate_call(to, NULL) == -KG_EARITY);
    kg_assert(arity == 1 || kg_gate_call(to, NULL, 1) == -KG_EARITY);
    kg_assert(arity == 2 || kg_gate_call(to, NULL, 1, 2) == -KG_EARITY);
    kg_assert(arity == 3 || kg_gate_call(to, NULL, 1, 2, 3) == -KG_EARITY);
    kg_assert(arity == 4 || kg_gate_call(to, NULL, 1, 2, 3, 4) == -KG_EARITY);
    kg_assert(arity == 5 || kg_gate_call(to, NULL, 1, 2, 3, 4, 5) == -KG_EARITY);
    kg_assert(arity == 6 || kg_gate_call(to, NULL, 1, 2, 3, 4, 5, 6) == -KG_EARITY);
    return 0;
}
KG_ENTRY(call_wrong_arity, 2);

/* Goes in by one gate with the address of something else. */
static uint64_t call_as(uint64_t gate, uint64_t other, uint64_t argument)
{
    struct kg_outcome outcome = kg_gate_head(gate_at(gate))->enter1(argument, gate_at(other));
    kg_assert(outcome.status == 0 || outcome.value == 0);
    return (uint64_t)outcome.status;
}
KG_ENTRY(call_as, 3);

/* The same with a copy of the gate in the domain's own memory. */
static uint64_t call_as_copy(uint64_t gate, uint64_t argument)
{
    const volatile uint64_t *from = (const volatile uint64_t *)(uintptr_t)gate;
    volatile uint64_t *copy = kg_alloc(256);
    kg_assert(copy != NULL);
    for (uint64_t i = 0; i < 16; i++) {
        copy[i] = from[i];
    }
    return call_as(gate, (uint64_t)(uintptr_t)copy, argument);
}
KG_ENTRY(call_as_copy, 2);

/* Calls a gate and then works for so many rounds. */
static uint64_t call_then_work(uint64_t gate, uint64_t argument, uint64_t rounds)
{
    kg_assert(kg_gate_call(gate_at(gate), NULL, argument) == 0);
    for (volatile uint64_t i = 0; i < rounds; i++) {
    }
    return rounds;
}
KG_ENTRY(call_then_work, 3);
