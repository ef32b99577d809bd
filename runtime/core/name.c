/* SPDX-License-Identifier: MIT */
/* The registry. A link leads to a gate; when another domain takes the name, to another gate. The
 * one before answers -KG_EDEAD from then on to whoever has not entered it, and its place is not
 * used anew while a thread may still be on its way through it (kg_gate_spare). So a caller who
 * stands still between reading a link and calling finds the service he read, or is refused and
 * asks again. */
#include "active.h"

#include "text.h"

#include <string.h>

static struct kg_name *find(const char *name)
{
    for (uint32_t i = 0; i < KG_NAMES_MAX; i++) {
        if (kg_books->names[i].used && kg_text_same(kg_books->names[i].name, name)) {
            return &kg_books->names[i];
        }
    }
    return NULL;
}

static bool fits(const char *name)
{
    size_t length = 0;
    while (name != NULL && length <= KG_NAME_BYTES_MAX && name[length] != '\0') {
        length++;
    }
    return name != NULL && length != 0 && length <= KG_NAME_BYTES_MAX;
}

static bool leads_to(const struct kg_link *link, const struct kg_name *name)
{
    return link->used && link->name == name;
}

/* What the link's next gate must be made of. */
static int entry_for(const struct kg_link *link, const struct kg_domain *domain,
                     const struct kg_entry **entry)
{
    *entry = kg_image_entry(domain, link->entry);
    if (*entry == NULL) {
        return -KG_EENTRY;
    }
    return (*entry)->arguments == link->arguments ? 0 : -KG_EARITY;
}

/* Gates into the new domain for all links of the name, made before any is turned; when one can't be
 * made none is left. */
static int prepare(const struct kg_name *name, struct kg_domain *domain)
{
    int status = 0;
    for (uint32_t i = 0; i < KG_LINKS_MAX && status == 0; i++) {
        struct kg_link *link = &kg_books->links[i];
        const struct kg_entry *entry;
        link->next = NULL;
        if (leads_to(link, name)) {
            status = entry_for(link, domain, &entry);
            status = status != 0 ? status
                                 : kg_gate_create(domain, entry, &link->options, &link->next);
        }
    }
    for (uint32_t i = 0; i < KG_LINKS_MAX && status != 0; i++) {
        if (kg_books->links[i].next != NULL) {
            (void)kg_gate_free(kg_books->links[i].next);
            kg_books->links[i].next = NULL;
        }
    }
    return status;
}

static void turn(const struct kg_name *name)
{
    for (uint32_t i = 0; i < KG_LINKS_MAX; i++) {
        struct kg_link *link = &kg_books->links[i];
        if (leads_to(link, name)) {
            const struct kg_gate *before = link->gate;
            __atomic_store_n(&link->gate, link->next, __ATOMIC_RELEASE);
            link->next = NULL;
            if (before != NULL && before->live) {
                (void)kg_gate_free(before); /* at worst it goes on leading to the old domain */
            }
        }
    }
}

static int publish(const char *text, struct kg_domain *domain, struct kg_domain **before)
{
    struct kg_name *name = find(text);
    if (domain->state != KG_DOMAIN_LIVE) {
        return -KG_EDEAD;
    }
    if (before != NULL) {
        *before = NULL;
    }
    if (name != NULL && name->domain == domain) {
        return 0; /* it stands for it already */
    }
    if (name != NULL && name->domain != NULL && before == NULL) {
        return -KG_EARGUMENT;
    }
    for (uint32_t i = 0; i < KG_NAMES_MAX && name == NULL; i++) {
        if (!kg_books->names[i].used) {
            name = &kg_books->names[i];
            *name = (struct kg_name){.used = false};
        }
    }
    if (name == NULL) {
        return -KG_ENAMES;
    }
    int status = prepare(name, domain);
    if (status != 0) {
        return status;
    }
    if (!name->used) {
        kg_text_add(&(struct kg_text){name->name, sizeof name->name, 0}, text);
        name->used = true;
    }
    if (before != NULL) {
        *before = name->domain;
    }
    name->domain = domain;
    turn(name);
    return 0;
}

int kg_name_publish(const char *name, struct kg_domain *domain, struct kg_domain **before)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    if (!fits(name)) {
        return -KG_EARGUMENT;
    }
    kg_lock();
    status = kg_domain_check(domain);
    if (status == 0) {
        status = publish(name, domain, before);
    }
    kg_unlock();
    return status;
}

static void lead_nowhere(const struct kg_name *name)
{
    for (uint32_t i = 0; i < KG_LINKS_MAX; i++) {
        struct kg_link *link = &kg_books->links[i];
        if (leads_to(link, name) && link->gate != NULL) {
            const struct kg_gate *before = link->gate;
            __atomic_store_n(&link->gate, NULL, __ATOMIC_RELEASE);
            if (before->live) {
                (void)kg_gate_free(before);
            }
        }
    }
}

static bool has_links(const struct kg_name *name)
{
    bool found = false;
    for (uint32_t i = 0; i < KG_LINKS_MAX; i++) {
        found = found || leads_to(&kg_books->links[i], name);
    }
    return found;
}

int kg_name_withdraw(const char *name)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    if (!fits(name)) {
        return -KG_EARGUMENT;
    }
    kg_lock();
    struct kg_name *found = find(name);
    if (found == NULL || found->domain == NULL) {
        status = -KG_ENAME;
    } else {
        lead_nowhere(found);
        found->domain = NULL;
        found->used = has_links(found);
    }
    kg_unlock();
    return status;
}

/* A domain that ends stands for nothing any more. */
void kg_names_forget(const struct kg_domain *domain)
{
    for (uint32_t i = 0; i < KG_NAMES_MAX; i++) {
        struct kg_name *name = &kg_books->names[i];
        if (name->used && name->domain == domain) {
            lead_nowhere(name);
            name->domain = NULL;
            name->used = has_links(name);
        }
    }
}

static struct kg_link *free_link(void)
{
    for (uint32_t i = 0; i < KG_LINKS_MAX; i++) {
        if (!kg_books->links[i].used) {
            return &kg_books->links[i];
        }
    }
    return NULL;
}

static int open_link(struct kg_name *name, const char *entry,
                     const struct kg_gate_options *options, struct kg_link **opened)
{
    struct kg_link *link = free_link();
    const struct kg_entry *found = kg_image_entry(name->domain, entry);
    if (found == NULL) {
        return -KG_EENTRY;
    }
    if (link == NULL) {
        return -KG_ENAMES;
    }
    const struct kg_gate *gate;
    int status = kg_gate_create(name->domain, found, options, &gate);
    if (status != 0) {
        return status;
    }
    *link = (struct kg_link){
        .used = true,
        .name = name,
        .arguments = found->arguments,
        .options = options != NULL ? *options : (struct kg_gate_options){.deadline_ns = 0},
        .gate = gate,
    };
    kg_text_add(&(struct kg_text){link->entry, sizeof link->entry, 0}, entry);
    kg_books->links_open++;
    *opened = link;
    return 0;
}

int kg_link_open(const char *name, const char *entry, const struct kg_gate_options *options,
                 struct kg_link **link)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    if (!fits(name) || entry == NULL || link == NULL) {
        return -KG_EARGUMENT;
    }
    kg_lock();
    struct kg_name *found = find(name);
    status = found == NULL || found->domain == NULL ? -KG_ENAME
                                                    : open_link(found, entry, options, link);
    kg_unlock();
    return status;
}

static bool is_link(const struct kg_link *link)
{
    uintptr_t offset = (uintptr_t)link - (uintptr_t)kg_books->links;
    return offset < sizeof kg_books->links && offset % sizeof *link == 0 && link->used;
}

int kg_link_close(struct kg_link *link)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    kg_lock();
    if (!is_link(link)) {
        status = -KG_EARGUMENT;
    } else {
        const struct kg_gate *gate = link->gate;
        __atomic_store_n(&link->gate, NULL, __ATOMIC_RELEASE);
        status = gate != NULL && gate->live ? kg_gate_free(gate) : 0;
        link->used = false;
        kg_books->links_open--;
        link->name->used = link->name->domain != NULL || has_links(link->name);
    }
    kg_unlock();
    return status;
}

bool kg_link_follow(const struct kg_link *link, const struct kg_gate **gate)
{
    struct kg_thread *thread = kg_local.real;
    const struct kg_gate *now = __atomic_load_n(&link->gate, __ATOMIC_ACQUIRE);
    const struct kg_gate *seen = NULL;
    while (now != seen && thread != NULL) {
        __atomic_store_n(&thread->following, now, __ATOMIC_RELAXED);
        __atomic_signal_fence(__ATOMIC_SEQ_CST); /* who frees a gate has all pass a barrier */
        seen = now;
        now = __atomic_load_n(&link->gate, __ATOMIC_ACQUIRE);
    }
    bool other = now != *gate;
    *gate = now;
    return other && now != NULL;
}
