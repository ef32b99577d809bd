/* SPDX-License-Identifier: MIT */
/* Lines for people, put together without a C library. */
#ifndef KG_CORE_TEXT_H
#define KG_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `length` counts what would be there with room enough; the text is always terminated when there
 * is any room at all. */
struct kg_text {
    char *text;
    size_t bytes;
    size_t length;
};

void kg_text_add(struct kg_text *to, const char *part);
void kg_text_add_hex(struct kg_text *to, uint64_t value);
void kg_text_add_number(struct kg_text *to, uint64_t value);

bool kg_text_same(const char *a, const char *b);

/* Somebody else's words, for a terminal: control characters become question marks. */
void kg_text_clean(char *text);

/* The reason of a struct kg_backend_report. */
#define KG_REASON(report, words)                                                                \
    kg_text_add(&(struct kg_text){(report)->reason, sizeof (report)->reason, 0}, words)

#endif
