/* SPDX-License-Identifier: MIT */
/* Takes an assembly file apart: labels, directives, instructions and their operands. */
#define _POSIX_C_SOURCE 200809L

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pass.h"

static void *need(void *memory)
{
    if (memory == NULL) {
        fputs("kg-forced-pass: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

void *list_add(struct list *list)
{
    if (list->count == list->room) {
        list->room = list->room * 2 + 64;
        list->items = need(realloc(list->items, list->room * list->size));
    }
    void *item = (char *)list->items + list->count++ * list->size;
    return memset(item, 0, list->size);
}

char *text_copy(const char *text, size_t length)
{
    char *copy = need(malloc(length + 1));
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *text_format(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = need(malloc((size_t)length + 1));
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

static char *trimmed(const char *from, const char *end)
{
    while (from < end && isspace((unsigned char)*from)) {
        from++;
    }
    while (end > from && isspace((unsigned char)end[-1])) {
        end--;
    }
    return text_copy(from, (size_t)(end - from));
}

unsigned split_operands(const char *text, char *operands[OPERANDS_MAX])
{
    unsigned count = 0, depth = 0;
    const char *from = text;
    if (*text == '\0') {
        return 0;
    }
    for (const char *at = text;; at++) {
        if (*at == '[' || *at == '{' || *at == '(') {
            depth++;
        } else if (*at == ']' || *at == '}' || *at == ')') {
            depth -= depth > 0;
        } else if (*at == '\0' || (*at == ',' && depth == 0)) {
            if (count == OPERANDS_MAX) {
                return OPERANDS_MAX + 1;
            }
            operands[count++] = trimmed(from, at);
            from = at + 1;
            if (*at == '\0') {
                return count;
            }
        }
    }
}

int register_number(const char *operand, bool *is_64)
{
    static const struct {
        const char *name;
        int number;
        bool is_64;
    } names[] = {{"sp", REG_SP, true},  {"wsp", REG_SP, false}, {"xzr", REG_ZERO, true},
                 {"wzr", REG_ZERO, false}, {"ip0", 16, true},   {"ip1", 17, true},
                 {"fp", 29, true},      {"lr", 30, true}};
    bool unused;
    is_64 = is_64 != NULL ? is_64 : &unused;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(operand, names[i].name) == 0) {
            *is_64 = names[i].is_64;
            return names[i].number;
        }
    }
    int letter = tolower((unsigned char)operand[0]);
    if ((letter != 'x' && letter != 'w') || !isdigit((unsigned char)operand[1])) {
        return REG_NONE;
    }
    char *end;
    long number = strtol(operand + 1, &end, 10);
    *is_64 = letter == 'x';
    return *end == '\0' && number <= 30 ? (int)number : REG_NONE;
}

bool read_number(const char *text, long *value)
{
    text = immediate_text(text);
    char *end;
    *value = strtol(text, &end, 0);
    return end != text && *end == '\0';
}

/* One statement: [label:]... [directive or instruction]. */
static void add_statement(struct list *lines, unsigned number, const char *from, const char *end)
{
    for (;;) {
        while (from < end && isspace((unsigned char)*from)) {
            from++;
        }
        const char *at = from;
        while (at < end && (isalnum((unsigned char)*at) || strchr("._$", *at) != NULL)) {
            at++;
        }
        if (at == from || at == end || *at != ':') {
            break;
        }
        struct line *label = list_add(lines);
        *label = (struct line){
            .kind = LINE_LABEL, .number = number, .text = text_copy(from, (size_t)(at - from))};
        from = at + 1;
    }
    char *text = trimmed(from, end);
    if (*text == '\0') {
        return;
    }
    struct line *line = list_add(lines);
    size_t name_length = strcspn(text, " \t");
    line->kind = *text == '.' ? LINE_DIRECTIVE : LINE_CODE;
    line->number = number;
    line->text = text;
    line->name = text_copy(text, name_length);
    if (line->kind == LINE_CODE) {
        for (char *letter = line->name; *letter != '\0'; letter++) {
            *letter = (char)tolower((unsigned char)*letter);
        }
    }
    line->operand_count = split_operands(
        trimmed(text + name_length, text + strlen(text)), line->operands);
}

/* Cuts a line at comments and semicolons that stand in no string. */
static void add_line(struct list *lines, unsigned number, char *text, bool *in_comment)
{
    bool in_string = false;
    char *from = text;
    for (char *at = text;; at++) {
        if (*in_comment) {
            if (at[0] == '*' && at[1] == '/') {
                *in_comment = false;
                at[0] = at[1] = ' ';
            } else if (*at == '\0') {
                break;
            } else {
                *at = ' ';
            }
        } else if (*at == '\\' && in_string && at[1] != '\0') {
            at++;
        } else if (*at == '"') {
            in_string = !in_string;
        } else if (!in_string && at[0] == '/' && at[1] == '*') {
            *in_comment = true;
            at[0] = at[1] = ' ';
        } else if (*at == '\0' || (!in_string && at[0] == '/' && at[1] == '/')) {
            *at = '\0';
            break;
        } else if (!in_string && *at == ';') {
            add_statement(lines, number, from, at);
            from = at + 1;
        }
    }
    add_statement(lines, number, from, from + strlen(from));
}

bool read_lines(const char *path, struct list *lines)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    unsigned number = 0;
    bool in_comment = false;
    if (file == NULL) {
        perror(path);
        return false;
    }
    while (getline(&text, &room, file) >= 0) {
        number++;
        /* #APP, #NO_APP and line markers. */
        if (in_comment || text[strspn(text, " \t")] != '#') {
            text[strcspn(text, "\n")] = '\0';
            add_line(lines, number, text, &in_comment);
        }
    }
    bool is_read = !ferror(file);
    if (!is_read) {
        perror(path);
    }
    free(text);
    fclose(file);
    return is_read;
}
