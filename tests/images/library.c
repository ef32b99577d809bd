/* SPDX-License-Identifier: MIT */
/* Code that uses a C library, as LIBC brings it. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <keygate/domain.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SAME(text, expected) kg_assert(strcmp(text, expected) == 0)

static uint64_t text(void)
{
    char line[32] = "one";
    char *rest = line;
    strcat(line, ",two,");
    strncat(line, "threefold", 5);
    SAME(line, "one,two,three");
    kg_assert(strspn(line, "eno") == 3 && strcspn(line, ",") == 3);
    kg_assert(strpbrk(line, "wx") == line + 5 && strrchr(line, ',') == line + 7);
    kg_assert(strcasecmp("OnE", "oNe") == 0 && strncasecmp("ONES", "oneT", 3) == 0);
    SAME(strsep(&rest, ","), "one");
    SAME(strtok(rest, ","), "two");
    SAME(strtok(NULL, ","), "three");
    kg_assert(strtok(NULL, ",") == NULL);
    kg_assert(memmem("abcde", 5, "cd", 2) != NULL && memrchr("abca", 'a', 4) != NULL);
    char *copy = strdup("copied");
    kg_assert(copy != NULL);
    SAME(stpcpy(line, copy) - 6, "copied");
    free(copy);
    kg_assert(isalpha('x') && !isalpha('1') && isxdigit('f') && toupper('q') == 'Q');
    return 1;
}
KG_ENTRY(text, 0);

static uint64_t number(void)
{
    char *end;
    kg_assert(atoi(" -42x") == -42 && strtoul("0xff", NULL, 0) == 255);
    kg_assert(strtol("1234z", &end, 10) == 1234 && *end == 'z');
    errno = 0;
    kg_assert(strtol("99999999999999999999", NULL, 10) == LONG_MAX && errno == ERANGE);
    kg_assert(labs(-7) == 7 && div(17, 5).rem == 2);
    srand(1);
    int first = rand();
    srand(1);
    kg_assert(rand() == first);
    return 1;
}
KG_ENTRY(number, 0);

static int ascending(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

static uint64_t sorted(uint64_t count)
{
    int *numbers = calloc(count, sizeof *numbers);
    kg_assert(numbers != NULL);
    for (uint64_t i = 0; i < count; i++) {
        numbers[i] = (int)(i * 7919 % count);
    }
    qsort(numbers, count, sizeof *numbers, ascending);
    for (uint64_t i = 0; i < count; i++) {
        kg_assert(numbers[i] == (int)i);
    }
    int wanted = (int)count / 2;
    int *found = bsearch(&wanted, numbers, count, sizeof *numbers, ascending);
    kg_assert(found == numbers + wanted);
    free(numbers);
    return 1;
}
KG_ENTRY(sorted, 1);

static uint64_t print(void)
{
    char line[64];
    int length = snprintf(line, sizeof line, "%s %5d|%-4u|%08lx %c%% %zu %lld", "say", -12, 7u,
                          0xbeefUL, 'x', (size_t)9, -5LL);
    SAME(line, "say   -12|7   |0000beef x% 9 -5");
    kg_assert(length == (int)strlen(line));
    kg_assert(snprintf(line, 4, "%s", "truncated") == 9);
    SAME(line, "tru");
    kg_assert(snprintf(NULL, 0, "%d", 12345) == 5);
    kg_assert(snprintf(line, SIZE_MAX, "%x", 0x12u) == -1 && errno == EOVERFLOW);
    memcpy(line, "abcdef", 7);
    kg_assert(snprintf(line + 3, 0, "hello") == 5);
    SAME(line, "abcdef");
    kg_assert(snprintf(line, sizeof line, "%d %0#x|%-*s|%08.3d|%hhd", INT_MIN, 10, -4, "a", 7,
                       300) == 32);
    SAME(line, "-2147483648 0xa|a   |     007|44");
    kg_assert(snprintf(line, sizeof line, "%.600x", 1u) == 600 && line[62] == '0');
    errno = 0;
    const char *volatile floating = "%f"; /* not the compiler's to see */
    kg_assert(snprintf(line, sizeof line, floating, 1) == -1 && errno == EINVAL);
    kg_assert(strverscmp("a9", "a10") < 0 && ffs(8) == 4);
    return 1;
}
KG_ENTRY(print, 0);

static char small[8];

/* What a bug in a caller of the library does to others: nothing. */
static uint64_t overrun(uint64_t there)
{
    return (uint64_t)sprintf((char *)(uintptr_t)(there != 0 ? there : (uintptr_t)small), "bye");
}
KG_ENTRY(overrun, 1);
