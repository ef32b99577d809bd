/* SPDX-License-Identifier: MIT */
/* Reading a report. */
#include "core.h"

#include <stdio.h>

static const struct {
    const char *name;
    const char *sentence;
} causes[KG_CAUSE_COUNT] = {
    [KG_CAUSE_NONE] = {"none", "did nothing wrong"},
    [KG_CAUSE_TAG] = {"tag", "touched memory that is not its own"},
    [KG_CAUSE_PERMISSION] = {"permission", "wrote or executed what it may only read"},
    [KG_CAUSE_UNMAPPED] = {"unmapped", "touched an address with no memory"},
    [KG_CAUSE_STACK] = {"stack", "overflowed its stack"},
    [KG_CAUSE_ARITHMETIC] = {"arithmetic", "divided by zero or overflowed"},
    [KG_CAUSE_INSTRUCTION] = {"instruction", "ran an illegal instruction"},
    [KG_CAUSE_ALIGNMENT] = {"alignment", "made an access the bus refused"},
    [KG_CAUSE_TRAP] = {"trap", "ran a trap instruction"},
    [KG_CAUSE_PANIC] = {"panic", "panicked"},
    [KG_CAUSE_ASSERT] = {"assert", "failed an assertion"},
    [KG_CAUSE_DEADLINE] = {"deadline", "ran past its deadline"},
    [KG_CAUSE_ABORT] = {"abort", "aborted"},
};

const char *kg_cause_name(enum kg_cause cause)
{
    return (unsigned)cause < KG_CAUSE_COUNT ? causes[cause].name : "unknown";
}

int kg_domain_report(const struct kg_domain *domain, struct kg_report *report)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    kg_lock();
    status = report == NULL ? -KG_EARGUMENT : kg_domain_check(domain);
    if (status == 0 && domain->deaths == 0) {
        status = -KG_ELIVE;
    }
    if (status == 0) {
        *report = domain->report;
        if (report->message != NULL) {
            report->message = report->message_text;
        }
    }
    kg_unlock();
    return status;
}

static const char *whose(const struct kg_report *report, char *text, size_t bytes)
{
    if (report->monitor) {
        return "the monitor's memory";
    }
    switch (report->owner) {
    case KG_OWNER_NONE:
        return "the host's memory or none";
    case KG_OWNER_HOST:
        return "an object of the host's";
    case KG_OWNER_NOBODY:
        return "freed memory";
    default:
        if (report->owner == report->domain) {
            return "its own memory";
        }
        snprintf(text, bytes, "domain %u's memory", report->owner);
        return text;
    }
}

int kg_report_text(const struct kg_report *report, char *text, size_t bytes)
{
    if (report == NULL || (text == NULL && bytes != 0)) {
        return -KG_EARGUMENT;
    }
    const char *sentence = (unsigned)report->cause < KG_CAUSE_COUNT
                               ? causes[report->cause].sentence
                               : "died of an unknown cause";
    if (report->message != NULL) {
        return snprintf(text, bytes, "%s %s: %s", report->domain_name, sentence,
                        report->message);
    }
    bool touched = report->cause == KG_CAUSE_TAG || report->cause == KG_CAUSE_PERMISSION ||
                   report->cause == KG_CAUSE_UNMAPPED || report->cause == KG_CAUSE_STACK;
    if (!touched) {
        return snprintf(text, bytes, "%s %s at %#lx", report->domain_name, sentence,
                        (unsigned long)report->instruction);
    }
    char owner[32];
    return snprintf(text, bytes, "%s %s: %s %#lx (%s) at %#lx", report->domain_name, sentence,
                    report->write ? "write to" : "access to", (unsigned long)report->address,
                    whose(report, owner, sizeof owner), (unsigned long)report->instruction);
}

int kg_domain_backtrace(const struct kg_domain *domain, uintptr_t *addresses, size_t max)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    kg_lock();
    status = addresses == NULL ? -KG_EARGUMENT : kg_domain_check(domain);
    if (status == 0 && domain->deaths == 0) {
        status = -KG_ELIVE;
    }
    if (status == 0) {
        status = kg_port_backtrace(&domain->report, addresses, max);
    }
    kg_unlock();
    return status;
}
