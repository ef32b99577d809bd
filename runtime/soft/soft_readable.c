/* SPDX-License-Identifier: MIT */
/* What a checked domain may read outside the arena: the gates, the sealed words, and the program's
 * constants. Asking the system where those are is slow, so answers are kept. What a library that
 * was unloaded left here stays readable (CAVEATS). */
#include "soft.h"

#define RANGES 64u

static struct {
    uintptr_t start;
    uintptr_t end;
} ranges[RANGES];
static uint32_t range_count; /* grows only; an entry is whole before it is counted */

void kg_soft_readable_reset(void)
{
    range_count = 0;
}

/* Under the lock. A full table costs time, not rightness. */
void kg_soft_readable_add(uintptr_t start, uintptr_t end)
{
    if (range_count == RANGES) {
        return;
    }
    ranges[range_count].start = start;
    ranges[range_count].end = end;
    __atomic_store_n(&range_count, range_count + 1, __ATOMIC_RELEASE);
}

struct question {
    uintptr_t address;
    size_t bytes;
    bool answer;
};

/* Runs on the host's stack: the system's part needs some. */
static void ask(void *argument)
{
    struct question *question = argument;
    uintptr_t start, end;
    question->answer = kg_port_constant_range(question->address, question->bytes, &start, &end);
    if (question->answer) {
        kg_lock();
        kg_soft_readable_add(start, end);
        kg_unlock();
    }
}

bool kg_soft_readable(uintptr_t address, size_t bytes)
{
    uint32_t count = __atomic_load_n(&range_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        if (address >= ranges[i].start && address < ranges[i].end &&
            bytes <= ranges[i].end - address) {
            return true;
        }
    }
    struct kg_thread *thread = kg_local.thread;
    struct question question = {address, bytes, false};
    /* The system holds locks meanwhile: a call that is given up must wait until it is done. */
    kg_local.settling = true;
    kg_arch_call_on(kg_frame_newest(thread), ask, &question);
    kg_local.settling = false;
    if (kg_death_noticed(thread)) {
        kg_sealed.active->unwind();
    }
    return question.answer;
}
