/* SPDX-License-Identifier: MIT */
/* Law 2 on several CPUs, from the system's side: what another CPU must have seen is waited for, and
 * a wait that fails is told. An emulator's memory is stronger than a processor's, so races alone
 * would not show it. */
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

WORLD(barrier)

#ifndef CONFORM_SHARED
static volatile uint64_t barriers;
static volatile bool refusing;

static long system_call(long number, const long *a)
{
#if defined(__x86_64__)
    register long r10 __asm__("r10") = a[3];
    register long r8 __asm__("r8") = a[4];
    register long r9 __asm__("r9") = a[5];
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#else
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a[0];
    register long x1 __asm__("x1") = a[1];
    register long x2 __asm__("x2") = a[2];
    register long x3 __asm__("x3") = a[3];
    register long x4 __asm__("x4") = a[4];
    register long x5 __asm__("x5") = a[5];
    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
#endif
}

/* The library's and the suite's own; it counts barriers, and can refuse them. */
long syscall(long number, ...)
{
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) {
        a[i] = va_arg(list, long);
    }
    va_end(list);
    if (number == SYS_membarrier) {
        barriers++;
        if (refusing) {
            errno = EPERM;
            return -1;
        }
    }
    long result = system_call(number, a);
    if (result < 0 && result > -4096) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

static pthread_barrier_t there, done;

static void *stay_attached(void *unused)
{
    must(kg_thread_attach(), "attach");
    pthread_barrier_wait(&there);
    pthread_barrier_wait(&done);
    must(kg_thread_detach(), "detach");
    return unused;
}

static pthread_t beside(void)
{
    pthread_t thread;
    pthread_barrier_init(&there, NULL, 2);
    pthread_barrier_init(&done, NULL, 2);
    must(pthread_create(&thread, NULL, stay_attached, NULL) == 0 ? 0 : -KG_ESYSTEM, "thread");
    pthread_barrier_wait(&there);
    return thread;
}

static void end(pthread_t thread)
{
    pthread_barrier_wait(&done);
    pthread_join(thread, NULL);
}

KG_TEST(barrier, comes_with_each_shut_door)
{
    pthread_t thread = beside();
    CHECK_CALL(crash_and_reload(domain_a)); /* the first time it asks which barriers there are */
    uint64_t before = barriers;
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, crash), NULL, CRASH_ILLEGAL, 0), -KG_EFAULTED);
    KG_ASSERT(barriers >= before + 2); /* the death is seen before doors are barred, and after */
    before = barriers;
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    KG_ASSERT(barriers >= before + 1); /* doors are shut before anybody looks who is inside */
    end(thread);
    PASS();
}

static int give_without_barrier(kg_handle handle)
{
    refusing = true;
    int status = kg_object_give(handle, domain_a);
    refusing = false;
    return status;
}

/* Elsewhere the system itself, or the lock, stops the giver. */
KG_TEST(barrier, comes_with_each_give)
{
    if (kg_backend() != KG_BACKEND_MTE) {
        KG_SKIP("mte only: elsewhere the system itself, or the lock, stops the giver");
    }
    pthread_t thread = beside();
    kg_handle handle = make(64);
    WORKS(kg_object_give(handle, domain_a));
    WORKS(kg_object_take(handle));
    uint64_t before = barriers;
    WORKS(kg_object_give(handle, domain_a));
    KG_ASSERT(barriers > before);
    WORKS(kg_object_take(handle));
    REFUSED(give_without_barrier(handle), -KG_ESYSTEM);
    memset(kg_object_address(handle), 1, 64);
    end(thread);
    PASS();
}
#endif
