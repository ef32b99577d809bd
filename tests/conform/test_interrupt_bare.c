/* SPDX-License-Identifier: MIT */
/* Interrupts at every place of a crossing. With counted time (-icount) a nanosecond is an
 * instruction, so a timer set a nanosecond later each time comes between each two of them in turn;
 * and without, at a rate, wherever it falls. The linker has the platform's calls of kg_trap_look
 * come here (--wrap). */
#include "caller.h"

#include "port/bare/platform.h"

#include <stdio.h>

WORLD(interrupt)

#define TEXT_MAX (512u << 10)
#define STEPS_MAX 4000000u /* instructions of the longest crossing */

/* Of a long crossing not each instruction, or it would take minutes: so many in all. */
#define WORK_MAX UINT64_C(400000000)

/* What lies around the call, in the test, and the call itself. */
enum phase {
    AROUND = 0,
    CALLING,
};

static struct {
    volatile uint32_t phase;
    volatile uint32_t ticks;    /* all */
    volatile uint32_t came;     /* while CALLING */
    volatile uintptr_t address; /* of the last one */
    uint64_t rights;            /* the handler's, always the same */
    uint32_t other_rights;      /* how often they were not */
    uint64_t period_ns;
    bool spoils; /* the trap stacks, as a domain on another CPU could */
    bool watching;
} seen;

enum kg_trap_answer __real_kg_trap_look(struct kg_trap *trap);
enum kg_trap_answer __wrap_kg_trap_look(struct kg_trap *trap);

enum kg_trap_answer __wrap_kg_trap_look(struct kg_trap *trap)
{
    if (seen.watching && platform_cpu() == 0) {
        seen.other_rights += rights_now() != seen.rights;
        seen.ticks++;
        if (seen.phase == CALLING) {
            seen.came++;
            seen.address = trap->instruction;
        }
        if (seen.period_ns != 0) {
            platform_timer_set(kg_port_time_ns() + seen.period_ns);
        }
    }
    void *stack;
    for (uint32_t i = 0; seen.spoils && (stack = platform_trap_stack(i)) != NULL; i++) {
        memset(stack, 0xa5, PLATFORM_TRAP_STACK_BYTES);
    }
    return __real_kg_trap_look(trap);
}

/* A handler has the monitor's rights; with MTE checks are off in it. */
static void watch_begin(void)
{
    memset(&seen, 0, sizeof seen);
    seen.rights = rights_now();
#if defined(__aarch64__)
    seen.rights |= kg_backend() == KG_BACKEND_MTE ? UINT64_C(1) << 25 : 0; /* PSTATE.TCO */
#endif
    seen.watching = true;
}

static void watch_end(void)
{
    seen.period_ns = 0;
    platform_timer_set(0);
    seen.watching = false;
}

/* ---- Crossings ---- */

struct crossing {
    const char *name;
    const struct kg_gate *gate;
    uint32_t arguments;
    uint64_t argument[2];
    int status;
    uint64_t value; /* of one with arguments */
    bool dies;      /* the domain is to be brought back */
};

/* What looks like a gate and comes straight back, in NO_GATE_STEPS instructions. */
#define NO_GATE_STEPS 3u
extern const char interrupt_no_gate[];
#if defined(__x86_64__)
__asm__(".pushsection .text\n"
        "interrupt_no_gate: xorl %eax, %eax\n xorl %edx, %edx\n ret\n"
        ".popsection");
#else
__asm__(".pushsection .text\n .balign 4\n"
        "interrupt_no_gate: mov x0, #0\n mov x1, #0\n ret\n"
        ".popsection");
#endif
static const char *const no_gate_ways[KG_ARGUMENTS_MAX + 1] = {
    interrupt_no_gate, interrupt_no_gate, interrupt_no_gate, interrupt_no_gate,
    interrupt_no_gate, interrupt_no_gate, interrupt_no_gate,
};

static const struct kg_gate *no_gate(void)
{
    return (const struct kg_gate *)(const void *)no_gate_ways;
}

static uint64_t interrupt_mask(void)
{
    uint64_t state;
#if defined(__x86_64__)
    state = __builtin_ia32_readeflags_u64() & 0x200;
#else
    __asm__ volatile("mrs %0, daif" : "=r"(state));
#endif
    return state;
}

struct result {
    struct caller before, after;
    uint64_t rights[2];
    uint64_t mask[2];
    uint64_t value;
    int64_t status;
};

/* Asks for an interrupt so long from here (0: none) and crosses; how long that took. */
static uint64_t cross(const struct crossing *crossing, const struct kg_gate *gate,
                      struct result *result, uint64_t after_ns)
{
    memset(result, 0, sizeof *result);
    caller_prepare(&result->before);
    result->rights[0] = rights_now();
    result->mask[0] = interrupt_mask();
    uint64_t start_ns = kg_port_time_ns();
    if (after_ns != 0) {
        platform_timer_set(start_ns + after_ns);
    }
    seen.phase = CALLING;
    if (crossing->arguments == 0) {
        result->status = caller_call(gate, &result->before, &result->after);
    } else if (crossing->arguments == 1) {
        result->status = kg_gate_call(gate, &result->value, crossing->argument[0]);
    } else {
        result->status = kg_gate_call(gate, &result->value, crossing->argument[0],
                                      crossing->argument[1]);
    }
    seen.phase = AROUND;
    uint64_t took_ns = kg_port_time_ns() - start_ns;
    result->rights[1] = rights_now();
    result->mask[1] = interrupt_mask();
    return took_ns;
}

static enum greatest_test_res as_it_must_be(const struct crossing *crossing,
                                            const struct result *result)
{
    KG_ASSERT_STATUS(result->status, crossing->status);
    KG_ASSERT_EQ(result->rights[1], result->rights[0]);
    KG_ASSERT_EQ(result->mask[1], result->mask[0]);
    if (crossing->arguments == 0) {
        CHECK_CALL(caller_kept(&result->before, &result->after, backend_clears()));
    } else {
        KG_ASSERT_EQ(result->value, crossing->value);
    }
    if (crossing->dies) {
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    PASS();
}

static uint64_t host_double(uint64_t value)
{
    return value * 2;
}

static uint64_t which_rights(void)
{
    return kg_backend() == KG_BACKEND_PKS   ? RIGHTS_PKRS
           : kg_backend() == KG_BACKEND_MTE ? RIGHTS_TCO
           : has_keys()                     ? RIGHTS_PKRU
                                            : RIGHTS_NONE;
}

enum { NULL_CROSSING, RIGHTS, CALL_BACK, DOMAIN_TO_DOMAIN, CRASH, CONTROL, SCAN, CROSSINGS };

/* The last two are about what `none` does not do. */
static size_t crossings_make(struct crossing *all)
{
    uint64_t out = address_of(HOST_GATE(host_double, 1));
    uint64_t on = address_of(GATE(domain_b, add1));
    uint64_t control = address_of(GATE(domain_b, control_is_plain));
    const struct crossing list[CROSSINGS] = {
        [NULL_CROSSING] = {"null", GATE(domain_a, add0), 0, {0}, 0, 0, false},
        [RIGHTS] = {"rights", GATE(domain_a, rights_inside), 1, {which_rights()}, 0, 0, false},
        [CALL_BACK] = {"call-back", GATE(domain_a, call_value), 2, {out, 21}, 0, 42, false},
        [DOMAIN_TO_DOMAIN] = {"domain to domain", GATE(domain_a, call_value), 2, {on, 5}, 0,
                              1005, false},
        [CRASH] = {"crash", GATE(domain_a, crash_now), 0, {0}, -KG_EFAULTED, 0, true},
        [CONTROL] = {"control", GATE(domain_a, control_own), 1, {control}, 0, 0, false},
        [SCAN] = {"scan", GATE(domain_a, registers_scan_return), 1, {on}, 0, 0, false},
    };
    memcpy(all, list, sizeof list);
    must(kg_gate_call(all[RIGHTS].gate, &all[RIGHTS].value, which_rights()), "rights inside");
    return backend_clears() ? CROSSINGS : CONTROL;
}

/* ---- Between each two instructions ---- */

/* A bit for each address of the image's code: met around a call, and in a crossing. */
static struct {
    uint8_t around[TEXT_MAX / 8];
    uint8_t inside[TEXT_MAX / 8];
} places;

static bool mark(uint8_t *bits, uintptr_t address)
{
    size_t at = address - (uintptr_t)__text_start;
    bool fresh = (bits[at / 8] >> at % 8 & 1) == 0;
    bits[at / 8] |= (uint8_t)(1u << at % 8);
    return fresh;
}

static bool is_marked(const uint8_t *bits, uintptr_t address)
{
    size_t at = address - (uintptr_t)__text_start;
    return (bits[at / 8] >> at % 8 & 1) != 0;
}

static bool in_text(uintptr_t address)
{
    return address >= (uintptr_t)__text_start && address < (uintptr_t)__text_end;
}

struct sweep {
    uint64_t steps;  /* instructions from the gate's first to its last, as time counts them */
    uint64_t stride; /* so many from one interrupt to the next */
    uint64_t hits;   /* interrupts there */
    uint64_t places; /* at so many instructions */
};

/* From before the call until the interrupt would come after it. */
static enum greatest_test_res sweep_gate(const struct crossing *crossing,
                                         const struct kg_gate *gate, struct sweep *sweep)
{
    struct result result;
    uint64_t stride = sweep != NULL ? sweep->stride : 1;
    bool begun = false;
    for (uint64_t at = 1; at < STEPS_MAX; at += stride) {
        seen.came = 0;
        (void)cross(crossing, gate, &result, at);
        platform_timer_set(0);
        enum greatest_test_res good =
            sweep == NULL ? GREATEST_TEST_RES_PASS : as_it_must_be(crossing, &result);
        if (good != GREATEST_TEST_RES_PASS) {
            KG_NOTE("%s, an interrupt at %p\n", crossing->name, (void *)seen.address);
            return good;
        }
        if (seen.came == 0 && begun) {
            PASS();
        }
        if (seen.came == 0) {
            continue;
        }
        begun = true;
        KG_ASSERT_EQ(seen.came, 1);
        KG_ASSERT(in_text(seen.address));
        if (sweep == NULL) {
            (void)mark(places.around, seen.address);
        } else if (!is_marked(places.around, seen.address)) {
            sweep->hits++;
            sweep->places += mark(places.inside, seen.address);
        }
    }
    FAILm("the crossing has no end");
}

/* Where time is counted, the same instructions always take the same time. */
static bool time_is_counted(const struct crossing *crossing)
{
    struct result result;
    uint64_t first = cross(crossing, no_gate(), &result, 0);
    for (int i = 0; i < 20; i++) {
        if (cross(crossing, no_gate(), &result, 0) != first) {
            return false;
        }
    }
    return true;
}

static enum greatest_test_res sweep_whole(const struct crossing *crossing, struct sweep *sweep)
{
    struct result result;
    char line[160];
    memset(&places, 0, sizeof places);
    memset(sweep, 0, sizeof *sweep);
    for (int i = 0; i < 2; i++) { /* the first call comes by way of C */
        (void)cross(crossing, crossing->gate, &result, 0);
        CHECK_CALL(as_it_must_be(crossing, &result));
    }
    uint64_t around = cross(crossing, no_gate(), &result, 0) - NO_GATE_STEPS;
    sweep->steps = cross(crossing, crossing->gate, &result, 0) - around;
    CHECK_CALL(as_it_must_be(crossing, &result));
    sweep->stride = 1 + sweep->steps * sweep->steps / WORK_MAX;
    CHECK_CALL(sweep_gate(crossing, no_gate(), NULL));
    CHECK_CALL(sweep_gate(crossing, crossing->gate, sweep));
    snprintf(line, sizeof line,
             "%s: %llu instructions, %llu interrupts, one in %llu, at %llu addresses\n",
             crossing->name, (unsigned long long)sweep->steps, (unsigned long long)sweep->hits,
             (unsigned long long)sweep->stride, (unsigned long long)sweep->places);
    kg_test_port_write(KG_TEST_OUT, line, strlen(line));
    PASS();
}

/* Without loops each instruction is met once. `page` does its work in C. */
static bool is_straight(void)
{
    return kg_backend() != KG_BACKEND_PAGE;
}

/* Between two rings interrupts are off: from CLI to SYSRET, and from SYSCALL to the caller's flags.
 * Those due then come right after. */
static uint64_t masked_steps(void)
{
    return kg_backend() == KG_BACKEND_PKU_RING3 ? 36 : 0;
}

KG_TEST(interrupt, between_each_two_instructions)
{
    struct crossing all[CROSSINGS];
    struct sweep sweep;
    KG_ASSERT((size_t)(__text_end - __text_start) <= TEXT_MAX);
    size_t count = crossings_make(all);
    if (!time_is_counted(&all[0])) {
        KG_SKIP("it takes counted time (--icount)");
    }
    for (size_t i = 0; i < count; i++) {
        watch_begin();
        enum greatest_test_res swept = sweep_whole(&all[i], &sweep);
        watch_end();
        CHECK_CALL(swept);
        KG_ASSERT_EQ(seen.other_rights, 0);
        uint64_t least = sweep.steps / sweep.stride;
        KG_ASSERT(sweep.hits >= least && sweep.hits <= least + 1);
        if (i == NULL_CROSSING && is_straight()) {
            KG_ASSERT_EQ(sweep.stride, 1);
            KG_ASSERT_EQ(sweep.hits, sweep.steps);
            KG_ASSERT_EQ(sweep.places + masked_steps(), sweep.steps);
        }
    }
    PASS();
}

/* ---- At a rate ---- */

#define TICKS_LEAST 100u

static enum greatest_test_res cross_at_rate(const struct crossing *all, uint64_t hz,
                                            uint64_t crossings)
{
    struct result result;
    char line[160];
    uint64_t done = 0;
    seen.period_ns = UINT64_C(1000000000) / hz;
    platform_timer_set(kg_port_time_ns() + seen.period_ns);
    while (done < crossings || seen.ticks < TICKS_LEAST) {
        const struct crossing *crossing = &all[done % CRASH];
        (void)cross(crossing, crossing->gate, &result, 0);
        CHECK_CALL(as_it_must_be(crossing, &result));
        done++;
    }
    snprintf(line, sizeof line, "%llu Hz: %llu crossings, %u interrupts, %u of them inside\n",
             (unsigned long long)hz, (unsigned long long)done, seen.ticks, seen.came);
    kg_test_port_write(KG_TEST_OUT, line, strlen(line));
    PASS();
}
KG_TEST(interrupt, at_a_rate)
{
    static const uint64_t rates[] = {1000, 20000};
    struct crossing all[CROSSINGS];
    (void)crossings_make(all);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        watch_begin();
        enum greatest_test_res crossed = cross_at_rate(all, rates[i], scaled(1000000));
        watch_end();
        CHECK_CALL(crossed);
        KG_ASSERT_EQ(seen.other_rights, 0);
        KG_ASSERT_NE(seen.came, 0);
    }
    PASS();
}

#if defined(__x86_64__)
/* What lies on a trap stack is open to all domains; a handler's way back takes nothing from it. On
 * AArch64 it is the kernel's ordinary memory, and the frame stays there. */
KG_TEST(interrupt, at_a_rate_on_trap_stacks_that_others_write)
{
    struct crossing all[CROSSINGS];
    (void)crossings_make(all);
    watch_begin();
    seen.spoils = true;
    enum greatest_test_res crossed = cross_at_rate(all, 20000, scaled(100000));
    watch_end();
    CHECK_CALL(crossed);
    KG_ASSERT_NE(seen.came, 0);
    PASS();
}
#endif

/* ---- The mask ---- */

static enum greatest_test_res mask_kept(const struct kg_gate *gate, bool on, uint64_t then,
                                        int expected)
{
    uint64_t value = 0;
    uint64_t before = interrupt_mask();
    int status = kg_gate_call(gate, &value, on, then);
    uint64_t after = interrupt_mask();
    KG_NOTE("a domain that switches them %s\n", on ? "on" : "off");
    KG_ASSERT_EQ(after, before);
    KG_ASSERT_STATUS(status, expected);
    if (then > 1 && status == 0) {
        KG_ASSERT_EQ(value, before);
    }
    if (status != 0) {
        KG_ASSERT_STATUS(kg_domain_reload(domain_a), 0);
    }
    PASS();
}

/* A domain in ring 0 or at EL1 can mask interrupts; one in ring 3 dies of it. Its caller, and the
 * host it calls back, have their own mask all the same, on and off. */
static enum greatest_test_res masks_kept(void)
{
    const struct kg_gate *gate = GATE(domain_a, interrupts_and);
    const uint64_t look = address_of(HOST_GATE(interrupt_mask, 0));
    int can = kg_backend() == KG_BACKEND_PKU_RING3 ? -KG_EFAULTED : 0;
    for (int on = 0; on < 2; on++) {
        /* In the second round there is no slow first call. */
        for (int i = 0; i < 2; i++) {
            CHECK_CALL(mask_kept(gate, on, look, can));
            CHECK_CALL(mask_kept(gate, on, 0, can));
            CHECK_CALL(mask_kept(gate, on, 1, -KG_EFAULTED));
        }
    }
    PASS();
}

KG_TEST(interrupt, mask_is_the_callers)
{
    if (!backend_clears()) {
        KG_SKIP("none trusts a callee that returns with the mask");
    }
    CHECK_CALL(masks_kept());
    uint64_t before = platform_interrupts_off();
    enum greatest_test_res kept = masks_kept();
    platform_interrupts_restore(before);
    CHECK_CALL(kept);
    PASS();
}
