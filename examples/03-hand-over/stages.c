/* SPDX-License-Identifier: MIT */
/* Two stages of a pipeline, each in a domain of its own. A buffer goes from one to the next by
 * being re-tagged: nothing is copied, and whoever gave it away can't touch it any more. */
#include <keygate/domain.h>

#define COUNT 512

/* The first stage: makes a buffer, fills it, and gives it to its caller as the result. */
static uint64_t produce(uint64_t first)
{
    kg_handle handle = 0;
    const struct kg_object_options options = {.bytes = COUNT * sizeof(uint64_t), .type = 1};
    if (kg_object_create(&options, &handle) != 0) {
        kg_panic("no buffer");
    }
    uint64_t *values = kg_object_address(handle);
    for (uint64_t i = 0; i < COUNT; i++) {
        values[i] = first + i;
    }
    return handle;
}
KG_ENTRY(produce, 1);

/* The second stage: owns what it is given, adds it up, and drops it. */
static uint64_t consume(uint64_t handle)
{
    const uint64_t *values = kg_object_address(handle);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        sum += values[i];
    }
    kg_assert(kg_object_drop(handle) == 0);
    return sum;
}
KG_ENTRY(consume, 1);

/* A stage with a bug: it goes on reading a buffer it has given away. */
static uint64_t peek(uint64_t handle)
{
    return *(volatile uint64_t *)kg_object_address(handle);
}
KG_ENTRY(peek, 1);
