/* SPDX-License-Identifier: MIT */
/* Domain code: shared objects. Statuses come back as negative numbers; a handle is never one. */
#include "domain_code.h"

static uint64_t as_result(int status)
{
    return (uint64_t)(int64_t)status;
}

static uint64_t object_make(uint64_t bytes, uint64_t kind)
{
    const struct kg_object_options options = {
        .bytes = bytes, .kind = (enum kg_object_kind)kind, .type = 7};
    kg_handle handle = 0;
    int status = kg_object_create(&options, &handle);
    return status == 0 ? handle : as_result(status);
}
KG_ENTRY(object_make, 2);

static uint64_t object_make_one(uint64_t bytes)
{
    return object_make(bytes, KG_OBJECT_REKEYED);
}
KG_ENTRY(object_make_one, 1);

static uint64_t object_drop(uint64_t handle)
{
    return as_result(kg_object_drop(handle));
}
KG_ENTRY(object_drop, 1);

static uint64_t object_pin(uint64_t handle)
{
    return as_result(kg_object_pin(handle));
}
KG_ENTRY(object_pin, 1);

static uint64_t object_unpin(uint64_t handle)
{
    return as_result(kg_object_unpin(handle));
}
KG_ENTRY(object_unpin, 1);

static uint64_t object_fill(uint64_t handle, uint64_t bytes, uint64_t value)
{
    volatile unsigned char *at = kg_object_address(handle);
    for (uint64_t i = 0; i < bytes; i++) {
        at[i] = (unsigned char)(value + i);
    }
    return 0;
}
KG_ENTRY(object_fill, 3);

static uint64_t sum(uint64_t handle, uint64_t bytes)
{
    const volatile unsigned char *at = kg_object_address(handle);
    uint64_t total = 0;
    for (uint64_t i = 0; i < bytes; i++) {
        total += at[i];
    }
    return total;
}

static uint64_t object_sum(uint64_t handle, uint64_t bytes)
{
    return sum(handle, bytes);
}
KG_ENTRY(object_sum, 2);

static uint64_t object_sum2(uint64_t a, uint64_t b)
{
    return sum(a, 16) + sum(b, 16);
}
KG_ENTRY(object_sum2, 2);

/* Writes a mark into the first word and counts, in the second, how often it was found changed. */
static uint64_t object_guard(uint64_t handle, uint64_t looks)
{
    const uint64_t mark = UINT64_C(0x6d61726b6d61726b);
    volatile uint64_t *words = kg_object_address(handle);
    words[0] = mark;
    words[1] = 0;
    for (uint64_t i = 0; i < looks; i++) {
        if (words[0] != mark) {
            words[1]++;
            words[0] = mark;
        }
    }
    return words[1];
}
KG_ENTRY(object_guard, 2);

/* Keeps what it was lent for so many rounds. */
static uint64_t object_guard_loan(uint64_t handle, uint64_t rounds)
{
    const volatile unsigned char *bytes = kg_object_address(handle);
    uint64_t total = 0;
    for (uint64_t i = 0; i < rounds; i++) {
        total += bytes[0];
    }
    return total;
}
KG_ENTRY(object_guard_loan, 2);

/* Says `handle`: through a gate whose result is given, whatever that names changes hands. */
static uint64_t object_return(uint64_t handle)
{
    return handle;
}
KG_ENTRY(object_return, 1);

/* Makes, fills, checks and drops objects of many sizes. */
static uint64_t object_churn(uint64_t rounds)
{
    kg_handle held[4] = {0};
    for (uint64_t round = 0; round < rounds; round++) {
        struct kg_object_options options = {.bytes = 1 + round * 977 % 9000};
        kg_handle *at = &held[round % 4];
        if (*at != 0) {
            kg_assert(kg_object_drop(*at) == 0);
        }
        kg_assert(kg_object_create(&options, at) == 0);
        volatile unsigned char *bytes = kg_object_address(*at);
        kg_assert(bytes[0] == 0 && bytes[options.bytes - 1] == 0);
        bytes[0] = 1;
        bytes[options.bytes - 1] = 2;
    }
    for (uint64_t i = 0; i < 4; i++) {
        kg_assert(held[i] == 0 || kg_object_drop(held[i]) == 0);
    }
    return 0;
}
KG_ENTRY(object_churn, 1);

static uint64_t object_take_and_crash(uint64_t handle)
{
    (void)handle;
    kg_panic("died with what it was given");
}
KG_ENTRY(object_take_and_crash, 1);

/* Calls `gate` with the object's handle, then adds up what is in it. */
static uint64_t object_sum_via(uint64_t gate, uint64_t handle)
{
    uint64_t total = 0;
    const struct kg_gate *to = (const struct kg_gate *)(uintptr_t)gate;
    int status = kg_gate_call(to, &total, handle);
    return status == 0 ? total + sum(handle, 16) : as_result(status);
}
KG_ENTRY(object_sum_via, 2);
