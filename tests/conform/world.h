/* SPDX-License-Identifier: MIT */
/* What every test of the suite starts from: a running monitor with two domains, and the means to
 * see that a refused call changed nothing. */
#ifndef CONFORM_WORLD_H
#define CONFORM_WORLD_H

#include "domain_code.h"

#include <keygate/keygate.h>
#include <kg_host.h>
#include <kg_test.h>
#include <string.h>

extern struct kg_domain *domain_a;
extern struct kg_domain *domain_b;

/* Hooks: start the monitor and make both domains; end it all. What goes wrong here ends the
 * program or fails the run. */
void world_setup(void *unused);
void world_teardown(void *unused);

/* The parts of the above. */
int world_start(void);
uint32_t world_build(void); /* the flavour this program was built in */

#define WORLD(suite) KG_TEST_HOOKS(suite, world_setup, world_teardown)

/* Before anything else in a test that runs so many threads beside the first. */
#define NEEDS_THREADS(count)                                                                    \
    do {                                                                                        \
        if (kg_host_threads() < (count)) {                                                      \
            KG_SKIP("it takes " #count " threads beside the first, and there are fewer CPUs");  \
        }                                                                                       \
    } while (0)

/* Says why and ends the program when the status is not 0. */
void must(int status, const char *what);

/* A gate, made when first asked for and kept until the monitor ends. */
const struct kg_gate *gate_of(struct kg_domain *domain, const struct kg_entry *entry,
                              const struct kg_gate_options *options);
#define GATE(domain, name) gate_of(domain, KG_ENTRY_OF(name), NULL)
#define GATE_WITH(domain, name, ...)                                                            \
    gate_of(domain, KG_ENTRY_OF(name), &(struct kg_gate_options){__VA_ARGS__})

/* A gate out to a host function. */
const struct kg_gate *host_gate(kg_function *function, uint32_t arguments,
                                const struct kg_gate_options *options);
#define HOST_GATE(name, count) host_gate((kg_function *)(void (*)(void))(name), count, NULL)

/* Calls that cannot fail give the value. */
uint64_t value0(const struct kg_gate *gate);
uint64_t value1(const struct kg_gate *gate, uint64_t a);
uint64_t value2(const struct kg_gate *gate, uint64_t a, uint64_t b);
uint64_t value3(const struct kg_gate *gate, uint64_t a, uint64_t b, uint64_t c);

/* A callee's word that is a status. */
static inline int as_status(uint64_t value)
{
    return (int)(int64_t)value;
}

static inline uint64_t address_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/* An object, watched: every look at the books includes it. */
kg_handle make(size_t bytes);
kg_handle make_kind(size_t bytes, enum kg_object_kind kind);
kg_handle watch(kg_handle handle);

/* Whether each watched object's tag, at every unit, is what the table of owners says. */
enum greatest_test_res tags_agree(void);

/* Everything a refused call must leave alone. */
struct books {
    uint64_t rights;
    int status[2];
    struct kg_account account[2];
    size_t count;
    int info_status[32];
    struct kg_object_info info[32];
};
void books_read(struct books *books);
enum greatest_test_res books_same(const struct books *before);

/* The call is refused with this status, and nothing else happened. */
#define REFUSED(call, expected)                                                                 \
    do {                                                                                        \
        struct books books_before;                                                              \
        books_read(&books_before);                                                              \
        KG_ASSERT_STATUS((call), (expected));                                                   \
        CHECK_CALL(books_same(&books_before));                                                  \
        CHECK_CALL(tags_agree());                                                               \
    } while (0)

/* The call succeeds, and tags and books agree. */
#define WORKS(call)                                                                             \
    do {                                                                                        \
        KG_ASSERT_STATUS((call), 0);                                                            \
        CHECK_CALL(tags_agree());                                                               \
    } while (0)

/* The calling thread's rights in the host: PKRU, or the MTE check state. 0 elsewhere. */
uint64_t rights_now(void);

/* Whether tags are protection keys. */
bool has_keys(void);

/* Bytes one tag covers, by backend. */
size_t unit_bytes(void);

/* How often to do a thing: `times` here, fewer under emulation (KEYGATE_TEST_SCALE, a percentage),
 * at least once. */
uint64_t scaled(uint64_t times);

/* How many mappings the process has, or pages the kernel. */
static inline size_t mappings(void)
{
    return kg_host_mappings();
}

/* Keeps the backend that was chosen from outside, while a test sets another, and brings it back. */
void settings_save(void);
void settings_restore(void);

/* Crashes `domain` in the way given and brings it back. */
enum greatest_test_res crash_and_reload(struct kg_domain *domain);

/* Makes failure points of this name fail, until cleared by NULL: all, or the n-th from here. In
 * programs linked against the shared library there are none: false. */
bool fail_point(const char *what);
bool fail_point_at(const char *what, uint64_t nth);

#endif
