/* SPDX-License-Identifier: MIT */
/* Domain code: every way to die. */
#include "domain_code.h"

#if __STDC_HOSTED__
#include <signal.h>
#include <stdlib.h>
#endif

static __attribute__((noinline)) uint64_t sink(uint64_t depth)
{
    volatile unsigned char room[512];
    room[0] = (unsigned char)depth;
    return depth == UINT64_MAX ? 0 : sink(depth + 1) + room[0];
}

static uint64_t divide(uint64_t by)
{
#if defined(__x86_64__)
    uint64_t high = 0;
    uint64_t low = 1;
    __asm__ volatile("divq %2" : "+a"(low), "+d"(high) : "r"(by) : "cc");
    return low;
#else
    return by; /* a division by zero is no fault on AArch64 */
#endif
}

static void illegal(void)
{
#if defined(__x86_64__)
    __asm__ volatile("ud2");
#else
    __asm__ volatile(".inst 0");
#endif
}

static void trap(void)
{
#if defined(__x86_64__)
    __asm__ volatile("int3");
#else
    __asm__ volatile("brk #1");
#endif
}

static void panic_own_text(void)
{
    static const char text[] = "from my own heap";
    volatile char *copy = kg_alloc(sizeof text);
    kg_assert(copy != NULL);
    for (unsigned i = 0; i < sizeof text; i++) {
        copy[i] = text[i];
    }
    kg_panic((const char *)(uintptr_t)copy);
}

static uint64_t crash_memory(enum crash how, uint64_t address)
{
    volatile unsigned char *nowhere = NULL;
    __asm__ volatile("" : "+r"(nowhere));
    switch (how) {
    case CRASH_READ_NULL:
        return *nowhere;
    case CRASH_WRITE_NULL:
        *nowhere = 1;
        break;
    case CRASH_READ:
        return *(const volatile unsigned char *)(uintptr_t)address;
    case CRASH_WRITE:
        *(volatile unsigned char *)(uintptr_t)address = 1;
        break;
    case CRASH_JUMP:
        ((void (*)(void))(uintptr_t)address)();
        break;
    case CRASH_OVERFLOW:
        return sink(0);
    default:
        break;
    }
    return 0;
}

static uint64_t crash(uint64_t how, uint64_t detail)
{
    switch ((enum crash)how) {
    case CRASH_DIVIDE:
        return divide(0);
    case CRASH_ILLEGAL:
        illegal();
        break;
    case CRASH_TRAP:
        trap();
        break;
    case CRASH_PANIC:
        kg_panic("out of cheese");
    case CRASH_PANIC_OWN_TEXT:
        panic_own_text();
        break;
    case CRASH_PANIC_BAD_TEXT:
        kg_panic((const char *)(uintptr_t)detail);
    case CRASH_ASSERT:
        kg_assert(detail == UINT64_MAX);
        break;
#if __STDC_HOSTED__
    case CRASH_ABORT:
        abort();
    case CRASH_RAISE:
        raise((int)detail);
        break;
#endif
    case CRASH_LOOP:
        for (volatile uint64_t i = 0;; i++) {
        }
    default:
        return crash_memory((enum crash)how, detail);
    }
    return 0;
}
KG_ENTRY(crash, 2);

/* Dies with a full heap, a deep stack and objects of its own. */
static uint64_t crash_with_mess(uint64_t objects)
{
    const struct kg_object_options options = {.bytes = 5000, .type = 9};
    for (uint64_t i = 0; i < objects; i++) {
        kg_handle handle = 0;
        kg_assert(kg_object_create(&options, &handle) == 0);
        ((volatile unsigned char *)kg_object_address(handle))[4999] = 1;
        if (i == 0) {
            kg_assert(kg_object_pin(handle) == 0);
        }
    }
    while (kg_alloc(1000) != NULL) {
    }
    return sink(0);
}
KG_ENTRY(crash_with_mess, 1);
