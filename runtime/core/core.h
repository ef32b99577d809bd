/* SPDX-License-Identifier: MIT */
/* What the files of the core share: the monitor's tables, its lock and its address space. */
#ifndef KG_CORE_CORE_H
#define KG_CORE_CORE_H

#include "backend.h"
#include "layout.h"
#include "port/port.h"

#include <keygate/domain.h>
#include <keygate/image.h>
#include <keygate/name.h>
#include <keygate/keygate.h>

/* The arena: one 4 GiB window, the lower half the shared heap, the upper half a span for each
 * slot. An address says whose span it is in, without a table. */
#define KG_ARENA_BYTES (4ull << 30)
#define KG_ARENA_GUARD_BYTES (128u << 10)
#define KG_SHARED_BYTES (2ull << 30)
#define KG_SPAN_BYTES (128ull << 20)
#define KG_SPAN_STACKS (64ull << 20) /* where in a span the stacks begin */
#define KG_SPAN_IMAGE (112ull << 20) /* and where an image lies */
#define KG_GUARD_BYTES 4096u
/* Below each stack in a domain. Code built with -fstack-clash-protection can't step over it. */
#define KG_STACK_GUARD_BYTES (64u << 10)

#define KG_HEAP_BYTES_DEFAULT (64u << 10)
#define KG_STACK_BYTES_DEFAULT (64u << 10)

/* Above a domain's stack pointer at entry, so that a callee that reads its caller's frame stays
 * on its own stack. */
#define KG_STACK_TOP_BYTES 64u

enum kg_domain_state {
    KG_DOMAIN_FREE = 0,
    KG_DOMAIN_LIVE,
    KG_DOMAIN_DEAD,
};

/* What a domain has that was loaded from a file (runtime/loader). */
struct kg_image_segment {
    uint32_t start;       /* from the image's base; whole pages */
    uint32_t bytes;
    enum kg_access access;
};

struct kg_image_part {
    unsigned char *base;     /* NULL: a function domain */
    unsigned char *pristine; /* as it was before the first call; nobody writes it */
    size_t bytes;
    struct kg_image_segment segments[KG_IMAGE_SEGMENTS_MAX];
    bool forced;             /* its code has forced tags, which were verified */
    uint32_t segment_count;
    uint32_t entry_count;
    const struct kg_entry *entries; /* in the pristine copy */
    uintptr_t panic_trap;
    uintptr_t assert_trap;
};

struct kg_domain {
    uint32_t slot;
    enum kg_domain_state state;
    char name[32];
    size_t heap_bytes;
    bool heap_mapped;
    size_t stack_bytes;
    uint32_t stacks;
    uint32_t deaths;
    uint32_t objects;
    size_t object_bytes;
    uint32_t objects_max;     /* 0: no limit */
    size_t object_bytes_max;
    uint32_t calls_max;
    const struct kg_thread *killer; /* on whose watch it died last */
    struct kg_image_part image;
    char log[120];                  /* of a line it has begun */
    uint32_t log_bytes;
    struct kg_report report;
};

struct kg_object {
    kg_handle handle;     /* what names it; 0: there is none */
    uint32_t generation;
    uint32_t unit;        /* first 16-byte unit, from the start of the shared heap */
    uint32_t owner;       /* slot */
    uint32_t borrower;    /* slot, or KG_OWNER_NOBODY */
    bool overdue;         /* the loan's call is over, but the tag could not be changed back */
    uint32_t pins;
    uint32_t type;
    enum kg_object_kind kind;
    size_t bytes;         /* rounded up */
    uint32_t window;      /* which window key, for KG_OBJECT_WINDOW */
    uint32_t next_free;
    const struct kg_thread *chain; /* KG_OBJECT_WINDOW: the thread whose call chain it is */
};

struct kg_extent {
    uint32_t unit;
    uint32_t units;
};

/* The registry (name.c). */
struct kg_name {
    bool used;
    char name[KG_NAME_BYTES_MAX + 1];
    struct kg_domain *domain; /* NULL: withdrawn, with links left */
};

struct kg_link {
    const struct kg_gate *gate; /* what calls go through; NULL: nowhere */
    const struct kg_gate *next; /* while a name is published */
    bool used;
    char entry[KG_IMAGE_NAME_MAX + 1];
    uint32_t arguments;
    struct kg_gate_options options;
    struct kg_name *name;
};

/* All the monitor knows. Lies in memory of its own that a backend can shut. */
struct kg_monitor {
    struct kg_domain domains[KG_SLOTS];
    struct kg_object objects[KG_OBJECTS_MAX];
    uint32_t object_free;   /* head of the free list, KG_OBJECTS_MAX when empty */
    uint32_t object_count;
    struct kg_extent extents[KG_OBJECTS_MAX + 1]; /* free room in the shared heap, ascending */
    uint32_t extent_count;
    uint32_t mapped_units;  /* 16-byte backends: how far the shared heap has memory behind it */
    uint32_t thread_count;
    uint32_t gate_count;
    uint32_t windows_taken; /* one bit each */
    struct kg_thread *threads; /* attached ones */
    uint8_t thread_used[KG_THREADS_MAX];
    struct kg_name names[KG_NAMES_MAX];
    struct kg_link links[KG_LINKS_MAX];
    uint32_t links_open;
    bool strict;
    bool verbose;
};

#define KG_WINDOWS_MAX 2u
#define KG_THREAD_BYTES 8192u

/* The monitor's region: the tables, a block for each thread, and room for a backend's own books,
 * which costs nothing until it is touched. */
#define KG_BACKEND_BYTES (2u << 20)
#define KG_TABLE_BYTES ((sizeof(struct kg_monitor) + 4095u) & ~(size_t)4095u)
#define KG_THREADS_BYTES ((size_t)KG_THREADS_MAX * KG_THREAD_BYTES)
#define KG_GATES_BYTES ((KG_GATES_MAX * sizeof(struct kg_gate) + 4095u) & ~(size_t)4095u)
#define KG_MONITOR_BYTES (KG_TABLE_BYTES + KG_THREADS_BYTES + KG_BACKEND_BYTES)

_Static_assert(sizeof(struct kg_thread) <= KG_THREAD_BYTES, "mend KG_THREAD_BYTES");

/* Written at start only, read-only for everybody after. */
struct kg_sealed_words {
    const struct kg_backend *active;
    struct kg_monitor *monitor;
    unsigned char *arena;
    struct kg_gate *gates;
    uint64_t handler_rights; /* the backend's: rights for signal handlers */
    uint32_t vectors;        /* enum kg_vectors: what this processor has */
    uint32_t rights_register; /* the backend's, in kernels: which register rights are in */
};

extern union kg_sealed_page {
    struct kg_sealed_words words;
    unsigned char page[4096];
} kg_sealed_page;

#define kg_sealed (kg_sealed_page.words)
#define kg_books (kg_sealed.monitor)

/* Gates of the monitor's own services, at fixed places in the gate table. */
enum kg_service {
    KG_SERVICE_OBJECT_CREATE,
    KG_SERVICE_OBJECT_DROP,
    KG_SERVICE_OBJECT_PIN,
    KG_SERVICE_LOG,  /* for images: up to 24 bytes of text */
    KG_SERVICE_TIME,
    KG_SERVICE_COUNT,
    KG_GATE_PROVE_READ = KG_SERVICE_COUNT, /* the prover's gates follow */
    KG_GATE_PROVE_WRITE,
    KG_GATES_RESERVED
};

/* The monitor's lock; a thread that holds it may take it again. Its depth lives with the thread: a
 * call-back may come from under a locked crossing. */
static inline void kg_lock(void)
{
    if (kg_local.lock_depth++ == 0) {
        kg_port_lock();
    }
}

static inline void kg_unlock(void)
{
    if (--kg_local.lock_depth == 0) {
        kg_port_unlock();
    }
}

static inline struct kg_domain *kg_domain_find(uint32_t slot)
{
    return slot >= 1 && slot <= KG_DOMAINS_MAX ? &kg_books->domains[slot] : NULL;
}

/* Whether the calling thread runs a domain's code. Only reads. */
bool kg_inside(void);

/* The same for a handler, which has a stack of its own. */
static inline bool kg_inside_by_books(void)
{
    if (kg_sealed.active->monitor_hidden) {
        return kg_local.inside != 0;
    }
    return kg_frame_newest(kg_local.thread)->slot != KG_FRAME_HOST;
}

/* The checks every public call starts with. */
int kg_check_thread(void);
int kg_check_host(void);

/* How many threads are attached; without the lock a hint only. */
static inline uint32_t kg_threads_attached(void)
{
    return __atomic_load_n(&kg_books->thread_count, __ATOMIC_RELAXED);
}

/* memory.c */
int kg_memory_start(void);
void kg_memory_stop(void);
int kg_seal(bool writable);
int kg_gates_writable(bool writable);
struct kg_thread *kg_thread_block(uint32_t index);
bool kg_in_monitor(uintptr_t address);

static inline bool kg_in_arena(uintptr_t address)
{
    return address - (uintptr_t)kg_sealed.arena < KG_ARENA_BYTES;
}

static inline unsigned char *kg_span(uint32_t slot)
{
    return kg_sealed.arena + KG_SHARED_BYTES + (uint64_t)slot * KG_SPAN_BYTES;
}

/* 0 when the address is in no domain's span. Before the start there is no arena, and none. */
static inline uint32_t kg_span_slot(uintptr_t address)
{
    uintptr_t offset = address - (uintptr_t)kg_sealed.arena - KG_SHARED_BYTES;
    if (kg_sealed.arena == NULL || offset >= KG_ARENA_BYTES - KG_SHARED_BYTES) {
        return 0;
    }
    uint32_t slot = (uint32_t)(offset / KG_SPAN_BYTES);
    return slot <= KG_DOMAINS_MAX ? slot : 0;
}

/* thread.c */
int kg_thread_start(void);
void kg_thread_end(struct kg_thread *thread);
void kg_doors_shut(const struct kg_domain *domain);
void kg_doors_reopen(const struct kg_domain *domain);
void kg_doors_bar(const struct kg_domain *domain);
void kg_doors_fresh(const struct kg_domain *domain);
bool kg_domain_occupied(uint32_t slot);
void kg_thread_forget_others(void);

/* stack.c */
int kg_stack_open(struct kg_thread *thread, struct kg_domain *domain);
void kg_stack_close(struct kg_thread *thread, uint32_t slot);
void kg_stacks_close(const struct kg_domain *domain);
void kg_stacks_empty(const struct kg_domain *domain);

/* domain.c */
void kg_domain_end(struct kg_domain *domain);
int kg_domain_check(const struct kg_domain *domain);
void kg_domain_log(struct kg_domain *domain, const uint64_t *words);
int kg_domain_take(const struct kg_domain_options *options, struct kg_domain **domain);
int kg_domain_open(uint32_t slot, const struct kg_domain_options *options);
int kg_domain_revive(struct kg_domain *domain);

/* loader/load.c: before its heap goes, and after it is there anew */
void kg_image_close(struct kg_domain *domain);
void kg_image_restart(struct kg_domain *domain);
const struct kg_entry *kg_image_entry(const struct kg_domain *domain, const char *name);

/* name.c */
void kg_names_forget(const struct kg_domain *domain);

/* gate.c, call.c */
bool kg_gate_exists(const struct kg_gate *gate);
uint32_t kg_gate_spare(void); /* a place in the table; KG_GATES_MAX: there is none */
int kg_gate_free(const struct kg_gate *gate); /* it answers -KG_EDEAD from then on */
int kg_gates_close(const struct kg_domain *domain);
struct kg_outcome kg_gate_slow(const struct kg_gate *gate, const uint64_t *arguments,
                               const struct kg_saved *caller);
const struct kg_saved *kg_gate_caller(const struct kg_thread *thread, const struct kg_frame *frame);
struct kg_outcome kg_monitor_call(const struct kg_gate *gate, const uint64_t *arguments);
int kg_services_start(void);
int kg_gate_write(uint32_t index, struct kg_domain *domain, const struct kg_entry *entry,
                  const struct kg_gate_options *options);
struct kg_outcome kg_service_call(enum kg_service service, uint64_t a, uint64_t b, uint64_t c);

/* object.c */
void kg_objects_start(void);
void kg_objects_drop_all(uint32_t slot);
void kg_objects_drop_chain(const struct kg_thread *thread);
void kg_objects_return(uint32_t slot);
struct kg_outcome kg_object_create_for(uint32_t slot, size_t bytes, uint64_t kind, uint32_t type);
int kg_object_drop_for(uint32_t slot, kg_handle handle);
int kg_object_pin_for(uint32_t slot, kg_handle handle, bool pin);
uint32_t kg_object_owner_at(uintptr_t address);

/* handover.c: objects named by a call change hands, all or none. */
struct kg_handover {
    uint32_t caller;
    uint32_t callee;
    uint32_t count;
    uint32_t lent;
    struct {
        struct kg_object *object;
        enum kg_kind kind;
    } parts[KG_ARGUMENTS_MAX];
};
int kg_handover_begin(struct kg_handover *handover, const struct kg_gate *gate, uint32_t caller,
                      const uint64_t *arguments);
void kg_handover_end(struct kg_handover *handover, const struct kg_gate *gate,
                     struct kg_outcome *outcome);
void kg_handover_give_back(kg_handle handle, uint32_t caller, uint32_t callee);
bool kg_callee_ran(int64_t status);
int kg_object_return(struct kg_object *object);

/* fault.c */
int64_t kg_fault_settle(struct kg_fault *fault);
void kg_fault_abandon(struct kg_thread *thread);
void kg_deadline_check(struct kg_thread *thread);
bool kg_deadline_expired(struct kg_fault *fault);
bool kg_death_noticed(struct kg_thread *thread);

/* proof.c: the prover is a domain of the monitor's own that tries what must not work. */
#define KG_SLOT_PROVER KG_DOMAINS_MAX
int kg_proof_start(void);
int kg_proof_run(void);

/* arch */
void kg_arch_code_written(void *code, size_t bytes);
uintptr_t kg_arch_stack_pointer(void);
/* What a call keeps of the caller that waits, in a report's order. */
void kg_arch_caller(const struct kg_saved *saved, bool clears, uint64_t *registers);

#endif
