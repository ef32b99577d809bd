/* SPDX-License-Identifier: MIT */
/* Several CPUs at once: barriers, notifications, the lock, permissions that change under way. */
#include "platform_check.h"

#include "core/layout.h"

#define RESTS 12000u

static __thread uint64_t own = 0x5eed;
static volatile uint32_t stop;
static volatile uint32_t arrived;
static uint64_t guarded;

static void *hello(void *argument)
{
    bool fresh = own == 0x5eed;
    own = platform_cpu();
    return fresh ? (char *)argument + platform_cpu() : NULL;
}

static void check_hello(uint32_t count)
{
    own = 77;
    for (uint32_t cpu = 1; cpu < count; cpu++) {
        CHECK(platform_cpu_run(cpu, hello, (void *)1000));
        CHECK(!platform_cpu_run(cpu, hello, (void *)1000));
    }
    for (uint32_t cpu = 1; cpu < count; cpu++) {
        CHECK((uintptr_t)platform_cpu_wait(cpu) == 1000 + cpu);
    }
    CHECK(own == 77);
    CHECK(!platform_cpu_run(0, hello, NULL) && !platform_cpu_run(PLATFORM_CPUS_MAX, hello, NULL));
}

/* A CPU that is about to rest is asked for a barrier and then given work: it must not sleep on. */
static void check_rest(uint32_t count)
{
    for (uint32_t i = 0; i < RESTS; i++) {
        uint32_t cpu = 1 + i % (count - 1);
        CHECK(platform_cpu_run(cpu, hello, (void *)1000));
        for (uint32_t turn = i % 8; turn > 0; turn--) {
            platform_cpus_barrier();
        }
        (void)platform_cpu_wait(cpu);
        platform_cpus_barrier();
    }
}

#define ROUNDS 40u

/* None begins before all are there, or they would not meet. */
static uint32_t together;

static void meet(void)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < together) {
        platform_pause();
    }
}

static void *everybody_waits(void *unused)
{
    (void)unused;
    meet();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t before = (i & 1) != 0 ? platform_interrupts_off() : 0;
        platform_cpus_barrier();
        if ((i & 1) != 0) {
            platform_interrupts_restore(before);
        }
    }
    return (void *)1;
}

/* Barriers inside the lock, with interrupts on and off: whoever waits for the lock answers. */
static void *everybody_locks(void *unused)
{
    (void)unused;
    meet();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        bool off = (i & 1) != 0;
        uint64_t before = off ? platform_interrupts_off() : 0;
        kg_port_lock();
        uint64_t value = guarded;
        if (i % 8 == 0) {
            (void)kg_port_barrier();
        }
        for (uint32_t turn = i % 16; turn > 0; turn--) {
            platform_pause();
        }
        guarded = value + 1;
        kg_port_unlock();
        if (off) {
            platform_interrupts_restore(before);
        }
    }
    return (void *)1;
}

static void run_all(uint32_t count, void *(*function)(void *), const char *name)
{
    arrived = 0;
    together = count;
    for (uint32_t cpu = 1; cpu < count; cpu++) {
        CHECK(platform_cpu_run(cpu, function, NULL));
    }
    uint64_t start = kg_port_time_ns();
    CHECK(function(NULL) != NULL);
    for (uint32_t cpu = 1; cpu < count; cpu++) {
        CHECK(platform_cpu_wait(cpu) != NULL);
    }
    platform_print("%s: %lu us\n", name, (unsigned long)(kg_port_time_ns() - start) / 1000);
}

/* Spins with interrupts on until told, its registers under test. */
static void *spin(void *unused)
{
    (void)unused;
    bool kept = true;
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    while (!stop) {
        kept = check_registers_spin(100) && kept;
    }
    return (void *)(uintptr_t)kept;
}

static void wait_for(volatile uint32_t *value, uint32_t wanted)
{
    while (__atomic_load_n(value, __ATOMIC_SEQ_CST) < wanted) {
        platform_pause();
    }
}

/* Deaf for a while: no barrier may be over before, unless it gets through to the deaf. */
#if defined(__x86_64__)
#define BARRIER_WAITS false /* a non-maskable interrupt */
#else
#define BARRIER_WAITS true
#endif
static volatile bool deaf;

static void *be_deaf(void *unused)
{
    (void)unused;
    uint64_t before = platform_interrupts_off();
    deaf = true;
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    uint64_t until = kg_port_time_ns() + 3000000;
    while (kg_port_time_ns() < until) {
    }
    deaf = false;
    platform_interrupts_restore(before);
    return (void *)1;
}

static void check_barrier(uint32_t count)
{
    for (uint32_t cpu = 1; cpu < count; cpu++) {
        arrived = 0;
        CHECK(platform_cpu_run(cpu, be_deaf, NULL));
        wait_for(&arrived, 1);
        CHECK(kg_port_barrier() == 0 && !(BARRIER_WAITS && deaf));
        CHECK(platform_cpu_wait(cpu) != NULL);
    }
}

static struct kg_thread thread_there;

static void *attach(void *unused)
{
    (void)unused;
    return (void *)(uintptr_t)(kg_port_thread_start(&thread_there) == 0);
}

static void check_notify(void)
{
    thread_there.index = 5;
    CHECK(platform_cpu_run(1, attach, NULL) && platform_cpu_wait(1) != NULL);
    stop = 0;
    arrived = 0;
    CHECK(platform_cpu_run(1, spin, NULL));
    wait_for(&arrived, 1);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t before = check_looks[1];
        kg_port_notify(&thread_there);
        wait_for(&check_looks[1], before + 1);
    }
    for (uint32_t i = 0; i < 100; i++) {
        platform_cpus_barrier();
    }
    stop = 1;
    CHECK(platform_cpu_wait(1) != NULL);
}

/* The other CPU reads a page all the time while it is closed and opened: once kg_port_protect came
 * back, every read is a fault. */
static volatile uint64_t *page;
static volatile uint64_t reads;

static void *reader(void *unused)
{
    (void)unused;
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    while (!stop) {
        (void)*page;
        reads++;
        platform_pause();
    }
    return (void *)1;
}

#define PATIENCE_NS 100000000u

static volatile uint32_t repairs;

/* Closed at the moment: wait until it is opened again. */
static void wait_open(void)
{
    unsigned how = 0;
    repairs++;
    do {
        platform_pause();
        (void)kg_port_look((const void *)(uintptr_t)page, &how);
    } while ((how & KG_MAP_READ) == 0);
}

static void check_flush(void)
{
    void *base = NULL;
    CHECK(kg_port_reserve(KG_PAGE_BYTES, KG_PAGE_BYTES, KG_PAGE_BYTES, &base) == 0);
    CHECK(kg_port_map(base, KG_PAGE_BYTES, KG_MAP_WRITE) == 0);
    page = base;
    stop = 0;
    arrived = 0;
    CHECK(platform_cpu_run(1, reader, NULL));
    wait_for(&arrived, 1);
    uint32_t late = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t waits = repairs;
        check_repair = wait_open;
        CHECK(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_CLOSED) == 0);
        uint64_t before = reads;
        uint64_t since = kg_port_time_ns();
        while (repairs == waits && kg_port_time_ns() - since < PATIENCE_NS) {
            platform_pause();
        }
        late += reads > before + 1; /* one may have been read and not been counted */
        before = reads;
        CHECK(kg_port_protect(base, KG_PAGE_BYTES, KG_MAP_WRITE) == 0);
        while (reads == before && kg_port_time_ns() - since < 2 * PATIENCE_NS) {
            platform_pause();
        }
    }
    stop = 1;
    CHECK(platform_cpu_wait(1) != NULL);
    check_repair = NULL;
    platform_print("%lu reads, %u waits, %u late\n", (unsigned long)reads, repairs, late);
    CHECK(late == 0 && repairs > ROUNDS / 2);
    kg_port_release(base, KG_PAGE_BYTES, KG_PAGE_BYTES);
}

uint32_t check_cpus(void)
{
    check_begin("CPUs");
    uint32_t count = platform_cpus_start();
    CHECK(count >= 1 && platform_cpus_start() == count);
    if (count == 1) {
        platform_cpus_barrier();
        return count;
    }
    check_hello(count);
    check_rest(count);
    check_barrier(count);
    run_all(count, everybody_waits, "barriers");
    run_all(count, everybody_locks, "locks");
    CHECK(guarded == (uint64_t)ROUNDS * count);
    check_notify();
    check_flush();
    /* A timer on each CPU while the others interrupt it. */
    CHECK(kg_port_deadline_set(NULL, kg_port_time_ns()) == 0);
    run_all(count, everybody_waits, "barriers");
    run_all(count, everybody_locks, "locks");
    kg_port_deadline_clear(NULL);
    return count;
}
