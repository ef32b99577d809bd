/* SPDX-License-Identifier: MIT */
/* What is kept of a domain's death. */
#ifndef KEYGATE_FAULT_H
#define KEYGATE_FAULT_H

#include <keygate/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum kg_cause {
    KG_CAUSE_NONE = 0,
    KG_CAUSE_TAG,         /* touched memory with another key or tag */
    KG_CAUSE_PERMISSION,  /* write to read-only memory, or execution of data */
    KG_CAUSE_UNMAPPED,    /* no memory at that address */
    KG_CAUSE_STACK,       /* ran into the guard below its stack */
    KG_CAUSE_ARITHMETIC,  /* SIGFPE: division by zero and the like */
    KG_CAUSE_INSTRUCTION, /* an illegal instruction */
    KG_CAUSE_ALIGNMENT,   /* SIGBUS: misaligned, or beyond the end of a file */
    KG_CAUSE_TRAP,        /* a breakpoint or trap instruction */
    KG_CAUSE_PANIC,       /* kg_panic */
    KG_CAUSE_ASSERT,      /* kg_assert */
    KG_CAUSE_DEADLINE,    /* the call ran past its deadline */
    KG_CAUSE_ABORT,       /* abort() or raise() of a fatal signal in the domain */
    KG_CAUSE_COUNT
};

#define KG_REGISTERS_MAX 34

struct kg_report {
    enum kg_cause cause;
    uint32_t domain;            /* the dead domain's number */
    char domain_name[32];
    uintptr_t instruction;
    uintptr_t address;          /* what was touched; 0 when the cause has none */
    uint32_t owner;             /* whose memory that is: a domain, KG_OWNER_HOST, _NOBODY, _NONE */
    bool write;                 /* known where the CPU says it; see CAVEATS */
    bool monitor;               /* the address is the monitor's own memory */
    int signal;                 /* the kernel's number, 0 on bare machines */
    const char *message;        /* of a panic or failed assertion, copied; else NULL */
    char message_text[96];
    uint64_t registers[KG_REGISTERS_MAX]; /* x86-64: rax rbx rcx rdx rsi rdi rbp rsp r8-r15 rip
                                             rflags; AArch64: x0-x30 sp pc pstate */
    uint64_t caller[KG_REGISTERS_MAX];    /* the same of the waiting caller: those a call keeps */
};

struct kg_domain;

/* The report of the domain's last death.
 *
 * Context: host code, an attached thread.
 * -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT; -KG_ELIVE when it never
 * died. */
KG_API int kg_domain_report(const struct kg_domain *domain, struct kg_report *report);

/* One line for a person: "sensor touched memory that is not its own: write to 0x7f.. (an object of
 * the host's) at 0x55..". Returns the length snprintf would.
 *
 * Context: host code, any thread, before kg_init and after kg_exit too.
 * -KG_EARGUMENT when report is NULL, or text is NULL and bytes is not 0. */
KG_API int kg_report_text(const struct kg_report *report, char *text, size_t bytes);

/* The name of a cause, "tag"; "unknown" for what is none. Static memory, any context. */
KG_API const char *kg_cause_name(enum kg_cause cause);

/* Walks the dead domain's stack, across the gate, into its caller: return addresses, innermost
 * first. Only until the domain is reloaded or destroyed, and from the function that made the call
 * or one it calls, while its stack is as it was. Returns how many were stored.
 *
 * Context: host code, an attached thread.
 * As kg_domain_report; -KG_ESYSTEM when the library was built without libunwind. */
KG_API int kg_domain_backtrace(const struct kg_domain *domain, uintptr_t *addresses, size_t max);

#ifdef __cplusplus
}
#endif
#endif
