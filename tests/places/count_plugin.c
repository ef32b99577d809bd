/* SPDX-License-Identifier: MIT */
/*
 * A QEMU plugin that counts instructions exactly. A program marks regions with "hint #(96 + k)",
 * k from 0 to 15, which does nothing on a CPU. Each mark run writes one line to QEMU's plugin log:
 *
 *     mark K cpu C delta N total T
 *
 * N counts the instructions since the previous mark on that CPU, T since its start; the marks
 * themselves are in neither delta but count in the total. At the end: "end cpu C total T".
 *
 * Debian ships no plugin header, so the part of the interface used here (version 1, QEMU 7.2) is
 * declared by hand.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CPUS = 64, FIRST_MARK = 96, MARKS = 16, NO_REGISTERS = 0 };

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
                                           void (*call)(plugin_id id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
                                            void (*call)(unsigned cpu, void *data), int flags,
                                            void *data);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*call)(plugin_id id, void *data),
                                    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
void qemu_plugin_outs(const char *text);

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int qemu_plugin_version = 1;

/* One cache line each: CPUs count at the same time. */
static struct {
    _Alignas(64) uint64_t total;
    uint64_t after_mark; /* total just after the latest mark */
} counts[MAX_CPUS];

static void count_one(unsigned cpu, void *data)
{
    (void)data;
    counts[cpu % MAX_CPUS].total++;
}

static void count_mark(unsigned cpu, void *data)
{
    char line[128];
    cpu %= MAX_CPUS;
    uint64_t before = counts[cpu].total++;
    snprintf(line, sizeof(line), "mark %u cpu %u delta %" PRIu64 " total %" PRIu64 "\n",
             (unsigned)(uintptr_t)data, cpu, before - counts[cpu].after_mark, before);
    counts[cpu].after_mark = counts[cpu].total;
    qemu_plugin_outs(line);
}

/* Returns the mark's number, or -1 for any other instruction. */
static int mark_number(const struct qemu_plugin_insn *instruction)
{
    uint32_t word;
    memcpy(&word, qemu_plugin_insn_data(instruction), sizeof(word));
    int hint = (int)(word >> 5 & 127);
    if ((word & 0xfffff01f) != 0xd503201f || hint < FIRST_MARK || hint >= FIRST_MARK + MARKS) {
        return -1;
    }
    return hint - FIRST_MARK;
}

static void on_translate(plugin_id id, struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    (void)id;
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(tb, i);
        int mark = mark_number(instruction);
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, mark < 0 ? count_one : count_mark,
                                               NO_REGISTERS, (void *)(uintptr_t)mark);
    }
}

static void at_end(plugin_id id, void *data)
{
    (void)id;
    (void)data;
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
        char line[64];
        if (counts[cpu].total > 0) {
            snprintf(line, sizeof(line), "end cpu %u total %" PRIu64 "\n", cpu, counts[cpu].total);
            qemu_plugin_outs(line);
        }
    }
}

EXPORTED int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    (void)argc;
    (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, at_end, NULL);
    return 0;
}
