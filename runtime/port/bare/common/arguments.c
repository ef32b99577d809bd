/* SPDX-License-Identifier: MIT */
/* Boot arguments: words, of which some are "name=value". */
#include "common.h"

#include <string.h>

#define TEXT_BYTES 2048u
#define ARGUMENTS_MAX 64u

static char text[TEXT_BYTES];
static struct {
    const char *name;
    const char *value;
} arguments[ARGUMENTS_MAX];
static uint32_t count;

static void add(char *word)
{
    if (count == ARGUMENTS_MAX) {
        platform_panic("too many boot arguments");
    }
    char *value = strchr(word, '=');
    if (value != NULL) {
        *value++ = '\0';
    }
    arguments[count].name = word;
    arguments[count].value = value != NULL ? value : "";
    count++;
}

void platform_arguments_start(const char *from)
{
    if (from == NULL) {
        return;
    }
    if (strlen(from) >= TEXT_BYTES) {
        platform_panic("the boot arguments are too long");
    }
    memcpy(text, from, strlen(from) + 1);
    char *at = text;
    while (*at != '\0') {
        char *word = at;
        while (*at != '\0' && *at != ' ') {
            at++;
        }
        bool last = *at == '\0';
        *at = '\0';
        if (*word != '\0') {
            add(word);
        }
        at += last ? 0 : 1;
    }
}

const char *platform_argument(const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(arguments[i].name, name) == 0) {
            return arguments[i].value;
        }
    }
    return NULL;
}

const char *platform_argument_name(uint32_t index)
{
    return index < count ? arguments[index].name : NULL;
}

bool platform_argument_set(const char *name, const char *value)
{
    uint32_t i = 0;
    while (i < count && strcmp(arguments[i].name, name) != 0) {
        i++;
    }
    if (i == ARGUMENTS_MAX) {
        return false;
    }
    arguments[i].name = name;
    arguments[i].value = value;
    count += i == count;
    return true;
}

/* A variable that switches something on is on when it is there: "strict" is as good as "strict=1".
 * */
const char *kg_port_environment(const char *name)
{
    static const struct {
        const char *variable;
        const char *argument;
    } names[] = {
        {"KEYGATE_BACKEND", "backend"},
        {"KEYGATE_STRICT", "strict"},
        {"KEYGATE_VERBOSE", "verbose"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i].variable) == 0) {
            const char *value = platform_argument(names[i].argument);
            return value != NULL && *value == '\0' ? "1" : value;
        }
    }
    return NULL;
}
