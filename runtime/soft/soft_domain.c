/* SPDX-License-Identifier: MIT */
/* What domain code built for software tags calls instead of the C library and of library calls that
 * follow its pointers. This file is itself compiled with the checks. */
#include <keygate/object.h>

size_t kg_soft_strlen(const char *text);
size_t kg_soft_strnlen(const char *text, size_t max);
int kg_soft_strcmp(const char *a, const char *b);
int kg_soft_strncmp(const char *a, const char *b, size_t max);
char *kg_soft_strcpy(char *to, const char *from);
char *kg_soft_stpcpy(char *to, const char *from);
char *kg_soft_strncpy(char *to, const char *from, size_t max);
char *kg_soft_strchr(const char *text, int value);
void *kg_soft_memchr(const void *from, int value, size_t bytes);
int kg_soft_object_create(const struct kg_object_options *options, kg_handle *handle);

KG_API size_t kg_soft_strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

KG_API size_t kg_soft_strnlen(const char *text, size_t max)
{
    size_t length = 0;
    while (length < max && text[length] != '\0') {
        length++;
    }
    return length;
}

KG_API int kg_soft_strncmp(const char *a, const char *b, size_t max)
{
    for (size_t i = 0; i < max; i++) {
        int left = (unsigned char)a[i];
        int right = (unsigned char)b[i];
        if (left != right || left == 0) {
            return left - right;
        }
    }
    return 0;
}

KG_API int kg_soft_strcmp(const char *a, const char *b)
{
    return kg_soft_strncmp(a, b, SIZE_MAX);
}

KG_API char *kg_soft_stpcpy(char *to, const char *from)
{
    while ((*to = *from) != '\0') {
        to++;
        from++;
    }
    return to;
}

KG_API char *kg_soft_strcpy(char *to, const char *from)
{
    kg_soft_stpcpy(to, from);
    return to;
}

KG_API char *kg_soft_strncpy(char *to, const char *from, size_t max)
{
    size_t i = 0;
    for (; i < max && from[i] != '\0'; i++) {
        to[i] = from[i];
    }
    for (; i < max; i++) {
        to[i] = '\0';
    }
    return to;
}

KG_API char *kg_soft_strchr(const char *text, int value)
{
    for (;; text++) {
        if (*text == (char)value) {
            return (char *)(uintptr_t)text;
        }
        if (*text == '\0') {
            return NULL;
        }
    }
}

KG_API void *kg_soft_memchr(const void *from, int value, size_t bytes)
{
    const unsigned char *at = from;
    for (size_t i = 0; i < bytes; i++) {
        if (at[i] == (unsigned char)value) {
            return (void *)(uintptr_t)(at + i);
        }
    }
    return NULL;
}

/* Options and handle are the domain's pointers; the library itself sees copies on its stack. */
KG_API int kg_soft_object_create(const struct kg_object_options *options, kg_handle *handle)
{
    if (options == NULL || handle == NULL) {
        return kg_object_create(NULL, NULL);
    }
    struct kg_object_options own = *options;
    kg_handle made = 0;
    int status = kg_object_create(&own, &made);
    if (status == 0) {
        *handle = made;
    }
    return status;
}
