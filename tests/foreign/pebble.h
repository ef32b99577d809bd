/* SPDX-License-Identifier: MIT */
/* Pebble: a kernel that was not written for Keygate. One address space, one CPU, fibres that give
 * way of their own accord, a tick of a millisecond, frames from one static array. It has nothing of
 * Keygate's reference platform; of Keygate it knows the headers in keygate/ and port/port.h. */
#ifndef PEBBLE_H
#define PEBBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_trap;

/* ---- words.c: the console, and mem* ---- */

void pebble_say(const char *text);
void pebble_say_number(const char *before, uint64_t number, const char *after);
void pebble_say_hex(const char *before, uint64_t number, const char *after);
bool pebble_same(const char *a, const char *b);

/* ---- frames.c: physical memory ---- */

/* Physical memory is mapped one to one. What a frame holds is anything. */
uintptr_t pebble_frame_take(void);
void pebble_frame_give(uintptr_t frame);
size_t pebble_frames_free(void);
size_t pebble_frames_used(void);

/* ---- fibres.c ---- */

#define PEBBLE_FIBRES 4u
#define PEBBLE_STACK_BYTES 32768u
#define PEBBLE_TLS_BYTES 1024u

struct fibre {
    uintptr_t sp;        /* while it waits: what machine_switch left */
    uintptr_t pointer;   /* thread pointer: FS base, TPIDR_EL0 */
    uint64_t rights;     /* PKRU or PKRS */
    uintptr_t words;     /* GS base, where a backend keeps something there */
    enum { FIBRE_NONE, FIBRE_READY } state;
    void (*work)(void *);
    void *argument;
    struct kg_thread *keygate; /* while it is attached */
    uint64_t deadline_ns;      /* 0: none */
    bool look;                 /* kg_port_notify has asked */
};

/* Makes of the code that runs a fibre with thread-local storage. */
void pebble_fibres_start(void);
bool pebble_fibre_new(void (*work)(void *), void *argument);
struct fibre *pebble_fibre(void);
void pebble_yield(void);

/* Called at each tick, with interrupts off: whether the fibre has to be looked at. */
bool pebble_tick(void);
uint64_t pebble_ticks(void);

/* ---- the CPU's own (x86_64/, aarch64/) ---- */

/* What boot arguments there were, words and spaces. */
const char *machine_arguments(void);
void machine_put(char c);
_Noreturn void machine_end(bool well);

/* Exchanges stacks: keeps what a call keeps, and the interrupt mask. */
void machine_switch(uintptr_t *from, uintptr_t to);
/* Writes at the top of a stack what machine_switch takes up; it goes on in pebble_fibre_begin. */
uintptr_t machine_prepare(void *top);
void pebble_fibre_begin(void);
void machine_pointer_set(uintptr_t pointer);
/* Where in `block` thread-local variables go, and the pointer to them. */
uintptr_t machine_tls(unsigned char *block, unsigned char **variables);
uint64_t machine_rights_read(void);
void machine_rights_write(uint64_t rights);
uintptr_t machine_words_read(void);
void machine_words_write(uintptr_t words);

/* Switches vector registers on where the kernel itself leaves them off. */
void machine_vectors_on(void);

uint64_t machine_mask(void);
void machine_unmask(uint64_t before);
bool machine_masked(void);
bool machine_in_trap(void);
uint64_t machine_now_ns(void);

/* Stacks traps are taken on; false past the last. */
bool machine_trap_stack(uint32_t index, void **stack, size_t *bytes);

/* The page table entry of an address of the image or the window; NULL: none. With `make` a missing
 * table is made, which takes a frame. */
uint64_t *machine_entry(uintptr_t address, bool make);
uint64_t machine_entry_of(uintptr_t frame, unsigned how);
unsigned machine_entry_how(uint64_t entry);
uintptr_t machine_entry_frame(uint64_t entry); /* 0: nothing was ever mapped there */
/* Earlier entries of these pages are in force no more; of no pages: new ones are in force. */
void machine_forget(uintptr_t address, size_t bytes);
/* The page has just been mapped to be written: zeros, and no tags. */
void machine_clear(uintptr_t address, bool tagged);

/* ---- suite.c, main.c ---- */

void pebble_main(void);
/* A last message; `trap` may be NULL. */
_Noreturn void pebble_die(const char *why, const struct kg_trap *trap);

/* ---- linker script ---- */

extern char image_start[], image_text_end[], image_constants_end[], image_end[];
extern char image_tdata[], image_tdata_end[], image_tls_bytes[];

#endif
