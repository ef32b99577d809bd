/* SPDX-License-Identifier: MIT */
/* Says what this machine offers, which backend would be chosen, and why not a better one.
 * Exits 0 when a hardware backend can run, 1 when none can, 2 on wrong use. */
#include <keygate/keygate.h>
#include <stdio.h>
#include <string.h>

static int usage(FILE *to)
{
    fputs("use: kg-probe [--quiet]\n"
          "Prints the backends this machine can run. Exits 0 when one of them is hardware,\n"
          "1 when none is, 2 on wrong use. --quiet prints nothing.\n",
          to);
    return to == stdout ? 0 : 2;
}

int main(int count, char **arguments)
{
    bool quiet = count == 2 && strcmp(arguments[1], "--quiet") == 0;
    if (count == 2 && strcmp(arguments[1], "--help") == 0) {
        return usage(stdout);
    }
    if (count > 2 || (count == 2 && !quiet)) {
        return usage(stderr);
    }
    struct kg_probe probe;
    int status = kg_probe(&probe);
    if (status != 0) {
        fprintf(stderr, "kg-probe: %s\n", kg_strerror(status));
        return 1;
    }
    bool hardware = false;
    for (size_t i = 0; i < probe.count; i++) {
        hardware = hardware || (probe.backends[i].hardware && probe.backends[i].available);
    }
    if (quiet) {
        return hardware ? 0 : 1;
    }
    printf("keygate %s on %s, %s\n", KG_VERSION_STRING, probe.port, probe.cpu);
    for (size_t i = 0; i < probe.count; i++) {
        const struct kg_backend_report *backend = &probe.backends[i];
        printf("  %-5s %-3s %-8s", backend->name, backend->available ? "yes" : "no",
               backend->hardware ? "hardware" : "software");
        if (backend->available) {
            printf(" %2u domains", (unsigned)backend->domains);
        }
        printf("%s%s\n", backend->available ? "  " : " ", backend->reason);
    }
    printf("chosen for plain code: %s\n", kg_backend_name(probe.chosen));
    if (probe.why_not_better[0] != '\0') {
        printf("why not better: %s\n", probe.why_not_better);
    }
    return hardware ? 0 : 1;
}
