/* SPDX-License-Identifier: MIT */
/* Domain code: touches what it is told to. */
#include "domain_code.h"

static uint64_t peek(uint64_t address)
{
    return *(const volatile unsigned char *)(uintptr_t)address;
}
KG_ENTRY(peek, 1);

static uint64_t poke(uint64_t address, uint64_t value)
{
    *(volatile unsigned char *)(uintptr_t)address = (unsigned char)value;
    return 0;
}
KG_ENTRY(poke, 2);

static uint64_t peek_object(uint64_t handle, uint64_t offset)
{
    const volatile unsigned char *bytes = kg_object_address(handle);
    return bytes[offset];
}
KG_ENTRY(peek_object, 2);

static uint64_t poke_object(uint64_t handle, uint64_t offset, uint64_t value)
{
    volatile unsigned char *bytes = kg_object_address(handle);
    bytes[offset] = (unsigned char)value;
    return 0;
}
KG_ENTRY(poke_object, 3);

static uint64_t raise_object(uint64_t handle, uint64_t offset, uint64_t by)
{
    unsigned char *bytes = kg_object_address(handle);
    bytes[offset] = (unsigned char)(bytes[offset] + by);
    return 0;
}
KG_ENTRY(raise_object, 3);

static uint64_t poke_one(uint64_t handle, uint64_t offset)
{
    volatile unsigned char *bytes = kg_object_address(handle);
    bytes[offset] = 1;
    return 0;
}
KG_ENTRY(poke_one, 2);

/* Writes the object's first word as fast as it can, `rounds` times. Ends in a fault when the
 * object is given away under it. */
static uint64_t hammer(uint64_t handle, uint64_t rounds)
{
    volatile uint64_t *word = kg_object_address(handle);
    for (uint64_t i = 1; i <= rounds; i++) {
        *word = i;
    }
    return rounds;
}
KG_ENTRY(hammer, 2);

static const uint64_t constant = 77;

static uint64_t poke_constant(void)
{
    *(volatile uint64_t *)(uintptr_t)&constant = 78;
    return *(const volatile uint64_t *)&constant;
}
KG_ENTRY(poke_constant, 0);

static uint64_t jump(uint64_t address)
{
    ((void (*)(void))(uintptr_t)address)();
    return 0;
}
KG_ENTRY(jump, 1);

/* Runs bytes of its own heap, which hold a plain return. */
static uint64_t jump_to_data(void)
{
#if defined(__x86_64__)
    static const unsigned char code[] = {0xc3};
#else
    static const unsigned char code[] = {0xc0, 0x03, 0x5f, 0xd6};
#endif
    volatile unsigned char *data = kg_alloc(sizeof code);
    kg_assert(data != NULL);
    for (unsigned i = 0; i < sizeof code; i++) {
        data[i] = code[i];
    }
    ((void (*)(void))(uintptr_t)data)();
    return 0;
}
KG_ENTRY(jump_to_data, 0);
