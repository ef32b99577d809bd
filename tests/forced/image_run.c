/* SPDX-License-Identifier: MIT */
/*
 * image_run plain|forced|stores IMAGE TEXT FUNCTION ARGUMENT: calls a function of an image and
 * prints what it returns. If there is a FUNCTION_prepare, it is called before. domain_source of the
 * image, if it has one, gets the text first. The counting plugin's marks are around each call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "window.h"

static int fail(const char *what)
{
    fprintf(stderr, "image_run: %s\n", what);
    return 1;
}

int main(int count, char **arguments)
{
    static const char *const flavours[] = {"plain", "forced", "stores"};
    static struct image image;
    struct fault fault;
    uint64_t value, list[4] = {0};
    enum flavour flavour = FLAVOUR_PLAIN;
    if (count != 6) {
        return fail("use: image_run plain|forced|stores IMAGE TEXT FUNCTION ARGUMENT");
    }
    while (flavour < FLAVOUR_STORES && strcmp(flavours[flavour], arguments[1]) != 0) {
        flavour++;
    }
    /* Where only stores are forced, loads are not checked on a CPU; here nothing has a tag. */
    const char *why = window_open();
    why = why != NULL ? why
                      : image_load(&image, arguments[2], flavour,
                                   flavour == FLAVOUR_FORCED ? 5 : 0, 1);
    if (why != NULL) {
        return fail(why);
    }
    if (!image_fill(&image, arguments[3])) {
        return fail("no text");
    }
    list[0] = strtoull(arguments[5], NULL, 0);
    char prepare[64];
    snprintf(prepare, sizeof(prepare), "%s_prepare", arguments[4]);
    uintptr_t first = image_symbol(&image, prepare);
    uintptr_t function = image_symbol(&image, arguments[4]);
    if ((first != 0 && !image_call(&image, first, list, &value, &fault)) || function == 0 ||
        !image_call(&image, function, list, &value, &fault)) {
        return fail("the call failed");
    }
    printf("%llx\n", (unsigned long long)value);
    return 0;
}
