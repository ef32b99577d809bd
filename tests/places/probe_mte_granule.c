/* SPDX-License-Identifier: MIT */
/*
 * Finds an emulator that keeps memory tags wrong below page size (QEMU 7.2's system emulator lets
 * all even granules of a page share one tag): tags granule 4 and reads granule 0.
 * Exit code 0: exact. 3: the fault is there. 4: no memory tagging at all.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>

enum { GRANULE = 16, PROT_TAGGED = 0x20, TAG_SHIFT = 56 };

static void set_tag(char *tagged)
{
    __asm__ volatile("stg %0, [%0]" : : "r"(tagged) : "memory");
}

static unsigned tag_of(char *address)
{
    char *tagged = address;
    __asm__ volatile("ldg %0, [%1]"
                     : "+r"(tagged)
                     : "r"(address)
                     : "memory");
    return (unsigned)((unsigned long)tagged >> TAG_SHIFT) & 15;
}

int main(void)
{
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_TAGGED,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        puts("no memory tagging");
        return 4;
    }
    char *fourth = page + 4 * GRANULE;
    set_tag((char *)((unsigned long)fourth | 5UL << TAG_SHIFT));
    if (tag_of(fourth) != 5 || tag_of(page) != 0) {
        printf("granule 4 was given tag 5 and has %u; granule 0 was left at 0 and has %u\n",
               tag_of(fourth), tag_of(page));
        return 3;
    }
    return 0;
}
