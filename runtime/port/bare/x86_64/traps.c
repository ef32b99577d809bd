/* SPDX-License-Identifier: MIT */
/* What a trap means. Runs on a stack of the kernel's own, with the monitor's rights. */
#include "machine.h"

#include <string.h>

/* Exceptions (SDM vol. 3, 6.15). */
enum {
    DIVIDE = 0,
    DEBUG = 1,
    BREAKPOINT = 3,
    OVERFLOW = 4,
    BOUND = 5,
    INSTRUCTION = 6,
    NO_DEVICE = 7,
    DOUBLE_FAULT = 8,
    SEGMENT_ABSENT = 11,
    STACK_SEGMENT = 12,
    PROTECTION = 13,
    PAGE = 14,
    X87 = 16,
    ALIGNMENT = 17,
    MACHINE_CHECK = 18,
    SIMD = 19,
};

/* Page-fault error code (SDM vol. 3, 4.7). */
#define PAGE_PRESENT 1u
#define PAGE_WRITE 2u
#define PAGE_KEY 32u

#define CHECK(member, offset) \
    _Static_assert(offsetof(struct trap_frame, member) == (offset), #member)
CHECK(rax, F_RAX);
CHECK(rbx, F_RBX);
CHECK(rcx, F_RCX);
CHECK(rdx, F_RDX);
CHECK(rsi, F_RSI);
CHECK(rdi, F_RDI);
CHECK(rbp, F_RBP);
CHECK(rsp, F_RSP);
CHECK(r8, F_R8);
CHECK(r15, F_R15);
CHECK(rip, F_RIP);
CHECK(rflags, F_RFLAGS);
CHECK(cs, F_CS);
CHECK(ss, F_SS);
CHECK(error, F_ERROR);
CHECK(vector, F_VECTOR);
CHECK(rights, F_RIGHTS);
CHECK(depth, F_DEPTH);
CHECK(busy, F_BUSY);
_Static_assert(sizeof(struct trap_frame) == F_BYTES, "a frame");
_Static_assert(sizeof(struct trap_area) == TRAP_AREA_BYTES, "an area");
_Static_assert(PLATFORM_CPUS_MAX == TRAP_CPUS, "areas for all");
_Static_assert(PLATFORM_EXIT_TRAP + 1 == TRAP_LOST_EXIT, "one code for traps");

/* ---- Last messages ---- */

/* No lock and no memory that could be short: who writes them has nothing left to rely on. */
static char last_message[256];

static void add_text(const char *text)
{
    size_t length = strlen(last_message);
    for (size_t i = 0; text[i] != '\0' && length + 1 < sizeof last_message; i++) {
        last_message[length++] = text[i];
    }
    last_message[length] = '\0';
}

static void add_number(const char *what, uint64_t number)
{
    char digits[17];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[number & 15];
        number >>= 4;
    } while (number != 0);
    add_text(what);
    add_text(&digits[at]);
}

static _Noreturn void last_words(const struct trap_frame *frame, const char *what,
                                 uintptr_t address)
{
    last_message[0] = '\0';
    add_text(what);
    add_number(": exception 0x", frame->vector);
    add_number(", error 0x", frame->error);
    add_number(", address 0x", address);
    add_number(", at 0x", frame->rip);
    add_number(", stack 0x", frame->rsp);
    platform_panic(last_message);
}

/* ---- Exceptions ---- */

static uintptr_t fault_address(void)
{
    uintptr_t address;
    __asm__ volatile("movq %%cr2, %0" : "=r"(address));
    return address;
}

/* A page that is closed or reserved is not present for the CPU, but is not nothing either. */
static void read_page_fault(const struct trap_frame *frame, struct kg_trap *trap)
{
    trap->address = fault_address();
    trap->write = (frame->error & PAGE_WRITE) != 0;
    if ((frame->error & PAGE_KEY) != 0) {
        trap->cause = KG_CAUSE_TAG;
    } else if ((frame->error & PAGE_PRESENT) != 0 || kg_port_mapped(trap->address)) {
        trap->cause = KG_CAUSE_PERMISSION;
    } else {
        trap->cause = KG_CAUSE_UNMAPPED;
    }
}

/* Whether the instruction at `address` is one that only the kernel may run, or not like this: CLI,
 * IN, MOV to a control register, WRMSR, IRET and so on (SDM vol. 2, appendix A). */
static bool is_privileged(uintptr_t address)
{
    static const uint8_t one[] = {0x6c, 0x6d, 0x6e, 0x6f, 0xca, 0xcb, 0xcf, 0xe4, 0xe5, 0xe6, 0xe7,
                                  0xec, 0xed, 0xee, 0xef, 0xf4, 0xfa, 0xfb};
    static const uint8_t two[] = {0x00, 0x01, 0x06, 0x07, 0x08, 0x09, 0x20, 0x21,
                                  0x22, 0x23, 0x30, 0x32, 0x33, 0x34, 0x35};
    const uint8_t *code = (const uint8_t *)address;
    size_t prefixes = 0;
    uintptr_t start, end;
    if (!kg_port_constant_range(address, 16, &start, &end)) {
        return false;
    }
    while (prefixes < 8 && (code[prefixes] == 0x66 || code[prefixes] == 0xf2 ||
                            code[prefixes] == 0xf3 || (code[prefixes] & 0xf0) == 0x40)) {
        prefixes++;
    }
    code += prefixes;
    return code[0] == 0x0f ? memchr(two, code[1], sizeof two) != NULL
                           : memchr(one, code[0], sizeof one) != NULL;
}

/* Of a non-canonical address the CPU says nothing but error code 0 (SDM vol. 1, 3.3.7.1), as of an
 * instruction it will not run. */
static enum kg_cause cause_of(const struct trap_frame *frame)
{
    switch (frame->vector) {
    case DIVIDE:
    case X87:
    case SIMD:
        return KG_CAUSE_ARITHMETIC;
    case STACK_SEGMENT:
    case PROTECTION:
        return frame->error == 0 && !is_privileged(frame->rip) ? KG_CAUSE_UNMAPPED
                                                               : KG_CAUSE_INSTRUCTION;
    case ALIGNMENT:
        return KG_CAUSE_ALIGNMENT;
    case INSTRUCTION:
    case NO_DEVICE:
    case SEGMENT_ABSENT:
        return KG_CAUSE_INSTRUCTION;
    case DEBUG:
    case BREAKPOINT:
    case OVERFLOW:
    case BOUND:
        return KG_CAUSE_TRAP;
    default:
        return frame->vector < VECTOR_INTERRUPTS ? KG_CAUSE_NONE : KG_CAUSE_TRAP;
    }
}

static void read_trap(const struct trap_frame *frame, struct kg_trap *trap)
{
    trap->address = 0;
    trap->write = false;
    trap->instruction = frame->rip;
    trap->stack = frame->rsp;
    trap->registers = &frame->rax;
    if (frame->depth != TRAP_DEPTH) {
        trap->cause = KG_CAUSE_TRAP; /* an INT instruction: there is no error code */
    } else if (frame->vector == PAGE) {
        read_page_fault(frame, trap);
    } else {
        trap->cause = cause_of(frame);
    }
}

/* Any registers will do there. */
static enum trap_way follow(enum kg_trap_answer answer, struct trap_frame *frame,
                            const struct kg_trap *trap, uint32_t kind)
{
    if (answer != KG_TRAP_RESUME) {
        return TRAP_RETURN;
    }
    frame->rip = trap->resume;
    frame->rsp = (uintptr_t)platform_trap_stacks[platform_cpu()][kind] + (1u << TRAP_STACK_SHIFT);
    return TRAP_RESUME;
}

/* Whether this CPU was handling something when it met the trap. */
static bool handling(uint32_t except)
{
    const struct trap_area *areas = platform_trap_areas[platform_cpu()];
    uint64_t busy = 0;
    for (uint32_t kind = 0; kind < TRAP_KINDS; kind++) {
        busy += areas[kind].frame.busy;
    }
    return busy != (except < TRAP_KINDS);
}

static bool in_trap_text(uintptr_t address)
{
    return address >= (uintptr_t)platform_trap_text_start &&
           address < (uintptr_t)platform_trap_text_end;
}

static enum trap_way exception(struct trap_frame *frame, uint32_t kind)
{
    struct kg_trap trap;
    if (kind == TRAP_FATAL || handling(kind) || in_trap_text(frame->rip)) {
        last_words(frame,
                   frame->vector == DOUBLE_FAULT    ? "a double fault"
                   : frame->vector == MACHINE_CHECK ? "a machine check"
                                                    : "an exception inside a trap's handler",
                   fault_address());
    }
    read_trap(frame, &trap);
    enum kg_trap_answer answer = KG_TRAP_NOT_OURS;
    if (trap.cause != KG_CAUSE_NONE) {
        answer = kg_trap_fault(&trap);
    }
    if (answer == KG_TRAP_NOT_OURS) {
        uintptr_t resume = platform_trap_unclaimed(&trap);
        if (resume != 0) {
            frame->rip = resume;
            return TRAP_RETURN;
        }
        if (platform_stack_end(trap.address)) {
            last_words(frame, "a stack overflowed", trap.address);
        }
        platform_trap_panic(&trap);
    }
    return follow(answer, frame, &trap, kind);
}

/* ---- Interrupts ---- */

/* The controller is told first: what is resumed does not come back here. */
static enum trap_way interrupt(struct trap_frame *frame)
{
    struct kg_trap trap;
    if (frame->vector == VECTOR_SPURIOUS) {
        return TRAP_RETURN; /* of which the controller knows nothing (SDM vol. 3, 10.9) */
    }
    platform_apic_done();
    if (frame->vector == VECTOR_TIMER) {
        if (!platform_timer_due()) {
            return TRAP_RETURN;
        }
        platform_timer_expired();
    }
    read_trap(frame, &trap);
    return follow(kg_trap_look(&trap), frame, &trap, TRAP_INTERRUPT);
}

/* In platform_idle. */
extern const char platform_idle_rest[], platform_idle_over[];

uint64_t platform_trap(struct trap_frame *frame)
{
    struct trap_area *area = (struct trap_area *)(frame + 1) - 1;
    uint32_t kind = (uintptr_t)area >> TRAP_AREA_SHIFT & (TRAP_KINDS - 1);
    if (kind == TRAP_NMI) {
        platform_requests_answer();
        if (frame->rip == (uintptr_t)platform_idle_rest) {
            frame->rip = (uintptr_t)platform_idle_over;
        }
        return TRAP_RETURN;
    }
    bool ours = frame->vector == VECTOR_TIMER || frame->vector == VECTOR_KICK ||
                frame->vector == VECTOR_SPURIOUS;
    return kind == TRAP_INTERRUPT && ours ? interrupt(frame) : exception(frame, kind);
}

/* ---- Interrupts of this CPU ---- */

uint64_t platform_interrupts_off(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(flags) : : "memory");
    return flags;
}

#define FLAGS_INTERRUPTS 0x200u

void platform_interrupts_restore(uint64_t before)
{
    if ((before & FLAGS_INTERRUPTS) != 0) {
        __asm__ volatile("sti" : : : "memory");
    }
}

bool platform_in_trap(void)
{
    return handling(TRAP_KINDS);
}

/* Other CPUs' requests come as interrupts that can't be held off, so there is nothing to answer. */
void platform_pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

/* STI lets interrupts in only after the next instruction, so none is lost before the HLT; but for
 * one that comes while an NMI is handled which came between the two. */
__attribute__((noinline, noclone)) void platform_idle(void)
{
    __asm__ volatile("sti\n"
                     "platform_idle_rest:\n\t"
                     "hlt\n"
                     "platform_idle_over:\n\t"
                     "cli"
                     :
                     :
                     : "memory");
}
