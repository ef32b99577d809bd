/* SPDX-License-Identifier: MIT */
/* A parser nobody trusts reads lines. It crashes, hangs and runs out of stack; the host reports
 * each, reloads the domain and carries on with the next line. */
#include <inttypes.h>
#include <keygate/keygate.h>
#include <stdio.h>
#include <string.h>

KG_ENTRY_DECLARE(parse);

static const char *const lines[] = {"17 apples", "!", "42 pears", "?", "((((", "#", "99 plums"};

/* What kg_assert writes, without the folder of the file. */
static const char *without_folder(const char *message)
{
    const char *slash = strrchr(message, '/');
    return slash != NULL ? slash + 1 : message;
}

static void show(const char *line, int status, uint64_t value, const struct kg_domain *domain)
{
    struct kg_report report;
    if (status == 0) {
        printf("%-10s -> %" PRIu64 "\n", line, value);
    } else if (kg_domain_report(domain, &report) == 0) {
        printf("%-10s -> %s: %s%s%s\n", line, kg_status_name(status),
               kg_cause_name(report.cause), report.message != NULL ? ": " : "",
               report.message != NULL ? without_folder(report.message) : "");
    }
}

int main(void)
{
    struct kg_domain *parser;
    const struct kg_gate *gate;
    kg_handle line = 0;
    int status = kg_start(NULL);
    if (status == 0) {
        status = kg_domain_create(&(struct kg_domain_options){.name = "parser"}, &parser);
    }
    if (status == 0) {
        const struct kg_gate_options options = {
            .deadline_ns = 50 * 1000 * 1000,
            .arguments = {KG_LEND},
        };
        status = kg_gate_create(parser, KG_ENTRY_OF(parse), &options, &gate);
    }
    if (status == 0) {
        status = kg_object_create(&(struct kg_object_options){.bytes = 64}, &line);
    }
    if (status != 0) {
        fprintf(stderr, "set-up: %s\n", kg_strerror(status));
        return 1;
    }
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        strcpy(kg_object_address(line), lines[i]);
        uint64_t value = 0;
        status = kg_gate_call(gate, &value, line);
        show(lines[i], status, value, parser);
        if (status != 0 && kg_domain_reload(parser) != 0) {
            return 1;
        }
    }
    return kg_exit() == 0 ? 0 : 1;
}
