/* SPDX-License-Identifier: MIT */
/* Fibres, and what port.h asks about threads. There is one CPU and nobody is made to give way, so a
 * fibre that runs a domain goes on running it; call-backs are where they take turns. */
#include "pebble.h"

#include <keygate/keygate.h>
#include <port/port.h>

static struct fibre fibres[PEBBLE_FIBRES];
static struct fibre *running = &fibres[0];
static uint64_t ticks;

__attribute__((aligned(4096))) static unsigned char stacks[PEBBLE_FIBRES][PEBBLE_STACK_BYTES];
__attribute__((aligned(64))) static unsigned char blocks[PEBBLE_FIBRES][PEBBLE_TLS_BYTES];

static void give_tls(struct fibre *fibre)
{
    unsigned char *variables;
    unsigned char *block = blocks[fibre - fibres];
    size_t first = (size_t)(image_tdata_end - image_tdata);
    __builtin_memset(block, 0, PEBBLE_TLS_BYTES);
    fibre->pointer = machine_tls(block, &variables);
    __builtin_memcpy(variables, image_tdata, first);
}

void pebble_fibres_start(void)
{
    fibres[0].state = FIBRE_READY;
    give_tls(&fibres[0]);
    machine_pointer_set(fibres[0].pointer);
}

bool pebble_fibre_new(void (*work)(void *), void *argument)
{
    for (uint32_t i = 1; i < PEBBLE_FIBRES; i++) {
        if (fibres[i].state == FIBRE_NONE) {
            fibres[i] = (struct fibre){.state = FIBRE_READY, .work = work, .argument = argument};
            give_tls(&fibres[i]);
            fibres[i].sp = machine_prepare(stacks[i] + PEBBLE_STACK_BYTES);
            return true;
        }
    }
    return false;
}

struct fibre *pebble_fibre(void)
{
    return running;
}

/* What a switch saves besides stack, kept registers and mask: the thread pointer and GS base, which
 * lead to Keygate's words, and the register of rights, in which a window object may be open. */
void pebble_yield(void)
{
    uint64_t before = machine_mask();
    struct fibre *from = running;
    struct fibre *to = from;
    do {
        to = to + 1 == fibres + PEBBLE_FIBRES ? fibres : to + 1;
    } while (to->state != FIBRE_READY);
    if (to != from) {
        from->rights = machine_rights_read();
        from->words = machine_words_read();
        running = to;
        machine_pointer_set(to->pointer);
        machine_words_write(to->words);
        machine_rights_write(to->rights);
        machine_switch(&from->sp, to->sp);
    }
    machine_unmask(before);
}

/* A new fibre starts here with interrupts off. */
void pebble_fibre_begin(void)
{
    machine_unmask(0);
    running->work(running->argument);
    running->state = FIBRE_NONE;
    for (;;) {
        pebble_yield();
    }
}

bool pebble_tick(void)
{
    ticks++;
    bool due = running->look ||
               (running->deadline_ns != 0 && machine_now_ns() >= running->deadline_ns);
    running->look = false;
    return due;
}

uint64_t pebble_ticks(void)
{
    return __atomic_load_n(&ticks, __ATOMIC_RELAXED);
}

/* ---- port.h ---- */

static bool locked;

/* Under `page` a call-back has the lock and may give way; nobody else is in a domain meanwhile, so
 * a trap never has to wait. */
void kg_port_lock(void)
{
    while (locked) {
        if (machine_in_trap()) {
            pebble_die("a trap would wait for the monitor's lock", NULL);
        }
        pebble_yield();
    }
    locked = true;
}

void kg_port_unlock(void)
{
    locked = false;
}

int kg_port_thread_start(struct kg_thread *thread)
{
    void *stack;
    size_t bytes;
    for (uint32_t i = 0; machine_trap_stack(i, &stack, &bytes); i++) {
        int status = kg_trap_stack(stack, bytes);
        if (status != 0) {
            return status;
        }
    }
    running->keygate = thread;
    return 0;
}

void kg_port_thread_stop(struct kg_thread *thread)
{
    for (uint32_t i = 0; i < PEBBLE_FIBRES; i++) {
        if (fibres[i].keygate == thread) {
            fibres[i].keygate = NULL;
            fibres[i].deadline_ns = 0;
        }
    }
}

void kg_port_notify(struct kg_thread *thread)
{
    for (uint32_t i = 0; i < PEBBLE_FIBRES; i++) {
        fibres[i].look |= fibres[i].keygate == thread;
    }
}

int kg_port_deadline_set(struct kg_thread *thread, uint64_t at_ns)
{
    (void)thread;
    running->deadline_ns = at_ns != 0 ? at_ns : 1;
    return 0;
}

void kg_port_deadline_clear(struct kg_thread *thread)
{
    (void)thread;
    running->deadline_ns = 0;
}

uint64_t kg_port_signals_hold(void)
{
    return machine_mask();
}

void kg_port_signals_release(uint64_t held)
{
    machine_unmask(held);
}

bool kg_port_in_handler(void)
{
    return machine_in_trap();
}

uint64_t kg_port_time_ns(void)
{
    return machine_now_ns();
}

int kg_port_barrier(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return 0;
}

void kg_port_message(const char *text)
{
    pebble_say(text);
}
