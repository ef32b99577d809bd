/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "world.h"


#include <stdio.h>
#include <stdlib.h>
#if defined(__aarch64__) && __STDC_HOSTED__
#include <sys/prctl.h>
#endif

#define CACHED 200
#define WATCHED 32

struct kg_domain *domain_a;
struct kg_domain *domain_b;

static struct {
    struct kg_domain *domain;
    const struct kg_entry *entry;
    struct kg_gate_options options;
    const struct kg_gate *gate;
} cache[CACHED];
static size_t cached;

static struct {
    kg_function *function;
    uint32_t arguments;
    struct kg_gate_options options;
    struct kg_entry entry;
    const struct kg_gate *gate;
} host_cache[CACHED];
static size_t host_cached;

static kg_handle watched[WATCHED];
static size_t watched_count;

static bool teardown_failed;

const char *kg_test_status_name(int status)
{
    return kg_status_name(status);
}

static void complain(const char *what, int status)
{
    char line[256];
    snprintf(line, sizeof line, "%s: %s (%s)\n", what, kg_status_name(status),
             kg_strerror(status));
    kg_test_port_write(KG_TEST_ERROR, line, strlen(line));
}

void must(int status, const char *what)
{
    if (status != 0) {
        complain(what, status);
        exit(1);
    }
}

uint32_t world_build(void)
{
    return KG_ENTRY_OF(add0)->build & (KG_BUILD_PLAIN | KG_BUILD_SOFT);
}

int world_start(void)
{
    const struct kg_options options = {.build = world_build()};
    cached = 0;
    host_cached = 0;
    watched_count = 0;
    return kg_init(&options);
}

void world_setup(void *unused)
{
    const struct kg_domain_options a = {.name = "a"};
    const struct kg_domain_options b = {.name = "b"};
    (void)unused;
    must(world_start(), "kg_init");
    must(kg_domain_create(&a, &domain_a), "domain a");
    must(kg_domain_create(&b, &domain_b), "domain b");
}

static void check_teardown(int status, const char *what)
{
    if (status != 0) {
        complain(what, status);
        teardown_failed = true;
    }
}

void world_teardown(void *unused)
{
    (void)unused;
    fail_point(NULL);
    if (kg_backend() == KG_BACKEND_AUTO) {
        return; /* the test ended the monitor itself */
    }
    if (domain_a != NULL) {
        check_teardown(kg_domain_destroy(domain_a), "teardown: domain a");
    }
    check_teardown(kg_exit(), "teardown: kg_exit");
    domain_a = NULL;
    domain_b = NULL;
}

static bool same_options(const struct kg_gate_options *a, const struct kg_gate_options *b)
{
    return a->deadline_ns == b->deadline_ns && a->result == b->result &&
           memcmp(a->arguments, b->arguments, sizeof a->arguments) == 0;
}

const struct kg_gate *gate_of(struct kg_domain *domain, const struct kg_entry *entry,
                              const struct kg_gate_options *options)
{
    static const struct kg_gate_options defaults;
    options = options != NULL ? options : &defaults;
    for (size_t i = 0; i < cached; i++) {
        if (cache[i].domain == domain && cache[i].entry == entry &&
            same_options(&cache[i].options, options)) {
            return cache[i].gate;
        }
    }
    must(cached < CACHED ? 0 : -KG_EGATES, "the suite's list of gates");
    must(kg_gate_create(domain, entry, options, &cache[cached].gate), entry->name);
    cache[cached].domain = domain;
    cache[cached].entry = entry;
    memcpy(&cache[cached].options, options, sizeof *options);
    return cache[cached++].gate;
}

const struct kg_gate *host_gate(kg_function *function, uint32_t arguments,
                                const struct kg_gate_options *options)
{
    static const struct kg_gate_options defaults;
    options = options != NULL ? options : &defaults;
    for (size_t i = 0; i < host_cached; i++) {
        if (host_cache[i].function == function && host_cache[i].arguments == arguments &&
            same_options(&host_cache[i].options, options)) {
            return host_cache[i].gate;
        }
    }
    must(host_cached < CACHED ? 0 : -KG_EGATES, "the suite's list of host gates");
    struct kg_entry *entry = &host_cache[host_cached].entry;
    *entry = (struct kg_entry){function, "host", arguments, KG_BUILD_PLAIN};
    must(kg_gate_create(NULL, entry, options, &host_cache[host_cached].gate), "host gate");
    host_cache[host_cached].function = function;
    host_cache[host_cached].arguments = arguments;
    memcpy(&host_cache[host_cached].options, options, sizeof *options);
    return host_cache[host_cached++].gate;
}

uint64_t value0(const struct kg_gate *gate)
{
    uint64_t value = 0;
    must(kg_gate_call(gate, &value), "a call");
    return value;
}

uint64_t value1(const struct kg_gate *gate, uint64_t a)
{
    uint64_t value = 0;
    must(kg_gate_call(gate, &value, a), "a call");
    return value;
}

uint64_t value2(const struct kg_gate *gate, uint64_t a, uint64_t b)
{
    uint64_t value = 0;
    must(kg_gate_call(gate, &value, a, b), "a call");
    return value;
}

uint64_t value3(const struct kg_gate *gate, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t value = 0;
    must(kg_gate_call(gate, &value, a, b, c), "a call");
    return value;
}

kg_handle watch(kg_handle handle)
{
    if (watched_count < WATCHED) {
        watched[watched_count++] = handle;
    }
    return handle;
}

kg_handle make_kind(size_t bytes, enum kg_object_kind kind)
{
    const struct kg_object_options options = {.bytes = bytes, .kind = kind, .type = 3};
    kg_handle handle = 0;
    must(kg_object_create(&options, &handle), "an object");
    return watch(handle);
}

kg_handle make(size_t bytes)
{
    return make_kind(bytes, KG_OBJECT_REKEYED);
}

bool has_keys(void)
{
    enum kg_backend_id id = kg_backend();
    return id == KG_BACKEND_PKEY || id == KG_BACKEND_PKU || id == KG_BACKEND_PKS ||
           id == KG_BACKEND_PKU_RING3;
}

size_t unit_bytes(void)
{
    return has_keys() || kg_backend() == KG_BACKEND_PAGE ? 4096 : 16;
}

static enum greatest_test_res tag_agrees(kg_handle handle, const struct kg_object_info *info,
                                         size_t offset)
{
    uint32_t owner = 99;
    bool readonly = false;
    int status = kg_object_tag(handle, offset, &owner, &readonly);
    if (kg_backend() == KG_BACKEND_NONE) {
        KG_ASSERT_STATUS(status, -KG_ESYSTEM); /* there is no tag to read */
        PASS();
    }
    bool lent = info->borrower != KG_OWNER_NOBODY;
    KG_NOTE("object %#llx at %zu\n", (unsigned long long)handle, offset);
    KG_ASSERT_STATUS(status, 0);
    KG_ASSERT_EQ(owner, lent ? info->borrower : info->owner);
    KG_ASSERT_EQ(readonly, lent && kg_backend() != KG_BACKEND_MTE);
    PASS();
}

enum greatest_test_res tags_agree(void)
{
    size_t unit = unit_bytes();
    for (size_t i = 0; i < watched_count; i++) {
        struct kg_object_info info;
        if (kg_object_info(watched[i], &info) != 0) {
            continue;
        }
        for (size_t offset = 0; offset < info.bytes; offset += unit) {
            CHECK_CALL(tag_agrees(watched[i], &info, offset));
        }
    }
    PASS();
}

uint64_t rights_now(void)
{
#if defined(__x86_64__)
    uint32_t low = 0, high;
    if (kg_backend() == KG_BACKEND_PKS) {
        __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0x6e1)); /* IA32_PKRS */
    } else if (has_keys()) {
        __asm__ volatile("rdpkru" : "=a"(low), "=d"(high) : "c"(0));
    }
    return low;
#else
    if (kg_backend() == KG_BACKEND_MTE) {
        uint64_t tco;
        __asm__ volatile(".arch armv8.5-a+memtag\n mrs %0, tco" : "=r"(tco));
#if __STDC_HOSTED__
        return tco | (uint64_t)prctl(56 /* PR_GET_TAGGED_ADDR_CTRL */, 0, 0, 0, 0);
#else
        uint64_t control;
        __asm__ volatile("mrs %0, sctlr_el1" : "=r"(control));
        return tco | (control & UINT64_C(3) << 40); /* TCF */
#endif
    }
    return 0;
#endif
}

void books_read(struct books *books)
{
    memset(books, 0, sizeof *books);
    books->rights = rights_now();
    books->status[0] = kg_domain_account(domain_a, &books->account[0]);
    books->status[1] = kg_domain_account(domain_b, &books->account[1]);
    books->count = watched_count;
    for (size_t i = 0; i < watched_count; i++) {
        books->info_status[i] = kg_object_info(watched[i], &books->info[i]);
    }
}

static bool same_account(const struct kg_account *a, const struct kg_account *b)
{
    return a->heap_bytes == b->heap_bytes && a->stack_bytes == b->stack_bytes &&
           a->stacks == b->stacks && a->objects == b->objects &&
           a->object_bytes == b->object_bytes && a->calls_inside == b->calls_inside &&
           a->deaths == b->deaths && a->dead == b->dead;
}

static bool same_info(const struct kg_object_info *a, const struct kg_object_info *b)
{
    return a->bytes == b->bytes && a->type == b->type && a->kind == b->kind &&
           a->owner == b->owner && a->borrower == b->borrower && a->pins == b->pins;
}

enum greatest_test_res books_same(const struct books *before)
{
    struct books now;
    books_read(&now);
    KG_ASSERT_EQ(now.rights, before->rights);
    KG_ASSERT_STATUS(now.status[0], before->status[0]);
    KG_ASSERT_STATUS(now.status[1], before->status[1]);
    KG_ASSERT_EQ(now.count, before->count);
    for (size_t i = 0; i < now.count; i++) {
        KG_ASSERT_STATUS(now.info_status[i], before->info_status[i]);
        KG_ASSERT(same_info(&before->info[i], &now.info[i]));
    }
    KG_ASSERT(same_account(&before->account[0], &now.account[0]));
    KG_ASSERT(same_account(&before->account[1], &now.account[1]));
    PASS();
}

uint64_t scaled(uint64_t times)
{
    const char *text = kg_host_setting("KEYGATE_TEST_SCALE");
    uint64_t percent = text != NULL ? strtoull(text, NULL, 10) : 100;
    uint64_t result = times * percent / 100;
    return result > 0 ? result : 1;
}

static char chosen[16];
static bool is_chosen;

void settings_save(void)
{
    const char *name = kg_host_setting("KEYGATE_BACKEND");
    is_chosen = name != NULL && strlen(name) < sizeof chosen;
    if (is_chosen) {
        memmove(chosen, name, strlen(name) + 1);
    }
}

void settings_restore(void)
{
    kg_host_setting_set("KEYGATE_BACKEND", is_chosen ? chosen : NULL);
    kg_host_setting_set("KEYGATE_STRICT", NULL);
}

enum greatest_test_res crash_and_reload(struct kg_domain *domain)
{
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain, crash), NULL, CRASH_READ_NULL, 0),
                     -KG_EFAULTED);
    KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
    PASS();
}

#ifndef CONFORM_SHARED
static const char *failing;
static uint64_t failing_at; /* 0: every time */
static uint64_t failing_asked;

/* The library asks before everything that can fail; see runtime/port/port.h. */
bool kg_port_failure(const char *what);
bool kg_port_failure(const char *what)
{
    if (failing == NULL || strcmp(what, failing) != 0) {
        return false;
    }
    failing_asked++;
    return failing_at == 0 || failing_asked == failing_at;
}

bool fail_point_at(const char *what, uint64_t nth)
{
    failing = what;
    failing_at = nth;
    failing_asked = 0;
    return true;
}
#else
bool fail_point_at(const char *what, uint64_t nth)
{
    (void)what;
    (void)nth;
    return false;
}
#endif

bool fail_point(const char *what)
{
    return fail_point_at(what, 0);
}

int main(int argc, char **argv)
{
    int code = kg_test_main(argc, argv);
    if (teardown_failed) {
        static const char text[] = "a test left something behind\n";
        kg_test_port_write(KG_TEST_ERROR, text, sizeof text - 1);
        code = KG_TEST_EXIT_FAIL;
    }
    return code;
}
