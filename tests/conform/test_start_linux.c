/* SPDX-License-Identifier: MIT */
/* Starting on a system that lies: its calls are intercepted. */
#define _GNU_SOURCE
#include "provoke.h"

#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What it says is done, and is not. */

enum lie {
    TRUTH,
    NOT_CLOSED,       /* nobody's memory, or any, stays open */
    MONITOR_READABLE, /* page: closing it leaves it readable */
    MONITOR_OPEN,     /* pkey: it has the key that is open to all */
    HOST_OPEN,        /* pkey: so have the program's variables */
    DOMAINS_SHUT,     /* pkey: a domain's own memory is nobody's, so that it faults at once */
    NO_TAGS,          /* mte: memory that can't hold tags */
    REFUSED_ONCE,     /* it says no */
    REFUSED_STACK,    /* pkey: to the key of a signal stack */
};

static enum lie lie;

#ifndef CONFORM_SHARED
#define BIG (1u << 20) /* the monitor's memory is, and no domain's or object's here */

int mprotect(void *address, size_t bytes, int protection)
{
    bool opens = (protection & PROT_READ) != 0;
    if (lie == NOT_CLOSED && !opens) {
        return 0;
    }
    if (lie == MONITOR_READABLE && !opens && bytes > BIG) {
        protection = PROT_READ;
    }
    if (lie == REFUSED_ONCE) {
        lie = TRUTH;
        errno = ENOMEM;
        return -1;
    }
    return (int)syscall(SYS_mprotect, address, bytes, protection);
}

#if defined(__x86_64__)
#define KEY_SIGNAL 1 /* the first key it takes: signal stacks, open to all */
#define KEY_NOBODY 2
#define KEY_DOMAINS 6 /* from here on */

extern unsigned char kg_sealed_page[];
extern unsigned char __bss_start[], _end[];

/* Variables without a first value, the prover's among them; not the sealed words, which the entry
 * for signals reads before it has any rights. */
static void variables_key(int key)
{
    uintptr_t sealed = (uintptr_t)kg_sealed_page;
    uintptr_t end = ((uintptr_t)_end + 4095) & ~(uintptr_t)4095;
    for (uintptr_t at = ((uintptr_t)__bss_start + 4095) & ~(uintptr_t)4095; at < end; at += 4096) {
        if (at != sealed) {
            syscall(SYS_pkey_mprotect, at, 4096, PROT_READ | PROT_WRITE, key);
        }
    }
}

int pkey_mprotect(void *address, size_t bytes, int protection, int key)
{
    if (lie == NOT_CLOSED && key == KEY_NOBODY) {
        return 0;
    }
    if (lie == MONITOR_OPEN && key == KEY_SIGNAL) {
        void *monitor;
        memcpy(&monitor, kg_sealed_page + 8, sizeof monitor);
        syscall(SYS_pkey_mprotect, monitor, 4096, PROT_READ | PROT_WRITE, key);
    }
    if (lie == REFUSED_STACK && key == KEY_SIGNAL) {
        errno = ENOMEM;
        return -1;
    }
    if (lie == DOMAINS_SHUT && key >= KEY_DOMAINS) {
        key = KEY_NOBODY;
    }
    if (lie == HOST_OPEN && key == KEY_SIGNAL) {
        variables_key(key);
    }
    if (lie == REFUSED_ONCE) {
        lie = TRUTH;
        errno = ENOMEM;
        return -1;
    }
    return (int)syscall(SYS_pkey_mprotect, address, bytes, protection, key);
}
#else
void *mmap(void *address, size_t bytes, int protection, int flags, int file, off_t offset)
{
    if (lie == NO_TAGS) {
        protection &= ~0x20; /* PROT_MTE */
    }
    return (void *)syscall(SYS_mmap, address, bytes, protection, flags, file, offset);
}

int prctl(int option, ...)
{
    static unsigned long control;
    va_list list;
    va_start(list, option);
    unsigned long a = va_arg(list, unsigned long);
    unsigned long b = va_arg(list, unsigned long);
    unsigned long c = va_arg(list, unsigned long);
    unsigned long d = va_arg(list, unsigned long);
    va_end(list);
    if (lie == NOT_CLOSED && option == 55) { /* PR_SET_TAGGED_ADDR_CTRL */
        control = a;
        return 0;
    }
    if (lie == NOT_CLOSED && option == 56) {
        return (int)control;
    }
    return (int)syscall(SYS_prctl, option, a, b, c, d);
}
#endif
#endif

bool provoke_no_lies(void)
{
#ifdef CONFORM_SHARED
    return true;
#else
    enum kg_backend_id id = kg_backend();
    return id == KG_BACKEND_NONE || id == KG_BACKEND_SOFT;
#endif
}

static int start_under(enum lie told)
{
    world_teardown(NULL);
    lie = told;
    int status = world_start();
    lie = TRUTH;
    return status;
}

/* The monitor finds out by itself, and does not start. */
int provoke_proof(void)
{
    return start_under(NOT_CLOSED);
}

KG_TEST(start, system_that_lies_is_found_out)
{
    if (provoke_no_lies()) {
        KG_SKIP("nobody asked could lie, or the shared library's calls can't be intercepted");
    }
    size_t maps = 0;
    for (int i = 0; i < 3; i++) {
        KG_ASSERT_STATUS(provoke_proof(), -KG_EPROOF);
        KG_ASSERT_EQ(kg_backend(), KG_BACKEND_AUTO);
        maps = i == 0 ? mappings() : maps;
        KG_ASSERT(mappings() <= maps + 1);
    }
    KG_ASSERT_STATUS(world_start(), 0);
    PASS();
}

#ifndef CONFORM_SHARED
/* One promise broken at a time: each is proved by an attempt of its own. */
KG_TEST(start, each_promise_is_proved)
{
    enum kg_backend_id id = kg_backend();
    if (id == KG_BACKEND_PAGE) {
        KG_ASSERT_STATUS(start_under(MONITOR_READABLE), -KG_EPROOF);
        KG_ASSERT_STATUS(world_start(), 0);
    }
#if defined(__x86_64__)
    if (id == KG_BACKEND_PKEY) {
        KG_ASSERT_STATUS(start_under(MONITOR_OPEN), -KG_EPROOF);
        KG_ASSERT_STATUS(start_under(DOMAINS_SHUT), -KG_EPROOF); /* a fault, elsewhere */
        int status = start_under(HOST_OPEN);
        variables_key(0);
        KG_ASSERT_STATUS(status, -KG_EPROOF);
        KG_ASSERT_STATUS(world_start(), 0);
    }
#endif
    PASS();
}

/* Gives code and constants their permissions and `more`. */
static int constants_protect(struct dl_phdr_info *object, size_t size, void *more)
{
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0) {
            uintptr_t start = (object->dlpi_addr + segment->p_vaddr) & ~(uintptr_t)4095;
            uintptr_t end = object->dlpi_addr + segment->p_vaddr + segment->p_memsz;
            int execute = (segment->p_flags & PF_X) != 0 ? PROT_EXEC : 0;
            syscall(SYS_mprotect, start, end - start, PROT_READ | execute | *(const int *)more);
        }
    }
    return 0;
}

KG_TEST(start, writable_constants_are_found_out)
{
    enum kg_backend_id id = kg_backend();
    int open = PROT_WRITE, closed = 0;
    if (id != KG_BACKEND_PAGE && id != KG_BACKEND_MTE) {
        KG_SKIP("pkey has the host's key for it, soft the program's headers, none no promise");
    }
    world_teardown(NULL);
    dl_iterate_phdr(constants_protect, &open);
    int status = world_start();
    dl_iterate_phdr(constants_protect, &closed);
    KG_ASSERT_STATUS(status, -KG_EPROOF);
    KG_ASSERT_STATUS(world_start(), 0);
    PASS();
}

static int attach_status;

static void *attach(void *unused)
{
#if defined(__aarch64__)
    if (kg_backend() == KG_BACKEND_MTE) {
        syscall(SYS_prctl, 55, 1, 0, 0, 0); /* checks are inherited: off first */
    }
#endif
    attach_status = kg_thread_attach();
    if (attach_status == 0) {
        must(kg_thread_detach(), "detach");
    }
    return unused;
}

/* A denial is seen on each thread, not on the first only. */
KG_TEST(start, each_thread_is_proved)
{
    enum kg_backend_id id = kg_backend();
    pthread_t thread;
    if (id != KG_BACKEND_PAGE && id != KG_BACKEND_MTE) {
        KG_SKIP("nothing that a system could lie about is done anew");
    }
    lie = NOT_CLOSED;
    int made = pthread_create(&thread, NULL, attach, NULL);
    pthread_join(thread, NULL);
    lie = TRUTH;
    KG_ASSERT_EQ(made, 0);
    KG_ASSERT_STATUS(attach_status, -KG_EPROOF);
    KG_ASSERT_EQ(value0(GATE(domain_a, add0)), 1000);
    PASS();
}

#if defined(__aarch64__)
static int mode_after;

static void *attach_and_detach(void *unused)
{
    syscall(SYS_prctl, 55, 1, 0, 0, 0); /* no checks */
    must(kg_thread_attach(), "attach");
    must(kg_thread_detach(), "detach");
    mode_after = (int)syscall(SYS_prctl, 56, 0, 0, 0, 0);
    return unused;
}

KG_TEST(start, thread_gets_its_check_mode_back)
{
    pthread_t thread;
    if (kg_backend() != KG_BACKEND_MTE) {
        KG_SKIP("mte only: there is no check mode");
    }
    KG_ASSERT_EQ(pthread_create(&thread, NULL, attach_and_detach, NULL), 0);
    pthread_join(thread, NULL);
    KG_ASSERT_EQ(mode_after, 1);
    PASS();
}

/* Such memory swallows tag stores silently. */
KG_TEST(start, memory_without_tags_is_noticed)
{
    const struct kg_object_options options = {.bytes = 64};
    kg_handle handle = 0;
    if (kg_backend() != KG_BACKEND_MTE) {
        KG_SKIP("mte only: there are no tags to lose");
    }
    lie = NO_TAGS;
    int status = kg_object_create(&options, &handle);
    lie = TRUTH;
    KG_ASSERT_STATUS(status, -KG_ESYSTEM);
    KG_ASSERT_STATUS(kg_object_create(&options, &handle), 0);
    watch(handle);
    CHECK_CALL(tags_agree());
    PASS();
}
#endif

static int give_under_refusal(kg_handle handle)
{
    lie = REFUSED_ONCE;
    int status = kg_object_give(handle, domain_a);
    lie = TRUTH;
    return status;
}

/* What the system answers is looked at, not only what the failure points say. */
KG_TEST(start, refusals_of_the_system_are_told)
{
    enum kg_backend_id id = kg_backend();
    if (id != KG_BACKEND_PAGE && id != KG_BACKEND_PKEY) {
        KG_SKIP("page and pkey only: the others re-tag without the system");
    }
    kg_handle handle = make(64);
    REFUSED(give_under_refusal(handle), -KG_ESYSTEM);
    *(volatile unsigned char *)kg_object_address(handle) = 1;
    WORKS(kg_object_give(handle, domain_a));
    if (id == KG_BACKEND_PKEY) {
        KG_ASSERT_STATUS(start_under(REFUSED_ONCE), -KG_ESYSTEM); /* to open the gates */
        KG_ASSERT_STATUS(start_under(REFUSED_STACK), -KG_ESYSTEM);
        KG_ASSERT_STATUS(world_start(), 0);
    }
    PASS();
}
#endif
