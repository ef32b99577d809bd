/* SPDX-License-Identifier: MIT */
/* Making, reloading and ending domains. */
#include "active.h"

#include "domain_heap.h"
#include "text.h"

#include <string.h>

/* Whether `domain` is one this monitor gave out and has not taken back. */
int kg_domain_check(const struct kg_domain *domain)
{
    for (uint32_t slot = 1; slot < KG_SLOT_PROVER; slot++) {
        if (domain == &kg_books->domains[slot]) {
            return domain->state == KG_DOMAIN_FREE ? -KG_EARGUMENT : 0;
        }
    }
    return -KG_EARGUMENT;
}

static size_t to_pages(size_t bytes, size_t otherwise)
{
    if (bytes == 0) {
        bytes = otherwise;
    }
    return (bytes + KG_PAGE_BYTES - 1) & ~(size_t)(KG_PAGE_BYTES - 1);
}

/* A fresh heap: mapped, its head written while it is still the monitor's, then tagged. */
static int heap_open(struct kg_domain *domain)
{
    unsigned char *heap = kg_span(domain->slot);
    int status = kg_port_map(heap, domain->heap_bytes, KG_MAP_WRITE | KG_MAP_TAGGED);
    if (status != 0) {
        return status;
    }
    kg_domain_heap_prepare(heap, domain->heap_bytes);
    status = kg_active_tag(heap, domain->heap_bytes, domain->slot, KG_ACCESS_WRITE);
    domain->heap_mapped = status == 0;
    if (status != 0) {
        kg_port_unmap(heap, domain->heap_bytes);
    }
    return status;
}

static void heap_close(struct kg_domain *domain)
{
    if (domain->heap_mapped) {
        kg_port_unmap(kg_span(domain->slot), domain->heap_bytes);
    }
    domain->heap_mapped = false;
}

/* A fresh heap again, in the same memory where the port can empty that. */
static int heap_renew(struct kg_domain *domain)
{
    unsigned char *heap = kg_span(domain->slot);
    if (!domain->heap_mapped || kg_port_forget(heap, domain->heap_bytes) != 0) {
        heap_close(domain);
        return heap_open(domain);
    }
    int status = kg_active_tag_again(heap, domain->heap_bytes, domain->slot);
    if (status != 0) {
        heap_close(domain);
        return status;
    }
    kg_domain_heap_prepare(kg_active_monitor_open(heap, domain->heap_bytes),
                           domain->heap_bytes);
    kg_active_monitor_close(heap, domain->heap_bytes);
    return 0;
}

/* Fills a free slot; the lock is held. */
int kg_domain_open(uint32_t slot, const struct kg_domain_options *options)
{
    int status = kg_active_domain_open(slot);
    if (status != 0) {
        return status;
    }
    struct kg_domain *domain = &kg_books->domains[slot];
    memset(domain, 0, sizeof *domain);
    domain->slot = slot;
    domain->heap_bytes = to_pages(options->heap_bytes, KG_HEAP_BYTES_DEFAULT);
    domain->stack_bytes = to_pages(options->stack_bytes, KG_STACK_BYTES_DEFAULT);
    domain->objects_max = options->objects_max;
    domain->object_bytes_max = options->object_bytes_max;
    domain->calls_max = options->calls_max;
    const char *name = options->name != NULL ? options->name : "domain";
    kg_text_add(&(struct kg_text){domain->name, sizeof domain->name, 0}, name);
    status = heap_open(domain);
    if (status != 0) {
        kg_active_domain_close(slot);
        return status;
    }
    domain->state = KG_DOMAIN_LIVE;
    kg_doors_fresh(domain);
    return 0;
}

/* Fills the first free slot; the lock is held. */
int kg_domain_take(const struct kg_domain_options *options, struct kg_domain **domain)
{
    if (options->heap_bytes > KG_HEAP_BYTES_MAX || options->stack_bytes > KG_STACK_BYTES_MAX) {
        return -KG_EARGUMENT;
    }
    uint32_t slot = 1;
    while (slot < KG_SLOT_PROVER && kg_books->domains[slot].state != KG_DOMAIN_FREE) {
        slot++;
    }
    int status = slot == KG_SLOT_PROVER ? -KG_ENOTAG : kg_domain_open(slot, options);
    if (status == 0) {
        *domain = &kg_books->domains[slot];
    }
    return status;
}

int kg_domain_create(const struct kg_domain_options *options, struct kg_domain **domain)
{
    static const struct kg_domain_options defaults;
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    options = options != NULL ? options : &defaults;
    if (domain == NULL) {
        return -KG_EARGUMENT;
    }
    kg_lock();
    status = kg_domain_take(options, domain);
    kg_unlock();
    return status;
}

/* Shuts the doors and makes sure nobody is inside; opens them again otherwise. */
static int vacate(struct kg_domain *domain)
{
    kg_doors_shut(domain);
    if (kg_domain_occupied(domain->slot)) {
        kg_doors_reopen(domain);
        return -KG_EBUSY;
    }
    return 0;
}

/* No thread is inside, every door is shut. */
void kg_domain_end(struct kg_domain *domain)
{
    kg_names_forget(domain);
    kg_image_close(domain);
    kg_objects_drop_all(domain->slot);
    kg_stacks_close(domain);
    heap_close(domain);
    kg_active_domain_close(domain->slot);
    domain->state = KG_DOMAIN_FREE;
}

int kg_domain_destroy(struct kg_domain *domain)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    kg_lock();
    status = kg_domain_check(domain);
    if (status == 0) {
        status = vacate(domain);
    }
    if (status == 0) {
        status = kg_gates_close(domain);
        if (status != 0) {
            kg_doors_reopen(domain);
        } else {
            kg_domain_end(domain);
        }
    }
    kg_unlock();
    return status;
}

/* A dead domain with nobody inside lives again; the lock is held. */
int kg_domain_revive(struct kg_domain *domain)
{
    if (domain->state != KG_DOMAIN_DEAD) {
        return -KG_ELIVE;
    }
    int status = vacate(domain);
    if (status != 0) {
        return status;
    }
    kg_objects_drop_all(domain->slot);
    kg_stacks_empty(domain);
    status = heap_renew(domain);
    if (status == 0) {
        kg_image_restart(domain);
        domain->log_bytes = 0;
        domain->state = KG_DOMAIN_LIVE;
        kg_doors_fresh(domain);
    }
    return status;
}

int kg_domain_reload(struct kg_domain *domain)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    kg_lock();
    status = kg_domain_check(domain);
    if (status == 0) {
        status = kg_domain_revive(domain);
    }
    kg_unlock();
    return status;
}

int kg_domain_account(const struct kg_domain *domain, struct kg_account *account)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    kg_lock();
    status = account == NULL ? -KG_EARGUMENT : kg_domain_check(domain);
    if (status == 0) {
        bool dead = domain->state == KG_DOMAIN_DEAD;
        *account = (struct kg_account){
            .heap_bytes = dead ? 0 : domain->heap_bytes,
            .image_bytes = domain->image.bytes,
            .stack_bytes = (size_t)domain->stacks * domain->stack_bytes,
            .stacks = domain->stacks,
            .objects = domain->objects,
            .object_bytes = domain->object_bytes,
            .deaths = domain->deaths,
            .dead = dead,
        };
        for (struct kg_thread *thread = kg_books->threads; thread != NULL;
             thread = thread->next) {
            struct kg_frame *end = &thread->frames[KG_DEPTH_MAX + 1];
            for (struct kg_frame *frame = kg_frame_newest(thread); frame < end; frame++) {
                account->calls_inside += frame->slot == domain->slot;
            }
        }
    }
    kg_unlock();
    return status;
}

void *kg_domain_heap(const struct kg_domain *domain, size_t *bytes)
{
    if (kg_check_host() != 0 || kg_domain_check(domain) != 0) {
        return NULL;
    }
    if (bytes != NULL) {
        *bytes = domain->heap_bytes;
    }
    return kg_span(domain->slot);
}

const char *kg_domain_name(const struct kg_domain *domain)
{
    return kg_check_host() != 0 || kg_domain_check(domain) != 0 ? NULL : domain->name;
}

/* Text of an image's, 24 bytes at a time, in lines that say whose they are. */
void kg_domain_log(struct kg_domain *domain, const uint64_t *words)
{
    char text[24];
    if (domain == NULL) {
        return;
    }
    memcpy(text, words, sizeof text);
    kg_lock();
    for (size_t i = 0; i < sizeof text && text[i] != '\0'; i++) {
        bool end = text[i] == '\n';
        if (!end) {
            bool printable = text[i] >= ' ' && text[i] <= '~';
            domain->log[domain->log_bytes++] = printable ? text[i] : '?';
        }
        if (end || domain->log_bytes == sizeof domain->log - 1) {
            char line[sizeof domain->name + sizeof domain->log + 4] = "";
            struct kg_text to = {line, sizeof line, 0};
            domain->log[domain->log_bytes] = '\0';
            kg_text_add(&to, domain->name);
            kg_text_add(&to, ": ");
            kg_text_add(&to, domain->log);
            kg_text_add(&to, "\n");
            kg_port_message(line);
            domain->log_bytes = 0;
        }
    }
    kg_unlock();
}
