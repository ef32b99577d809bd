/* SPDX-License-Identifier: MIT */
/* What each backend promises, as data. The suite asserts exactly this: what is said to be denied is
 * denied with that cause, and what is said to be allowed is allowed. */
#ifndef CONFORM_LAW_TABLE_H
#define CONFORM_LAW_TABLE_H

#include <keygate/init.h>
#include <stdbool.h>

/* ---- What becomes of a function domain's wild pointer ---- */

enum touch {
    ALLOWED,
    TAG,        /* refused: another key or tag, or software's word for it */
    PERMISSION, /* refused: pages that may not be touched so */
    UNMAPPED,   /* refused: no memory there */
    STACK,      /* refused: the guard below the stack */
};

enum wild {
    OTHER_HEAP_READ,
    OTHER_HEAP_WRITE,
    OTHER_STACK_READ,
    OTHER_STACK_WRITE,
    FORGED_READ,
    FORGED_WRITE,
    GIVEN_READ,
    GIVEN_WRITE,
    BORROWED_READ,
    BORROWED_WRITE,
    LENT_READ,
    LENT_WRITE,
    FREED_READ,
    FREED_WRITE,
    HOST_OBJECT_READ,
    HOST_OBJECT_WRITE,
    HOST_READ,
    HOST_WRITE,
    MONITOR_READ,
    MONITOR_WRITE,
    CONSTANT_WRITE,
    NULL_READ,
    NULL_WRITE,
    UNMAPPED_READ,
    UNMAPPED_WRITE,
    EXECUTE_DATA,
    STACK_OVERFLOW,
    WILD_COUNT
};

struct wild_row {
    const char *what;
    enum touch by[KG_BACKEND_COUNT];
};

#define WILD(none_, soft_, page_, pkey_, pku_, pks_, ring3_, mte_)                              \
    {                                                                                           \
        [KG_BACKEND_NONE] = none_, [KG_BACKEND_SOFT] = soft_, [KG_BACKEND_PAGE] = page_,        \
        [KG_BACKEND_PKEY] = pkey_, [KG_BACKEND_PKU] = pku_, [KG_BACKEND_PKS] = pks_,            \
        [KG_BACKEND_PKU_RING3] = ring3_, [KG_BACKEND_MTE] = mte_                                \
    }

/* pku: only pages marked as the user's, which are the domains', the objects' and the monitor's.
 * pks: every page. pku-ring3: ring 3 sees what is marked and nothing else, and neither the host's
 * memory nor the monitor's is. */
static const struct wild_row wild_rows[WILD_COUNT] = {
    /*                          none, soft, page, pkey, pku, pks, pku-ring3, mte */
    [OTHER_HEAP_READ] = {"another domain's heap, read",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, TAG, TAG)},
    [OTHER_HEAP_WRITE] = {"another domain's heap, write",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, TAG, TAG)},
    [OTHER_STACK_READ] = {"another domain's stack, read",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, TAG, TAG)},
    [OTHER_STACK_WRITE] = {"another domain's stack, write",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, TAG, TAG)},
    [FORGED_READ] = {"another domain's heap by its own tagged pointer, read",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, TAG, ALLOWED)},
    [FORGED_WRITE] = {"another domain's heap by its own tagged pointer, write",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, TAG, ALLOWED)},
    [GIVEN_READ] = {"an object given away, read",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, TAG, TAG)},
    [GIVEN_WRITE] = {"an object given away, write",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, TAG, TAG)},
    [BORROWED_READ] = {"a borrowed object, read",
        WILD(ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED, ALLOWED)},
    [BORROWED_WRITE] = {"a borrowed object, write",
        WILD(ALLOWED, TAG, PERMISSION, PERMISSION, PERMISSION, PERMISSION, PERMISSION, ALLOWED)},
    [LENT_READ] = {"an object on loan, read by the lender",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, TAG, TAG)},
    [LENT_WRITE] = {"an object on loan, write by the lender",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, TAG, TAG)},
    [FREED_READ] = {"a dropped object, read",
        WILD(ALLOWED, TAG, TAG, PERMISSION, PERMISSION, PERMISSION, PERMISSION, TAG)},
    [FREED_WRITE] = {"a dropped object, write", /* in a kernel its page is gone before its key */
        WILD(ALLOWED, TAG, TAG, TAG, PERMISSION, PERMISSION, PERMISSION, TAG)},
    [HOST_OBJECT_READ] = {"an object of the host's, read",
        WILD(ALLOWED, TAG, TAG, ALLOWED, ALLOWED, ALLOWED, TAG, TAG)},
    [HOST_OBJECT_WRITE] = {"an object of the host's, write",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, TAG, TAG)},
    [HOST_READ] = {"the host's memory, read",
        WILD(ALLOWED, TAG, ALLOWED, ALLOWED, ALLOWED, ALLOWED, PERMISSION, ALLOWED)},
    [HOST_WRITE] = {"the host's memory, write",
        WILD(ALLOWED, TAG, ALLOWED, TAG, ALLOWED, TAG, PERMISSION, ALLOWED)},
    [MONITOR_READ] = {"the monitor's books, read",
        WILD(ALLOWED, TAG, TAG, ALLOWED, ALLOWED, ALLOWED, PERMISSION, ALLOWED)},
    [MONITOR_WRITE] = {"the monitor's books, write",
        WILD(ALLOWED, TAG, TAG, TAG, TAG, TAG, PERMISSION, ALLOWED)},
    [CONSTANT_WRITE] = {"its own constants, write",
        WILD(PERMISSION, PERMISSION, PERMISSION, TAG, PERMISSION, TAG, TAG, PERMISSION)},
    [NULL_READ] = {"address 0, read",
        WILD(UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED)},
    [NULL_WRITE] = {"address 0, write",
        WILD(UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED)},
    [UNMAPPED_READ] = {"an address without memory, read",
        WILD(UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED)},
    [UNMAPPED_WRITE] = {"an address without memory, write",
        WILD(UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED, UNMAPPED)},
    [EXECUTE_DATA] = {"its own heap, run as code",
        WILD(PERMISSION, PERMISSION, PERMISSION, PERMISSION, PERMISSION, PERMISSION,
             PERMISSION, PERMISSION)},
    [STACK_OVERFLOW] = {"below the end of its stack",
        WILD(STACK, STACK, STACK, STACK, STACK, STACK, STACK, STACK)},
};

/* ---- What becomes of an image's ---- */

enum image_reach {
    IMAGE_HEAP_READ,
    IMAGE_HEAP_WRITE,
    IMAGE_MONITOR_READ,
    IMAGE_MONITOR_WRITE,
    IMAGE_HOST_READ,
    IMAGE_HOST_WRITE,
    IMAGE_HOST_CONSTANT_READ,
    IMAGE_CONSTANT_WRITE,
    IMAGE_CODE_WRITE,
    IMAGE_REACH_COUNT
};

/* Whether it is denied; with forced tags all of it is. */
struct image_row {
    const char *what;
    bool denied[KG_BACKEND_COUNT];
};

#define IMAGE_ROW(none_, soft_, page_, pkey_, pku_, pks_, ring3_, mte_)                         \
    {                                                                                           \
        [KG_BACKEND_NONE] = none_, [KG_BACKEND_SOFT] = soft_, [KG_BACKEND_PAGE] = page_,        \
        [KG_BACKEND_PKEY] = pkey_, [KG_BACKEND_PKU] = pku_, [KG_BACKEND_PKS] = pks_,            \
        [KG_BACKEND_PKU_RING3] = ring3_, [KG_BACKEND_MTE] = mte_                                \
    }

static const struct image_row image_rows[IMAGE_REACH_COUNT] = {
    /*                          none, soft, page, pkey, pku, pks, pku-ring3, mte */
    [IMAGE_HEAP_READ] = {"another domain's heap, read", IMAGE_ROW(0, 1, 1, 1, 1, 1, 1, 1)},
    [IMAGE_HEAP_WRITE] = {"another domain's heap, write", IMAGE_ROW(0, 1, 1, 1, 1, 1, 1, 1)},
    [IMAGE_MONITOR_READ] = {"the monitor's books, read", IMAGE_ROW(0, 1, 1, 1, 1, 1, 1, 0)},
    [IMAGE_MONITOR_WRITE] = {"the monitor's books, write", IMAGE_ROW(0, 1, 1, 1, 1, 1, 1, 0)},
    [IMAGE_HOST_READ] = {"the host's memory, read", IMAGE_ROW(0, 1, 0, 1, 0, 1, 1, 0)},
    [IMAGE_HOST_WRITE] = {"the host's memory, write", IMAGE_ROW(0, 1, 0, 1, 0, 1, 1, 0)},
    [IMAGE_HOST_CONSTANT_READ] = {"the host's constants, read", IMAGE_ROW(0, 1, 0, 1, 0, 1, 1, 0)},
    [IMAGE_CONSTANT_WRITE] = {"its own constants, write", IMAGE_ROW(1, 1, 1, 1, 1, 1, 1, 1)},
    [IMAGE_CODE_WRITE] = {"its own code, write", IMAGE_ROW(1, 1, 1, 1, 1, 1, 1, 1)},
};

/* ---- The laws ---- */

enum law_strength {
    ENFORCED = 1,
    BOOKS,          /* kept track of; a domain that breaks it is not stopped */
    NOT_APPLICABLE,
};

struct law_cell {
    enum law_strength strength;
    const char *reason;
};

struct law_row {
    int law;
    const char *port;
    const char *text;
    struct law_cell by[KG_BACKEND_COUNT];
};

#define CELL(backend, strength, reason) [KG_BACKEND_##backend] = {strength, reason}

static const struct law_row law_rows[] = {
    {1, "linux, bare", "One owner: tags and books agree",
     {CELL(NONE, BOOKS, "there are no tags"),
      CELL(SOFT, ENFORCED, "an owner byte for each granule"),
      CELL(PAGE, ENFORCED, "permissions follow the owner at every crossing"),
      CELL(PKEY, ENFORCED, "a key on each page; windows by the rights word"),
      CELL(PKU, ENFORCED, "a key on each page, user-marked; windows by the rights word"),
      CELL(PKS, ENFORCED, "a key on each page; windows by the rights word"),
      CELL(PKU_RING3, ENFORCED, "a key on each page, user-marked; windows by the rights word"),
      CELL(MTE, ENFORCED, "a tag on each granule")}},
    {2, "linux, bare", "Close before open: a giver is shut out when a give returns",
     {CELL(NONE, BOOKS, "a stale pointer still works"),
      CELL(SOFT, ENFORCED, "at the giver's next access, which asks the owner byte"),
      CELL(PAGE, ENFORCED, "one domain runs at a time"),
      CELL(PKEY, ENFORCED, "the kernel's shoot-down ends before pkey_mprotect returns"),
      CELL(PKU, ENFORCED, "every CPU has flushed the page when a give returns"),
      CELL(PKS, ENFORCED, "every CPU has flushed the page when a give returns"),
      CELL(PKU_RING3, ENFORCED, "every CPU has flushed the page when a give returns"),
      CELL(MTE, ENFORCED, "every CPU passes a barrier before the give returns")}},
    {3, "linux, bare", "Only values and owned handles cross",
     {CELL(NONE, BOOKS, "handles are checked; a pointer that crosses can be followed"),
      CELL(SOFT, ENFORCED, "handles are checked; a foreign pointer faults"),
      CELL(PAGE, ENFORCED, "as soft, for domains' and the monitor's memory"),
      CELL(PKEY, ENFORCED, "as soft, but the host's memory can be read"),
      CELL(PKU, ENFORCED, "as pkey, but the kernel's other memory can be written"),
      CELL(PKS, ENFORCED, "as pkey"),
      CELL(PKU_RING3, ENFORCED, "handles are checked; a foreign pointer faults"),
      CELL(MTE, BOOKS, "a pointer that crosses keeps its tag, so it can be followed")}},
    {4, "linux, bare", "A crossing always returns, and changes nothing else",
     {CELL(NONE, BOOKS, "a status always; the callee is trusted with the registers C keeps"),
      CELL(SOFT, ENFORCED, "registers, stack and floating-point control come from the frame"),
      CELL(PAGE, ENFORCED, "as soft"), CELL(PKEY, ENFORCED, "as soft, and the rights"),
      CELL(PKU, ENFORCED, "as pkey"),
      CELL(PKS, ENFORCED, "as pkey"),
      CELL(PKU_RING3, ENFORCED, "as pkey; stack, segments and flags are ring 0's own"),
      CELL(MTE, ENFORCED, "as soft, and the check state")}},
    {5, "linux, bare", "Death is complete",
     {CELL(NONE, ENFORCED, "books are enough"), CELL(SOFT, ENFORCED, "books are enough"),
      CELL(PAGE, ENFORCED, "books are enough"), CELL(PKEY, ENFORCED, "books are enough"),
      CELL(PKU, ENFORCED, "books are enough"),
      CELL(PKS, ENFORCED, "books are enough"),
      CELL(PKU_RING3, ENFORCED, "books are enough"),
      CELL(MTE, ENFORCED, "books are enough")}},
    {6, "linux, bare", "Only the monitor changes rights",
     {CELL(NONE, NOT_APPLICABLE, "there are no rights to change"),
      CELL(SOFT, ENFORCED, "level 0: owner bytes can't be written by checked code"),
      CELL(PAGE, ENFORCED, "level 0: the books can't be reached"),
      CELL(PKEY, ENFORCED, "level 0: gates check what they write; code with a rights "
                           "instruction of its own is not stopped"),
      CELL(PKU, ENFORCED, "as pkey, where the right is a page's; the kernel's "
                          "other memory, tables and vectors are open to a stray write"),
      CELL(PKS, ENFORCED, "as pkey; WRMSR is in a kernel's code as well"),
      CELL(PKU_RING3, ENFORCED, "level 0 for keys, as pkey; tables, vectors, interrupts and the "
                                "kernel's memory are closed to ring 3 whatever it runs"),
      CELL(MTE, BOOKS, "the pointer is the right; tags can be made by arithmetic")}},
    {7, "linux, bare", "Limits have names",
     {CELL(NONE, ENFORCED, "books are enough"), CELL(SOFT, ENFORCED, "books are enough"),
      CELL(PAGE, ENFORCED, "books are enough"), CELL(PKEY, ENFORCED, "books are enough"),
      CELL(PKU, ENFORCED, "books are enough"),
      CELL(PKS, ENFORCED, "books are enough"),
      CELL(PKU_RING3, ENFORCED, "books are enough"),
      CELL(MTE, ENFORCED, "books are enough")}},
    {8, "linux, bare", "No silent loss of protection",
     {CELL(NONE, NOT_APPLICABLE, "it says at start that nothing is protected"),
      CELL(SOFT, ENFORCED, "a denial is proved on each thread; strict mode refuses it"),
      CELL(PAGE, ENFORCED, "a denial is proved on each thread; strict mode refuses it"),
      CELL(PKEY, ENFORCED, "a denial is proved on each thread"),
      CELL(PKU, ENFORCED, "a denial is proved on each thread"),
      CELL(PKS, ENFORCED, "a denial is proved on each thread"),
      CELL(PKU_RING3, ENFORCED, "a denial is proved on each thread"),
      CELL(MTE, ENFORCED, "a denial is proved on each thread")}},
    {9, "linux, bare", "One source",
     {CELL(NONE, ENFORCED, "this suite is the same files everywhere"),
      CELL(SOFT, ENFORCED, "the same files, built with checks"),
      CELL(PAGE, ENFORCED, "this suite is the same files everywhere"),
      CELL(PKEY, ENFORCED, "this suite is the same files everywhere"),
      CELL(PKU, ENFORCED, "this suite is the same files everywhere"),
      CELL(PKS, ENFORCED, "this suite is the same files everywhere"),
      CELL(PKU_RING3, ENFORCED, "this suite is the same files everywhere"),
      CELL(MTE, ENFORCED, "this suite is the same files everywhere")}},
};

#define LAW_ROWS (sizeof law_rows / sizeof *law_rows)

#endif
