/* SPDX-License-Identifier: MIT */
/* Every status is provoked once: a row for each, and none may be missing. */
#include "provoke.h"

WORLD(provoke)

static int argument(void)
{
    return kg_gate_create(domain_a, NULL, NULL, NULL);
}

static int already(void)
{
    return kg_init(NULL);
}

static int flavour(void)
{
    const struct kg_gate *gate = NULL;
    struct kg_entry other = *KG_ENTRY_OF(add0);
    other.build ^= KG_BUILD_PLAIN | KG_BUILD_SOFT;
    return kg_gate_create(domain_a, &other, NULL, &gate);
}

static int no_such_number(void)
{
    return kg_gate_call(GATE(domain_a, crash), NULL, CRASH_ILLEGAL, 0);
}

static int dead(void)
{
    (void)no_such_number();
    return no_such_number();
}

static int deadline(void)
{
    const struct kg_gate *gate = GATE_WITH(domain_a, crash, .deadline_ns = 2000000);
    return kg_gate_call(gate, NULL, CRASH_LOOP, 0);
}

static int system_refuses(void)
{
    if (!fail_point("timer")) {
        uint32_t owner;
        bool readonly;
        return kg_backend() == KG_BACKEND_NONE ? kg_object_tag(make(16), 0, &owner, &readonly)
                                               : -KG_ESYSTEM;
    }
    return deadline();
}

static int memory(void)
{
    struct kg_domain *domain = NULL;
    return fail_point("map") ? kg_domain_create(NULL, &domain) : -KG_EMEMORY;
}

static int tags(void)
{
    struct kg_domain *domain = NULL;
    for (int i = 0; i < 100; i++) {
        int status = kg_domain_create(NULL, &domain);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int gates(void)
{
    const struct kg_gate *gate = NULL;
    for (uint32_t i = 0; i <= KG_GATES_MAX; i++) {
        int status = kg_gate_create(domain_a, KG_ENTRY_OF(add0), NULL, &gate);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int objects(void)
{
    const struct kg_object_options options = {.bytes = 1};
    for (uint32_t i = 0; i <= KG_OBJECTS_MAX; i++) {
        kg_handle handle;
        int status = kg_object_create(&options, &handle);
        if (status != 0) {
            return i == KG_OBJECTS_MAX ? status : -1000;
        }
    }
    return 0;
}

static int no_window(void)
{
    const struct kg_object_options options = {.bytes = 1, .kind = KG_OBJECT_WINDOW};
    for (int i = 0; i < 20; i++) {
        kg_handle handle;
        int status = kg_object_create(&options, &handle);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int attached(void)
{
    return kg_thread_attach();
}

static void detach(void *status)
{
    *(volatile int *)status = kg_thread_detach();
}

static int context(void)
{
    volatile int status = 0;
    kg_host_in_handler(detach, (void *)(uintptr_t)&status);
    return status;
}

static bool no_handlers(void)
{
    return !__STDC_HOSTED__;
}

static int inside(void)
{
    return as_status(value1(GATE(domain_a, host_only), 0));
}

static int deepest;

/* The innermost refusal is the one that was written first, and stays. */
static uint64_t down_until_refused(uint64_t count)
{
    int status = kg_gate_call(GATE(domain_a, call_status), NULL,
                              address_of(HOST_GATE(down_until_refused, 1)), count + 1);
    if (status != 0) {
        deepest = status;
    }
    return count;
}

static int depth(void)
{
    deepest = 0;
    (void)down_until_refused(0);
    return deepest;
}

static int live(void)
{
    return kg_domain_reload(domain_a);
}

static int arity(void)
{
    return kg_gate_call(GATE(domain_a, add1), NULL);
}

static int busy_status;

static uint64_t try_to_end(void)
{
    busy_status = kg_domain_destroy(domain_a);
    return 0;
}

static int busy(void)
{
    (void)value2(GATE(domain_a, call_value), address_of(HOST_GATE(try_to_end, 1)), 0);
    return busy_status;
}

static int bad_handle(void)
{
    return kg_object_drop(0);
}

static int stale(void)
{
    kg_handle handle = make(16);
    (void)kg_object_drop(handle);
    return kg_object_drop(handle);
}

static int owner(void)
{
    kg_handle handle = make(16);
    (void)kg_object_give(handle, domain_a);
    return kg_object_drop(handle);
}

static kg_handle lent;

static uint64_t drop_lent(void)
{
    busy_status = kg_object_drop(lent);
    return 0;
}

static int on_loan(void)
{
    lent = make(16);
    const struct kg_gate *gate =
        GATE_WITH(domain_a, call_value, .arguments = {KG_VALUE, KG_LEND});
    (void)kg_gate_call(gate, NULL, address_of(HOST_GATE(drop_lent, 1)), lent);
    return busy_status;
}

static int pinned(void)
{
    kg_handle handle = make(16);
    (void)kg_object_pin(handle);
    return kg_object_drop(handle);
}

static int not_pinned(void)
{
    return kg_object_unpin(make(16));
}

static int twice(void)
{
    kg_handle handle = make(16);
    return kg_gate_call(GATE_WITH(domain_a, object_sum2, .arguments = {KG_GIVE, KG_GIVE}), NULL,
                        handle, handle);
}

static int budget(void)
{
    const struct kg_domain_options options = {.objects_max = 1};
    struct kg_domain *domain = NULL;
    must(kg_domain_create(&options, &domain), "a domain");
    (void)value2(GATE(domain, object_make), 16, KG_OBJECT_REKEYED);
    return as_status(value2(GATE(domain, object_make), 16, KG_OBJECT_REKEYED));
}

static int ok(void)
{
    return kg_gate_call(GATE(domain_a, add0), NULL);
}

#define FEW_CPUS "it takes more threads than there are CPUs"
#define ONE_CPU "it takes a second thread"

static const struct {
    int (*provoke)(void);
    const char *never; /* why it can't be, on some backends */
    bool (*cannot)(void);
} rows[KG_STATUS_COUNT] = {
    [KG_OK] = {ok, NULL, NULL},
    [KG_EARGUMENT] = {argument, NULL, NULL},
    [KG_ENOTREADY] = {provoke_not_ready, NULL, NULL},
    [KG_EALREADY] = {already, NULL, NULL},
    [KG_EUNPROTECTED] = {provoke_unprotected, NULL, NULL},
    [KG_EBACKEND] = {provoke_backend, NULL, NULL},
    [KG_EFLAVOUR] = {flavour, NULL, NULL},
    [KG_EPROOF] = {provoke_proof, "there is no kernel to lie about a denial", provoke_no_lies},
    [KG_ESYSTEM] = {system_refuses, NULL, NULL},
    [KG_EMEMORY] = {memory, NULL, NULL},
    [KG_ENOTAG] = {tags, NULL, NULL},
    [KG_EGATES] = {gates, NULL, NULL},
    [KG_EOBJECTS] = {objects, NULL, NULL},
    [KG_EHEAP] = {provoke_heap, "it takes 2 GiB of real memory", provoke_heap_is_real},
    [KG_ESTACKS] = {provoke_stacks, FEW_CPUS, provoke_few_threads},
    [KG_ETHREADS] = {provoke_threads, FEW_CPUS, provoke_few_threads},
    [KG_ENOWINDOW] = {no_window, "windows cost no key", provoke_windows_are_free},
    [KG_ETHREAD] = {provoke_thread, ONE_CPU, provoke_one_thread},
    [KG_EATTACHED] = {attached, NULL, NULL},
    [KG_ECONTEXT] = {context, "nothing tells a kernel's handlers from its other code", no_handlers},
    [KG_EINSIDE] = {inside, NULL, NULL},
    [KG_EDEPTH] = {depth, NULL, NULL},
    [KG_EDEAD] = {dead, NULL, NULL},
    [KG_EFAULTED] = {no_such_number, NULL, NULL},
    [KG_EDEADLINE] = {deadline, NULL, NULL},
    [KG_EKILLED] = {provoke_killed, "one domain or one thread runs at a time",
                    provoke_one_at_a_time},
    [KG_EBUSY] = {busy, NULL, NULL},
    [KG_ELIVE] = {live, NULL, NULL},
    [KG_ECALLS] = {provoke_calls, NULL, NULL},
    [KG_EARITY] = {arity, NULL, NULL},
    [KG_EHANDLE] = {bad_handle, NULL, NULL},
    [KG_ESTALE] = {stale, NULL, NULL},
    [KG_EOWNER] = {owner, NULL, NULL},
    [KG_ELENT] = {on_loan, NULL, NULL},
    [KG_EPINNED] = {pinned, NULL, NULL},
    [KG_ENOTPINNED] = {not_pinned, NULL, NULL},
    [KG_ETWICE] = {twice, NULL, NULL},
    [KG_EBUDGET] = {budget, NULL, NULL},
    [KG_EWINDOW] = {provoke_window, ONE_CPU, provoke_one_thread},
    [KG_EIMAGE] = {provoke_image, NULL, NULL},
    [KG_EVERIFY] = {provoke_verify, NULL, NULL},
    [KG_EIMPORT] = {provoke_import, NULL, NULL},
    [KG_EENTRY] = {provoke_entry, NULL, NULL},
    [KG_ENAME] = {provoke_name, NULL, NULL},
    [KG_ENAMES] = {provoke_names, NULL, NULL},
};

KG_TEST(provoke, every_status)
{
    for (int status = 0; status < KG_STATUS_COUNT; status++) {
        KG_NOTE("%s\n", kg_status_name(status));
        KG_ASSERT(rows[status].provoke != NULL);
        KG_ASSERT((rows[status].never == NULL) == (rows[status].cannot == NULL));
        if (rows[status].cannot != NULL && rows[status].cannot()) {
            continue;
        }
        KG_ASSERT_STATUS(rows[status].provoke(), -status);
        world_teardown(NULL);
        world_setup(NULL);
    }
    PASS();
}
