/* SPDX-License-Identifier: MIT */
/* Reading a report. */
#include "active.h"

#include "text.h"

#include <string.h>

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
        report->domain = domain->slot;
        memcpy(report->domain_name, domain->name, sizeof report->domain_name);
        if (report->message != NULL) {
            report->message = report->message_text;
        }
    }
    kg_unlock();
    return status;
}

static void add_owner(struct kg_text *to, const struct kg_report *report)
{
    if (report->monitor) {
        kg_text_add(to, "the monitor's memory");
    } else if (report->owner == KG_OWNER_NONE) {
        kg_text_add(to, "the host's memory or none");
    } else if (report->owner == KG_OWNER_HOST) {
        kg_text_add(to, "an object of the host's");
    } else if (report->owner == KG_OWNER_NOBODY) {
        kg_text_add(to, "freed memory");
    } else if (report->owner == report->domain) {
        kg_text_add(to, "its own memory");
    } else {
        kg_text_add(to, "the memory of domain ");
        kg_text_add_number(to, report->owner);
    }
}

static bool touched_memory(enum kg_cause cause)
{
    return cause == KG_CAUSE_TAG || cause == KG_CAUSE_PERMISSION || cause == KG_CAUSE_UNMAPPED ||
           cause == KG_CAUSE_STACK;
}

int kg_report_text(const struct kg_report *report, char *text, size_t bytes)
{
    if (report == NULL || (text == NULL && bytes != 0)) {
        return -KG_EARGUMENT;
    }
    struct kg_text to = {text, bytes, 0};
    kg_text_add(&to, report->domain_name);
    kg_text_add(&to, " ");
    kg_text_add(&to, (unsigned)report->cause < KG_CAUSE_COUNT ? causes[report->cause].sentence
                                                              : "died of an unknown cause");
    if (report->message != NULL) {
        kg_text_add(&to, ": ");
        kg_text_add(&to, report->message);
        return (int)to.length;
    }
    if (touched_memory(report->cause)) {
        kg_text_add(&to, report->write ? ": write to " : ": access to ");
        kg_text_add_hex(&to, report->address);
        kg_text_add(&to, " (");
        add_owner(&to, report);
        kg_text_add(&to, ")");
    }
    kg_text_add(&to, " at ");
    kg_text_add_hex(&to, report->instruction);
    return (int)to.length;
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
        void *stack = kg_span(domain->slot);
        kg_active_monitor_open(stack, KG_SPAN_BYTES);
        status = kg_port_backtrace(&domain->report, addresses, max);
        kg_active_monitor_close(stack, KG_SPAN_BYTES);
    }
    kg_unlock();
    return status;
}
