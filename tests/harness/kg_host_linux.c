/* SPDX-License-Identifier: MIT */
/* What a suite takes of its system, over POSIX. */
#define _GNU_SOURCE
#include "kg_host.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>

#define STACK_BYTES (1u << 20)
#define PAGE_BYTES 4096u

uint32_t kg_host_threads(void)
{
    return 1000;
}

static void *run(void *argument)
{
    const struct kg_host_thread *thread = argument;
    return thread->body(thread->argument);
}

bool kg_host_thread_start(struct kg_host_thread *thread, void *(*body)(void *), void *argument)
{
    pthread_t id;
    pthread_attr_t attributes;
    thread->body = body;
    thread->argument = argument;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int status = pthread_create(&id, &attributes, run, thread);
    pthread_attr_destroy(&attributes);
    thread->id = (uint64_t)id;
    return status == 0;
}

void *kg_host_thread_join(struct kg_host_thread *thread)
{
    void *result = NULL;
    pthread_join((pthread_t)thread->id, &result);
    return result;
}

void kg_host_yield(void)
{
    sched_yield();
}

bool kg_host_sleep_ms(uint64_t ms)
{
    const struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    return nanosleep(&time, NULL) == 0;
}

const char *kg_host_setting(const char *name)
{
    return getenv(name);
}

void kg_host_setting_set(const char *name, const char *value)
{
    if ((value != NULL ? setenv(name, value, 1) : unsetenv(name)) != 0) {
        abort();
    }
}

void *kg_host_nowhere(void)
{
    void *page = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || munmap(page, PAGE_BYTES) != 0) {
        abort();
    }
    return page;
}

static sigjmp_buf out;

static void on_fault(int number)
{
    siglongjmp(out, number);
}

bool kg_host_faults(void (*action)(void *), void *argument)
{
    static const int numbers[] = {SIGSEGV, SIGFPE};
    const struct sigaction taken = {.sa_handler = on_fault};
    struct sigaction before[2];
    bool bad = false;
    for (int i = 0; i < 2; i++) {
        bad = sigaction(numbers[i], &taken, &before[i]) != 0 || bad;
    }
    int came = sigsetjmp(out, 1);
    if (came == 0) {
        action(argument);
    }
    for (int i = 0; i < 2; i++) {
        bad = sigaction(numbers[i], &before[i], NULL) != 0 || bad;
    }
    if (bad) {
        abort();
    }
    return came != 0;
}

static void (*in_handler)(void *);
static void *in_handler_argument;

static void on_signal(int number)
{
    (void)number;
    in_handler(in_handler_argument);
}

void kg_host_in_handler(void (*action)(void *), void *argument)
{
    in_handler = action;
    in_handler_argument = argument;
    (void)signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    (void)signal(SIGUSR1, SIG_DFL);
}

size_t kg_host_mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t lines = 0;
    if (maps == NULL) {
        return 0;
    }
    for (int c = getc(maps); c != EOF; c = getc(maps)) {
        lines += c == '\n';
    }
    fclose(maps);
    return lines;
}

bool kg_host_has_sve(void)
{
#if defined(__aarch64__)
    return (getauxval(AT_HWCAP) & (1u << 22)) != 0; /* HWCAP_SVE */
#else
    return false;
#endif
}
