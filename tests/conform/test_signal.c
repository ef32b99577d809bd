/* SPDX-License-Identifier: MIT */
/* The program's signals keep working while domains run, and its handlers keep out. */
#define _GNU_SOURCE
#include "world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

/* Each test starts the monitor when it wants to: handlers come before and after. */
KG_TEST_HOOKS(signal, NULL, world_teardown)

static volatile uint64_t alarms, profs, usr;
static int from_handler[8];
static const struct kg_gate *handler_gate;

static void on_alarm(int number)
{
    (void)number;
    alarms++;
}

static void on_prof(int number, siginfo_t *info, void *context)
{
    profs += number == SIGPROF && info != NULL && context != NULL;
}

static void ticking(bool on)
{
    const struct itimerval every = {{0, on ? 1000 : 0}, {0, on ? 1000 : 0}};
    setitimer(ITIMER_REAL, &every, NULL);
    setitimer(ITIMER_PROF, &every, NULL);
}

static void install(int number, void (*handler)(int), void (*action)(int, siginfo_t *, void *),
                    int flags)
{
    struct sigaction how = {.sa_flags = flags};
    if (action != NULL) {
        how.sa_sigaction = action;
        how.sa_flags |= SA_SIGINFO;
    } else {
        how.sa_handler = handler;
    }
    must(sigaction(number, &how, NULL) == 0 ? 0 : -KG_ESYSTEM, "sigaction");
}

static enum greatest_test_res cross_under_fire(uint64_t rounds)
{
    const struct kg_gate *add = GATE(domain_a, add2);
    const struct kg_gate *nest = GATE(domain_b, call_value);
    uint64_t inner = address_of(GATE(domain_a, add1));
    uint64_t rights = rights_now();
    alarms = 0;
    profs = 0;
    ticking(true);
    for (uint64_t i = 0; i < rounds || alarms < 20; i++) {
        uint64_t value = 0;
        int status = kg_gate_call(add, &value, i, 3);
        if (status != 0 || value != 1006 + i || rights_now() != rights) {
            ticking(false);
            KG_ASSERT_STATUS(status, 0);
            KG_ASSERT_EQ(value, 1006 + i);
            KG_ASSERT_EQ(rights_now(), rights);
        }
        if (i % 32 == 0) {
            status = kg_gate_call(nest, &value, inner, i);
            KG_ASSERT_STATUS(status, 0);
            KG_ASSERT_EQ(value, 1000 + i);
        }
    }
    ticking(false);
    KG_NOTE("%llu alarms, %llu ticks\n", (unsigned long long)alarms, (unsigned long long)profs);
    KG_ASSERT(alarms >= 20);
    PASS();
}

KG_TEST(signal, handlers_from_before_run_during_crossings)
{
    install(SIGALRM, on_alarm, NULL, 0);
    install(SIGPROF, NULL, on_prof, SA_RESTART);
    world_setup(NULL);
    CHECK_CALL(cross_under_fire(scaled(1000000)));
    PASS();
}

KG_TEST(signal, handlers_from_after_run_during_crossings)
{
    world_setup(NULL);
    KG_ASSERT(signal(SIGALRM, on_alarm) != SIG_ERR);
    install(SIGPROF, NULL, on_prof, SA_RESTART | SA_ONSTACK);
    CHECK_CALL(cross_under_fire(scaled(1000000)));
    PASS();
}

/* Signals that come while a domain faults, over and over. */
KG_TEST(signal, handlers_run_during_crashes)
{
    world_setup(NULL);
    install(SIGALRM, on_alarm, NULL, 0);
    install(SIGPROF, NULL, on_prof, 0);
    const struct kg_gate *crash = GATE(domain_a, crash);
    alarms = 0;
    ticking(true);
    for (uint64_t i = 0; i < scaled(20000) || alarms < 20; i++) {
        int how = (int[]){CRASH_READ_NULL, CRASH_ILLEGAL, CRASH_PANIC, CRASH_TRAP}[i % 4];
        int status = kg_gate_call(crash, NULL, (uint64_t)how, 0);
        int back = kg_domain_reload(domain_a);
        if (status != -KG_EFAULTED || back != 0) {
            ticking(false);
            KG_ASSERT_STATUS(status, -KG_EFAULTED);
            KG_ASSERT_STATUS(back, 0);
        }
    }
    ticking(false);
    PASS();
}

static volatile uint64_t go_on;

static void call_the_monitor(int number)
{
    struct kg_domain *domain = NULL;
    const struct kg_object_options options = {.bytes = 16};
    kg_handle handle = 0;
    (void)number;
    from_handler[0] = kg_gate_call(handler_gate, NULL);
    from_handler[1] = kg_domain_create(NULL, &domain);
    from_handler[2] = kg_object_create(&options, &handle);
    from_handler[3] = kg_thread_attach();
    from_handler[4] = kg_thread_detach();
    from_handler[5] = kg_exit();
    from_handler[6] = kg_domain_reload(domain_a);
    from_handler[7] = kg_object_drop(1);
    go_on = 1;
}

static enum greatest_test_res was_barred(void)
{
    for (size_t i = 0; i < 8; i++) {
        KG_NOTE("call %zu\n", i);
        KG_ASSERT_STATUS(from_handler[i], -KG_ECONTEXT);
    }
    PASS();
}

KG_TEST(signal, handler_may_not_call_the_monitor)
{
    world_setup(NULL);
    handler_gate = GATE(domain_a, add0);
    (void)value0(handler_gate);
    install(SIGUSR1, call_the_monitor, NULL, 0);
    raise(SIGUSR1); /* in the host */
    CHECK_CALL(was_barred());
    memset(from_handler, 0, sizeof from_handler);
    install(SIGALRM, call_the_monitor, NULL, 0);
    const struct itimerval once = {{0, 0}, {0, 20000}};
    go_on = 0;
    setitimer(ITIMER_REAL, &once, NULL);
    while (!go_on) { /* in a domain, most of the time */
        KG_ASSERT_EQ(value1(GATE(domain_a, sum_to), 100000), UINT64_C(5000050000));
    }
    CHECK_CALL(was_barred());
    KG_ASSERT_EQ(value0(handler_gate), 1000);
    PASS();
}

KG_TEST(signal, actions_read_back_as_they_were_set)
{
    struct sigaction old;
    struct sigaction set = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigaddset(&set.sa_mask, SIGUSR2);
    for (int round = 0; round < 2; round++) {
        KG_ASSERT_EQ(sigaction(SIGUSR1, &set, NULL), 0);
        if (round == 0) {
            world_setup(NULL); /* what was set before it starts... */
        }
        KG_ASSERT_EQ(sigaction(SIGUSR1, NULL, &old), 0);
        KG_ASSERT(old.sa_handler == on_alarm);
        KG_ASSERT(sigismember(&old.sa_mask, SIGUSR2) == 1);
        KG_ASSERT_EQ(old.sa_flags & SA_RESTART, SA_RESTART);
    }
    KG_ASSERT(signal(SIGUSR1, SIG_IGN) == on_alarm);
    KG_ASSERT(signal(SIGUSR1, SIG_DFL) == SIG_IGN);
    KG_ASSERT(signal(SIGUSR1, on_alarm) == SIG_DFL);
    KG_ASSERT_EQ(sigaction(SIGSEGV, NULL, &old), 0);
    KG_ASSERT(old.sa_handler == SIG_DFL); /* not the monitor's */
    KG_ASSERT_EQ(sigaction(0, &set, NULL), -1);
    KG_ASSERT_EQ(sigaction(65, &set, NULL), -1);
    KG_ASSERT_EQ(sigaction(SIGKILL, &set, NULL), -1);
    world_teardown(NULL);
    KG_ASSERT_EQ(sigaction(SIGUSR1, NULL, &old), 0); /* ... stays when it ends */
    KG_ASSERT(old.sa_handler == on_alarm);
    (void)signal(SIGUSR1, SIG_DFL);
    PASS();
}

static siginfo_t told;

static void on_usr(int number, siginfo_t *info, void *context)
{
    (void)context;
    (void)number;
    told = *info;
    usr++;
}

KG_TEST(signal, details_reach_the_handler)
{
    world_setup(NULL);
    install(SIGUSR1, NULL, on_usr, 0);
    usr = 0;
    KG_ASSERT_EQ(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 4711}), 0);
    KG_ASSERT_EQ(usr, 1);
    KG_ASSERT_EQ(told.si_code, SI_QUEUE);
    KG_ASSERT_EQ(told.si_pid, getpid());
    KG_ASSERT_EQ(told.si_value.sival_int, 4711);
    /* Raised by a domain: the host's handler runs, and the domain goes on. */
    if (kg_backend() != KG_BACKEND_PKEY && kg_backend() != KG_BACKEND_SOFT) {
        KG_ASSERT_EQ(value2(GATE(domain_a, crash), CRASH_RAISE, SIGUSR1), 0);
        KG_ASSERT_EQ(usr, 2);
    }
    PASS();
}

KG_TEST(signal, one_shot_and_ignored)
{
    struct sigaction old;
    world_setup(NULL);
    install(SIGUSR1, NULL, on_usr, (int)SA_RESETHAND);
    usr = 0;
    raise(SIGUSR1);
    KG_ASSERT_EQ(usr, 1);
    KG_ASSERT_EQ(sigaction(SIGUSR1, NULL, &old), 0);
    KG_ASSERT(old.sa_handler == SIG_DFL);
    KG_ASSERT(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
    raise(SIGUSR1);
    KG_ASSERT_EQ(usr, 1);
    (void)signal(SIGUSR1, SIG_DFL);
    PASS();
}

static sigjmp_buf out;
static void *volatile faulted_at;

static void on_segv(int number, siginfo_t *info, void *context)
{
    (void)context;
    faulted_at = info->si_addr;
    siglongjmp(out, number);
}

static int touch_in_host(volatile unsigned char *address)
{
    int number = sigsetjmp(out, 1);
    if (number == 0) {
        *address = 1;
    }
    return number;
}

/* The host's own faults are the host's: its handler gets them, and may jump out. */
KG_TEST(signal, host_faults_reach_the_hosts_handler)
{
    world_setup(NULL);
    install(SIGSEGV, NULL, on_segv, 0);
    for (int i = 0; i < 3; i++) {
        faulted_at = NULL;
        KG_ASSERT_EQ(touch_in_host((volatile unsigned char *)(uintptr_t)64), SIGSEGV);
        KG_ASSERT_EQ((uintptr_t)faulted_at, 64);
        KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
        CHECK_CALL(crash_and_reload(domain_a));
    }
    (void)signal(SIGSEGV, SIG_DFL);
    PASS();
}

/* What the host gave away is shut to the host too, where tags work for it. */
KG_TEST(signal, host_is_shut_out_of_what_it_gave)
{
    world_setup(NULL);
    kg_handle handle = make(64);
    volatile unsigned char *bytes = kg_object_address(handle);
    enum kg_backend_id id = kg_backend();
    bool shut = id == KG_BACKEND_PKEY || id == KG_BACKEND_MTE || id == KG_BACKEND_PAGE;
    install(SIGSEGV, NULL, on_segv, 0);
    KG_ASSERT_EQ(touch_in_host(bytes), 0);
    WORKS(kg_object_give(handle, domain_a));
    uint64_t rights = rights_now();
    KG_ASSERT_EQ(touch_in_host(bytes), shut ? SIGSEGV : 0);
    KG_ASSERT_EQ(rights_now(), rights);
    WORKS(kg_object_take(handle));
    KG_ASSERT_EQ(touch_in_host(bytes), 0);
    (void)signal(SIGSEGV, SIG_DFL);
    PASS();
}

KG_TEST(signal, stack_set_by_the_program_is_kept)
{
    static unsigned char mine[65536];
    stack_t set = {.ss_sp = mine, .ss_size = sizeof mine};
    stack_t got;
    KG_ASSERT_EQ(sigaltstack(&set, NULL), 0);
    world_setup(NULL);
    KG_ASSERT_EQ(sigaltstack(NULL, &got), 0);
    KG_ASSERT(got.ss_sp == mine && got.ss_size == sizeof mine);
    set.ss_size = 1;
    KG_ASSERT_EQ(sigaltstack(&set, NULL), -1);
    CHECK_CALL(crash_and_reload(domain_a));
    world_teardown(NULL);
    KG_ASSERT_EQ(sigaltstack(NULL, &got), 0);
    KG_ASSERT(got.ss_sp == mine && got.ss_size == sizeof mine && got.ss_flags == 0);
    set = (stack_t){.ss_flags = SS_DISABLE};
    KG_ASSERT_EQ(sigaltstack(&set, NULL), 0);
    PASS();
}

KG_TEST(signal, mask_survives_a_crash)
{
    sigset_t set, now;
    world_setup(NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    KG_ASSERT_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    for (int i = 0; i < 5; i++) {
        CHECK_CALL(crash_and_reload(domain_a));
        KG_ASSERT_EQ(sigprocmask(SIG_BLOCK, NULL, &now), 0);
        KG_ASSERT_EQ(sigismember(&now, SIGUSR2), 1);
        KG_ASSERT_EQ(sigismember(&now, SIGSEGV), 0);
        KG_ASSERT_EQ(sigismember(&now, SIGALRM), 0);
    }
    KG_ASSERT_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
    PASS();
}

static volatile int blocked[3];

static void look_at_mask(int number)
{
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    blocked[0] = sigismember(&now, number);
    blocked[1] = sigismember(&now, SIGUSR2);
    blocked[2] = sigismember(&now, SIGALRM);
}

KG_TEST(signal, handler_has_the_mask_it_asked_for)
{
    struct sigaction how = {.sa_handler = look_at_mask};
    sigemptyset(&how.sa_mask);
    sigaddset(&how.sa_mask, SIGUSR2);
    world_setup(NULL);
    KG_ASSERT_EQ(sigaction(SIGUSR1, &how, NULL), 0);
    raise(SIGUSR1);
    KG_ASSERT(blocked[0] == 1 && blocked[1] == 1 && blocked[2] == 0);
    how.sa_flags = SA_NODEFER;
    sigemptyset(&how.sa_mask);
    KG_ASSERT_EQ(sigaction(SIGUSR1, &how, NULL), 0);
    raise(SIGUSR1);
    KG_ASSERT(blocked[0] == 0 && blocked[1] == 0 && blocked[2] == 0);
    (void)signal(SIGUSR1, SIG_DFL);
    PASS();
}

#if defined(__x86_64__)
static volatile uint64_t handler_flags;

static void look_at_flags(int number)
{
    __asm__ volatile("pushfq\n popq %0" : "=r"(handler_flags));
    __builtin_ia32_writeeflags_u64(0x202);
    (void)number;
}

/* A handler that interrupts a domain starts with flags of its own. */
KG_TEST(signal, handler_has_plain_flags)
{
    uint64_t sent = 99;
    world_setup(NULL);
    install(SIGUSR1, look_at_flags, NULL, 0);
    handler_flags = 0x244500;
    int status = kg_gate_call(GATE(domain_a, flags_signal), &sent, (uint64_t)getpid(),
                              (uint64_t)gettid(), SIGUSR1);
    KG_ASSERT_STATUS(status, 0);
    KG_ASSERT_EQ(sent, 0);
    KG_NOTE("flags %#llx\n", (unsigned long long)handler_flags);
    KG_ASSERT_EQ(handler_flags & 0x244500, 0);
    (void)signal(SIGUSR1, SIG_DFL);
    PASS();
}
#endif
