/* SPDX-License-Identifier: MIT */
/* The rest of QEMU's machine "virt": interrupt controller (GICv2), virtual timer, PL011,
 * semihosting; and what traps mean. */
#include "machine.h"

#include "../pebble.h"

#include <keygate/keygate.h>
#include <port/port.h>

#define SERIAL 0x09000000u
#define SERIAL_FLAGS 0x09000018u
#define SERIAL_FULL 0x20u
#define DISTRIBUTOR 0x08000000u
#define INTERFACE 0x08010000u
#define TIMER_INTERRUPT 27u
#define INTERRUPT_NONE 1020u /* and up: there is none */

#define SECOND UINT64_C(1000000000)

#define SEMIHOSTING_COMMAND_LINE 0x15u
#define SEMIHOSTING_EXIT 0x18u
#define SEMIHOSTING_STOPPED 0x20026u

#define DAIF_I 0x80u
#define STATE_EL1T_MASKED 0x3c4u /* EL1 on SP_EL0, all interrupts off, tag checks on */

#define READ(name)                                                                              \
    __extension__({                                                                             \
        uint64_t value_;                                                                        \
        __asm__ volatile("mrs %0, " name : "=r"(value_));                                       \
        value_;                                                                                 \
    })
#define WRITE(name, value)                                                                      \
    __asm__ volatile("msr " name ", %0" : : "r"((uint64_t)(value)) : "memory")

_Bool machine_tags;
static bool in_trap;
static char command_line[256];
static uint64_t ticks_per_second;

static volatile uint32_t *device(uintptr_t address)
{
    return (volatile uint32_t *)address;
}

/* ---- Console, arguments and end ---- */

void machine_put(char c)
{
    while ((*device(SERIAL_FLAGS) & SERIAL_FULL) != 0) {
    }
    *device(SERIAL) = (uint32_t)c;
}

static void semihosting(uint64_t number, void *block)
{
    register uint64_t x0 __asm__("x0") = number;
    register void *x1 __asm__("x1") = block;
    __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
}

_Noreturn void machine_end(bool well)
{
    uint64_t block[2] = {SEMIHOSTING_STOPPED, well ? 0 : 1};
    semihosting(SEMIHOSTING_EXIT, block);
    for (;;) {
        __asm__ volatile("wfi");
    }
}

/* The first word is the image's name. */
const char *machine_arguments(void)
{
    struct {
        char *text;
        uint64_t bytes;
    } block = {command_line, sizeof command_line};
    const char *at = command_line;
    semihosting(SEMIHOSTING_COMMAND_LINE, &block);
    while (*at != '\0' && *at != ' ') {
        at++;
    }
    return at;
}

/* ---- Fibres ---- */

uintptr_t machine_prepare(void *top)
{
    uint64_t *stack = (uint64_t *)top - 14;
    __builtin_memset(stack, 0, 14 * sizeof *stack);
    stack[1] = (uintptr_t)pebble_fibre_begin; /* x30 */
    stack[12] = DAIF_I;
    return (uintptr_t)stack;
}

void machine_pointer_set(uintptr_t pointer)
{
    WRITE("tpidr_el0", pointer);
}

/* Variables begin behind a control block of two words (variant 1). */
uintptr_t machine_tls(unsigned char *block, unsigned char **variables)
{
    *variables = block + 16;
    return (uintptr_t)block;
}

/* What a domain may touch is in its pointers; the register that goes with it is TCO. */
uint64_t machine_rights_read(void)
{
    return machine_tags ? READ("tco") : 0;
}

void machine_rights_write(uint64_t rights)
{
    if (machine_tags) {
        WRITE("tco", rights);
    }
}

/* All of Keygate's is behind the thread pointer. */
uintptr_t machine_words_read(void)
{
    return 0;
}

void machine_words_write(uintptr_t words)
{
    (void)words;
}

void machine_vectors_on(void)
{
    WRITE("cpacr_el1", UINT64_C(3) << 20);
    __asm__ volatile("isb");
}

uint64_t machine_mask(void)
{
    uint64_t before = READ("daif") & DAIF_I;
    __asm__ volatile("msr daifset, #2" : : : "memory");
    return before;
}

void machine_unmask(uint64_t before)
{
    if (before == 0) {
        __asm__ volatile("msr daifclr, #2" : : : "memory");
    }
}

bool machine_masked(void)
{
    return (READ("daif") & DAIF_I) != 0;
}

bool machine_in_trap(void)
{
    return in_trap;
}

uint64_t machine_now_ns(void)
{
    uint64_t now = READ("cntvct_el0");
    uint64_t rest = now % ticks_per_second;
    return now / ticks_per_second * SECOND + rest * SECOND / ticks_per_second;
}

/* SP_EL1's stack needs nothing: no tag is checked there, and no domain has it as its own. */
bool machine_trap_stack(uint32_t index, void **stack, size_t *bytes)
{
    (void)index;
    (void)stack;
    (void)bytes;
    return false;
}

/* ---- Traps ---- */

_Noreturn void machine_trap_twice(void)
{
    struct kg_trap where = {.instruction = READ("elr_el1"), .address = READ("far_el1")};
    pebble_die("a trap within a trap, or of a kind nobody expects", &where);
}

/* Of a data or instruction abort (Arm ARM, ESR_EL1). */
static void decode_abort(uint64_t esr, struct kg_trap *to)
{
    uint64_t status = esr & 0x3f;
    to->address = (uintptr_t)((int64_t)(READ("far_el1") << 8) >> 8); /* without the tag */
    to->write = (esr & 0x40) != 0;
    if (status == 0x11) {
        to->cause = KG_CAUSE_TAG;
    } else if (status == 0x21) {
        to->cause = KG_CAUSE_ALIGNMENT;
    } else {
        bool permission = status >= 0x0c && status <= 0x0f;
        bool there = permission || kg_port_mapped(to->address);
        to->cause = there ? KG_CAUSE_PERMISSION : KG_CAUSE_UNMAPPED;
    }
}

static void fill(const struct trap *from, struct kg_trap *to)
{
    *to = (struct kg_trap){
        .cause = KG_CAUSE_INSTRUCTION,
        .instruction = from->pc,
        .stack = from->sp,
        .registers = from->x,
    };
}

/* Of an exception only: an interrupt leaves an earlier one's syndrome and address in place. */
static void decode(struct kg_trap *to)
{
    uint64_t esr = READ("esr_el1");
    switch (esr >> 26 & 0x3f) {
    case 0x21:
    case 0x25:
        decode_abort(esr, to);
        break;
    case 0x22:
    case 0x26:
        to->cause = KG_CAUSE_ALIGNMENT;
        break;
    case 0x3c:
        to->cause = KG_CAUSE_TRAP;
        break;
    }
}

static bool tick(void)
{
    uint32_t number = *device(INTERFACE + 0x0c);
    bool due = false;
    if ((number & 0x3ff) < INTERRUPT_NONE) {
        WRITE("cntv_tval_el0", ticks_per_second / 1000);
        due = pebble_tick();
        *device(INTERFACE + 0x10) = number;
    }
    return due;
}

void pebble_trap(struct trap *trap, uint64_t kind)
{
    struct kg_trap ours;
    enum kg_trap_answer answer = KG_TRAP_NOT_OURS;
    in_trap = true;
    fill(trap, &ours);
    if (kind == TRAP_SYNCHRONOUS) {
        decode(&ours);
        answer = kg_trap_fault(&ours);
        if (answer == KG_TRAP_NOT_OURS) {
            pebble_die("an exception of the kernel's own", &ours);
        }
    } else if (tick()) {
        answer = kg_trap_look(&ours);
    }
    if (answer == KG_TRAP_RESUME) {
        trap->pc = ours.resume;
        trap->pstate = STATE_EL1T_MASKED;
    }
    in_trap = false;
}

/* ---- Start ---- */

static void start_tick(void)
{
    ticks_per_second = READ("cntfrq_el0");
    *device(DISTRIBUTOR) = 1;
    *device(DISTRIBUTOR + 0x100) = 1u << TIMER_INTERRUPT;
    *device(INTERFACE + 4) = 0xff;
    *device(INTERFACE) = 1;
    WRITE("cntv_tval_el0", ticks_per_second / 1000);
    WRITE("cntv_ctl_el0", 1);
}

void machine_start(void)
{
    machine_tags = (READ("id_aa64pfr1_el1") >> 8 & 15) >= 2;
    machine_spaces_start();
    start_tick();
    pebble_fibres_start();
    __asm__ volatile("msr daifclr, #2");
    pebble_main();
}
