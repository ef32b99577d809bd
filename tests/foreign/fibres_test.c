/* SPDX-License-Identifier: MIT */
/* Two fibres in the same domain, taking turns in call-backs: each has its own stack there, its own
 * place to go back to, and its own rights. */
#include "suite.h"

#define ROUNDS 40u

static const struct kg_gate *call_back_gate;
static const struct kg_gate *rounds_gate;
static bool other_done;
static uint64_t other_sum;
static const char *other_failure;
static unsigned inside;    /* call-backs under way */
static unsigned together;  /* times there were two */

/* The host's side of a round. An odd one has interrupts off over the switch. */
static uint64_t take_turns(uint64_t round)
{
    uint64_t held = round % 2 != 0 ? machine_mask() : 0;
    inside++;
    pebble_yield();
    together += inside == 2;
    inside--;
    if (round % 2 != 0) {
        machine_unmask(held);
    }
    return round + 1;
}
KG_ENTRY(take_turns, 1);

static void other(void *argument)
{
    uint64_t step = *(uint64_t *)argument;
    if (kg_gate_call(rounds_gate, NULL, 0, 0, step) != -KG_ETHREAD) {
        other_failure = "a call before it was attached";
    } else if (kg_thread_attach() != 0) {
        other_failure = "attach";
    } else {
        int status = kg_gate_call(rounds_gate, &other_sum, (uintptr_t)call_back_gate, ROUNDS, step);
        if (status != 0) {
            other_failure = kg_status_name(status);
        } else if (machine_masked()) {
            other_failure = "interrupts are off";
        } else if (kg_thread_detach() != 0) {
            other_failure = "detach";
        }
    }
    other_done = true;
}

/* Of this fibre's rights: a window is open to it, and the other's attachment must not shut it. */
static volatile struct numbers *open_window(kg_handle *window)
{
    struct kg_object_options options = {.bytes = sizeof(struct numbers), .kind = KG_OBJECT_WINDOW};
    expect_status(kg_object_create(&options, window), 0, "a window");
    return kg_object_address(*window);
}

void test_fibres(void)
{
    static uint64_t step = 5;
    kg_handle window = 0;
    uint64_t sum = 0;
    volatile struct numbers *numbers = open_window(&window);
    numbers->count = 1;
    call_back_gate = gate_to(NULL, KG_ENTRY_OF(take_turns), NULL);
    rounds_gate = gate_to(left, KG_ENTRY_OF(rounds), NULL);
    expect(pebble_fibre_new(other, &step), "a fibre");
    uint64_t gate = (uintptr_t)call_back_gate;
    expect_status(kg_gate_call(rounds_gate, &sum, gate, ROUNDS, 3), 0, "call");
    numbers->count++;
    expect(sum == ROUNDS * 3, "this fibre's sum");
    while (!other_done) {
        pebble_yield();
    }
    numbers->count++;
    expect(other_failure == NULL, other_failure);
    expect(other_sum == ROUNDS * 5, "the other's sum");
    bool alone = kg_backend() == KG_BACKEND_PAGE; /* one domain at a time */
    expect(alone ? together == 0 : together > ROUNDS, "turns");
    expect(numbers->count == 3, "the window");
    expect_status(kg_object_drop(window), 0, "drop");
}
