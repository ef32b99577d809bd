/* SPDX-License-Identifier: MIT */
/* Domain code: what a domain must leave alone, because it writes memory that is the host's. */
#define _GNU_SOURCE
#include "domain_code.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef CONFORM_SHARED
#include <dlfcn.h>
#endif

jmp_buf libc_jump; /* set by the host */

static void use(uint64_t which)
{
    void *volatile memory;
    switch (which) {
    case 0:
        memory = malloc(100000);
        free(memory);
        break;
    case 1:
        printf("printed by a domain\n");
        break;
    case 2:
        exit(1);
    case 3:
        pthread_exit(NULL);
    case 4:
        longjmp(libc_jump, 1);
    case 5:
        if (fork() == 0) {
            _exit(0);
        }
        break;
    default:
#ifdef CONFORM_SHARED
        memory = dlopen("libm.so.6", RTLD_NOW);
#else
        memory = malloc(1); /* a static program has no loader to call */
        free(memory);
#endif
        break;
    }
}

static uint64_t use_libc(uint64_t which)
{
    use(which);
    return 1;
}
KG_ENTRY(use_libc, 1);
