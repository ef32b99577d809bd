/* SPDX-License-Identifier: MIT */
/* The registry. A link has two places in the gate table and uses them in turn: while one leads to
 * the domain that has just been published, the other still answers for the one before. Nobody else
 * gets those places, so that a caller who stands still between reading a link and calling finds
 * either the same service or -KG_EDEAD, and asks the link again. */
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

static const struct kg_gate *place_of(const struct kg_link *link, uint32_t which)
{
    return &kg_sealed.gates[link->places[which]];
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

/* Everything is looked at before anything is changed; a gate that can't be written then is the
 * spare one, which nobody uses yet. */
static int prepare(const struct kg_name *name, struct kg_domain *domain)
{
    const struct kg_entry *entry;
    int status = 0;
    for (uint32_t i = 0; i < KG_LINKS_MAX && status == 0; i++) {
        if (leads_to(&kg_books->links[i], name)) {
            status = entry_for(&kg_books->links[i], domain, &entry);
        }
    }
    for (uint32_t i = 0; i < KG_LINKS_MAX && status == 0; i++) {
        struct kg_link *link = &kg_books->links[i];
        if (leads_to(link, name)) {
            (void)entry_for(link, domain, &entry);
            status = kg_gate_write(link->places[1 - link->turn], domain, entry, &link->options);
        }
    }
    return status;
}

static void turn(const struct kg_name *name)
{
    for (uint32_t i = 0; i < KG_LINKS_MAX; i++) {
        struct kg_link *link = &kg_books->links[i];
        if (leads_to(link, name)) {
            link->turn = 1 - link->turn;
            __atomic_store_n(&link->gate, place_of(link, link->turn), __ATOMIC_RELEASE);
        }
    }
}

static int publish(const char *text, struct kg_domain *domain, struct kg_domain **before)
{
    struct kg_name *name = find(text);
    if (domain->state != KG_DOMAIN_LIVE) {
        return -KG_EDEAD;
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
        if (leads_to(&kg_books->links[i], name)) {
            __atomic_store_n(&kg_books->links[i].gate, NULL, __ATOMIC_RELEASE);
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
    uint32_t place = (uint32_t)(gate - kg_sealed.gates);
    uint32_t spare = kg_gate_spare();
    if (spare == KG_GATES_MAX) {
        (void)kg_gate_free(place);
        return -KG_EGATES;
    }
    *link = (struct kg_link){
        .used = true,
        .name = name,
        .arguments = found->arguments,
        .options = options != NULL ? *options : (struct kg_gate_options){.deadline_ns = 0},
        .places = {place, spare},
        .gate = gate,
    };
    kg_text_add(&(struct kg_text){link->entry, sizeof link->entry, 0}, entry);
    kg_books->gate_linked[place] = kg_books->gate_linked[spare] = true;
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
        __atomic_store_n(&link->gate, NULL, __ATOMIC_RELEASE);
        for (uint32_t i = 0; i < 2 && status == 0; i++) {
            status = kg_gate_free(link->places[i]);
            kg_books->gate_linked[link->places[i]] = status != 0;
        }
        link->used = status != 0;
        link->name->used = link->name->domain != NULL || has_links(link->name);
    }
    kg_unlock();
    return status;
}

bool kg_link_follow(const struct kg_link *link, const struct kg_gate **gate)
{
    const struct kg_gate *now = __atomic_load_n(&link->gate, __ATOMIC_ACQUIRE);
    bool other = now != *gate;
    *gate = now;
    return other && now != NULL;
}
