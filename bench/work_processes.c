/* SPDX-License-Identifier: MIT */
/* Round trips between two processes: what isolation costs without domains. */
#define _GNU_SOURCE
#include "kb.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct pair {
    int there[2];
    int back[2];
    _Atomic uint32_t *turn; /* whose: 0 ours, 1 the other process's */
};

static int pipe_loop(void *context, uint64_t n)
{
    struct pair *pair = context;
    char byte = 1;
    bool bad = false;
    KB_LOOP(n, {
        bad |= write(pair->there[1], &byte, 1) != 1;
        bad |= read(pair->back[0], &byte, 1) != 1;
    });
    return bad ? -KG_ESYSTEM : 0;
}

static void pipe_serve(struct pair *pair)
{
    char byte;
    while (read(pair->there[0], &byte, 1) == 1 && write(pair->back[1], &byte, 1) == 1) {
    }
}

static bool futex_pass(_Atomic uint32_t *turn, uint32_t to)
{
    atomic_store(turn, to);
    return syscall(SYS_futex, turn, FUTEX_WAKE, 1, NULL, NULL, 0) >= 0;
}

static bool futex_await(_Atomic uint32_t *turn, uint32_t mine)
{
    while (atomic_load(turn) != mine) {
        if (syscall(SYS_futex, turn, FUTEX_WAIT, mine ^ 1u, NULL, NULL, 0) != 0 &&
            errno != EAGAIN && errno != EINTR) {
            return false;
        }
    }
    return true;
}

static int futex_loop(void *context, uint64_t n)
{
    struct pair *pair = context;
    bool good = true;
    KB_LOOP(n, {
        good &= futex_pass(pair->turn, 1);
        good &= futex_await(pair->turn, 0);
    });
    return good ? 0 : -KG_ESYSTEM;
}

static void futex_serve(struct pair *pair)
{
    while (futex_await(pair->turn, 1) && futex_pass(pair->turn, 0)) {
    }
}

/* Moves this process to the n-th processor it may use; false when there is none. */
static bool stay_on(int n)
{
    cpu_set_t all, one;
    CPU_ZERO(&one);
    CPU_ZERO(&all);
    for (int cpu = 0; cpu < (int)sysconf(_SC_NPROCESSORS_CONF) && n >= 0; cpu++) {
        CPU_ZERO(&all);
        CPU_SET((size_t)cpu, &all);
        if (sched_setaffinity(0, sizeof all, &all) == 0 && n-- == 0) {
            return true;
        }
    }
    return false;
}

static void row(const char *work, struct pair *pair, bool apart, kb_loop *loop,
                void (*serve)(struct pair *))
{
    if (!kb_wanted(work)) {
        return;
    }
    atomic_store(pair->turn, 0);
    pid_t self = getpid();
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == self && stay_on(apart ? 1 : 0)) {
            serve(pair);
        }
        _exit(1);
    }
    stay_on(0);
    if (child > 0) {
        kb_row(work, loop, pair);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
}

void kb_work_processes(void)
{
    struct pair pair;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || pipe(pair.there) != 0 || pipe(pair.back) != 0) {
        kb_skip("pipe", "no memory or no pipe");
        return;
    }
    pair.turn = page;
    row("pipe-same-cpu", &pair, false, pipe_loop, pipe_serve);
    row("futex-same-cpu", &pair, false, futex_loop, futex_serve);
    if (kb.time_row != NULL && sysconf(_SC_NPROCESSORS_ONLN) > 1) {
        row("pipe-two-cpus", &pair, true, pipe_loop, pipe_serve);
        row("futex-two-cpus", &pair, true, futex_loop, futex_serve);
    }
}
