/* SPDX-License-Identifier: MIT */
/* The reference platform by itself on x86-64: no library is linked, and this file answers what
 * traps ask. Boot arguments: "die=..." for the ways that end in a last message, "late" to see that
 * the shoot-down race finds something when nothing is flushed. */
#include "trap_check_x86_64.h"

#include <string.h>

#define WORD_STARTS 0x1122334455667700u

static uint32_t failures;

void check(bool good, const char *what)
{
    if (!good) {
        failures++;
        platform_print("FAIL %s\n", what);
    }
}

/* ---- What traps ask ---- */

struct kg_trap check_seen[PLATFORM_CPUS_MAX];
static uint64_t registers_seen[18];
bool check_expected[PLATFORM_CPUS_MAX];
static bool in_trap_seen;
static bool retry;
uint64_t check_period_ns;
uint64_t check_looks[PLATFORM_CPUS_MAX];
static const char *die = "";

enum kg_trap_answer kg_trap_fault(struct kg_trap *trap)
{
    uint32_t cpu = platform_cpu();
    in_trap_seen = platform_in_trap();
    if (strcmp(die, "fault") == 0) {
        check_read((void *)0x10);
    }
    if (!check_expected[cpu]) {
        return KG_TRAP_NOT_OURS;
    }
    if (retry) {
        retry = false;
        uintptr_t page = trap->address & ~(uintptr_t)(KG_PAGE_BYTES - 1);
        return kg_port_protect((void *)page, KG_PAGE_BYTES, KG_MAP_WRITE) == 0 ? KG_TRAP_RETRY
                                                                              : KG_TRAP_NOT_OURS;
    }
    check_seen[cpu] = *trap;
    if (cpu == 0) {
        memcpy(registers_seen, trap->registers, sizeof registers_seen);
    }
    trap->resume = (uintptr_t)check_resumed;
    return KG_TRAP_RESUME;
}

enum kg_trap_answer kg_trap_look(struct kg_trap *trap)
{
    (void)trap;
    if (strcmp(die, "look") == 0) {
        check_read((void *)0x10);
    }
    in_trap_seen = platform_in_trap();
    check_looks[platform_cpu()]++;
    if (check_period_ns != 0) {
        platform_timer_set(kg_port_time_ns() + check_period_ns);
    }
    return KG_TRAP_NOT_OURS;
}

int kg_trap_stack(void *stack, size_t bytes)
{
    return kg_port_protect(stack, bytes, KG_MAP_WRITE | KG_MAP_KEY(1));
}

bool kg_port_failure(const char *what)
{
    (void)what;
    return false;
}

/* ---- Faults ---- */

static bool traps_as(void (*function)(void *), uintptr_t address, enum kg_cause cause)
{
    uint32_t cpu = platform_cpu();
    memset(&check_seen[cpu], 0, sizeof check_seen[cpu]);
    check_expected[cpu] = true;
    uint64_t flags = check_try(function, (void *)address);
    check_expected[cpu] = false;
    bool memory = function == check_read || function == check_write || function == check_jump;
    bool canonical = ((address >> 47) + 1) <= 1;
    bool right = flags == FLAGS_CLEAN && check_seen[cpu].cause == cause &&
                 check_seen[cpu].write == (function == check_write && canonical) &&
                 (!memory || check_seen[cpu].address == (canonical ? address : 0));
    if (function == check_read || function == check_write) {
        right = right && check_seen[cpu].instruction == (uintptr_t)function;
    }
    if (!right) {
        const struct kg_trap *trap = &check_seen[cpu];
        platform_print("  flags %lx cause %u (not %u) write %u address %lx (%lx) at %lx\n", flags,
                       trap->cause, cause, trap->write, trap->address, address,
                       trap->instruction);
    }
    return right;
}

static bool passes(void (*function)(void *), uintptr_t address)
{
    check_expected[platform_cpu()] = true;
    uint64_t flags = check_try(function, (void *)address);
    check_expected[platform_cpu()] = false;
    return flags == 0;
}

static uintptr_t space; /* 16 pages */

static void check_memory(void)
{
    void *base;
    unsigned how;
    check(kg_port_reserve(16 * KG_PAGE_BYTES, KG_PAGE_BYTES, KG_PAGE_BYTES, &base) == 0, "reserve");
    space = (uintptr_t)base;
    check(traps_as(check_read, space, KG_CAUSE_PERMISSION), "read what is only reserved");
    check(kg_port_map(base, 16 * KG_PAGE_BYTES, KG_MAP_WRITE) == 0, "map");
    check(passes(check_write, space + 8) && *(uint64_t *)(space + 8) == space + 8, "write");
    check(kg_port_look(base, &how) == 0 && (how & 7) == (KG_MAP_READ | KG_MAP_WRITE), "look");
    check(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_READ) == 0, "protect");
    check(kg_port_look(base, &how) == 0 && (how & 7) == KG_MAP_READ, "look at read-only");
    check(passes(check_read, space + 8), "read");
    check(traps_as(check_write, space + 8, KG_CAUSE_PERMISSION), "write what is read-only");
    check(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_CLOSED) == 0, "close");
    check(traps_as(check_read, space + 8, KG_CAUSE_PERMISSION), "read what is closed");
    check(traps_as(check_write, space + 16, KG_CAUSE_PERMISSION), "write what is closed");
    check(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_WRITE) == 0, "open");
    check(*(uint64_t *)(space + 8) == space + 8, "memory is kept");
    check(traps_as(check_jump, space, KG_CAUSE_PERMISSION), "run data");
    check(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_WRITE | KG_MAP_USER | KG_MAP_KEY(5)) == 0 &&
              kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_CLOSED) == 0 &&
              kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_READ) == 0,
          "name a key once");
    uintptr_t physical;
    check(platform_entry_look(space, &physical, &how) &&
              how == (KG_MAP_READ | KG_MAP_USER | KG_MAP_KEY(5)),
          "key and mark stay");
    check(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_WRITE | KG_MAP_KEY(0)) == 0 &&
              kg_port_look(base, &how) == 0 && KG_MAP_KEY_OF(how) == 0,
          "another key");
    check(kg_port_unmap(base, KG_PAGE_BYTES) == 0, "unmap");
    check(traps_as(check_read, space + 8, KG_CAUSE_PERMISSION), "read what is unmapped");
    check(kg_port_map(base, KG_PAGE_BYTES, KG_MAP_WRITE) == 0, "map again");
    check(*(uint64_t *)(space + 8) == 0, "memory is fresh");
    check(traps_as(check_read, space + 16 * KG_PAGE_BYTES, KG_CAUSE_PERMISSION), "guard");
    retry = kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_CLOSED) == 0;
    check(passes(check_write, space + 8) && !retry, "retry");
}

static void check_causes(void)
{
    static const char constant = 1;
    check(traps_as(check_read, 0, KG_CAUSE_UNMAPPED), "read NULL");
    check(traps_as(check_write, 8, KG_CAUSE_UNMAPPED), "write NULL");
    check(traps_as(check_jump, 0, KG_CAUSE_UNMAPPED), "run NULL");
    check(traps_as(check_read, PLATFORM_SPACE_START + PLATFORM_SPACE_BYTES, KG_CAUSE_UNMAPPED),
          "read where nothing is");
    check(traps_as(check_read, UINT64_C(0x8000000000000000), KG_CAUSE_UNMAPPED), "non-canonical");
    check(traps_as(check_write, UINT64_C(0x0000900000000000), KG_CAUSE_UNMAPPED), "non-canonical");
    check(traps_as(check_write, (uintptr_t)check_write, KG_CAUSE_PERMISSION), "write text");
    check(traps_as(check_write, (uintptr_t)&constant & ~7ul, KG_CAUSE_PERMISSION),
          "write a constant");
    check(traps_as(check_jump, (uintptr_t)&failures, KG_CAUSE_PERMISSION), "run .bss");
    check(traps_as(check_divide, 0, KG_CAUSE_ARITHMETIC), "divide");
    check(traps_as(check_float, 0, KG_CAUSE_ARITHMETIC), "divide floats");
    check(traps_as(check_undefined, 0, KG_CAUSE_INSTRUCTION), "ud2");
    check(traps_as(check_breakpoint, 0, KG_CAUSE_TRAP), "int3");
    check(traps_as(check_int_80, 0, KG_CAUSE_TRAP), "int 0x80");
    check(traps_as(check_int_14, 0, KG_CAUSE_TRAP), "int 14");
    check(traps_as(check_jump, UINT64_C(0x8000000000000000), KG_CAUSE_UNMAPPED), "jump away");
    check(in_trap_seen && !platform_in_trap(), "in a trap");
    check(traps_as(check_fault_registers, 0x10, KG_CAUSE_UNMAPPED), "fault without a stack");
    for (uint32_t i = 0; i < 16; i++) {
        uint64_t is = registers_seen[i];
        check(is == (i == 2 ? 0x10 : WORD_STARTS + i), "a register of a fault");
    }
    check(registers_seen[16] == (uintptr_t)check_fault_here, "rip of a fault");
    check((registers_seen[17] & 0x401) == 0x401, "flags of a fault");
    check(check_seen[0].stack == WORD_STARTS + 7, "stack of a fault");
}

/* ---- Keys ---- */

/* Two bits a key: access disabled, write disabled. */
static void check_key(uint32_t key, bool user)
{
    void *page = (void *)(space + key * KG_PAGE_BYTES);
    uint32_t shift = user ? 0 : 32;
    unsigned how;
    check(kg_port_map(page, KG_PAGE_BYTES, KG_MAP_WRITE | (user ? KG_MAP_USER : 0)) == 0 &&
              kg_port_protect(page, KG_PAGE_BYTES, KG_MAP_WRITE | KG_MAP_KEY(key)) == 0,
          "map with a key");
    check(kg_port_look(page, &how) == 0 && KG_MAP_KEY_OF(how) == key, "look at a key");
    for (uint64_t rights = 0; rights < 4; rights++) {
        for (uint32_t other = 1; other < 16; other++) {
            bool read = other != key || (rights & 1) == 0;
            bool write = other != key || rights == 0;
            check_rights_write(rights << (2 * other) << shift);
            bool right = read ? passes(check_read, (uintptr_t)page)
                              : traps_as(check_read, (uintptr_t)page, KG_CAUSE_TAG);
            check_rights_write(rights << (2 * other) << shift);
            right = right && (write ? passes(check_write, (uintptr_t)page)
                                    : traps_as(check_write, (uintptr_t)page, KG_CAUSE_TAG));
            check_rights_write(0);
            check(right, user ? "a key under PKRU" : "a key under PKRS");
        }
    }
}

static void check_keys_all(void)
{
    struct cpuid extended = cpuid(7, 0);
    check_keys = ((extended.ecx >> 3 & 1) != 0 ? PKU : 0) | (extended.ecx >> 31 != 0 ? PKS : 0);
    platform_print("keys: %s %s\n", (check_keys & PKU) != 0 ? "PKU" : "no PKU",
                   (check_keys & PKS) != 0 ? "PKS" : "no PKS");
    for (uint32_t key = 1; key < 16; key++) {
        if ((check_keys & PKU) != 0) {
            check_key(key, true);
        }
        if ((check_keys & PKS) != 0) {
            check_key(key, false);
        }
    }
}

/* ---- Time ---- */

uint64_t check_narrow_rights(void)
{
    size_t bytes;
    uintptr_t tables = (uintptr_t)platform_trap_tables(&bytes);
    for (uint32_t i = 0; platform_trap_stack(i) != NULL; i++) {
        check(kg_trap_stack(platform_trap_stack(i), PLATFORM_TRAP_STACK_BYTES) == 0, "stack key");
    }
    if (platform_argument("tables") == NULL) {
        check(kg_port_protect((void *)tables, bytes, KG_MAP_READ | KG_MAP_KEY(1)) == 0,
              "table key");
    }
    check(kg_port_protect(&check_keys, KG_PAGE_BYTES, KG_MAP_WRITE | KG_MAP_KEY(1)) == 0, "key");
    uint64_t rights = (check_keys & PKU) != 0 ? 0xfffffff3u : 0;
    return rights | ((check_keys & PKS) != 0 ? UINT64_C(0xfffffff3) << 32 : 0);
}

static void check_rate(uint64_t hz, uint64_t rights)
{
    uint64_t before = check_looks[0];
    uint64_t start = kg_port_time_ns();
    uint32_t loops = 0;
    check_period_ns = UINT64_C(1000000000) / hz;
    platform_timer_set(start + check_period_ns);
    while (check_looks[0] - before < 100 && loops < 2000) {
        check(check_loop(1000000, rights), "registers and rights across interrupts");
        loops++;
    }
    check_period_ns = 0;
    platform_timer_set(0);
    uint64_t passed = kg_port_time_ns() - start;
    uint64_t interrupts = check_looks[0] - before;
    platform_print("timer: %lu Hz: %lu interrupts in %lu us, %u loops\n", hz, interrupts,
                   passed / 1000, loops);
    check(interrupts >= 100 && interrupts <= passed / 1000 * hz / 1000000 + 2,
          "interrupts at this rate");
}

static void check_time(void)
{
    uint64_t before = check_looks[0];
    uint64_t at = kg_port_time_ns() + 3000000;
    platform_timer_set(at);
    while (check_looks[0] == before && kg_port_time_ns() < at + 1000000000) {
        platform_pause();
    }
    uint64_t now = kg_port_time_ns();
    platform_print("timer: %lu ns late\n", now - at);
    check(check_looks[0] == before + 1 && now >= at, "a timer's moment");
    check(in_trap_seen && !platform_in_trap(), "in an interrupt");
    uint64_t held = platform_interrupts_off();
    platform_timer_set(now + 1000000);
    platform_wait_ns(2000000); /* it has gone off, and nobody has heard */
    platform_timer_set(0);
    platform_interrupts_restore(held);
    platform_wait_ns(100000);
    check(check_looks[0] == before + 1, "a timer that was called off");
    platform_cpu_kick(0);
    platform_wait_ns(100000);
    check(check_looks[0] == before + 2, "a kick of one's own");
    uint64_t rights = check_narrow_rights();
    check_rate(1000, rights);
    check_rate(20000, rights);
}

/* ---- Ends ---- */

static void recurse(void *argument)
{
    check_expected[platform_cpu()] = false;
    check_overflow(argument);
}

static void end(void)
{
    if (strcmp(die, "overflow") == 0) {
        recurse(NULL);
    } else if (strcmp(die, "look") == 0) {
        platform_cpu_kick(0);
        platform_wait_ns(1000000);
    } else if (strcmp(die, "double") == 0) {
        uintptr_t stack = (uintptr_t)platform_trap_stacks[0][TRAP_EXCEPTION];
        (void)platform_entry_set(stack, stack, KG_MAP_READ);
        platform_flush(stack, KG_PAGE_BYTES);
        check_read((void *)0x10);
    } else if (strcmp(die, "open") == 0) {
        /* What opening rights reads is closed to whoever is interrupted. */
        struct cpuid extended = cpuid(7, 0);
        check_keys = extended.ecx >> 31 != 0 ? PKS : 0;
        uint64_t rights = check_narrow_rights();
        (void)kg_port_protect(&check_keys, KG_PAGE_BYTES, KG_MAP_WRITE | KG_MAP_KEY(2));
        (void)check_loop(1000, rights);
        platform_print("this machine has no PKS\n");
    } else if (strcmp(die, "twice") == 0) {
        /* The last area is taken, as it is while a last message is printed. */
        platform_trap_areas[0][TRAP_EXCEPTION].frame.busy = 1;
        platform_trap_areas[0][TRAP_FATAL].frame.busy = 1;
        check_read((void *)0x10);
    } else if (strcmp(die, "second") == 0 && platform_cpus_start() > 1) {
        while (!platform_cpu_run(1, (void *(*)(void *))(uintptr_t)check_overflow, NULL)) {
            platform_pause();
        }
        (void)platform_cpu_wait(1);
    } else if (strcmp(die, "exit") != 0) {
        check_read((void *)0x10); /* "read", "fault" */
    }
}

static _Thread_local uint64_t own_word = 0x600d;
static _Thread_local uint64_t own_zero;

int platform_main(void)
{
    platform_print("platform check, CPU %u, %lu ns after the start\n", platform_cpu(),
                   kg_port_time_ns());
    die = platform_argument("die");
    if (die != NULL) {
        end();
        return PLATFORM_EXIT_OK;
    }
    die = "";
    check(own_word == 0x600d && own_zero == 0, "thread-local storage");
    check_memory();
    check_causes();
    check_keys_all();
    check_time();
    check_cpus(space, platform_argument("late") == NULL);
    platform_print("%u failures\n", failures);
    return failures == 0 ? PLATFORM_EXIT_OK : PLATFORM_EXIT_FAILED;
}
