/* SPDX-License-Identifier: MIT */
/* A parser with three bugs and an assertion, in a domain of its own. The host lends it a line. */
#include <keygate/domain.h>

static uint64_t nest(const volatile char *at, uint64_t depth)
{
    volatile char frame[512];
    frame[0] = *at;
    return frame[0] == '(' ? nest(at, depth + 1) + depth + (uint64_t)frame[0] : depth;
}

/* The number in front of the line. Crashes on "!", loops on "?", overflows its stack on "(", and
 * gives up on "#". */
static uint64_t parse(uint64_t line)
{
    const volatile char *at = kg_object_address(line);
    uint64_t value = 0;
    while (*at >= '0' && *at <= '9') {
        value = value * 10 + (uint64_t)(*at++ - '0');
    }
    if (*at == '!') {
        at = NULL;
        return (uint64_t)*at;
    }
    while (*at == '?') {
    }
    if (*at == '(') {
        value = nest(at, 1);
    }
    kg_assert(*at != '#');
    return value;
}
KG_ENTRY(parse, 1);
