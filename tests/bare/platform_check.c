/* SPDX-License-Identifier: MIT */
/* An image that tries the reference platform by itself. Boot argument "end" picks another ending:
 * wild, nested, overflow, code (exit code 7) or panic. */
#include "platform_check.h"

#include <string.h>

#define WEAK __attribute__((weak))

struct kg_trap check_trap;
uint64_t check_found[KG_ARCH_REGISTERS];
void (*check_repair)(void);
volatile uint32_t check_looks[PLATFORM_CPUS_MAX];

static uint32_t checks;
static uint32_t failures;
static void *landing[5];
static volatile bool expected;
static volatile bool fault_in_look;

void check_that(bool holds, const char *text, const char *file, int line)
{
    __atomic_add_fetch(&checks, 1, __ATOMIC_RELAXED);
    if (!holds) {
        __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
        platform_print("FAILED %s:%d: %s\n", file, line, text);
    }
}

void check_begin(const char *name)
{
    platform_print("%s\n", name);
}

/* In place of the library. */

static void land(void)
{
    expected = false;
    CHECK(check_interrupts_masked() && !platform_in_trap());
    __builtin_longjmp(landing, 1);
}

WEAK enum kg_trap_answer kg_trap_fault(struct kg_trap *trap)
{
    if (check_repair != NULL) {
        check_repair();
        check_repair = NULL;
        return KG_TRAP_RETRY;
    }
    if (!expected) {
        return KG_TRAP_NOT_OURS;
    }
    check_trap = *trap;
    memcpy(check_found, trap->registers, sizeof check_found);
    trap->resume = (uintptr_t)land;
    return KG_TRAP_RESUME;
}

WEAK enum kg_trap_answer kg_trap_look(struct kg_trap *trap)
{
    (void)trap;
    check_looks[platform_cpu()]++;
    check_clobber();
    if (fault_in_look) {
        check_write(0);
    }
    return KG_TRAP_NOT_OURS;
}

WEAK int kg_trap_stack(void *stack, size_t bytes)
{
    (void)stack;
    (void)bytes;
    return 0;
}

bool check_faults(void (*function)(uintptr_t argument), uintptr_t argument)
{
    uint64_t before = platform_interrupts_off();
    platform_interrupts_restore(before);
    if (__builtin_setjmp(landing) != 0) {
        platform_interrupts_restore(before);
        return true;
    }
    expected = true;
    function(argument);
    expected = false;
    return false;
}

__attribute__((noinline)) void check_read(uintptr_t address)
{
    (void)*(volatile uint64_t *)address;
}

__attribute__((noinline)) void check_write(uintptr_t address)
{
    *(volatile uint64_t *)address = 0x600d;
}

__attribute__((noinline)) void check_jump(uintptr_t address)
{
    ((void (*)(void))address)();
}

static bool denied(void (*how)(uintptr_t), uintptr_t address, enum kg_cause cause)
{
    if (!check_faults(how, address)) {
        platform_print("0x%lx let in\n", (unsigned long)address);
        return false;
    }
    bool right = check_trap.cause == cause && check_trap.address == address &&
                 check_trap.write == (how == check_write);
    if (!right) {
        platform_print("cause %d, not %d; address 0x%lx, write %d\n", (int)check_trap.cause,
                       (int)cause, (unsigned long)check_trap.address, check_trap.write);
    }
    return right;
}

static uint64_t word_at(const void *address)
{
    return *(const volatile uint64_t *)address;
}

static unsigned look(const void *address)
{
    unsigned how = ~0u;
    CHECK(kg_port_look(address, &how) == 0);
    return how & (KG_MAP_READ | KG_MAP_WRITE);
}

static void check_text(void)
{
    check_begin("text");
    platform_print("[%s|%5s|%-5s|%c|%d|%5d|%05d|%u|%x|%08x|%p|%lu|%lx|%llu|%llx|%%]\n", "text",
                   "ab", "cd", 'e', -12, -12, -12, 4000000000u, 0xbeefu, 0xbeefu, (void *)4096,
                   ~0ul, ~0ul, 1ull << 40, 1ull << 40);
    char bytes[40] = "0123456789abcdefghij";
    memmove(bytes + 3, bytes, 20);
    CHECK(memcmp(bytes, "0120123456789abcdefghij", 23) == 0);
    memmove(bytes, bytes + 3, 20);
    CHECK(memcmp(bytes, "0123456789abcdefghij", 20) == 0);
    memset(bytes + 1, 'x', 19);
    CHECK(strcmp(bytes, "0xxxxxxxxxxxxxxxxxxxhij") == 0 && strlen(bytes) == 23);
    CHECK(strncmp("abc", "abd", 2) == 0 && strcmp("abc", "abd") < 0);
    CHECK(kg_port_constant((uintptr_t)"constant", 9));
    CHECK(kg_port_constant((uintptr_t)check_text, 4));
    CHECK(!kg_port_constant((uintptr_t)&checks, 4));
    CHECK(!kg_port_constant((uintptr_t)bytes, 4));
}

static void check_space(void)
{
    const size_t window = UINT64_C(4) << 30;
    void *base = NULL;
    void *second = NULL;
    check_begin("space");
    CHECK(kg_port_reserve(window, window, 128u << 10, &base) == 0);
    CHECK(kg_port_reserve(window, window, 128u << 10, &second) == 0);
    uintptr_t at = (uintptr_t)base;
    CHECK(at % window == 0 && (uintptr_t)second >= at + window);
    CHECK(kg_port_mapped(at) && kg_port_mapped(at - 1) && !kg_port_mapped(0));
    CHECK(denied(check_read, at, KG_CAUSE_PERMISSION));
    CHECK(kg_port_map(base, 16 * KG_PAGE_BYTES, KG_MAP_WRITE) == 0);
    CHECK(look(base) == (KG_MAP_READ | KG_MAP_WRITE));
    CHECK(word_at(base) == 0 && word_at((char *)base + 16 * KG_PAGE_BYTES - 8) == 0);
    memset(base, 0x5a, 16 * KG_PAGE_BYTES);
    CHECK(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_READ) == 0);
    CHECK(look(base) == KG_MAP_READ);
    CHECK(!check_faults(check_read, at) && denied(check_write, at, KG_CAUSE_PERMISSION));
    CHECK(!check_faults(check_write, at + KG_PAGE_BYTES));
    CHECK(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_CLOSED) == 0);
    CHECK(look(base) == KG_MAP_CLOSED);
    CHECK(denied(check_read, at + 8, KG_CAUSE_PERMISSION));
    CHECK(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_WRITE) == 0);
    CHECK(word_at(base) == UINT64_C(0x5a5a5a5a5a5a5a5a));
    CHECK(denied(check_jump, at, KG_CAUSE_PERMISSION));
    CHECK(denied(check_read, at + 16 * KG_PAGE_BYTES, KG_CAUSE_PERMISSION));
    CHECK(kg_port_protect(base, 17 * KG_PAGE_BYTES, KG_MAP_READ) == 0);
    CHECK(look(base) == KG_MAP_READ);
    CHECK(denied(check_read, at + 16 * KG_PAGE_BYTES, KG_CAUSE_PERMISSION));
    CHECK(kg_port_protect((char *)base + KG_PAGE_BYTES, 3 * KG_PAGE_BYTES, KG_MAP_CLOSED) == 0);
    CHECK(look(base) == KG_MAP_READ && look((char *)base + 4 * KG_PAGE_BYTES) == KG_MAP_READ);
    CHECK(look((char *)base + 3 * KG_PAGE_BYTES) == KG_MAP_CLOSED);
    CHECK(kg_port_protect((char *)base + KG_PAGE_BYTES, 3 * KG_PAGE_BYTES, KG_MAP_READ) == 0);
    CHECK(kg_port_map(base, 2 * KG_PAGE_BYTES, KG_MAP_WRITE) == 0 && word_at(base) == 0);
    CHECK(word_at((char *)base + 3 * KG_PAGE_BYTES) == UINT64_C(0x5a5a5a5a5a5a5a5a));
    CHECK(kg_port_unmap(base, 16 * KG_PAGE_BYTES) == 0);
    CHECK(look(base) == KG_MAP_CLOSED);
    CHECK(denied(check_write, at, KG_CAUSE_PERMISSION));
    /* From one table into the next, and over many that are not there. */
    char *across = (char *)base + (UINT64_C(6) << 20) - 2 * KG_PAGE_BYTES;
    CHECK(kg_port_map(across, 4 * KG_PAGE_BYTES, KG_MAP_WRITE) == 0);
    CHECK(kg_port_protect(base, window, KG_MAP_READ) == 0);
    for (uint32_t page = 0; page < 4; page++) {
        CHECK(look(across + page * KG_PAGE_BYTES) == KG_MAP_READ);
        CHECK(denied(check_write, (uintptr_t)across + page * KG_PAGE_BYTES, KG_CAUSE_PERMISSION));
    }
    CHECK(look(across - KG_PAGE_BYTES) == KG_MAP_CLOSED);
    CHECK(look(across + 4 * KG_PAGE_BYTES) == KG_MAP_CLOSED);
    CHECK(kg_port_map((char *)base + window - KG_PAGE_BYTES, KG_PAGE_BYTES, KG_MAP_READ) == 0);
    CHECK(denied(check_write, at + window - 8, KG_CAUSE_PERMISSION));
    kg_port_release(base, window, 128u << 10);
    CHECK(denied(check_read, at, KG_CAUSE_UNMAPPED));
    CHECK(denied(check_read, at + window - 8, KG_CAUSE_UNMAPPED));
    kg_port_release(second, window, 128u << 10);
}

/* More than there is in all, one after the other, and at once. */
static void check_pages(void)
{
    const size_t some = 8u << 20;
    const size_t much = UINT64_C(32) << 30;
    void *base = NULL;
    check_begin("pages");
    CHECK(kg_port_reserve(much, KG_PAGE_BYTES, 0, &base) == 0);
    uint32_t dirty = 0;
    for (uint32_t i = 0; i < 32; i++) {
        CHECK(kg_port_map(base, some, KG_MAP_WRITE) == 0);
        for (size_t at = 0; at < some; at += KG_PAGE_BYTES) {
            volatile uint64_t *word = (volatile uint64_t *)(void *)((char *)base + at);
            dirty += word[0] != 0 || word[511] != 0;
            word[0] = i + 1;
            word[511] = i + 1;
        }
        CHECK(kg_port_unmap(base, some) == 0);
    }
    CHECK(dirty == 0);
    CHECK(kg_port_map(base, much, KG_MAP_WRITE) == -KG_EMEMORY);
    CHECK(look(base) == KG_MAP_CLOSED);
    CHECK(kg_port_map(base, some, KG_MAP_WRITE) == 0);
    kg_port_release(base, much, 0);
    CHECK(kg_port_reserve(UINT64_C(1) << 50, KG_PAGE_BYTES, 0, &base) == -KG_EMEMORY);
}

static void check_image(void)
{
    static const uint64_t constant = 5;
    static uint64_t data[512 * 2] __attribute__((aligned(4096)));
    check_begin("image");
    CHECK(denied(check_read, 0, KG_CAUSE_UNMAPPED));
    CHECK(denied(check_write, 8, KG_CAUSE_UNMAPPED));
    CHECK(denied(check_jump, 0, KG_CAUSE_UNMAPPED));
    CHECK(denied(check_write, (uintptr_t)check_image & ~(uintptr_t)7, KG_CAUSE_PERMISSION));
    CHECK(denied(check_write, (uintptr_t)&constant, KG_CAUSE_PERMISSION));
    CHECK(denied(check_jump, (uintptr_t)&constant, KG_CAUSE_PERMISSION));
    CHECK(denied(check_jump, (uintptr_t)data, KG_CAUSE_PERMISSION));
    CHECK(denied(check_read, PLATFORM_SPACE_START - 4096, KG_CAUSE_UNMAPPED));
    /* The library seals a page of the image's own. */
    CHECK(kg_port_protect(data, KG_PAGE_BYTES, KG_MAP_READ) == 0);
    CHECK(denied(check_write, (uintptr_t)data, KG_CAUSE_PERMISSION));
    CHECK(!check_faults(check_write, (uintptr_t)(data + 512)));
    CHECK(kg_port_protect(data, KG_PAGE_BYTES, KG_MAP_WRITE) == 0);
    CHECK(!check_faults(check_write, (uintptr_t)data));
    check_cpu_exceptions();
}

static void *repaired;

static void repair(void)
{
    CHECK(platform_in_trap());
    (void)kg_port_protect(repaired, KG_PAGE_BYTES, KG_MAP_WRITE);
    check_clobber();
}

static void check_registers(void)
{
    check_begin("registers");
    CHECK(kg_port_reserve(KG_PAGE_BYTES, KG_PAGE_BYTES, 0, &repaired) == 0);
    CHECK(kg_port_map(repaired, KG_PAGE_BYTES, KG_MAP_CLOSED) == 0);
    check_repair = repair;
    CHECK(check_registers_kept((uintptr_t)repaired));
    CHECK(check_repair == NULL && !platform_in_trap());
    kg_port_release(repaired, KG_PAGE_BYTES, 0);
}

static void check_time(void)
{
    uint32_t cpu = platform_cpu();
    check_begin("time");
    uint64_t start = kg_port_time_ns();
    check_looks[cpu] = 0;
    CHECK(kg_port_deadline_set(NULL, start + 2000000) == 0);
    while (check_looks[cpu] == 0 && kg_port_time_ns() - start < UINT64_C(2000000000)) {
        platform_pause();
    }
    uint64_t first = kg_port_time_ns() - start;
    uint32_t lost = 0;
    while (check_looks[cpu] < 101 && kg_port_time_ns() - start < UINT64_C(4000000000)) {
        lost += !check_registers_spin(1000);
    }
    CHECK(lost == 0);
    uint64_t all = kg_port_time_ns() - start;
    kg_port_deadline_clear(NULL);
    uint32_t looks = check_looks[cpu];
    uint64_t quiet = kg_port_time_ns() + 5000000;
    while (kg_port_time_ns() < quiet) {
        platform_pause();
    }
    platform_print("first after %lu us, %u in %lu us\n", first / 1000, looks, all / 1000);
    CHECK(first >= 2000000 && looks >= 101 && check_looks[cpu] == looks);
    CHECK(all >= 101000000);
    /* Held back, and let in at once afterwards. */
    uint64_t held = kg_port_signals_hold();
    CHECK(kg_port_deadline_set(NULL, 1) == 0);
    quiet = kg_port_time_ns() + 3000000;
    while (kg_port_time_ns() < quiet) {
        platform_pause();
    }
    CHECK(check_looks[cpu] == looks);
    kg_port_signals_release(held);
    quiet = kg_port_time_ns() + 100000;
    while (kg_port_time_ns() < quiet) {
        platform_pause();
    }
    CHECK(check_looks[cpu] > looks);
    kg_port_deadline_clear(NULL);
}

static volatile uint32_t depth_wanted = UINT32_MAX;

static __attribute__((noinline)) uint32_t overflow(uint32_t depth)
{
    volatile char room[1024];
    room[depth % 1024] = 1;
    return depth < depth_wanted ? overflow(depth + 1) + (uint32_t)room[depth % 1024] : 0;
}

static int end(const char *how)
{
    if (strcmp(how, "wild") == 0) {
        check_write(PLATFORM_SPACE_START + 64);
    } else if (strcmp(how, "nested") == 0) {
        fault_in_look = true;
        (void)kg_port_deadline_set(NULL, 1);
        for (;;) {
            platform_pause();
        }
    } else if (strcmp(how, "overflow") == 0) {
        (void)overflow(0);
    } else if (strcmp(how, "panic") == 0) {
        platform_panic("asked to");
    }
    return strcmp(how, "code") == 0 ? 7 : PLATFORM_EXIT_USE;
}

static void *overflow_there(void *unused)
{
    (void)unused;
    return (void *)(uintptr_t)overflow(0);
}

int platform_main(void)
{
    const char *name;
    for (uint32_t i = 0; (name = platform_argument_name(i)) != NULL; i++) {
        if (strcmp(name, "end") != 0 && strcmp(name, "backend") != 0) {
            platform_print("unknown argument %s\n", name);
            return PLATFORM_EXIT_USE;
        }
    }
    const char *how = platform_argument("end");
    if (how != NULL && strcmp(how, "overflow-there") == 0) {
        CHECK(platform_cpus_start() > 1 && platform_cpu_run(1, overflow_there, NULL));
        (void)platform_cpu_wait(1);
        return PLATFORM_EXIT_FAILED;
    }
    if (how != NULL) {
        return end(how);
    }
    check_text();
    check_space();
    check_pages();
    check_image();
    check_registers();
    check_time();
    const char *cpu = check_cpu();
    uint32_t cpus = check_cpus();
    platform_print("%u CPUs, %s, %u checks, %u failed\n", cpus, cpu, checks, failures);
    return failures == 0 ? PLATFORM_EXIT_OK : PLATFORM_EXIT_FAILED;
}
