/* SPDX-License-Identifier: MIT */
/* What a crossing is compared with, of the system's, within one process. */
#define _GNU_SOURCE
#include "kb.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE_BYTES 4096

/* What containing a crash costs without domains: a place to jump back to. */
static int sigsetjmp_loop(void *context, uint64_t n)
{
    sigjmp_buf *place = context;
    KB_LOOP(n, KB_USE(sigsetjmp(*place, 0)));
    return 0;
}

static int sigsetjmp_mask_loop(void *context, uint64_t n)
{
    sigjmp_buf *place = context;
    KB_LOOP(n, KB_USE(sigsetjmp(*place, 1)));
    return 0;
}

static int syscall_loop(void *context, uint64_t n)
{
    (void)context;
    KB_LOOP(n, KB_USE(syscall(SYS_getppid)));
    return 0;
}

/* Shut for writing, opened, touched: how page permissions alone would fence a call. */
static int mprotect_loop(void *context, uint64_t n)
{
    int bad = 0;
    volatile char *page = context;
    KB_LOOP(n, {
        bad |= mprotect((void *)page, PAGE_BYTES, PROT_READ);
        bad |= mprotect((void *)page, PAGE_BYTES, PROT_READ | PROT_WRITE);
        *page = 1;
    });
    return bad != 0 ? -KG_ESYSTEM : 0;
}

void kb_work_system(void)
{
    static sigjmp_buf place;
    kb_row("sigsetjmp", sigsetjmp_loop, &place);
    kb_row("sigsetjmp-mask", sigsetjmp_mask_loop, &place);
    kb_row("system-call", syscall_loop, NULL);
    void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        kb_skip("mprotect-pair", "no memory");
        return;
    }
    kb_row("mprotect-pair", mprotect_loop, page);
    munmap(page, PAGE_BYTES);
}
