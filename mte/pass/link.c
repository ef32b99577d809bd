/* SPDX-License-Identifier: MIT */
/*
 * x30. Once a function has saved its return address the compiler uses x30 for data as well (gcc 12
 * can't be told not to). A guard would destroy data, so that goes to x24 instead. The call frame
 * information says which is which: the address is saved and brought back where it says so, and in
 * between x30 holds data. It is never kept over a call, so neither need x24 be.
 */
#include <ctype.h>
#include <string.h>

#include "pass.h"

/* The next place where text has this register as a word, or NULL. */
static char *find_register(char *text, const char *name)
{
    size_t length = strlen(name);
    for (char *at = strstr(text, name); at != NULL; at = strstr(at + 1, name)) {
        bool begins = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_' &&
                                     at[-1] != '.' && at[-1] != '$');
        if (begins && !isalnum((unsigned char)at[length]) && at[length] != '_' &&
            at[length] != '.') {
            return at;
        }
    }
    return NULL;
}

static bool has_link(const struct line *line)
{
    for (unsigned i = 0; i < line->operand_count; i++) {
        char *text = line->operands[i];
        if (find_register(text, "x30") != NULL || find_register(text, "w30") != NULL ||
            find_register(text, "lr") != NULL) {
            return true;
        }
    }
    return false;
}

static void rename_in(char *text)
{
    static const char *const names[] = {"x30", "w30"};
    for (size_t i = 0; i < 2; i++) {
        for (char *at; (at = find_register(text, names[i])) != NULL;) {
            memcpy(at + 1, "24", 2);
        }
    }
}

/* What a directive says of x30: saved, back again, or nothing. */
enum telling { TELLS_NOTHING, TELLS_SAVED, TELLS_BACK };

static enum telling telling(const struct line *line)
{
    if (line->operand_count == 0 || strcmp(line->operands[0], "30") != 0) {
        return TELLS_NOTHING;
    }
    if (strcmp(line->name, ".cfi_offset") == 0 || strcmp(line->name, ".cfi_rel_offset") == 0) {
        return TELLS_SAVED;
    }
    return strcmp(line->name, ".cfi_restore") == 0 ? TELLS_BACK : TELLS_NOTHING;
}

/* Labels that nobody jumps to, only debug information: .LVL7, .LBE7; a target is .L7. */
static bool is_marker(const struct line *line)
{
    return line->kind == LINE_LABEL && strncmp(line->text, ".L", 2) == 0 &&
           isalpha((unsigned char)line->text[2]);
}

/*
 * Is this the load that brings the return address back? A directive says so before the next label
 * or branch, maybe only once sp has moved, too; data would be used before that.
 */
static bool is_restore(const struct line *line, const struct line *end)
{
    if (strncmp(line->name, "ld", 2) != 0) {
        return false;
    }
    while (++line < end && (line->kind != LINE_LABEL || is_marker(line))) {
        if (line->kind == LINE_DIRECTIVE && telling(line) == TELLS_BACK) {
            return true;
        }
        if (line->kind == LINE_CODE && (has_link(line) || is_branch(line->name))) {
            return false;
        }
    }
    return false;
}

static void mark(struct line *from, const struct line *to, bool has_link_data)
{
    for (; from < to; from++) {
        from->has_link_data = has_link_data;
    }
}

void rename_link(struct list *lines)
{
    enum { DEPTH = 16 };
    bool kept[DEPTH];
    unsigned depth = 0;
    bool saved = false;
    struct line *line = lines->items, *start = line;
    bool is_renamed = false;
    struct line *end = line + lines->count;
    for (; line < end; line++) {
        if (line->kind == LINE_DIRECTIVE) {
            enum telling told = telling(line);
            if (told != TELLS_NOTHING) {
                saved = told == TELLS_SAVED;
            } else if (strcmp(line->name, ".cfi_startproc") == 0) {
                saved = is_renamed = false;
                depth = 0;
                start = line;
            } else if (strcmp(line->name, ".cfi_endproc") == 0) {
                mark(start, line, is_renamed);
            } else if (strcmp(line->name, ".cfi_remember_state") == 0 && depth < DEPTH) {
                kept[depth++] = saved;
            } else if (strcmp(line->name, ".cfi_restore_state") == 0 && depth > 0) {
                saved = kept[--depth];
            }
            continue;
        }
        if (line->kind == LINE_CODE && saved && has_link(line) && !is_restore(line, end)) {
            for (unsigned i = 0; i < line->operand_count; i++) {
                rename_in(line->operands[i]);
            }
            rename_in(line->text);
            is_renamed = true;
        }
    }
}
