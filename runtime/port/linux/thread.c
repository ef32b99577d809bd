/* SPDX-License-Identifier: MIT */
/* The calling thread's part, the monitor's lock, deadlines and notifications. */
#define _GNU_SOURCE
#include "linux.h"

#include "context.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct kg_port_thread threads[KG_THREADS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t end_key;
static pthread_once_t end_once = PTHREAD_ONCE_INIT;

/* By address alone: a handler asks while the monitor's memory may be shut. */
struct kg_port_thread *kg_linux_thread(const struct kg_thread *thread)
{
    uintptr_t offset = (uintptr_t)thread - (uintptr_t)kg_thread_block(0);
    return &threads[offset / KG_THREAD_BYTES];
}

/* A program's signal handler may run while this is held; it can't call the monitor. */
void kg_port_lock(void)
{
    pthread_mutex_lock(&lock);
}

void kg_port_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* A thread that ends takes itself off the books. */
static void at_thread_end(void *unused)
{
    (void)unused;
    kg_thread_abandon();
}

static void in_child(void)
{
    /* This thread holds the lock, taken before the fork; it goes on holding it. */
    if (kg_sealed.active == NULL) {
        kg_unlock();
        return;
    }
    if (kg_local.real != NULL) {
        struct kg_port_thread *own = kg_linux_thread(kg_local.real);
        own->tid = (pid_t)syscall(SYS_gettid);
        own->has_timer = false; /* timers are not inherited: timer_create(2) */
    }
    kg_thread_forget_others();
    kg_unlock();
}

static void prepare_ends(void)
{
    pthread_key_create(&end_key, at_thread_end);
    pthread_atfork(kg_lock, kg_unlock, in_child);
}

/* The kernel writes each thread's rseq area from wherever the thread is, with the rights it has
 * there: in a domain that is a fatal fault. glibc falls back to a system call. */
static bool rseq_leave(void)
{
    char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    return __rseq_size != 0 && syscall(SYS_rseq, area, 32, 1 /* unregister */, RSEQ_SIG) == 0;
}

static void rseq_return(void)
{
    char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    syscall(SYS_rseq, area, 32, 0, RSEQ_SIG);
}

static int signal_stack_open(struct kg_port_thread *own)
{
    if (kg_port_failure("signal stack")) {
        return -KG_EMEMORY;
    }
    void *stack = mmap(NULL, KG_SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) {
        return -KG_EMEMORY;
    }
    stack_t ours = {.ss_sp = stack, .ss_size = KG_SIGNAL_STACK_BYTES};
    int status = 0;
    if (kg_sealed.active->trap_stack != NULL) {
        status = kg_sealed.active->trap_stack(stack, KG_SIGNAL_STACK_BYTES);
    }
    if (status == 0 && syscall(SYS_sigaltstack, &ours, &own->previous_stack) != 0) {
        status = -KG_ESYSTEM;
    }
    if (status != 0) {
        munmap(stack, KG_SIGNAL_STACK_BYTES);
        return status;
    }
    own->signal_stack = stack;
    return 0;
}

int kg_port_thread_start(struct kg_thread *thread)
{
    struct kg_port_thread *own = kg_linux_thread(thread);
    pthread_once(&end_once, prepare_ends);
    memset(own, 0, sizeof *own);
    own->tid = (pid_t)syscall(SYS_gettid);
    int status = kg_context_thread_start();
    if (status != 0) {
        return status;
    }
    status = signal_stack_open(own);
    if (status != 0) {
        kg_context_thread_stop();
        return status;
    }
    own->had_rseq = rseq_leave();
    pthread_setspecific(end_key, own);
    return 0;
}

void kg_port_thread_stop(struct kg_thread *thread)
{
    struct kg_port_thread *own = kg_linux_thread(thread);
    pthread_setspecific(end_key, NULL);
    if (own->has_timer) {
        timer_delete(own->timer);
        own->has_timer = false;
    }
    if (own->previous_stack.ss_sp == NULL) {
        own->previous_stack.ss_flags = SS_DISABLE;
    }
    syscall(SYS_sigaltstack, &own->previous_stack, NULL);
    munmap(own->signal_stack, KG_SIGNAL_STACK_BYTES);
    if (own->had_rseq) {
        rseq_return();
    }
    kg_context_thread_stop();
}

/* A handler that left by siglongjmp is over, whatever the books say. */
bool kg_port_in_handler(void)
{
    const struct kg_port_thread *own = kg_linux_thread(kg_local.real);
    uintptr_t here = kg_arch_stack_pointer() & UINT64_C(0x00ffffffffffffff);
    return here - (uintptr_t)own->signal_stack < KG_SIGNAL_STACK_BYTES;
}

void kg_port_notify(struct kg_thread *thread)
{
    syscall(SYS_tgkill, getpid(), kg_linux_thread(thread)->tid, KG_SIGNAL_NOTIFY);
}

uint64_t kg_port_time_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int timer_open(struct kg_port_thread *own)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = KG_SIGNAL_NOTIFY};
    event._sigev_un._tid = own->tid;
    if (kg_port_failure("timer") || timer_create(CLOCK_MONOTONIC, &event, &own->timer) != 0) {
        return -KG_ESYSTEM;
    }
    own->has_timer = true;
    return 0;
}

int kg_port_deadline_set(struct kg_thread *thread, uint64_t at_ns)
{
    struct kg_port_thread *own = kg_linux_thread(thread);
    if (!own->has_timer) {
        int status = timer_open(own);
        if (status != 0) {
            return status;
        }
    }
    struct itimerspec when = {
        .it_interval = {.tv_nsec = 1000000},
        .it_value = {.tv_sec = (time_t)(at_ns / 1000000000u),
                     .tv_nsec = (long)(at_ns % 1000000000u)},
    };
    return timer_settime(own->timer, TIMER_ABSTIME, &when, NULL) == 0 ? 0 : -KG_ESYSTEM;
}

void kg_port_deadline_clear(struct kg_thread *thread)
{
    struct itimerspec never = {.it_value = {0}};
    timer_settime(kg_linux_thread(thread)->timer, 0, &never, NULL);
}

/* Weak: the failure sweep's test program brings its own. */
__attribute__((weak)) bool kg_port_failure(const char *what)
{
    (void)what;
    return false;
}

const char *kg_port_environment(const char *name)
{
    return secure_getenv(name);
}

void kg_port_message(const char *text)
{
    fputs(text, stderr);
}

const char *kg_port_name(void)
{
    return "linux";
}

const char *kg_port_cpu_name(void)
{
#if defined(__x86_64__)
    return "x86_64";
#else
    return "aarch64";
#endif
}
