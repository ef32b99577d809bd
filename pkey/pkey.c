/* SPDX-License-Identifier: MIT */
/* `pkey` on Linux: memory protection keys in ring 3. A domain's rights are one PKRU word: its own
 * key open, the signal stacks' key open, key 0 (the host's memory) readable, all else denied.
 *
 * All keys are taken at start, so that no stale right to one can linger in a thread. A key is never
 * freed while a page may still carry it. */
#define _GNU_SOURCE
#include "kg_pkey.h"

#include "arch/gates.h"
#include "core/core.h"

#include <cpuid.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define KEYS 16
#define KEYS_OF_OUR_OWN 4 /* signal stacks, nobody, two windows */

_Static_assert(offsetof(struct kg_sealed_words, handler_rights) == SEALED_HANDLER_RIGHTS,
               "mend SEALED_HANDLER_RIGHTS");

static struct {
    int all[KEYS];    /* every key we hold */
    int count;
    int signal;       /* open to all */
    int nobody;       /* open to none */
    int window[KG_WINDOWS_MAX];
    int slot[KG_SLOTS]; /* 0: none */
    bool taken[KEYS];   /* by a slot */
} keys;

static __thread uint32_t before_open;

static uint32_t bits(int key, uint32_t how)
{
    return how << (2 * key);
}

static bool processor_has_keys(void)
{
    unsigned a, b, c, d;
    /* CPUID leaf 7: ECX bit 3 is PKU, bit 4 OSPKE, without which RDPKRU is illegal. */
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (c & (1u << 3)) != 0 &&
           (c & (1u << 4)) != 0;
}

static const char *reason_of(int error)
{
    switch (error) {
    case ENOSPC:
        return "every protection key is taken by other code in this process";
    case ENOSYS:
        return "pkey_alloc is missing: the kernel is too old, or a container's filter hides it";
    case EPERM:
    case EACCES:
        return "pkey_alloc is forbidden, most likely by a container's system call filter";
    default:
        return "the kernel has protection keys switched off";
    }
}

/* Takes up to `max` keys, denied to this thread. */
static int keys_take(int *taken, int max)
{
    int count = 0;
    while (count < max) {
        int key = pkey_alloc(0, PKEY_DISABLE_ACCESS);
        if (key < 0) {
            break;
        }
        taken[count++] = key;
    }
    return count;
}

static void probe(struct kg_backend_report *report)
{
    int taken[KEYS];
    if (!processor_has_keys()) {
        strcpy(report->reason, "this processor has no protection keys, or the kernel does not "
                               "use them (CPUID: PKU and OSPKE)");
        return;
    }
    int count = keys_take(taken, KEYS);
    int error = errno;
    for (int i = 0; i < count; i++) {
        pkey_free(taken[i]);
    }
    if (count < KEYS_OF_OUR_OWN + 2) {
        snprintf(report->reason, sizeof report->reason, "%d keys are free, %d are needed: %s",
                 count, KEYS_OF_OUR_OWN + 2, reason_of(error));
        return;
    }
    report->available = true;
    report->domains = (uint32_t)(count - KEYS_OF_OUR_OWN - 1);
    strcpy(report->reason, "protection keys: other domains closed, host memory read-only");
}

static void stop(void)
{
    for (int i = 0; i < keys.count; i++) {
        pkey_free(keys.all[i]);
    }
    memset(&keys, 0, sizeof keys);
}

static int start(const struct kg_options *options)
{
    int max = KEYS;
    if (options->keys_max != 0 && options->keys_max < KEYS) {
        max = (int)options->keys_max;
    }
    memset(&keys, 0, sizeof keys);
    keys.count = keys_take(keys.all, max);
    if (keys.count < KEYS_OF_OUR_OWN + 2) {
        stop();
        return -KG_ENOTAG;
    }
    keys.signal = keys.all[0];
    keys.nobody = keys.all[1];
    keys.window[0] = keys.all[2];
    keys.window[1] = keys.all[3];
    uint32_t rights = PKRU_ALL_DENIED & ~bits(0, 3) & ~bits(keys.signal, 3);
    kg_sealed.handler_rights = rights;
    return 0;
}

/* Absolute, not inherited: whatever this thread had of our keys, it now has the signal stacks' and
 * nothing else. The kernel pushes a signal's frame with the rights it interrupts (before 6.12). */
static int thread_start(struct kg_thread *thread)
{
    (void)thread;
    uint32_t rights = kg_pkey_rights_read();
    for (int i = 0; i < keys.count; i++) {
        rights = (rights & ~bits(keys.all[i], 3)) | bits(keys.all[i], PKRU_ACCESS_DENIED);
    }
    rights &= ~bits(keys.signal, 3);
    kg_pkey_rights_write(rights);
    return 0;
}

static void thread_stop(struct kg_thread *thread)
{
    (void)thread;
}

static int domain_open(uint32_t slot)
{
    for (int i = KEYS_OF_OUR_OWN; i < keys.count; i++) {
        /* The last free key is the prover's. */
        bool reserved = i == keys.count - 1 && slot != KG_SLOT_PROVER;
        if (!keys.taken[i] && !reserved && (slot != KG_SLOT_PROVER || i == keys.count - 1)) {
            keys.taken[i] = true;
            keys.slot[slot] = keys.all[i];
            return 0;
        }
    }
    return -KG_ENOTAG;
}

static void domain_close(uint32_t slot)
{
    for (int i = 0; i < keys.count; i++) {
        if (keys.all[i] == keys.slot[slot]) {
            keys.taken[i] = false;
        }
    }
    keys.slot[slot] = 0;
}

static uint32_t rights(const struct kg_thread *thread, uint32_t slot)
{
    (void)thread;
    uint32_t word = PKRU_ALL_DENIED & ~bits(0, 3) & ~bits(keys.signal, 3);
    return (word | bits(0, PKRU_WRITE_DENIED)) & ~bits(keys.slot[slot], 3);
}

static int key_of(uint32_t owner)
{
    if (owner == KG_OWNER_HOST) {
        return 0;
    }
    return owner == KG_OWNER_NOBODY ? keys.nobody : keys.slot[owner];
}

/* One system call, and the kernel's shoot-down makes it so on every thread before it returns. */
static int tag(void *address, size_t bytes, uint32_t owner, enum kg_access access)
{
    int protection = access == KG_ACCESS_READ ? PROT_READ : PROT_READ | PROT_WRITE;
    if (kg_port_failure("tag") ||
        pkey_mprotect(address, bytes, protection, key_of(owner)) != 0) {
        return -KG_ESYSTEM;
    }
    return 0;
}

static uint32_t owner_of(int key)
{
    if (key == 0) {
        return KG_OWNER_HOST;
    }
    for (uint32_t slot = 1; slot < KG_SLOTS; slot++) {
        if (keys.slot[slot] == key) {
            return slot;
        }
    }
    return KG_OWNER_NOBODY;
}

/* The kernel prints each mapping's key (proc(5), smaps, ProtectionKey). */
static int tag_read(const void *address, uint32_t *owner, enum kg_access *access)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    if (maps == NULL) {
        return -KG_ESYSTEM;
    }
    char line[512];
    bool found = false;
    int status = -KG_ESYSTEM;
    while (status != 0 && fgets(line, sizeof line, maps) != NULL) {
        unsigned long low, high;
        char permissions[8];
        int key;
        if (sscanf(line, "%lx-%lx %7s", &low, &high, permissions) == 3) {
            found = (uintptr_t)address >= low && (uintptr_t)address < high;
            if (found) {
                *access = permissions[1] == 'w'   ? KG_ACCESS_WRITE
                          : permissions[0] == 'r' ? KG_ACCESS_READ
                                                  : KG_ACCESS_NONE;
            }
        } else if (found && sscanf(line, "ProtectionKey: %d", &key) == 1) {
            *owner = *access == KG_ACCESS_NONE ? KG_OWNER_NOBODY : owner_of(key);
            for (uint32_t i = 0; i < KG_WINDOWS_MAX; i++) {
                if (key == keys.window[i]) {
                    *owner = kg_pkey_window_owner(i, access);
                }
            }
            status = 0;
        }
    }
    fclose(maps);
    return status;
}

static void *monitor_open(void *address, size_t bytes)
{
    (void)bytes;
    before_open = kg_pkey_rights_read();
    uint32_t open = before_open;
    for (int i = 0; i < keys.count; i++) {
        open &= ~bits(keys.all[i], 3);
    }
    kg_pkey_rights_write(open);
    return address;
}

static void monitor_close(void *address, size_t bytes)
{
    (void)address;
    (void)bytes;
    kg_pkey_rights_write(before_open);
}

static int signal_stack(void *stack, size_t bytes)
{
    if (kg_port_failure("tag") ||
        pkey_mprotect(stack, bytes, PROT_READ | PROT_WRITE, keys.signal) != 0) {
        return -KG_ESYSTEM;
    }
    return 0;
}

int kg_pkey_window_key(uint32_t window)
{
    return keys.window[window];
}

static int window_open(uint32_t window, void *address, size_t bytes)
{
    if (kg_port_failure("tag") ||
        pkey_mprotect(address, bytes, PROT_READ | PROT_WRITE, keys.window[window]) != 0) {
        return -KG_ESYSTEM;
    }
    return 0;
}

const struct kg_backend kg_backend_pkey = {
    .id = KG_BACKEND_PKEY,
    .name = "pkey",
    .hardware = true,
    .clears = true,
    .promises = KG_PROMISE_OTHERS_READ | KG_PROMISE_OTHERS_WRITE | KG_PROMISE_MONITOR_WRITE |
                KG_PROMISE_HOST_WRITE | KG_PROMISE_CONSTANT_WRITE,
    .window = true,
    .readonly = true,
    .build = KG_BUILD_PLAIN,
    .unit_bytes = KG_PAGE_BYTES,
    .probe = probe,
    .start = start,
    .stop = stop,
    .thread_start = thread_start,
    .thread_stop = thread_stop,
    .domain_open = domain_open,
    .domain_close = domain_close,
    .rights = rights,
    .tag = tag,
    .tag_read = tag_read,
    .window_open = window_open,
    .window_close = kg_pkey_window_close,
    .window_move = kg_pkey_window_move,
    .monitor_open = monitor_open,
    .monitor_close = monitor_close,
    .unwind = kg_unwind_pkey,
    .enter = KG_GATES_BY_LEVEL(kg_enter_pkey),
    .slow = KG_GATES_BY_LEVEL(kg_slow_pkey),
    .signal_entry = kg_pkey_signal_entry,
    .signal_stack = signal_stack,
};
