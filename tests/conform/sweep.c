/* SPDX-License-Identifier: MIT */
/* The n-th failure: everything that can fail fails once. A whole life of the monitor is run with
 * its first failure point failing, then the second, and so on until none is left. Each time there
 * is a status, nothing is left behind, rights are as before, and the same life then succeeds. */
#include "domain_code.h"

#include <keygate/keygate.h>
#include <kg_host.h>
#include <kg_test.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv);

bool kg_port_failure(const char *what);

static struct {
    uint64_t asked;
    uint64_t fail_at; /* 0: never */
    const char *failed;
} points;

bool kg_port_failure(const char *what)
{
    uint64_t number = __atomic_add_fetch(&points.asked, 1, __ATOMIC_RELAXED);
    if (points.fail_at == 0 || number != points.fail_at) {
        return false;
    }
    points.failed = what;
    return true;
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char line[256];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    kg_test_port_write(KG_TEST_OUT, line, strlen(line));
}

static uint64_t rights(void)
{
#if defined(__x86_64__)
    uint32_t low = 0, high;
    enum kg_backend_id id = kg_backend();
    if (id == KG_BACKEND_PKEY || id == KG_BACKEND_PKU || id == KG_BACKEND_PKU_RING3) {
        __asm__ volatile("rdpkru" : "=a"(low), "=d"(high) : "c"(0));
    } else if (id == KG_BACKEND_PKS) {
        __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0x6e1)); /* IA32_PKRS */
    }
    return low;
#else
    return 0;
#endif
}

/* The first step that fails ends the life. */
#define STEP(call, expected)                                                                    \
    do {                                                                                        \
        int status_ = (call);                                                                   \
        if (status_ != (expected)) {                                                            \
            life.where = #call;                                                                 \
            return status_ == 0 ? -KG_STATUS_COUNT : status_;                                   \
        }                                                                                       \
    } while (0)

static struct {
    const char *where;
    struct kg_domain *a, *b;
    const struct kg_gate *add, *crash, *loop, *lend, *give, *make, *drop, *nest;
} life;

static void *on_a_thread(void *result)
{
    int *status = result;
    uint64_t value = 0;
    *status = kg_thread_attach();
    if (*status != 0) {
        return NULL;
    }
    uint64_t before = rights();
    *status = kg_gate_call(life.add, &value, 1);
    if (*status == 0 && value != 1001) {
        *status = -KG_STATUS_COUNT;
    }
    if (rights() != before) {
        *status = -KG_STATUS_COUNT;
    }
    int last = kg_thread_detach();
    *status = *status != 0 ? *status : last;
    return NULL;
}

static int use_thread(void)
{
    struct kg_host_thread thread;
    int status = -KG_STATUS_COUNT;
    if (kg_host_threads() == 0) {
        return 0; /* a kernel's only CPU */
    }
    if (!kg_host_thread_start(&thread, on_a_thread, &status)) {
        return -KG_STATUS_COUNT;
    }
    (void)kg_host_thread_join(&thread);
    return status;
}

static int make_gates(void)
{
    const struct kg_gate_options lend = {.arguments = {KG_LEND}};
    const struct kg_gate_options give = {.arguments = {KG_GIVE}};
    const struct kg_gate_options result = {.result = KG_GIVE};
    const struct kg_gate_options timed = {.deadline_ns = 2000000};
    STEP(kg_gate_create(life.a, KG_ENTRY_OF(add1), NULL, &life.add), 0);
    STEP(kg_gate_create(life.a, KG_ENTRY_OF(crash), NULL, &life.crash), 0);
    STEP(kg_gate_create(life.a, KG_ENTRY_OF(crash), &timed, &life.loop), 0);
    STEP(kg_gate_create(life.a, KG_ENTRY_OF(object_sum), &lend, &life.lend), 0);
    STEP(kg_gate_create(life.a, KG_ENTRY_OF(object_sum), &give, &life.give), 0);
    STEP(kg_gate_create(life.b, KG_ENTRY_OF(object_make_one), &result, &life.make), 0);
    STEP(kg_gate_create(life.a, KG_ENTRY_OF(object_drop), NULL, &life.drop), 0);
    STEP(kg_gate_create(life.b, KG_ENTRY_OF(call_value), NULL, &life.nest), 0);
    return 0;
}

/* A loan that could not be ended with its call is ended by the owner's next use of the object. */
static int lend_once(kg_handle handle)
{
    uint64_t value = 0;
    int status = kg_gate_call(life.lend, &value, handle, 8);
    if (status != 0 && points.failed != NULL && points.fail_at != 0) {
        points.fail_at = 0;
        struct kg_object_info info;
        /* A proper status would pass for the one that was provoked. */
        STEP(kg_object_take(handle) == 0 ? 0 : -KG_STATUS_COUNT, 0);
        STEP(kg_object_info(handle, &info) == 0 ? 0 : -KG_STATUS_COUNT, 0);
        STEP(info.borrower == KG_OWNER_NOBODY ? 0 : -KG_STATUS_COUNT, 0);
    }
    return status;
}

static int use_objects(void)
{
    const struct kg_object_options options = {.bytes = 5000};
    const struct kg_object_options window = {.bytes = 100, .kind = KG_OBJECT_WINDOW};
    kg_handle handle = 0;
    uint64_t value = 0;
    STEP(kg_object_create(&options, &handle), 0);
    STEP(lend_once(handle), 0);
    STEP(kg_gate_call(life.give, &value, handle, 8), 0);
    STEP(kg_object_take(handle), 0);
    STEP(kg_object_give(handle, life.a), 0);
    STEP(kg_gate_call(life.drop, &value, handle), 0);
    STEP((int)(int64_t)value, 0);
    STEP(kg_gate_call(life.make, &handle, 100), 0);
    STEP(kg_object_drop(handle), 0);
    STEP(kg_object_create(&window, &handle), 0);
    STEP(lend_once(handle), 0);
    STEP(kg_object_drop(handle), 0);
    return 0;
}

static uint32_t build(void)
{
    return KG_ENTRY_OF(add1)->build & (KG_BUILD_PLAIN | KG_BUILD_SOFT);
}

static int live(void)
{
    const struct kg_options options = {.build = build()};
    uint64_t value = 0;
    memset(&life, 0, sizeof life);
    STEP(kg_init(&options), 0);
    STEP(kg_domain_create(NULL, &life.a), 0);
    STEP(kg_domain_create(NULL, &life.b), 0);
    int status = make_gates();
    if (status != 0) {
        return status;
    }
    STEP(kg_gate_call(life.add, &value, 5), 0);
    STEP(use_thread(), 0);
    STEP(kg_gate_call(life.nest, &value, (uint64_t)(uintptr_t)life.add, 5), 0);
    status = use_objects();
    if (status != 0) {
        return status;
    }
    STEP(kg_gate_call(life.loop, NULL, CRASH_LOOP, 0), -KG_EDEADLINE);
    STEP(kg_domain_reload(life.a), 0);
    STEP(kg_gate_call(life.crash, NULL, CRASH_PANIC, 0), -KG_EFAULTED);
    STEP(kg_domain_reload(life.a), 0);
    STEP(kg_gate_call(life.add, &value, 5), 0);
    STEP(kg_domain_destroy(life.b), 0);
    STEP(kg_exit(), 0);
    return 0;
}

/* After a failure the rest of the life must end without another. */
static int end(void)
{
    points.fail_at = 0;
    return kg_backend() == KG_BACKEND_AUTO ? 0 : kg_exit();
}

static int complain(uint64_t n, const char *what, int status)
{
    say("point %llu (%s): %s: %s, in %s\n", (unsigned long long)n,
        points.failed != NULL ? points.failed : "-", what, kg_status_name(status),
        life.where != NULL ? life.where : "-");
    return 1;
}

/* One life with point `n` failing. 0 when it is as it must be, 1 when not, -1 at the end. */
static int round_of(uint64_t n, size_t maps, uint64_t *silent)
{
    points.asked = 0;
    points.failed = NULL;
    points.fail_at = n;
    int status = live();
    if (points.failed == NULL) {
        return status == 0 ? -1 : complain(n, "failed by itself", status);
    }
    const char *failed = points.failed;
    say("point %llu (%s): %s%s%s\n", (unsigned long long)n, failed,
        status == 0 ? "made up for" : kg_status_name(status), status == 0 ? "" : " in ",
        status == 0 ? "" : life.where);
    if (status == 0) {
        ++*silent;
        /* Shutting is tried again, what can't be given back is at least shut, what can't be emptied
         * is mapped anew, and `soft` clears by hand the owner bytes it can't map. */
        bool soft = strcmp(failed, "map") == 0 && build() == KG_BUILD_SOFT;
        bool made_up = strcmp(failed, "protect") == 0 || strcmp(failed, "unmap") == 0 ||
                       strcmp(failed, "forget") == 0;
        if (!made_up && !soft) {
            return complain(n, "went unnoticed", 0);
        }
    } else if (status >= 0 || status <= -KG_STATUS_COUNT) {
        return complain(n, "no proper status", status);
    }
    int last = end();
    if (last != 0) {
        return complain(n, "can't be ended", last);
    }
    if (kg_host_mappings() > maps) {
        say("%zu mappings, there were %zu\n", kg_host_mappings(), maps);
        return complain(n, "left something behind", status);
    }
    points.failed = failed;
    status = live();
    return status == 0 ? 0 : complain(n, "the next life fails", status);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    uint64_t n = 1, silent = 0;
    int wrong = 0, found = 0;
    for (int i = 0; i < 3; i++) {
        int status = live();
        if (status != 0) {
            return complain(0, "without any failure", status);
        }
    }
    size_t maps = kg_host_mappings();
    while (found >= 0 && wrong < 5) {
        found = round_of(n, maps, &silent);
        wrong += found > 0;
        n += found >= 0;
        if (found > 0 && end() != 0) {
            return 1;
        }
    }
    say("%llu failure points, %llu made up for, %d wrong\n", (unsigned long long)(n - 1),
        (unsigned long long)silent, wrong);
    return wrong == 0 ? 0 : 1;
}
