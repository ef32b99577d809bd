/* SPDX-License-Identifier: MIT */
/* What a give asks of the other CPUs, counted: one interrupt for each of them where its translation
 * or its checks under way may be the giver's, and none where there is nothing to wait for. Time
 * says nothing here: CPUs that are emulated one after the other wait for their turn. The linker has
 * the platform's sends come here (--wrap). */
#include "world.h"

#include "port/bare/platform.h"

#include <stdio.h>
#if defined(__x86_64__)
#include "port/bare/x86_64/machine.h"
#else
#include "port/bare/aarch64/machine.h"
#endif

WORLD(shootdown)

static uint32_t requests;

#if defined(__x86_64__)
void __real_platform_apic_send(uint32_t identifier, uint32_t command);
void __wrap_platform_apic_send(uint32_t identifier, uint32_t command);

void __wrap_platform_apic_send(uint32_t identifier, uint32_t command)
{
    requests += platform_cpu() == 0 && command == APIC_NMI;
    __real_platform_apic_send(identifier, command);
}
#else
void __real_machine_gic_send(const struct machine_cpu *to, uint32_t number);
void __wrap_machine_gic_send(const struct machine_cpu *to, uint32_t number);

void __wrap_machine_gic_send(const struct machine_cpu *to, uint32_t number)
{
    requests += platform_cpu() == 0 && number == GIC_BARRIER;
    __real_machine_gic_send(to, number);
}
#endif

static void *attach_here(void *unused)
{
    must(kg_thread_attach(), "attach");
    return unused;
}

static void *detach_here(void *unused)
{
    must(kg_thread_detach(), "detach");
    return unused;
}

static void on_second(void *(*function)(void *))
{
    while (!platform_cpu_run(1, function, NULL)) {
        platform_pause();
    }
    (void)platform_cpu_wait(1);
}

/* Keys are in page tables, and every CPU that runs may have read them; tags are looked at afresh,
 * so only an attached thread's access under way is waited for. */
static uint32_t expected(uint32_t others, bool attached)
{
    if (has_keys()) {
        return others;
    }
    return kg_backend() == KG_BACKEND_MTE && attached ? others : 0;
}

static enum greatest_test_res count(kg_handle handle, uint32_t others, bool attached)
{
    char line[160];
    uint32_t asked[3];
    const struct kg_gate *by_call = GATE_WITH(domain_a, object_sum, .arguments = {KG_GIVE});
    requests = 0;
    KG_ASSERT_STATUS(kg_object_give(handle, domain_a), 0);
    asked[0] = requests;
    requests = 0;
    KG_ASSERT_STATUS(kg_object_take(handle), 0);
    asked[1] = requests;
    requests = 0;
    KG_ASSERT_STATUS(kg_gate_call(by_call, NULL, handle, 8), 0);
    asked[2] = requests;
    KG_ASSERT_STATUS(kg_object_take(handle), 0);
    snprintf(line, sizeof line,
             "4 KiB on %s, %u CPUs, %s attached: give %u, take %u, give by a call %u requests\n",
             kg_backend_name(kg_backend()), others + 1, attached ? "two" : "one", asked[0],
             asked[1], asked[2]);
    kg_test_port_write(KG_TEST_OUT, line, strlen(line));
    for (size_t i = 0; i < 3; i++) {
        KG_ASSERT_EQ(asked[i], expected(others, attached));
    }
    PASS();
}

KG_TEST(shootdown, asks_each_other_cpu_once)
{
    if (kg_backend() == KG_BACKEND_PAGE) {
        KG_SKIP("page changes sides at each crossing");
    }
    uint32_t others = kg_host_threads();
    kg_handle handle = make(KG_PAGE_BYTES);
    KG_ASSERT_STATUS(kg_gate_call(GATE(domain_a, add0), NULL), 0);
    CHECK_CALL(count(handle, others, false));
    if (others > 0) {
        on_second(attach_here);
        enum greatest_test_res counted = count(handle, others, true);
        on_second(detach_here);
        CHECK_CALL(counted);
    }
    KG_ASSERT_STATUS(kg_object_drop(handle), 0);
    PASS();
}
