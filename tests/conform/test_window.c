/* SPDX-License-Identifier: MIT */
/* Windows: the laws of objects where a hand-over changes rights words and no tag. */
#include "law_table.h"
#include "world.h"

WORLD(window)

static void write_one(void *byte)
{
    *(volatile unsigned char *)byte = 1;
}

/* Whether the host can write the object. */
static bool host_writes(kg_handle handle)
{
    return !kg_host_faults(write_one, kg_object_address(handle));
}

static bool host_is_shut_out(void)
{
    return has_keys() || kg_backend() == KG_BACKEND_MTE || kg_backend() == KG_BACKEND_PAGE;
}

static uint64_t number(struct kg_domain *domain)
{
    return value0(GATE(domain, self));
}

/* `domain` touches what it does not have: it dies of it where the law is enforced. */
static enum greatest_test_res shut_for(struct kg_domain *domain, kg_handle handle, bool write)
{
    enum wild row = write ? GIVEN_WRITE : GIVEN_READ;
    bool allowed = wild_rows[row].by[kg_backend()] == ALLOWED;
    int status = write ? kg_gate_call(GATE(domain, poke_object), NULL, handle, 5, 0x5a)
                       : kg_gate_call(GATE(domain, peek_object), NULL, handle, 5);
    KG_ASSERT_STATUS(status, allowed ? 0 : -KG_EFAULTED);
    if (!allowed) {
        KG_ASSERT_STATUS(kg_domain_reload(domain), 0);
        (void)number(domain); /* its stack, so that tags can be read */
    }
    PASS();
}

KG_TEST(window, has_one_owner_at_a_time)
{
    kg_handle handle = make_kind(64, KG_OBJECT_WINDOW);
    struct kg_domain *const domains[] = {domain_a, domain_b};
    (void)number(domain_a);
    (void)number(domain_b);
    for (int i = 0; i < 4; i++) {
        struct kg_domain *owner = domains[i % 2];
        struct kg_domain *other = domains[(i + 1) % 2];
        CHECK_CALL(shut_for(domain_a, handle, i < 2));
        CHECK_CALL(shut_for(domain_b, handle, i < 2));
        KG_ASSERT(host_writes(handle));
        const struct kg_gate *take = GATE_WITH(owner, object_sum, .arguments = {KG_GIVE});
        WORKS(kg_gate_call(take, NULL, handle, 16));
        KG_ASSERT_EQ(host_writes(handle), !host_is_shut_out());
        KG_ASSERT_EQ(value3(GATE(owner, object_fill), handle, 64, 1), 0);
        CHECK_CALL(shut_for(other, handle, i < 2));
        KG_ASSERT_EQ(value2(GATE(owner, object_sum), handle, 2) != 0, true);
        WORKS(kg_object_take(handle));
    }
    WORKS(kg_object_drop(handle));
    PASS();
}

/* From domain to domain: the giver has lost it when its call comes back, and so have the host's
 * frames further out. */
KG_TEST(window, given_by_a_call_is_shut_for_the_giver)
{
    const enum kg_object_kind kinds[] = {KG_OBJECT_REKEYED, KG_OBJECT_WINDOW};
    bool allowed = wild_rows[GIVEN_READ].by[kg_backend()] == ALLOWED;
    for (uint64_t i = 0; i < 4; i++) {
        kg_handle handle = make_kind(64, kinds[i / 2]);
        const struct kg_gate *take = GATE_WITH(domain_b, object_sum2, .arguments = {KG_GIVE});
        const struct kg_gate *one = GATE_WITH(domain_b, object_return, .arguments = {KG_GIVE});
        (void)take;
        (void)number(domain_b);
        const struct kg_gate *give =
            GATE_WITH(domain_a, call_then_touch, .arguments = {KG_VALUE, KG_GIVE});
        int status = kg_gate_call(give, NULL, address_of(one), handle, i % 2);
        KG_ASSERT_STATUS(status, allowed ? 0 : -KG_EFAULTED);
        if (!allowed) {
            KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
        }
        CHECK_CALL(tags_agree());
        KG_ASSERT_EQ(host_writes(handle), !host_is_shut_out());
        WORKS(kg_object_take(handle));
        WORKS(kg_object_drop(handle));
    }
    PASS();
}

static kg_handle given;
static int give_status;

static uint64_t give_to_b(void)
{
    give_status = kg_object_give(given, domain_b);
    return 0;
}

/* host -> a -> host, which gives it to b: the host that gets control back has it no more. */
KG_TEST(window, given_in_a_call_back_stays_given)
{
    given = make_kind(64, KG_OBJECT_WINDOW);
    (void)number(domain_b);
    (void)value2(GATE(domain_a, call_value), address_of(HOST_GATE(give_to_b, 1)), 0);
    KG_ASSERT_STATUS(give_status, 0);
    CHECK_CALL(tags_agree());
    KG_ASSERT_EQ(host_writes(given), !host_is_shut_out());
    WORKS(kg_object_take(given));
    KG_ASSERT(host_writes(given));
    WORKS(kg_object_drop(given));
    PASS();
}

static enum greatest_test_res agreed;

static uint64_t look_at_tags(void)
{
    agreed = tags_agree();
    return 0;
}

KG_TEST(window, on_loan_can_be_read_only)
{
    kg_handle handle = make_kind(64, KG_OBJECT_WINDOW);
    uint64_t sum = 0;
    const struct kg_gate *look =
        GATE_WITH(domain_a, object_sum_via, .arguments = {KG_VALUE, KG_LEND});
    const struct kg_gate *write = GATE_WITH(domain_a, poke_object, .arguments = {KG_LEND});
    memset(kg_object_address(handle), 1, 64);
    WORKS(kg_gate_call(look, &sum, address_of(HOST_GATE(look_at_tags, 1)), handle));
    CHECK_CALL(agreed);
    KG_ASSERT_EQ(sum, 16);
    bool allowed = wild_rows[BORROWED_WRITE].by[kg_backend()] == ALLOWED;
    KG_ASSERT_STATUS(kg_gate_call(write, NULL, handle, 5, 0x5a), allowed ? 0 : -KG_EFAULTED);
    CHECK_CALL(tags_agree());
    KG_ASSERT(host_writes(handle));
    WORKS(kg_object_drop(handle));
    PASS();
}

KG_TEST(window, keys_come_back)
{
    for (int i = 0; i < 10; i++) {
        WORKS(kg_object_drop(make_kind(16, KG_OBJECT_WINDOW)));
    }
    PASS();
}

static void *end_with_a_window(void *unused)
{
    must(kg_thread_attach(), "attach");
    (void)make_kind(16, KG_OBJECT_WINDOW);
    return unused;
}

KG_TEST(window, ends_with_its_thread)
{
    NEEDS_THREADS(1);
    for (uint64_t i = 0; i < scaled(100); i++) {
        struct kg_host_thread thread;
        KG_ASSERT(kg_host_thread_start(&thread, end_with_a_window, NULL));
        (void)kg_host_thread_join(&thread);
    }
    PASS();
}

static bool other_thread_writes;

static void *write_from_beside(void *handle)
{
    must(kg_thread_attach(), "attach");
    other_thread_writes = host_writes((kg_handle)(uintptr_t)handle);
    must(kg_thread_detach(), "detach");
    return NULL;
}

/* A new thread starts with its maker's rights; once attached it has the host's and no window. */
KG_TEST(window, is_not_inherited)
{
    struct kg_host_thread thread;
    NEEDS_THREADS(1);
    kg_handle handle = make_kind(64, KG_OBJECT_WINDOW);
    KG_ASSERT(kg_host_thread_start(&thread, write_from_beside, (void *)(uintptr_t)handle));
    (void)kg_host_thread_join(&thread);
    KG_ASSERT_EQ(other_thread_writes, !has_keys());
    WORKS(kg_object_drop(handle));
    PASS();
}
