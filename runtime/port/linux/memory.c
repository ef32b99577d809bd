/* SPDX-License-Identifier: MIT */
/* Address space, permissions, barriers. */
#define _GNU_SOURCE
#include "linux.h"

#include <errno.h>
#include <link.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__aarch64__) && !defined(PROT_MTE)
#define PROT_MTE 0x20
#endif

static int protection(unsigned how)
{
    int bits = (how & KG_MAP_WRITE) != 0  ? PROT_READ | PROT_WRITE
               : (how & KG_MAP_READ) != 0 ? PROT_READ
                                          : PROT_NONE;
    if ((how & KG_MAP_EXECUTE) != 0) {
        bits |= PROT_EXEC;
    }
#ifdef PROT_MTE
    if ((how & KG_MAP_TAGGED) != 0 && kg_sealed.active != NULL &&
        kg_sealed.active->id == KG_BACKEND_MTE) {
        bits |= PROT_MTE;
    }
#endif
    return bits;
}

/* Address space without memory is marked as nothing to dump, which it isn't, and which keeps the
 * kernel from joining it with memory that is closed for a while: so that memory stays a mapping of
 * its own, whose permissions change quickly and without fail. */
static void keep_apart(void *address, size_t bytes)
{
    madvise(address, bytes, MADV_DONTDUMP);
}

int kg_port_reserve(size_t bytes, size_t align, size_t guard, void **base)
{
    size_t whole = bytes + align + 2 * guard;
    if (kg_port_failure("reserve")) {
        return -KG_EMEMORY;
    }
    char *start = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) {
        return -KG_EMEMORY;
    }
    uintptr_t at = ((uintptr_t)start + guard + align - 1) & ~(uintptr_t)(align - 1);
    char *low = (char *)at - guard;
    char *high = (char *)at + bytes + guard;
    if (low > start) {
        munmap(start, (size_t)(low - start));
    }
    if (high < start + whole) {
        munmap(high, (size_t)(start + whole - high));
    }
    keep_apart(low, (size_t)(high - low));
    *base = (void *)at;
    return 0;
}

void kg_port_release(void *base, size_t bytes, size_t guard)
{
    munmap((char *)base - guard, bytes + 2 * guard);
}

int kg_port_map(void *address, size_t bytes, unsigned how)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    if (kg_port_failure("map") ||
        mmap(address, bytes, protection(how), flags, -1, 0) == MAP_FAILED) {
        return -KG_EMEMORY;
    }
    return 0;
}

int kg_port_unmap(void *address, size_t bytes)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    if (!kg_port_failure("unmap") &&
        mmap(address, bytes, PROT_NONE, flags, -1, 0) != MAP_FAILED) {
        keep_apart(address, bytes);
        return 0;
    }
    /* Closing splits no mapping, so it works where mapping anew ran out of them. */
    mprotect(address, bytes, PROT_NONE);
    return -KG_ESYSTEM;
}

int kg_port_forget(void *address, size_t bytes)
{
    bool done = !kg_port_failure("forget") && madvise(address, bytes, MADV_DONTNEED) == 0;
    return done ? 0 : -KG_ESYSTEM;
}

/* A plain mprotect would keep the key the pages have. */
int kg_port_protect(void *address, size_t bytes, unsigned how)
{
    int status;
    if (kg_port_failure("protect")) {
        return -KG_ESYSTEM;
    }
    if ((how & KG_MAP_KEYED) != 0) {
        status = pkey_mprotect(address, bytes, protection(how), (int)KG_MAP_KEY_OF(how));
    } else {
        status = mprotect(address, bytes, protection(how));
    }
    return status == 0 ? 0 : -KG_ESYSTEM;
}

/* Kernels without the expedited command still have the slow one; without either there is no
 * promise to make. */
int kg_port_barrier(void)
{
    static int command;
    if (command == 0) {
        long have = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
        if (have > 0 && (have & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0 &&
            syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0) {
            command = MEMBARRIER_CMD_PRIVATE_EXPEDITED;
        } else if (have > 0 && (have & MEMBARRIER_CMD_GLOBAL) != 0) {
            command = MEMBARRIER_CMD_GLOBAL;
        } else {
            command = -1;
        }
    }
    if (command < 0) {
        return -KG_ESYSTEM;
    }
    return syscall(SYS_membarrier, command, 0, 0) == 0 ? 0 : -KG_ESYSTEM;
}

struct range {
    uintptr_t address;
    size_t bytes;
    uintptr_t start; /* of the segment it is in */
    uintptr_t end;
};

static int is_constant(struct dl_phdr_info *object, size_t size, void *argument)
{
    struct range *range = argument;
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        range->start = object->dlpi_addr + segment->p_vaddr;
        range->end = range->start + segment->p_memsz;
        bool fixed = (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0) ||
                     segment->p_type == PT_GNU_RELRO;
        if (fixed && range->address >= range->start && range->address < range->end &&
            range->bytes <= range->end - range->address) {
            return 1;
        }
    }
    return 0;
}

bool kg_port_constant_range(uintptr_t address, size_t bytes, uintptr_t *start, uintptr_t *end)
{
    struct range range = {.address = address, .bytes = bytes};
    bool constant = dl_iterate_phdr(is_constant, &range) == 1;
    *start = range.start;
    *end = range.end;
    return constant;
}

bool kg_port_constant(uintptr_t address, size_t bytes)
{
    uintptr_t start, end;
    return kg_port_constant_range(address, bytes, &start, &end);
}

bool kg_port_mapped(uintptr_t address)
{
    unsigned char resident;
    uintptr_t page = address & ~(uintptr_t)(KG_PAGE_BYTES - 1);
    return mincore((void *)page, 1, &resident) == 0 || errno != ENOMEM;
}
