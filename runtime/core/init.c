/* SPDX-License-Identifier: MIT */
/* Choosing a backend, and starting and ending the monitor. */
#include "active.h"

#include "text.h"

#include <string.h>

static const char *const names[KG_BACKEND_COUNT] = {
    [KG_BACKEND_AUTO] = "auto", [KG_BACKEND_NONE] = "none", [KG_BACKEND_SOFT] = "soft",
    [KG_BACKEND_PAGE] = "page", [KG_BACKEND_PKEY] = "pkey", [KG_BACKEND_MTE] = "mte",
    [KG_BACKEND_PKU] = "pku",   [KG_BACKEND_PKS] = "pks",   [KG_BACKEND_PKU_RING3] = "pku-ring3",
};

const char *kg_backend_name(enum kg_backend_id id)
{
    return (unsigned)id < KG_BACKEND_COUNT ? names[id] : "unknown";
}

enum kg_backend_id kg_backend(void)
{
    return kg_sealed.active != NULL ? kg_sealed.active->id : KG_BACKEND_AUTO;
}

/* The first available backend for this build, in the order of kg_backends. Who has images of both
 * flavours is as well off with plain ones. */
static const struct kg_backend *choose(uint32_t build, char *why, size_t why_bytes)
{
    uint32_t flavour = (build & KG_BUILD_PLAIN) != 0 ? KG_BUILD_PLAIN : KG_BUILD_SOFT;
    for (size_t i = 0; kg_backends[i] != NULL; i++) {
        const struct kg_backend *backend = kg_backends[i];
        struct kg_backend_report report = {.available = false};
        if (backend->build != flavour || backend->id == KG_BACKEND_NONE) {
            continue;
        }
        backend->probe(&report);
        if (report.available) {
            return backend;
        }
        if (why != NULL && why[0] == '\0') {
            struct kg_text to = {why, why_bytes, 0};
            kg_text_add(&to, report.reason);
        }
    }
    return NULL;
}

int kg_probe(struct kg_probe *probe)
{
    if (probe == NULL) {
        return -KG_EARGUMENT;
    }
    memset(probe, 0, sizeof *probe);
    probe->cpu = kg_port_cpu_name();
    probe->port = kg_port_name();
    for (size_t i = 0; kg_backends[i] != NULL; i++) {
        struct kg_backend_report *report = &probe->backends[probe->count++];
        report->id = kg_backends[i]->id;
        report->name = kg_backends[i]->name;
        report->hardware = kg_backends[i]->hardware;
        kg_backends[i]->probe(report);
    }
    const struct kg_backend *best =
        choose(KG_BUILD_PLAIN, probe->why_not_better, sizeof probe->why_not_better);
    probe->chosen = best != NULL ? best->id : KG_BACKEND_NONE;
    return 0;
}

static const struct kg_backend *find(enum kg_backend_id id)
{
    for (size_t i = 0; kg_backends[i] != NULL; i++) {
        if (kg_backends[i]->id == id) {
            return kg_backends[i];
        }
    }
    return NULL;
}

static bool flag_of(const char *name, bool otherwise)
{
    const char *text = kg_port_environment(name);
    return text == NULL || text[0] == '\0' ? otherwise : !kg_text_same(text, "0");
}

/* The environment has the last word on which backend and how strict. */
static int environment(struct kg_options *options)
{
    const char *name = kg_port_environment("KEYGATE_BACKEND");
    if (name != NULL && name[0] != '\0') {
        int id = KG_BACKEND_COUNT - 1;
        while (id >= 0 && !kg_text_same(name, names[id])) {
            id--;
        }
        if (id < 0) {
            kg_port_message("keygate: KEYGATE_BACKEND (backend= in a kernel) names no backend; use "
                            "none, soft, page, pkey, pku, pks, pku-ring3, mte or auto\n");
            return -KG_EARGUMENT;
        }
        options->backend = (enum kg_backend_id)id;
    }
    options->strict = flag_of("KEYGATE_STRICT", options->strict);
    options->verbose = flag_of("KEYGATE_VERBOSE", options->verbose);
    return 0;
}

static void say(const char *a, const char *b, const char *c)
{
    char line[320];
    struct kg_text to = {line, sizeof line, 0};
    kg_text_add(&to, "keygate: ");
    kg_text_add(&to, a);
    kg_text_add(&to, b);
    kg_text_add(&to, c);
    kg_text_add(&to, "\n");
    kg_port_message(line);
}

/* A person reads it once: a program may start and end the monitor many times. */
static void announce_unprotected(const struct kg_backend *backend)
{
    static bool announced;
    if (!announced) {
        announced = true;
        say("NOT PROTECTED: backend ", backend->name, " keeps books only");
    }
}

static void refuse_unprotected(const struct kg_options *options, const struct kg_backend *backend,
                               const char *why)
{
    if (options->backend != KG_BACKEND_AUTO) {
        say("strict mode refuses to start: `", backend->name, "` has no hardware tags");
    } else if (options->build == KG_BUILD_SOFT) {
        say("strict mode refuses to start: ",
            "code built for the software tags never gets hardware", "");
    } else {
        say("strict mode refuses to start: no hardware tags; ", why, "");
    }
}

static int pick(const struct kg_options *options, const struct kg_backend **picked)
{
    char why[160] = "";
    const struct kg_backend *backend;
    if (options->backend == KG_BACKEND_AUTO) {
        backend = choose(options->build, why, sizeof why);
        if (backend == NULL) {
            return -KG_EBACKEND;
        }
    } else {
        struct kg_backend_report report = {.available = false};
        backend = find(options->backend);
        if (backend == NULL) {
            say(kg_backend_name(options->backend), " is not built for this processor", "");
            return -KG_EBACKEND;
        }
        backend->probe(&report);
        if (!report.available) {
            say(backend->name, " cannot run here: ", report.reason);
            return -KG_EBACKEND;
        }
        if ((backend->build & options->build) == 0) {
            return -KG_EFLAVOUR;
        }
    }
    if (!backend->hardware && options->strict) {
        refuse_unprotected(options, backend, why);
        return -KG_EUNPROTECTED;
    }
    if (backend->promises == 0) {
        announce_unprotected(backend);
    } else if (options->verbose) {
        say("backend ", backend->name, why[0] != '\0' ? "; not better because: " : "");
        if (why[0] != '\0') {
            say(why, "", "");
        }
    }
    *picked = backend;
    return 0;
}

/* Everything after the address space: each step's undoing follows in reverse. */
static int start_parts(const struct kg_options *options)
{
    const struct kg_backend *backend = kg_sealed.active;
    int status = backend->start != NULL ? backend->start(options) : 0;
    if (status != 0) {
        return status;
    }
    kg_objects_start();
    status = kg_services_start();
    if (status != 0) {
        goto no_faults;
    }
    status = kg_port_faults_start();
    if (status != 0) {
        goto no_faults;
    }
    status = kg_thread_start();
    if (status != 0) {
        goto no_thread;
    }
    status = kg_proof_start();
    if (status == 0) {
        status = kg_seal(false);
    }
    if (status == 0) {
        status = kg_proof_run();
    }
    if (status == 0) {
        return 0;
    }
    kg_seal(true);
    if (kg_books->domains[KG_SLOT_PROVER].state != KG_DOMAIN_FREE) {
        kg_domain_end(&kg_books->domains[KG_SLOT_PROVER]);
    }
    kg_thread_end(kg_local.real);
no_thread:
    kg_port_faults_stop();
no_faults:
    kg_active_stop();
    return status;
}

int kg_init(const struct kg_options *options)
{
    static const struct kg_options defaults;
    struct kg_options own = options != NULL ? *options : defaults;
    if (kg_sealed.active != NULL) {
        return -KG_EALREADY;
    }
    own.build = own.build == 0 ? KG_BUILD_PLAIN : own.build & ~(uint32_t)KG_BUILD_GENERAL_ONLY;
    bool known = own.build != 0 && (own.build & ~(uint32_t)(KG_BUILD_PLAIN | KG_BUILD_SOFT)) == 0;
    int status = environment(&own);
    if (status == 0 && ((unsigned)own.backend >= KG_BACKEND_COUNT || !known)) {
        status = -KG_EARGUMENT;
    }
    const struct kg_backend *backend = NULL;
    if (status == 0) {
        status = pick(&own, &backend);
    }
    if (status == 0) {
        status = kg_memory_start();
    }
    if (status != 0) {
        return status;
    }
    kg_sealed.active = backend;
    kg_sealed.vectors = kg_arch_vectors();
    kg_books->strict = own.strict;
    kg_books->verbose = own.verbose;
    kg_lock();
    status = start_parts(&own);
    kg_unlock();
    if (status != 0) {
        kg_memory_stop();
    }
    return status;
}

static bool anybody_inside(void)
{
    for (uint32_t slot = 1; slot <= KG_DOMAINS_MAX; slot++) {
        if (kg_domain_occupied(slot)) {
            return true;
        }
    }
    return false;
}

int kg_exit(void)
{
    int status = kg_check_host();
    if (status == -KG_ETHREAD) {
        status = 0; /* a thread that never attached may end it all */
    }
    if (status != 0) {
        return status;
    }
    kg_lock();
    bool others = kg_books->threads != NULL &&
                  (kg_books->threads->next != NULL || kg_books->threads != kg_local.real);
    if (others || anybody_inside()) {
        kg_unlock();
        return -KG_EBUSY;
    }
    status = kg_seal(true); /* while nothing has changed yet: without it there is no way out */
    if (status != 0) {
        kg_unlock();
        return status;
    }
    for (uint32_t slot = 1; slot <= KG_DOMAINS_MAX; slot++) {
        if (kg_books->domains[slot].state != KG_DOMAIN_FREE) {
            kg_doors_bar(&kg_books->domains[slot]);
            kg_domain_end(&kg_books->domains[slot]);
        }
    }
    kg_objects_drop_all(KG_OWNER_HOST);
    if (kg_local.real != NULL) {
        kg_thread_end(kg_local.real);
    }
    kg_port_faults_stop();
    kg_active_stop();
    kg_unlock();
    kg_memory_stop();
    return 0;
}
