/* SPDX-License-Identifier: MIT */
/* `none`: the gates and the books, and no memory protection. What isolation by language would cost,
 * and the build to debug with. */
#include "core/core.h"
#include "core/text.h"

#include "arch/gates.h"

static void probe(struct kg_backend_report *report)
{
    report->available = true;
    report->domains = KG_DOMAINS_MAX - 1;
    KG_REASON(report, "keeps books, liveness and crash safety; protects no memory");
}

const struct kg_backend kg_backend_none = {
    .id = KG_BACKEND_NONE,
    .name = "none",
    .build = KG_BUILD_PLAIN,
    .unit_bytes = 16,
    .probe = probe,
    .unwind = kg_unwind_none,
    .enter = KG_GATES_NONE(kg_enter_none),
    .slow = KG_GATES_NONE(kg_slow_none),
};
