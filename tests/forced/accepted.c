/* SPDX-License-Identifier: MIT */
/*
 * accepted COUNT SEED: writes words that the verifier accepts, by chance, to standard output, for a
 * disassembler to look at. Branches and ADR are left out: what they are depends on where they are.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "random_words.h"
#include "verify.h"

int main(int count, char **arguments)
{
    if (count != 3) {
        fputs("use: accepted COUNT SEED\n", stderr);
        return 2;
    }
    uint64_t state = strtoull(arguments[2], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
    for (long left = strtol(arguments[1], NULL, 10); left > 0;) {
        uint32_t word = random_instruction(&state);
        struct kg_verify_refusal why;
        bool accepted = kg_verify_aarch64(&word, 1, KG_VERIFY_FORCED, &why);
        if (is_relative(word) || (!accepted && why.rule != KG_RULE_END)) {
            continue;
        }
        if (fwrite(&word, sizeof(word), 1, stdout) != 1) {
            perror("accepted");
            return 1;
        }
        left--;
    }
    return 0;
}
