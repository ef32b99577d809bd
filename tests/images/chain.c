/* SPDX-License-Identifier: MIT */
/* An image that keeps a list and a tree in one shared object, tied together by plain pointers. */
#include <keygate/domain.h>

#define NODES 64

struct node {
    struct node *next;
    struct node *left, *right;
    uint64_t value;
};

struct chain {
    struct node *first;
    struct node *root;
    struct node nodes[NODES];
};

static struct chain *last; /* of what it built, kept after it has given it away */
static kg_handle last_handle;

static void insert(struct node **at, struct node *node)
{
    while (*at != NULL) {
        at = node->value < (*at)->value ? &(*at)->left : &(*at)->right;
    }
    *at = node;
}

static uint64_t build(void)
{
    struct kg_object_options options = {.bytes = sizeof(struct chain)};
    kg_assert(kg_object_create(&options, &last_handle) == 0);
    last = kg_object_address(last_handle);
    *last = (struct chain){.first = NULL};
    for (uint64_t i = 0; i < NODES; i++) {
        struct node *node = &last->nodes[i];
        node->value = i * 37 % NODES;
        node->next = last->first;
        last->first = node;
        insert(&last->root, node);
    }
    return last_handle;
}
KG_ENTRY(build, 0);

/* The sum of the list, which is given with its handle. */
static uint64_t sum_list(uint64_t handle)
{
    const struct chain *chain = kg_object_address(handle);
    uint64_t sum = 0;
    for (const struct node *node = chain->first; node != NULL; node = node->next) {
        sum += node->value;
    }
    return sum;
}
KG_ENTRY(sum_list, 1);

/* Of the tree: how many nodes are in order, by a walk without recursion. */
static uint64_t walk_tree(uint64_t handle)
{
    const struct chain *chain = kg_object_address(handle);
    const struct node *waiting[NODES];
    const struct node *node = chain->root;
    uint64_t depth = 0, expected = 0;
    while (node != NULL || depth > 0) {
        while (node != NULL) {
            waiting[depth++] = node;
            node = node->left;
        }
        node = waiting[--depth];
        if (node->value != expected) {
            return 1000 + expected;
        }
        expected++;
        node = node->right;
    }
    return expected;
}
KG_ENTRY(walk_tree, 1);

/* By the pointer kept from before. */
static uint64_t stale_read(void)
{
    return last->first->value;
}
KG_ENTRY(stale_read, 0);

static uint64_t stale_write(void)
{
    last->nodes[5].value = 1;
    return 1;
}
KG_ENTRY(stale_write, 0);

/* Where its own variable is, so that somebody else can be told. */
static uint64_t own_variable(void)
{
    return (uint64_t)(uintptr_t)&last;
}
KG_ENTRY(own_variable, 0);

static uint64_t read_there(uint64_t address)
{
    return *(const volatile uint64_t *)(uintptr_t)address;
}
KG_ENTRY(read_there, 1);
