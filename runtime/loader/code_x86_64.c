/* SPDX-License-Identifier: MIT */
/* What code of a domain may not hold on x86-64, at any byte: whoever jumps into the middle of an
 * instruction runs other ones (SDM vol. 2 for the encodings). System calls can't be found so and
 * are not looked for. */
#include "loader.h"

#include <keygate/status.h>

/* Three bytes, compared where the mask says. */
struct pattern {
    unsigned char bytes[3];
    unsigned char mask[3];
    bool memory; /* only with an operand in memory: the last byte's upper two bits are not 11 */
    const char *name;
};

static const struct pattern patterns[] = {
    {{0x0f, 0x01, 0xef}, {0xff, 0xff, 0xff}, false, "WRPKRU, which changes rights"},
    {{0x0f, 0xae, 0x28}, {0xff, 0xff, 0x38}, true, "XRSTOR, which can change rights"},
    {{0x0f, 0xc7, 0x18}, {0xff, 0xff, 0x38}, true, "XRSTORS, which can change rights"},
    {{0x0f, 0xae, 0xd0}, {0xff, 0xff, 0xf0}, false, "WRFSBASE or WRGSBASE"},
    {{0x0f, 0x01, 0xd1}, {0xff, 0xff, 0xff}, false, "XSETBV, which changes what state is kept"},
    {{0x0f, 0x30, 0x00}, {0xff, 0xff, 0x00}, false, "WRMSR, which changes rights in a kernel"},
    {{0x0f, 0x01, 0xc6}, {0xff, 0xff, 0xff}, false, "WRMSRNS, which changes rights in a kernel"},
    {{0x0f, 0x22, 0x00}, {0xff, 0xff, 0x00}, false, "MOV to a control register"},
};

static bool matches(const struct pattern *pattern, const unsigned char *code, size_t left)
{
    for (size_t i = 0; i < 3; i++) {
        unsigned char byte = i < left ? code[i] : 0;
        if ((byte & pattern->mask[i]) != pattern->bytes[i]) {
            return false;
        }
    }
    return !pattern->memory || left < 3 || (code[2] & 0xc0) != 0xc0;
}

int kg_code_check(const unsigned char *code, size_t bytes, uint64_t offset,
                  struct kg_refusal *refusal)
{
    for (size_t at = 0; at < bytes; at++) {
        if (code[at] != 0x0f) {
            continue;
        }
        for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
            if (matches(&patterns[i], code + at, bytes - at)) {
                return kg_refuse(refusal, KG_EVERIFY, offset + at,
                                 "the code has bytes that no domain may run", patterns[i].name);
            }
        }
    }
    return 0;
}

int kg_code_check_forced(const unsigned char *code, size_t bytes, uint64_t offset,
                         struct kg_refusal *refusal)
{
    (void)code;
    (void)bytes;
    return kg_refuse(refusal, KG_EIMAGE, offset, "there are no forced tags on this processor",
                     NULL);
}
