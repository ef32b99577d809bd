/* SPDX-License-Identifier: MIT */
/*
 * A QEMU plugin that counts the instructions between marks (marks.h), for one CPU: in a whole
 * machine or in user mode, x86-64 or AArch64. For each row it writes one line to the file that its
 * argument "out=FILE" names:
 *
 *     row W user U max M kernel K call C D rights R syscalls S
 *
 * W windows were seen; the one with the fewest instructions ran U instructions of the program and K
 * of the kernel, C and D of them until the callee was reached (0 0 when that was not marked). M is
 * the most program instructions of any window. R counts writes of the rights register by the
 * program, S its system calls. After a trace mark, "at ADDRESS" for each of the program's
 * instructions in one window. A repeated string instruction counts once for each repetition. A
 * kernel image counts as the program. The first window begins when the machine does.
 *
 * Debian ships no plugin header, so the part of the interface used here is declared by hand:
 * version 1 (QEMU 7.2), or 4 (QEMU 10) when PLUGIN_API says so.
 */
#include "marks.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef PLUGIN_API
#define PLUGIN_API 1
#endif

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info {
    const char *target_name; /* the first member in every version */
};

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
                                           void (*call)(plugin_id id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
                                            void (*call)(unsigned cpu, void *data), int flags,
                                            void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
#if PLUGIN_API >= 4
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction, void *to, size_t bytes);
#else
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
#endif
#define EXPORTED __attribute__((visibility("default")))

EXPORTED int qemu_plugin_version = PLUGIN_API;

struct counts {
    uint64_t user;
    uint64_t kernel;
    uint64_t rights;
    uint64_t syscalls;
};

static FILE *out;
static bool x86;
static bool open_window = true; /* from the start of the machine on */
static bool reached;    /* the callee, in this window */
static int trace;       /* 1: the next window is listed, 2: this one is */
static unsigned listed; /* addresses of it so far */
static uint64_t windows;
static uint64_t most;   /* program instructions of the longest window */
static struct counts now, begin, middle, best, best_call;

static struct counts since(const struct counts *end, const struct counts *start)
{
    return (struct counts){end->user - start->user, end->kernel - start->kernel,
                           end->rights - start->rights, end->syscalls - start->syscalls};
}

static void window_end(void)
{
    struct counts all = since(&now, &begin);
    struct counts call = since(&middle, &begin);
    if (!open_window) {
        return;
    }
    if (windows == 0 || all.user + all.kernel < best.user + best.kernel) {
        best = all;
        best_call = reached ? call : (struct counts){0, 0, 0, 0};
    }
    if (windows == 0 || all.user > most) {
        most = all.user;
    }
    windows++;
    open_window = false;
    trace = 0;
}

static void row_end(void)
{
    fprintf(out, "row %" PRIu64 " user %" PRIu64 " max %" PRIu64 " kernel %" PRIu64 " call %" PRIu64
             " %" PRIu64 " rights %" PRIu64 " syscalls %" PRIu64 "\n",
             windows, best.user, most, best.kernel, best_call.user, best_call.kernel, best.rights,
             best.syscalls);
    /* Whoever runs this may end it by force. */
    fflush(out);
    windows = 0;
}

static void on_mark(unsigned cpu, void *data)
{
    (void)cpu;
    switch ((int)(intptr_t)data) {
    case KB_MARK_BEGIN:
        begin = now;
        open_window = true;
        reached = false;
        trace = trace != 0 ? 2 : 0;
        break;
    case KB_MARK_END:
        window_end();
        break;
    case KB_MARK_RESET:
        windows = 0;
        open_window = false;
        break;
    case KB_MARK_ROW:
        row_end();
        break;
    case KB_MARK_MIDDLE:
        if (!reached) {
            middle = now;
            reached = true;
        }
        break;
    case KB_MARK_TRACE:
        trace = 1;
        listed = 0;
        break;
    }
}

static void on_kernel(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    now.kernel++;
}

static void on_user(unsigned cpu, void *data)
{
    (void)cpu;
    now.user++;
    if (trace == 2 && listed++ < KB_TRACE_MAX) {
        fprintf(out, "at %" PRIxPTR "\n", (uintptr_t)data);
    }
}

static void on_rights(unsigned cpu, void *data)
{
    now.rights++;
    on_user(cpu, data);
}

static void on_syscall(unsigned cpu, void *data)
{
    now.syscalls++;
    on_user(cpu, data);
}

static size_t bytes_of(const struct qemu_plugin_insn *instruction, unsigned char *to, size_t room)
{
    size_t size = qemu_plugin_insn_size(instruction);
    size = size < room ? size : room;
#if PLUGIN_API >= 4
    return qemu_plugin_insn_data(instruction, to, size);
#else
    memcpy(to, qemu_plugin_insn_data(instruction), size);
    return size;
#endif
}

static uint32_t word_at(const unsigned char *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* What to call for a program's instruction. Sets *mark to a mark's number, or leaves it. */
static void (*kind_of(const unsigned char *b, size_t size, int *mark))(unsigned, void *)
{
    if (x86) {
        if (size == 7 && b[0] == 0x0f && b[1] == 0x1f && b[2] == 0x80 &&
            (word_at(b + 3) & 0xffff0000u) == KB_MARK_X86) {
            *mark = (int)(word_at(b + 3) & 0xffff);
            return on_mark;
        }
        if (size == 3 && b[0] == 0x0f && b[1] == 0x01 && b[2] == 0xef) {
            return on_rights; /* WRPKRU */
        }
        if (size == 2 && b[0] == 0x0f && b[1] == 0x30) {
            return on_rights; /* WRMSR: in a kernel image's gates that of IA32_PKRS */
        }
        return size == 2 && b[0] == 0x0f && b[1] == 0x05 ? on_syscall : on_user;
    }
    uint32_t word = word_at(b);
    uint32_t hint = word >> 5 & 127;
    if ((word & 0xfffff01f) == 0xd503201f && hint >= KB_MARK_HINT && hint < KB_MARK_HINT + 16) {
        *mark = (int)(hint - KB_MARK_HINT);
        return on_mark;
    }
    if ((word & 0xfffff0ff) == 0xd503409f || (word & 0xffffffe0) == 0xd51b42e0) {
        return on_rights; /* MSR TCO, #imm and MSR TCO, Xt */
    }
    return (word & 0xffe0001f) == 0xd4000001 ? on_syscall : on_user; /* SVC */
}

static void on_translate(plugin_id id, struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    (void)id;
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(tb, i);
        uint64_t address = qemu_plugin_insn_vaddr(instruction);
        unsigned char bytes[16] = {0};
        int mark = -1;
        void (*call)(unsigned, void *) = on_kernel;
        /* On both architectures the kernel has the upper half. */
        if (address >> 63 == 0) {
            call = kind_of(bytes, bytes_of(instruction, bytes, sizeof bytes), &mark);
        }
        void *data = mark >= 0 ? (void *)(intptr_t)mark : (void *)(uintptr_t)address;
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, call, 0, data);
    }
}

EXPORTED int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
    if (argc != 1 || strncmp(argv[0], "out=", 4) != 0 || (out = fopen(argv[0] + 4, "w")) == NULL) {
        fputs("the counting plugin wants out=FILE, a file it can write\n", stderr);
        return 1;
    }
    x86 = strcmp(info->target_name, "x86_64") == 0;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    return 0;
}
