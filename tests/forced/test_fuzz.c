/* SPDX-License-Identifier: MIT */
/*
 * Random code that the verifier accepts is run with registers full of forged pointers. Whatever it
 * does, what the verifier promises must hold where it stops, at its end or at a fault, and it must
 * have neither seen nor changed what is not its own.
 */
#include <signal.h>
#include <string.h>

#include "kg_test.h"
#include "random_words.h"
#include "window.h"

enum {
    TAG_A = 5,
    TAG_B = 9,
    BATCHES = 20,
    SEQUENCES = 500, /* a batch */
    RANDOM = 6,      /* instructions of a sequence that are by chance */
    SPREAD = 24,     /* before them: registers get addresses */
    END = 3,         /* behind them */
    LENGTH = SPREAD + RANDOM + END,
};

/* Read by nobody: neither by an accident, nor in halves. */
#define SECRET 0xb0b5ec3eb0b5ec3eu

#define GUARD_ADDRESS(n) (0x8b204000u | (n) << 16 | 21u << 5 | 18u)
#define GUARD_LINK 0x8b3e42beu /* add x30, x21, w30, uxtw */
#define SET_STACK(n) (0x8b203000u | (n) << 16 | 22u << 5 | 31u)
#define PROVE_STACK 0xf94003ffu /* ldr xzr, [sp] */
#define STOP 0xd4200000u        /* brk #0 */

static struct image a, b;
static uint64_t host_memory[1024];
static uint32_t code[SEQUENCES * LENGTH];
static uint64_t state = 0x5eed;

/* add xN, x0 to x3, #n for the registers that are not reserved: x0 to x3 have the addresses. */
static void spread(uint32_t *at)
{
    static const unsigned char registers[] = {4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                              16, 17, 19, 20, 23, 24, 25, 26, 27, 28, 29};
    for (size_t i = 0; i < sizeof(registers); i++) {
        uint32_t from = random_word(&state) & 3;
        uint32_t amount = random_word(&state) & 0xff8;
        at[i] = 0x91000000u | amount << 10 | from << 5 | registers[i];
    }
    at[sizeof(registers)] = GUARD_ADDRESS(random_word(&state) % 18);
}

static uint32_t candidate(void)
{
    uint32_t how = random_word(&state) & 15;
    uint32_t from = random_word(&state) % 18;
    if (how < 2) {
        return GUARD_ADDRESS(from);
    }
    return how == 2 ? SET_STACK(from) : random_instruction(&state);
}

static void make_sequence(uint32_t *at)
{
    static const uint32_t end[END] = {GUARD_LINK, PROVE_STACK, STOP};
    struct kg_verify_refusal why;
    spread(at);
    for (unsigned count = 0; count < RANDOM;) {
        uint32_t *word = at + SPREAD + count;
        *word = candidate();
        memcpy(word + 1, end, sizeof(end));
        if (!is_relative(*word) && *word >> 16 != 0 &&
            kg_verify_aarch64(at, SPREAD + count + 1 + END, KG_VERIFY_FORCED, &why)) {
            count++;
        }
    }
}

static bool is_secret(uint64_t value)
{
    return (uint32_t)value == (uint32_t)SECRET || value >> 32 == SECRET >> 32;
}

/* What is wrong where a sequence stopped, or NULL. */
static const char *find_violation(const struct fault *fault)
{
    uintptr_t stack = window_tagged(a.stack, TAG_A);
    uintptr_t window = window_tagged(window_base(), TAG_A);
    if (fault->signal == SIGILL) {
        return "no such instruction";
    }
    if (fault->registers[21] != window || fault->registers[22] != stack) {
        return "x21 or x22 changed";
    }
    if (fault->registers[18] >> 32 != window >> 32) {
        return "x18 is outside";
    }
    if (fault->stack_pointer + KG_FORCED_GUARD < stack ||
        fault->stack_pointer > stack + KG_FORCED_STACK + KG_FORCED_GUARD) {
        return "sp is outside";
    }
    for (unsigned i = 0; i < 31; i++) {
        if (is_secret(fault->registers[i])) {
            return "a register has seen the secret";
        }
    }
    for (unsigned i = 0; i < 64; i++) {
        if (is_secret(fault->vectors[i])) {
            return "a vector register has seen the secret";
        }
    }
    return NULL;
}

static uint64_t *secret_words(void)
{
    return (uint64_t *)window_tagged(b.heap, TAG_B);
}

static bool secrets_are_whole(void)
{
    for (size_t i = 0; i < WINDOW_HEAP / 8; i++) {
        if (secret_words()[i] != SECRET) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(host_memory) / 8; i++) {
        if (host_memory[i] != SECRET) {
            return false;
        }
    }
    return true;
}

static enum greatest_test_res run_batch(unsigned *ended, unsigned *faulted)
{
    for (size_t i = 0; i < SEQUENCES; i++) {
        make_sequence(code + i * LENGTH);
    }
    KG_ASSERT_STR(image_load_code(&a, code, SEQUENCES * LENGTH, TAG_A, 1), NULL);
    for (size_t i = 0; i < SEQUENCES; i++) {
        uint64_t value;
        struct fault fault;
        uint64_t arguments[4] = {window_tagged(a.heap + WINDOW_HEAP / 2, TAG_A),
                                 window_tagged(b.heap + WINDOW_HEAP / 2, TAG_B),
                                 (uintptr_t)(host_memory + 512),
                                 window_tagged(b.heap + WINDOW_HEAP - 64, TAG_A)};
        uintptr_t function = a.base + i * LENGTH * 4;
        KG_ASSERT(!image_call(&a, function, arguments, &value, &fault));
        const char *violation = find_violation(&fault);
        if (violation != NULL) {
            for (unsigned k = SPREAD - 1; k < LENGTH; k++) {
                KG_NOTE("  %08x\n", (unsigned)code[i * LENGTH + k]);
            }
        }
        KG_ASSERT_STR(violation, NULL);
        *ended += fault.signal == SIGTRAP;
        *faulted += fault.signal != SIGTRAP;
    }
    KG_ASSERT(secrets_are_whole());
    PASS();
}

KG_TEST(fuzz, accepted_code_stays_inside)
{
    unsigned ended = 0, faulted = 0;
    KG_ASSERT_STR(window_open(), NULL);
    KG_ASSERT_STR(image_load_code(&b, &(uint32_t){STOP}, 1, TAG_B, 2), NULL);
    for (size_t i = 0; i < WINDOW_HEAP / 8; i++) {
        secret_words()[i] = SECRET;
    }
    for (size_t i = 0; i < sizeof(host_memory) / 8; i++) {
        host_memory[i] = SECRET;
    }
    for (unsigned i = 0; i < BATCHES; i++) {
        CHECK_CALL(run_batch(&ended, &faulted));
    }
    /* Both must be common, or the test shows nothing. */
    KG_NOTE("%u ended, %u faulted\n", ended, faulted);
    KG_ASSERT(ended > BATCHES * SEQUENCES / 10 && faulted > BATCHES * SEQUENCES / 10);
    PASS();
}
