/* SPDX-License-Identifier: MIT */
/* What a suite takes of the system below it, so that its sources run as a program and in a kernel
 * image: kg_host_linux.c has it over POSIX, kg_host_bare.c over the reference platform, where
 * threads are CPUs. The clock is kg_test_port_time_ms. */
#ifndef KG_HOST_H
#define KG_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The signal in a fault's report; a kernel has none. */
#define KG_HOST_SIGNAL(number) (__STDC_HOSTED__ ? (number) : 0)

/* How many threads can run at once beside the first. */
uint32_t kg_host_threads(void);

struct kg_host_thread {
    uint64_t id;
    void *(*body)(void *);
    void *argument;
};

/* False: there is no room for it. A thread that ends is attached to nothing any more. */
bool kg_host_thread_start(struct kg_host_thread *thread, void *(*body)(void *), void *argument);
void *kg_host_thread_join(struct kg_host_thread *thread);

/* One turn of a loop that waits for another thread. */
void kg_host_yield(void);

struct kg_host_barrier {
    uint32_t count;
    uint32_t arrived;
    uint32_t round;
};

static inline void kg_host_barrier_init(struct kg_host_barrier *barrier, uint32_t count)
{
    *barrier = (struct kg_host_barrier){.count = count};
}

static inline void kg_host_barrier_wait(struct kg_host_barrier *barrier)
{
    uint32_t round = __atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) == barrier->count) {
        barrier->arrived = 0;
        __atomic_store_n(&barrier->round, round + 1, __ATOMIC_RELEASE);
        return;
    }
    while (__atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) == round) {
        kg_host_yield();
    }
}

/* False: something cut it short. */
bool kg_host_sleep_ms(uint64_t ms);

/* A setting from outside, KEYGATE_...: an environment variable, or the boot argument of its last
 * word, such as "backend". NULL: there is none. The text is good until it is set again. */
const char *kg_host_setting(const char *name);
/* `value` must stay; NULL takes the setting away. */
void kg_host_setting_set(const char *name, const char *value);

/* The address of a page with nothing behind it. */
void *kg_host_nowhere(void);

/* Whether action(argument) was cut short by a fault of its own. */
bool kg_host_faults(void (*action)(void *), void *argument);

/* Runs action(argument) in a handler: of a signal, or of an exception. */
void kg_host_in_handler(void (*action)(void *), void *argument);

/* So much that what is never given back shows: mappings, or pages of memory. */
size_t kg_host_mappings(void);

/* AArch64: whether there are predicate registers. */
bool kg_host_has_sve(void);

#endif
