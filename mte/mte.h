/* SPDX-License-Identifier: MIT */
/* What the files of the MTE backend share. */
#ifndef KG_MTE_MTE_H
#define KG_MTE_MTE_H

#include <stddef.h>
#include <stdint.h>

#define KG_MTE_GRANULE 16u

/* A tag is four bits of an address, 59 to 56 (Arm ARM, Memory Tagging Extension). */
#define KG_MTE_SHIFT 56

/* tag_aarch64.S: the only tag stores of the library. Each gives every granule of [address,
 * address + bytes) the tag in the address's own bits 59 to 56, whatever tag it had, and waits for
 * the stores to be seen. */
void kg_mte_store(uintptr_t address, size_t bytes);

/* The tag memory at this address has, whatever tag the address carries; 0 where memory has no tags.
 * Read back from where the CPU keeps it: LDG replaces bits 59 to 56 (Arm ARM, LDG). (gcc 12's
 * __arm_mte_get_tag overwrites its argument.) */
static inline uint32_t kg_mte_load(uintptr_t address)
{
    __asm__ volatile(".arch armv8.5-a+memtag\n\tldg %0, [%0]" : "+r"(address) : : "memory");
    return (uint32_t)(address >> KG_MTE_SHIFT) & 15u;
}

/* The system's part, mte_<port>.c. NULL when tags can be used here, else why not. */
const char *kg_mte_missing(void);

/* Has the calling thread's tag checks made precise: a wrong tag is a fault at the instruction.
 * -KG_ESYSTEM. *before gets what to give back. */
int kg_mte_checks_start(uint32_t *before);
void kg_mte_checks_stop(uint32_t before);

#endif
