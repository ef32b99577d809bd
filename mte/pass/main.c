/* SPDX-License-Identifier: MIT */
/*
 * kg-forced-pass [--stores-only] [--no-reuse] IN.s OUT.s
 * Exit status: 0, or 1 after saying what could not be handled; then there is no output.
 */
#include <stdio.h>
#include <string.h>

#include "pass.h"

static bool write_ops(const struct pass *pass, const char *path)
{
    const struct op *op = pass->ops.items;
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        return false;
    }
    for (size_t i = 0; i < pass->ops.count; i++, op++) {
        if (op->kind != OP_DELETED) {
            fprintf(file, "%s%s\n", op->kind == OP_CODE ? "\t" : "", op->text);
        }
    }
    bool is_written = !ferror(file);
    is_written = fclose(file) == 0 && is_written;
    if (!is_written) {
        perror(path);
        remove(path);
    }
    return is_written;
}

int main(int count, char **arguments)
{
    struct pass pass = {.lines = {.size = sizeof(struct line)},
                        .ops = {.size = sizeof(struct op)},
                        .sections = {.size = sizeof(char *)}};
    int at = 1;
    for (; at < count && arguments[at][0] == '-'; at++) {
        if (strcmp(arguments[at], "--stores-only") == 0) {
            pass.stores_only = true;
        } else if (strcmp(arguments[at], "--no-reuse") == 0) {
            pass.keep_guards = true;
        } else {
            break;
        }
    }
    if (count - at != 2 || arguments[at][0] == '-') {
        fputs("use: kg-forced-pass [--stores-only] [--no-reuse] IN.s OUT.s\n", stderr);
        return 2;
    }
    pass.path = arguments[at];
    if (!read_lines(pass.path, &pass.lines)) {
        return 1;
    }
    check_registers(&pass);
    rename_link(&pass.lines);
    lower_lines(&pass);
    if (pass.errors > 0) {
        return 1;
    }
    place_guards(&pass);
    mend_branches(&pass);
    return write_ops(&pass, arguments[at + 1]) ? 0 : 1;
}
