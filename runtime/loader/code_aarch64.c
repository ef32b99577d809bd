/* SPDX-License-Identifier: MIT */
/* What code of a domain may not hold on AArch64: instructions that make tags, switch their checks
 * off or ask the system (Arm ARM, C4.1). Code is words, so each is looked at once. */
#include "loader.h"

#include "mte/verify.h"

#include <keygate/status.h>
#include <string.h>

struct pattern {
    uint32_t word;
    uint32_t mask;
    const char *name;
};

/* The first that matches decides; without a name it is allowed. */
static const struct pattern patterns[] = {
    {0xd503201f, 0xfffff01f, NULL}, /* hints */
    {0xd503301f, 0xfffff01f, NULL}, /* barriers */
    {0xd50b7420, 0xffffffe0, NULL}, /* DC ZVA */
    {0xd51b4200, 0xffffffe0, NULL}, /* MSR NZCV, FPCR, FPSR */
    {0xd51b4400, 0xffffffe0, NULL},
    {0xd51b4420, 0xffffffe0, NULL},
    {0xd5200000, 0xfff00000, "SYSL"},
    {0xd53bd040, 0xffffffe0, "MRS TPIDR_EL0, which leads to the host's thread-local variables"},
    {0xd5300000, 0xfff00000, NULL}, /* MRS */
    {0xd5000000, 0xffc00000, "MSR, SYS, DC, IC or TLBI, which change the processor's state"},
    {0xd4200000, 0xffe0001f, NULL}, /* BRK */
    {0xd4000000, 0xff000000, "SVC, HVC, SMC or HLT, which ask the system"},
    {0xd69f0000, 0xff9f0000, "ERET or DRPS"},
    {0xd9200000, 0xff200000, "STG, LDG or the like, which store or load tags"},
    {0x68800000, 0xffc00000, "STGP, which stores tags"},
    {0x69000000, 0xffc00000, "STGP, which stores tags"},
    {0x69800000, 0xffc00000, "STGP, which stores tags"},
    {0x9ac01000, 0xffe0fc00, "IRG, which makes a tag"},
    {0x91800000, 0xffc00000, "ADDG, which makes a tag"},
    {0xd1800000, 0xffc00000, "SUBG, which makes a tag"},
};

static const char *forbidden(uint32_t word)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        if ((word & patterns[i].mask) == patterns[i].word) {
            return patterns[i].name;
        }
    }
    return NULL;
}

int kg_code_check(const unsigned char *code, size_t bytes, uint64_t offset,
                  struct kg_refusal *refusal)
{
    for (size_t at = 0; at + 4 <= bytes; at += 4) {
        uint32_t word;
        memcpy(&word, code + at, sizeof word);
        const char *name = forbidden(word);
        if (name != NULL) {
            return kg_refuse(refusal, KG_EVERIFY, offset + at,
                             "the code has an instruction that no domain may run", name);
        }
    }
    return 0;
}

int kg_code_check_forced(const unsigned char *code, size_t bytes, uint64_t offset,
                         struct kg_refusal *refusal)
{
    struct kg_verify_refusal why;
    if (bytes % 4 != 0 || (uintptr_t)code % 4 != 0) {
        return kg_refuse(refusal, KG_EIMAGE, offset, "the code is no whole number of words", NULL);
    }
    if (!kg_verify_aarch64((const uint32_t *)(const void *)code, bytes / 4, KG_VERIFY_FORCED,
                           &why)) {
        return kg_refuse(refusal, KG_EVERIFY, offset + why.offset,
                         "the code does not keep to its tag and window",
                         kg_verify_rule_name(why.rule));
    }
    return 0;
}
