/* SPDX-License-Identifier: MIT */
/* Gates: the table of them, making them and shutting them. */
#include "active.h"

#include <string.h>

/* The answer of every way in but the right one. */
static struct kg_outcome wrong_arity(void)
{
    return (struct kg_outcome){-KG_EARITY, 0};
}

/* The answer of every gate of a domain that is gone. */
static struct kg_outcome gone(void)
{
    return (struct kg_outcome){-KG_EDEAD, 0};
}

static void head_fill(struct kg_gate_head *head, const struct kg_gate_head *from,
                      uint32_t arguments)
{
    typedef struct kg_outcome (*any)(void);
    any wrong = wrong_arity;
    any *to = (any *)(void *)head;
    const any *source = (const any *)(const void *)from;
    for (uint32_t i = 0; i <= KG_ARGUMENTS_MAX; i++) {
        to[i] = i == arguments ? source[i] : wrong;
    }
}

static bool options_valid(const struct kg_entry *entry, const struct kg_gate_options *options)
{
    if (entry->arguments > KG_ARGUMENTS_MAX || entry->function == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < KG_ARGUMENTS_MAX; i++) {
        if (options->arguments[i] > KG_LEND ||
            (i >= entry->arguments && options->arguments[i] != KG_VALUE)) {
            return false;
        }
    }
    return options->result == KG_VALUE || options->result == KG_GIVE;
}

static bool has_objects(const struct kg_gate_options *options)
{
    bool objects = options->result != KG_VALUE;
    for (uint32_t i = 0; i < KG_ARGUMENTS_MAX; i++) {
        objects = objects || options->arguments[i] != KG_VALUE;
    }
    return objects;
}

/* 1 + the only argument that is an object, when it is given and there is no other work; else 0. */
static uint8_t only_given(const struct kg_gate *gate)
{
    uint8_t given = 0;
    if (gate->domain == NULL || gate->deadline_ns != 0 || gate->result != KG_VALUE ||
        gate->domain->calls_max != 0) {
        return 0;
    }
    for (uint8_t i = 0; i < KG_ARGUMENTS_MAX; i++) {
        if (gate->kinds[i] != KG_VALUE) {
            if (given != 0 || gate->kinds[i] != KG_GIVE) {
                return 0;
            }
            given = i + 1;
        }
    }
    return given;
}

/* Somebody may go on calling through what this place was: until all else is there, its ways in say
 * that it is gone. */
static void place(struct kg_gate *gate, const struct kg_gate *made)
{
    const size_t head = sizeof made->head;
    void *const *from = (void *const *)(const void *)&made->head;
    void **to = (void **)(void *)&gate->head;
    memcpy((unsigned char *)gate + head, (const unsigned char *)made + head, sizeof *made - head);
    for (size_t i = 0; i < head / sizeof *to; i++) {
        __atomic_store_n(&to[i], from[i], __ATOMIC_RELEASE);
    }
}

/* Writes a gate into table entry `index`; the lock is held. */
int kg_gate_write(uint32_t index, struct kg_domain *domain, const struct kg_entry *entry,
                  const struct kg_gate_options *options)
{
    const struct kg_backend *backend = kg_sealed.active;
    bool general = (entry->build & KG_BUILD_GENERAL_ONLY) != 0;
    enum kg_vectors vectors = general ? KG_VECTORS_GENERAL : kg_sealed.vectors;
    uint32_t slot = domain != NULL ? domain->slot : KG_OWNER_HOST;
    int status = kg_gates_writable(true);
    if (status != 0) {
        return status;
    }
    struct kg_gate made = {
        .live = 1,
        .function = entry->function,
        .slot = slot,
        .door = (uint32_t)(offsetof(struct kg_thread, door) + slot * sizeof(uint64_t)),
        .arguments = entry->arguments,
        .domain = domain,
        .name = entry->name,
        .deadline_ns = options->deadline_ns,
        .result = options->result,
    };
    memcpy(made.kinds, options->arguments, sizeof made.kinds);
    bool counts = domain != NULL && domain->calls_max != 0;
    made.slow = domain == NULL || backend->monitor_hidden || options->deadline_ns != 0 ||
                has_objects(options) || counts;
    made.given = only_given(&made);
    bool forced = domain != NULL && domain->image.forced;
    const struct kg_gate_head *enter = forced ? backend->forced->enter : backend->enter;
    const struct kg_gate_head *slow = forced ? backend->forced->slow : backend->slow;
    head_fill(&made.fast, &enter[vectors], entry->arguments);
    head_fill(&made.head, made.slow ? &slow[vectors] : &enter[vectors], entry->arguments);
    place(&kg_sealed.gates[index], &made);
    return kg_gates_writable(false);
}

/* Whoever has read the way in already goes on with the rest, so that stays. */
static void shut(struct kg_gate *gate)
{
    gate->live = 0;
    struct kg_outcome (**way)(void) = (void *)&gate->head;
    for (uint32_t n = 0; n <= KG_ARGUMENTS_MAX; n++) {
        way[n] = gone;
    }
}

/* What fails is that the table can't be opened; then the gate stays. */
int kg_gate_free(const struct kg_gate *gate)
{
    int status = kg_gates_writable(true);
    if (status != 0) {
        return status;
    }
    shut(&kg_sealed.gates[gate - kg_sealed.gates]);
    return kg_gates_writable(false);
}

static bool is_followed(const struct kg_gate *gate)
{
    const struct kg_thread *thread = kg_books->threads;
    while (thread != NULL && __atomic_load_n(&thread->following, __ATOMIC_RELAXED) != gate) {
        thread = thread->next;
    }
    return thread != NULL;
}

/* A thread that has read a link may stand still before it reads the gate. It has said which one it
 * follows, and after the barrier that is seen, or it sees that the link leads elsewhere. */
uint32_t kg_gate_spare(void)
{
    uint32_t index = KG_GATES_RESERVED;
    if (kg_books->links_open != 0 && kg_books->thread_count > 1) {
        (void)kg_port_barrier();
    }
    while (index < KG_GATES_MAX &&
           (kg_sealed.gates[index].live || is_followed(&kg_sealed.gates[index]))) {
        index++;
    }
    return index;
}

/* What still holds a gate of a domain that ends gets a status; the entry is free again. */
int kg_gates_close(const struct kg_domain *domain)
{
    int status = kg_gates_writable(true);
    if (status != 0) {
        return status;
    }
    for (uint32_t i = KG_SERVICE_COUNT; i < KG_GATES_MAX; i++) {
        struct kg_gate *gate = &kg_sealed.gates[i];
        if (gate->domain == domain && gate->live) {
            shut(gate);
        }
    }
    return kg_gates_writable(false);
}

bool kg_gate_exists(const struct kg_gate *gate)
{
    uintptr_t offset = (uintptr_t)gate - (uintptr_t)kg_sealed.gates;
    size_t index = offset / sizeof(struct kg_gate);
    return index < KG_GATES_MAX && offset % sizeof(struct kg_gate) == 0 &&
           gate->live;
}

int kg_gate_create(struct kg_domain *domain, const struct kg_entry *entry,
                   const struct kg_gate_options *options, const struct kg_gate **gate)
{
    static const struct kg_gate_options defaults;
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    options = options != NULL ? options : &defaults;
    if (entry == NULL || gate == NULL || !options_valid(entry, options) ||
        (domain == NULL && options->deadline_ns != 0)) {
        return -KG_EARGUMENT;
    }
    uint32_t flavour = entry->build & (KG_BUILD_PLAIN | KG_BUILD_SOFT);
    if (domain != NULL && flavour != kg_sealed.active->build) {
        return -KG_EFLAVOUR;
    }
    kg_lock();
    if (domain != NULL) {
        status = kg_domain_check(domain);
        if (status == 0 && domain->state == KG_DOMAIN_DEAD) {
            status = -KG_EDEAD;
        }
    }
    uint32_t index = kg_gate_spare();
    if (status == 0) {
        status = index == KG_GATES_MAX ? -KG_EGATES : kg_gate_write(index, domain, entry, options);
    }
    kg_unlock();
    if (status == 0) {
        *gate = &kg_sealed.gates[index];
    }
    return status;
}

int kg_services_start(void)
{
    static const struct kg_entry entry = {
        .function = (kg_function *)(void (*)(void))wrong_arity,
        .name = "service",
        .arguments = 3,
    };
    static const struct kg_gate_options options;
    int status = 0;
    for (uint32_t i = 0; i < KG_SERVICE_COUNT && status == 0; i++) {
        status = kg_gate_write(i, NULL, &entry, &options);
    }
    return status;
}
