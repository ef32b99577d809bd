/* SPDX-License-Identifier: MIT */
#include "text.h"

static void add_char(struct kg_text *to, char c)
{
    if (to->length + 1 < to->bytes) {
        to->text[to->length] = c;
        to->text[to->length + 1] = '\0';
    }
    to->length++;
}

void kg_text_add(struct kg_text *to, const char *part)
{
    if (to->length == 0 && to->bytes != 0) {
        to->text[0] = '\0';
    }
    while (*part != '\0') {
        add_char(to, *part++);
    }
}

static void add_digits(struct kg_text *to, uint64_t value, unsigned base)
{
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count > 0) {
        add_char(to, digits[--count]);
    }
}

void kg_text_add_hex(struct kg_text *to, uint64_t value)
{
    kg_text_add(to, "0x");
    add_digits(to, value, 16);
}

void kg_text_add_number(struct kg_text *to, uint64_t value)
{
    add_digits(to, value, 10);
}

bool kg_text_same(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

void kg_text_clean(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            *text = '?';
        }
    }
}
