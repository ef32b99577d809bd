/* SPDX-License-Identifier: MIT */
/* Names: who calls a service by its name does not know which domain stands behind it, and goes on
 * calling while another takes its place. */
#ifndef KEYGATE_NAME_H
#define KEYGATE_NAME_H

#include <keygate/gate.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KG_NAMES_MAX 64u
#define KG_LINKS_MAX 128u
#define KG_NAME_BYTES_MAX 31u

/* A handle to one entry of what a name stands for. Lives until it is closed. */
struct kg_link;

/* Lets `name` stand for a loaded domain. Where it stands for another already, calls through its
 * links go to the new one from now on, while those under way end in the old one; *before is the old
 * domain then, else (also when it is the same) NULL. It is the caller's: kg_domain_destroy says
 * -KG_EBUSY until its last call has returned, and takes it away after. No call is lost or made
 * twice. `before` may be NULL for a name that is new. When it fails nothing has changed.
 *
 * Context: host code, an attached thread.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT (also for a name that is
 * too long, or taken and `before` is NULL), -KG_EDEAD, -KG_ENAMES when there are too many names,
 * -KG_EENTRY when the new domain lacks an entry that is linked, -KG_EARITY when it takes another
 * number of arguments, -KG_ESYSTEM. */
KG_API int kg_name_publish(const char *name, struct kg_domain *domain, struct kg_domain **before);

/* Takes the name back: calls through its links answer -KG_ENAME until it is published anew. Those
 * under way go on.
 *
 * Context: as above. -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT,
 * -KG_ENAME. */
KG_API int kg_name_withdraw(const char *name);

/* Opens a link to `entry` of what `name` stands for. The caller owns *link.
 *
 * Context: as above. -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT,
 * -KG_ENAME, -KG_EENTRY, -KG_ENAMES when there are too many links, and as kg_gate_create. */
KG_API int kg_link_open(const char *name, const char *entry,
                        const struct kg_gate_options *options, struct kg_link **link);

/* Closes a link, revoking it for whoever holds it: a call through it answers -KG_ENAME until its
 * place is used again.
 *
 * Context: as above. -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT,
 * -KG_ESYSTEM. */
KG_API int kg_link_close(struct kg_link *link);

/* The gate a link leads to now, in *gate; false when that is the one *gate was, or there is none,
 * and *gate is NULL then. For kg_link_call.
 *
 * Context: host code, an attached thread, the monitor running. */
KG_API bool kg_link_follow(const struct kg_link *link, const struct kg_gate **gate);

/* kg_link_call(link, &result, arguments...) calls as kg_gate_call does, by name. What a domain that
 * has been replaced refuses is asked of the one in its place.
 *
 * Context: host code, an attached thread. Not with NULL, nor after kg_exit.
 * As kg_gate_call; -KG_ENAME when the name was withdrawn or the link closed. */
#define kg_link_call(...)                                                                       \
    KG_CALL_PICK(__VA_ARGS__, kg_link_call6, kg_link_call5, kg_link_call4, kg_link_call3,       \
                 kg_link_call2, kg_link_call1, kg_link_call0, bad)(__VA_ARGS__)

#define KG_LINK_CALL(count_, parameters_, ...)                                                  \
    static inline int kg_link_call##count_ parameters_                                          \
    {                                                                                           \
        const struct kg_gate *gate = NULL;                                                      \
        int status = -KG_EDEAD;                                                                 \
        while (status == -KG_EDEAD && kg_link_follow(link, &gate)) {                            \
            status = kg_call##count_(gate, result __VA_ARGS__);                                 \
        }                                                                                       \
        return gate == NULL ? -KG_ENAME : status;                                               \
    }

#define KG_LINK_FIRST const struct kg_link *link, uint64_t *result
KG_LINK_CALL(0, (KG_LINK_FIRST), )
KG_LINK_CALL(1, (KG_LINK_FIRST, uint64_t a), , a)
KG_LINK_CALL(2, (KG_LINK_FIRST, uint64_t a, uint64_t b), , a, b)
KG_LINK_CALL(3, (KG_LINK_FIRST, uint64_t a, uint64_t b, uint64_t c), , a, b, c)
KG_LINK_CALL(4, (KG_LINK_FIRST, uint64_t a, uint64_t b, uint64_t c, uint64_t d), , a, b, c, d)
KG_LINK_CALL(5, (KG_LINK_FIRST, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e), , a,
             b, c, d, e)
KG_LINK_CALL(6,
             (KG_LINK_FIRST, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
              uint64_t f),
             , a, b, c, d, e, f)
#undef KG_LINK_CALL
#undef KG_LINK_FIRST

#ifdef __cplusplus
}
#endif
#endif
