/* SPDX-License-Identifier: MIT */
/* One buffer, three owners: made in `producer`, held by the host, given to `consumer`. */
#include <inttypes.h>
#include <keygate/keygate.h>
#include <stdio.h>
#include <stdlib.h>

KG_ENTRY_DECLARE(produce);
KG_ENTRY_DECLARE(consume);
KG_ENTRY_DECLARE(peek);

static void must(const char *what, int status)
{
    if (status != 0) {
        fprintf(stderr, "%s: %s\n", what, kg_strerror(status));
        exit(1);
    }
}

static void show_owner(const char *when, kg_handle buffer)
{
    struct kg_object_info info;
    int status = kg_object_info(buffer, &info);
    if (status != 0) {
        printf("%s: %s\n", when, kg_status_name(status));
    } else {
        printf("%s: %zu bytes owned by %s\n", when, info.bytes,
               info.owner == KG_OWNER_HOST ? "the host" : "a domain");
    }
}

int main(void)
{
    struct kg_domain *producer;
    struct kg_domain *consumer;
    const struct kg_gate *produce_gate;
    const struct kg_gate *consume_gate;
    const struct kg_gate *peek_gate;
    const struct kg_gate_options result_given = {.result = KG_GIVE};
    const struct kg_gate_options argument_given = {.arguments = {KG_GIVE}};
    must("kg_start", kg_start(NULL));
    must("producer", kg_domain_create(&(struct kg_domain_options){.name = "producer"}, &producer));
    must("consumer", kg_domain_create(&(struct kg_domain_options){.name = "consumer"}, &consumer));
    must("gate", kg_gate_create(producer, KG_ENTRY_OF(produce), &result_given, &produce_gate));
    must("gate", kg_gate_create(producer, KG_ENTRY_OF(peek), NULL, &peek_gate));
    must("gate", kg_gate_create(consumer, KG_ENTRY_OF(consume), &argument_given, &consume_gate));

    kg_handle buffer = 0;
    must("produce", kg_gate_call(produce_gate, &buffer, 1));
    show_owner("after produce", buffer);

    must("give", kg_object_give(buffer, consumer));
    show_owner("after give", buffer);
    printf("the producer peeks: %s\n", kg_status_name(kg_gate_call(peek_gate, NULL, buffer)));
    must("take", kg_object_take(buffer));

    uint64_t sum = 0;
    must("consume", kg_gate_call(consume_gate, &sum, buffer));
    printf("sum: %" PRIu64 "\n", sum);
    show_owner("after consume", buffer);
    printf("give it again: %s\n", kg_status_name(kg_gate_call(consume_gate, &sum, buffer)));
    return kg_exit() == 0 ? 0 : 1;
}
