/* SPDX-License-Identifier: MIT */
/* A small image: state, constants, a heap, a call out. */
#include <keygate/domain.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <string.h>

KG_IMPORT(add_host, 2);

static uint64_t counter = 40;
static uint64_t zeroes[3000];
static const char *const words[] = {"one", "two", "three"};

static uint64_t count(void)
{
    zeroes[2999]++;
    return ++counter;
}
KG_ENTRY(count, 0);

static uint64_t length(uint64_t which)
{
    kg_assert(which < 3);
    return strlen(words[which]) + 100 * zeroes[2999];
}
KG_ENTRY(length, 1);

static uint64_t through(uint64_t a, uint64_t b)
{
    uint64_t value = 0;
    kg_assert(kg_gate_call(KG_IMPORT_OF(add_host), &value, a, b) == 0);
    return value;
}
KG_ENTRY(through, 2);

static uint64_t heap(uint64_t bytes)
{
    uint64_t *memory = kg_alloc(bytes);
    if (memory == NULL) {
        return 0;
    }
    memory[0] = 7;
    uint64_t value = memory[0] + kg_domain_self();
    kg_free(memory);
    return value;
}
KG_ENTRY(heap, 1);

static uint64_t crash(uint64_t how, uint64_t address)
{
    counter = 1000;
    if (how == 0) {
        kg_panic("as asked");
    }
    if (how == 1) {
        *(volatile uint64_t *)(uintptr_t)address = 5;
    }
    if (how == 2) {
        return *(volatile uint64_t *)(uintptr_t)address;
    }
    if (how == 3) {
        *(volatile char *)(uintptr_t)words[0] = 'x';
    }
    if (how == 4) {
        *(volatile char *)(uintptr_t)count = 'x';
    }
    return 1;
}
KG_ENTRY(crash, 2);

/* Writes by other means than a store of the language's. */
static uint64_t write_by(uint64_t how, uint64_t address)
{
    void *there = (void *)(uintptr_t)address;
    static char constants[64] = "abc";
    switch (how) {
    case 0:
        __builtin_memset(there, 1, 200);
        break;
    case 1:
        __builtin_memcpy(there, constants, sizeof constants);
        break;
    case 2:
        (void)atomic_flag_test_and_set((volatile atomic_flag *)there);
        break;
    case 3:
        (void)atomic_fetch_add((_Atomic uint32_t *)there, 1);
        break;
    default:
        return (uint64_t)_setjmp(*(jmp_buf *)there) + 1;
    }
    return 1;
}
KG_ENTRY(write_by, 2);

/* Reads by other means than a load of the language's. */
static uint64_t read_by(uint64_t how, uint64_t address)
{
    static char own[16];
    const char *there = (const char *)(uintptr_t)address;
    switch (how) {
    case 0:
        return (uint64_t)(__builtin_memcmp(there, own, sizeof own) == 0);
    case 1:
        return (uint64_t)(memcmp(there, own, 4) == 0);
    case 2:
        return (uint64_t)(strcmp(there, "ab") == 0);
    case 3:
        return (uint64_t)(strncmp(there, "ab", 2) == 0);
    default:
        __builtin_memcpy(own, there, sizeof own);
        return (uint64_t)own[0];
    }
}
KG_ENTRY(read_by, 2);

extern char kg_image_home[];

/* What the loader tells it is not its own to change. */
static uint64_t write_home(void)
{
    volatile char *home = kg_image_home;
    home[0]++;
    return 1;
}
KG_ENTRY(write_home, 0);

static uint64_t say(void)
{
    kg_log("hello from an image, in more than twenty-four bytes");
    return kg_time_ns() != 0;
}
KG_ENTRY(say, 0);

static uint64_t spin(void)
{
    volatile uint64_t rounds = 0;
    for (;;) {
        rounds++;
    }
    return rounds;
}
KG_ENTRY(spin, 0);

static uint64_t object(void)
{
    kg_handle handle;
    struct kg_object_options options = {.bytes = 64};
    kg_assert(kg_object_create(&options, &handle) == 0);
    volatile uint64_t *memory = kg_object_address(handle);
    memory[3] = 5;
    kg_assert(memory[3] == 5);
    kg_assert(kg_object_drop(handle) == 0);
    return 1;
}
KG_ENTRY(object, 0);
