/* SPDX-License-Identifier: MIT */
/* fork, exit and what of the C library a domain must leave alone. */
#define _GNU_SOURCE
#include "world.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

WORLD(process)

/* What the child found wrong, or 0. */
static int in_child(int (*body)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(body());
    }
    int state = 0;
    if (child < 0 || waitpid(child, &state, 0) != child) {
        return -1;
    }
    return WIFEXITED(state) ? WEXITSTATUS(state) : 1000 + WTERMSIG(state);
}

#define EXPECT(condition)                                                                       \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            return __LINE__ & 0x7f;                                                             \
        }                                                                                       \
    } while (0)

static kg_handle shared;

static int use_everything(void)
{
    uint64_t value = 0;
    const struct kg_gate *timed = GATE_WITH(domain_a, crash, .deadline_ns = 20000000);
    uint64_t rights = rights_now();
    EXPECT(kg_gate_call(GATE(domain_a, add1), &value, 5) == 0 && value == 1005);
    EXPECT(kg_gate_call(GATE(domain_a, crash), NULL, CRASH_READ_NULL, 0) == -KG_EFAULTED);
    EXPECT(kg_domain_reload(domain_a) == 0);
    EXPECT(kg_gate_call(timed, NULL, CRASH_LOOP, 0) == -KG_EDEADLINE);
    EXPECT(kg_domain_reload(domain_a) == 0);
    EXPECT(value2(GATE(domain_b, object_sum), shared, 4) == 4 * 9);
    EXPECT(kg_object_take(shared) == 0);
    EXPECT(((volatile unsigned char *)kg_object_address(shared))[0] == 9);
    EXPECT(kg_object_drop(shared) == 0);
    EXPECT(rights_now() == rights);
    EXPECT(kg_domain_destroy(domain_a) == 0);
    EXPECT(kg_exit() == 0);
    EXPECT(world_start() == 0);
    EXPECT(kg_exit() == 0);
    return 0;
}

KG_TEST(process, child_of_a_fork_can_cross)
{
    shared = make(64);
    memset(kg_object_address(shared), 9, 64);
    WORKS(kg_object_give(shared, domain_b));
    /* The parent has used its timer before. */
    KG_ASSERT_STATUS(kg_gate_call(GATE_WITH(domain_a, crash, .deadline_ns = 20000000), NULL,
                                  CRASH_LOOP, 0),
                     -KG_EDEADLINE);
    KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    for (int i = 0; i < 3; i++) {
        KG_ASSERT_EQ(in_child(use_everything), 0);
    }
    KG_ASSERT_EQ(value2(GATE(domain_b, object_sum), shared, 4), 4 * 9);
    CHECK_CALL(crash_and_reload(domain_a));
    PASS();
}

extern jmp_buf libc_jump;

static volatile int stay;

static void *cross_in_parent(void *unused)
{
    (void)unused;
    must(kg_thread_attach(), "attach");
    while (stay) {
        (void)value1(GATE(domain_a, sum_to), 1000);
    }
    must(kg_thread_detach(), "detach");
    return NULL;
}

static int child_is_alone(void)
{
    struct kg_account account;
    uint64_t value = 0;
    EXPECT(kg_gate_call(GATE(domain_a, add0), &value) == 0);
    EXPECT(kg_domain_account(domain_a, &account) == 0);
    EXPECT(account.stacks == 1);
    EXPECT(account.calls_inside == 0);
    EXPECT(kg_domain_destroy(domain_a) == 0);
    EXPECT(kg_exit() == 0);
    return 0;
}

KG_TEST(process, child_has_the_forking_thread_only)
{
    pthread_t threads[2];
    stay = 1;
    (void)GATE(domain_a, sum_to);
    (void)value0(GATE(domain_a, add0));
    for (int i = 0; i < 2; i++) {
        KG_ASSERT_EQ(pthread_create(&threads[i], NULL, cross_in_parent, NULL), 0);
    }
    int found = 0;
    for (int i = 0; i < 10 && found == 0; i++) {
        usleep(2000);
        found = in_child(child_is_alone);
    }
    stay = 0;
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    KG_ASSERT_EQ(found, 0);
    PASS();
}

static int exit_with_domains(void)
{
    exit(33);
}

KG_TEST(process, may_exit_with_domains_alive)
{
    (void)value0(GATE(domain_a, add0));
    KG_ASSERT_EQ(in_child(exit_with_domains), 33);
    PASS();
}

/* What writes to the host's memory is a crash where that is guarded; elsewhere nothing is said
 * about it, so it is not tried. */
KG_TEST(process, c_library_is_not_for_domains)
{
    static const char *const what[] = {"malloc", "printf", "exit", "pthread_exit",
                                       "longjmp", "fork", "dlopen"};
    if (kg_backend() != KG_BACKEND_PKEY) {
        KG_SKIP("only pkey guards the host's memory from code that was not built for it");
    }
    if (setjmp(libc_jump) != 0) {
        FAILm("a domain jumped into the host");
    }
    for (uint64_t which = 0; which < sizeof what / sizeof *what; which++) {
        struct kg_report report;
        KG_NOTE("%s\n", what[which]);
        KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, use_libc), NULL, which), -KG_EFAULTED);
        KG_ASSERT_STATUS(kg_domain_report(domain_a, &report), 0);
        KG_ASSERT_EQ(report.cause, KG_CAUSE_TAG);
        KG_ASSERT(report.write);
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        KG_ASSERT_EQ(value0(GATE(domain_b, add0)), 1000);
    }
    void *volatile memory = malloc(100000); /* the host's own heap is whole */
    KG_ASSERT(memory != NULL);
    free(memory);
    PASS();
}
