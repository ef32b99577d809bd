/* SPDX-License-Identifier: MIT */
/* Which shared objects are whose. */
#include "page.h"

#define END KG_OBJECTS_MAX
#define PAGES (KG_SHARED_BYTES / KG_PAGE_BYTES)

/* Mapped as it is touched: most of it never is. */
struct books {
    struct kg_page_object objects[KG_OBJECTS_MAX];
    uint32_t first[KG_SLOTS];
    uint32_t free;
    uint32_t used;           /* entries ever taken */
    uint16_t at_page[PAGES]; /* which object starts at this page of the shared heap, plus one */
};

_Static_assert(sizeof(struct books) <= KG_BACKEND_BYTES, "mend KG_BACKEND_BYTES");
_Static_assert(KG_OBJECTS_MAX < UINT16_MAX, "mend at_page");

static struct books *books;

/* Fresh memory: all zero. */
void kg_page_books_start(void)
{
    books = (struct books *)(void *)((char *)kg_books + KG_TABLE_BYTES + KG_THREADS_BYTES);
    books->free = END;
    for (uint32_t slot = 0; slot < KG_SLOTS; slot++) {
        books->first[slot] = END;
    }
}

static uint16_t *at_page(uintptr_t address)
{
    return &books->at_page[(address - (uintptr_t)kg_sealed.arena) / KG_PAGE_BYTES];
}

const struct kg_page_object *kg_page_object_at(uintptr_t address)
{
    uint16_t entry = *at_page(address);
    return entry != 0 ? &books->objects[entry - 1] : NULL;
}

const struct kg_page_object *kg_page_object_holding(uintptr_t address)
{
    for (uint32_t slot = 1; slot < KG_SLOTS; slot++) {
        for (uint32_t i = books->first[slot]; i != END; i = books->objects[i].next) {
            if (address - books->objects[i].address < books->objects[i].bytes) {
                return &books->objects[i];
            }
        }
    }
    return NULL;
}

const struct kg_page_object *kg_page_object_next(uint32_t owner,
                                                 const struct kg_page_object *object)
{
    uint32_t next = object == NULL ? books->first[owner] : object->next;
    return next != END ? &books->objects[next] : NULL;
}

static void unlink_object(uint32_t index)
{
    struct kg_page_object *object = &books->objects[index];
    if (object->before != END) {
        books->objects[object->before].next = object->next;
    } else {
        books->first[object->owner] = object->next;
    }
    if (object->next != END) {
        books->objects[object->next].before = object->before;
    }
}

void kg_page_books_forget(uintptr_t address)
{
    uint16_t *entry = at_page(address);
    if (*entry == 0) {
        return;
    }
    uint32_t index = *entry - 1u;
    unlink_object(index);
    books->objects[index].next = books->free;
    books->free = index;
    *entry = 0;
}

/* There are no more of these than objects, so there is always room. */
void kg_page_books_set(uintptr_t address, size_t bytes, uint32_t owner, enum kg_access access)
{
    kg_page_books_forget(address);
    if (owner == KG_OWNER_NOBODY || access == KG_ACCESS_NONE) {
        return;
    }
    uint32_t index = books->free;
    if (index != END) {
        books->free = books->objects[index].next;
    } else {
        index = books->used++;
    }
    uint32_t first = books->first[owner];
    books->objects[index] = (struct kg_page_object){address, bytes, owner, access, first, END};
    if (first != END) {
        books->objects[first].before = index;
    }
    books->first[owner] = index;
    *at_page(address) = (uint16_t)(index + 1);
}
