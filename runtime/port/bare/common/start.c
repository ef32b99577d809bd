/* SPDX-License-Identifier: MIT */
/* From a CPU's start code to the image's own, and thread-local storage. */
#include "common.h"

#include <string.h>

static uintptr_t round_up(uintptr_t value, uintptr_t to)
{
    return (value + to - 1) & ~(to - 1);
}

/* AArch64, variant 1: the pointer is at a control block of 16 bytes, the variables behind it at
 * their alignment (ELF for the Arm 64-bit Architecture, thread-local storage). x86-64, variant 2:
 * the variables end where the pointer is, which leads to a word that holds its own address (ELF
 * Handling for Thread-Local Storage, 3.4.6). */
uintptr_t platform_tls_make(void)
{
    size_t bytes = (size_t)__tls_bytes;
    size_t align = (size_t)__tls_align > 1 ? (size_t)__tls_align : 1;
    size_t whole = round_up(bytes, align) + align + 128;
    uintptr_t block = platform_pages_take(round_up(whole, KG_PAGE_BYTES) / KG_PAGE_BYTES);
    if (block == 0 || align > KG_PAGE_BYTES) {
        return 0;
    }
#if defined(__x86_64__)
    uintptr_t pointer = block + round_up(bytes, align > 64 ? align : 64);
    uintptr_t variables = pointer - round_up(bytes, align);
    memcpy((void *)pointer, &pointer, sizeof pointer);
#else
    uintptr_t pointer = block;
    uintptr_t variables = pointer + round_up(16, align);
#endif
    memcpy((void *)variables, __tdata_start, (size_t)(__tdata_end - __tdata_start));
    return pointer;
}

__attribute__((weak)) uintptr_t platform_trap_unclaimed(const struct kg_trap *trap)
{
    (void)trap;
    return 0;
}

_Noreturn void platform_start(uintptr_t memory, size_t bytes, const char *arguments)
{
    platform_pages_start(memory, bytes);
    platform_arguments_start(arguments);
    uintptr_t pointer = platform_tls_make();
    if (pointer == 0) {
        platform_panic("no memory for thread-local storage");
    }
    platform_thread_pointer_set(pointer);
    for (size_t i = 0; &__init_array_start[i] != __init_array_end; i++) {
        __init_array_start[i]();
    }
    platform_exit(platform_main());
}

static bool within(uintptr_t address, size_t bytes, const char *start, const char *end)
{
    return address >= (uintptr_t)start && address < (uintptr_t)end &&
           bytes <= (uintptr_t)end - address;
}

bool kg_port_constant_range(uintptr_t address, size_t bytes, uintptr_t *start, uintptr_t *end)
{
    if (within(address, bytes, __text_start, __text_end)) {
        *start = (uintptr_t)__text_start;
        *end = (uintptr_t)__text_end;
        return true;
    }
    *start = (uintptr_t)__rodata_start;
    *end = (uintptr_t)__rodata_end;
    return within(address, bytes, __rodata_start, __rodata_end);
}
