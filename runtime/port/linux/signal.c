/* SPDX-License-Identifier: MIT */
/* Faults become statuses here, and the program's own handlers keep working while domains run.
 *
 * Every handler of the program is entered through ours: on the thread's signal stack, with rights
 * opened before that stack is touched. What is not ours goes on to the program's handler, which
 * runs with the host's rights and may not call the monitor. */
#define _GNU_SOURCE
#include "linux.h"

#include "context.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIGNALS 65

/* As the kernel wants it (rt_sigaction(2)). */
struct kernel_action {
    void (*handler)(void);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

#define FLAG_RESTORER 0x04000000ul

/* The program's own actions while we stand in front of them. */
static struct {
    struct sigaction action;
    bool ours; /* our entry is installed */
} table[SIGNALS];

static bool taken_over;

static const int fault_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
#define FAULT_SIGNALS (sizeof fault_signals / sizeof *fault_signals)

static bool is_fault_signal(int number)
{
    for (size_t i = 0; i < FAULT_SIGNALS; i++) {
        if (fault_signals[i] == number) {
            return true;
        }
    }
    return false;
}

static bool is_function(const struct sigaction *action)
{
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

static unsigned long mask_of(const sigset_t *set)
{
    unsigned long bits;
    memcpy(&bits, set, sizeof bits);
    return bits;
}

int kg_linux_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    struct kernel_action to = {0};
    struct kernel_action from = {0};
    if (action != NULL) {
        to.handler = (void (*)(void))action->sa_handler;
        to.flags = (unsigned long)(unsigned)action->sa_flags;
        if (kg_context_restorer != NULL) {
            to.flags |= FLAG_RESTORER;
            to.restorer = kg_context_restorer;
        }
        to.mask = mask_of(&action->sa_mask);
    }
    long result = syscall(SYS_rt_sigaction, number, action != NULL ? &to : NULL,
                          old != NULL ? &from : NULL, sizeof to.mask);
    if (result == 0 && old != NULL) {
        memset(old, 0, sizeof *old);
        old->sa_handler = (__sighandler_t)from.handler;
        old->sa_flags = (int)(from.flags & ~FLAG_RESTORER);
        memcpy(&old->sa_mask, &from.mask, sizeof from.mask);
    }
    return (int)result;
}

/* Puts our entry in front of whatever the program wants for this signal. */
static int stand_in_front(int number)
{
    void (*entry)(void) = kg_sealed.active->signal_entry;
    const struct sigaction *theirs = &table[number].action;
    struct sigaction ours = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    if (is_fault_signal(number) || number == KG_SIGNAL_NOTIFY) {
        ours.sa_flags |= SA_RESTART;
    } else {
        ours.sa_flags |= theirs->sa_flags & (SA_RESTART | SA_NOCLDSTOP);
    }
    /* Until the entry has opened rights, a second frame could not be pushed: nothing may come in
     * between. The program's own mask is set before its handler runs. */
    sigfillset(&ours.sa_mask);
    ours.sa_sigaction = kg_signal_entry;
    if (entry != NULL) {
        ours.sa_handler = (__sighandler_t)entry;
    }
    if (kg_port_failure("sigaction") || kg_linux_sigaction(number, &ours, NULL) != 0) {
        return -KG_ESYSTEM;
    }
    table[number].ours = true;
    return 0;
}

static void step_aside(int number)
{
    if (table[number].ours) {
        kg_linux_sigaction(number, &table[number].action, NULL);
        table[number].ours = false;
    }
}

int kg_port_faults_start(void)
{
    int status = 0;
    for (int number = 1; number < SIGNALS && status == 0; number++) {
        if (kg_linux_sigaction(number, NULL, &table[number].action) != 0) {
            continue;
        }
        bool wanted = is_fault_signal(number) || number == KG_SIGNAL_NOTIFY;
        if (wanted || is_function(&table[number].action)) {
            status = stand_in_front(number);
        }
    }
    taken_over = true;
    if (status != 0) {
        kg_port_faults_stop();
    }
    return status;
}

void kg_port_faults_stop(void)
{
    taken_over = false;
    for (int number = 1; number < SIGNALS; number++) {
        step_aside(number);
    }
}

uint64_t kg_port_signals_hold(void)
{
    uint64_t set = ~UINT64_C(0);
    uint64_t before = 0;
    for (size_t i = 0; i < FAULT_SIGNALS; i++) {
        set &= ~(UINT64_C(1) << (fault_signals[i] - 1));
    }
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, &before, sizeof set);
    return before;
}

void kg_port_signals_release(uint64_t held)
{
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &held, NULL, sizeof held);
}

/* The program's handler, with the monitor barred to it and the mask it asked for. */
static void call_theirs(int number, siginfo_t *info, void *context)
{
    struct sigaction action = table[number].action;
    struct kg_thread *before = kg_local.thread;
    uint32_t inside = kg_local.inside;
    sigset_t mask;
    sigorset(&mask, &((const ucontext_t *)context)->uc_sigmask, &action.sa_mask);
    if ((action.sa_flags & SA_NODEFER) == 0) {
        sigaddset(&mask, number);
    }
    if ((action.sa_flags & (int)SA_RESETHAND) != 0) {
        table[number].action.sa_handler = SIG_DFL;
    }
    if (before != &kg_thread_none) {
        kg_local.thread = &kg_thread_handler;
        kg_local.inside = 0; /* a handler is the host's, whatever it interrupted */
    }
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if ((action.sa_flags & SA_SIGINFO) != 0) {
        action.sa_sigaction(number, info, context);
    } else {
        action.sa_handler(number);
    }
    sigfillset(&mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    kg_local.inside = inside;
    kg_local.thread = before;
}

/* Not ours: the program's handler, or what the system would have done. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    if (is_function(&table[number].action)) {
        call_theirs(number, info, context);
        return;
    }
    if (table[number].action.sa_handler == SIG_IGN && info->si_code <= 0) {
        return;
    }
    /* A fault repeats under the default action as soon as this returns; a sent signal must be
     * sent again. */
    struct sigaction otherwise = {.sa_handler = SIG_DFL};
    kg_linux_sigaction(number, &otherwise, NULL);
    if (info->si_code <= 0) {
        syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
    }
}

static bool kills_domain(int number, const siginfo_t *info)
{
    if (number == SIGABRT) {
        return info->si_code <= 0 && info->si_pid == getpid();
    }
    return is_fault_signal(number) && info->si_code > 0;
}

static void fill(struct kg_fault *fault, struct kg_thread *thread, int number,
                 const siginfo_t *info, const ucontext_t *context, uint64_t *registers)
{
    *fault = (struct kg_fault){
        .thread = thread,
        .signal = number,
        .code = info->si_code,
        .key = -1,
        .registers = registers,
    };
    kg_context_read(context, info, fault);
    kg_context_registers(context, registers);
}

/* True when the signal was about the domain that runs; the thread then goes on at the unwind. */
static bool settle(struct kg_thread *thread, int number, siginfo_t *info, ucontext_t *context)
{
    struct kg_fault fault;
    uint64_t registers[KG_REGISTERS_MAX] = {0};
    if (kg_local.settling) {
        return false; /* on its way out already; this one came on top */
    }
    if (number == KG_SIGNAL_NOTIFY) {
        if (kg_death_noticed(thread)) {
            return true;
        }
        fill(&fault, thread, number, info, context, registers);
        kg_local.settling = true;
        bool out = kg_deadline_expired(&fault);
        kg_local.settling = false;
        return out;
    }
    if (!kills_domain(number, info)) {
        return false;
    }
    kg_local.settling = true;
    fill(&fault, thread, number, info, context, registers);
    kg_fault_settle(&fault);
    kg_local.settling = false;
    return true;
}

/* Host code that ran into what is closed while another thread is in a domain tries again. */
static bool may_be_open_soon(const struct kg_backend *backend, int number, const siginfo_t *info)
{
    if (backend == NULL || backend->host_fault == NULL || number != SIGSEGV ||
        info->si_code <= 0 || !backend->host_fault((uintptr_t)info->si_addr)) {
        return false;
    }
    sched_yield();
    return true;
}

void kg_signal_dispatch(int number, siginfo_t *info, void *context)
{
    const struct kg_backend *backend = kg_sealed.active;
    int error = errno;
    struct kg_thread *thread = kg_local.real;
    bool attached = thread != NULL && kg_local.thread == thread;
    bool inside = attached && backend != NULL && kg_inside();
    if (inside && backend->signal_enter != NULL) {
        backend->signal_enter();
    }
    if (inside && settle(thread, number, info, context)) {
        const ucontext_t *interrupted = context;
        kg_context_control(interrupted, kg_frame_newest(thread));
        errno = error;
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &interrupted->uc_sigmask, NULL, sizeof(long));
        backend->unwind(); /* the kernel's frame is abandoned: the gate undoes all it holds */
    }
    if (number != KG_SIGNAL_NOTIFY && (inside || !may_be_open_soon(backend, number, info))) {
        pass_on(number, info, context);
    }
    if (inside && backend->signal_leave != NULL) {
        backend->signal_leave();
    }
    errno = error;
}

/* The program's calls, interposed: its handlers are entered through ours while the monitor runs. */
KG_API int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    bool own = number == KG_SIGNAL_NOTIFY;
    if (number < 1 || number >= SIGNALS || (own && taken_over && action != NULL)) {
        errno = EINVAL;
        return -1;
    }
    if (!taken_over) {
        return kg_linux_sigaction(number, action, old);
    }
    struct sigaction before = table[number].action;
    if (!table[number].ours) {
        kg_linux_sigaction(number, NULL, &before);
    }
    if (action != NULL) {
        table[number].action = *action;
        if (is_function(action) || is_fault_signal(number)) {
            if (stand_in_front(number) != 0) {
                table[number].action = before;
                errno = EINVAL;
                return -1;
            }
        } else {
            table[number].ours = false;
            if (kg_linux_sigaction(number, action, NULL) != 0) {
                return -1;
            }
        }
    }
    if (old != NULL) {
        *old = before;
    }
    return 0;
}

KG_API __sighandler_t signal(int number, __sighandler_t handler)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    struct sigaction old;
    return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

/* While a thread is attached its signal stack is the monitor's; what the program asks for is kept
 * and comes back when the thread detaches. */
KG_API int sigaltstack(const stack_t *stack, stack_t *old)
{
    struct kg_thread *thread = kg_local.real;
    if (thread == NULL || !taken_over) {
        return (int)syscall(SYS_sigaltstack, stack, old);
    }
    struct kg_port_thread *own = kg_linux_thread(thread);
    stack_t before = own->previous_stack;
    if (stack != NULL) {
        if ((stack->ss_flags & SS_DISABLE) == 0 && stack->ss_size < (size_t)MINSIGSTKSZ) {
            errno = ENOMEM;
            return -1;
        }
        own->previous_stack = *stack;
    }
    if (old != NULL) {
        *old = before;
    }
    return 0;
}
