/* SPDX-License-Identifier: MIT */
/* loads FILE: a stranger's program that has its domain in a file, valid as C and as C++. */
#include <keygate/keygate.h>
#include <stdio.h>

static uint64_t tenfold(uint64_t a)
{
    return 10 * a;
}
KG_ENTRY(tenfold, 1);

static int load(const char *path, struct kg_domain **domain)
{
    static unsigned char file[1 << 20];
    struct kg_refusal why = {"", 0};
    struct kg_grant grant = {"ask", NULL};
    struct kg_image_options options = {"adder", 0, 0, 0, 0, 0, &grant, 1};
    FILE *from = fopen(path, "rb");
    if (from == NULL) {
        return -KG_ESYSTEM;
    }
    size_t bytes = fread(file, 1, sizeof file, from);
    fclose(from);
    int status = kg_gate_create(NULL, KG_ENTRY_OF(tenfold), NULL, &grant.gate);
    if (status == 0) {
        status = kg_image_load(file, bytes, &options, domain, &why);
    }
    if (status != 0) {
        printf("%s: %s\n", path, why.text);
    }
    return status;
}

int main(int argc, char **argv)
{
    struct kg_domain *domain = NULL;
    const struct kg_gate *add = NULL;
    uint64_t first = 0, second = 0;
    int status = kg_start(NULL);
    if (status == 0) {
        status = load(argc > 1 ? argv[1] : "", &domain);
    }
    if (status == 0) {
        status = kg_image_gate(domain, "add", NULL, &add);
    }
    if (status == 0) {
        status = kg_gate_call(add, &first, 2, 3);
    }
    if (status == 0) {
        status = kg_gate_call(add, &second, 2, 3);
    }
    printf("%s, %u, %u\n", kg_status_name(status), (unsigned)first, (unsigned)second);
    return status == 0 && first == 19 && second == 29 ? 0 : 1;
}
