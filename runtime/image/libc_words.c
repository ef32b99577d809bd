/* SPDX-License-Identifier: MIT */
/* What musl's functions ask of the rest of musl, which a domain has not. */
#include <stdio.h>

int *__errno_location(void);
int *___errno_location(void);
int __uflow(FILE *file);
int __lockfile(FILE *file);
void __unlockfile(FILE *file);
void __stdio_exit_needed(void);

/* One for all threads of the domain: it has no thread-local variables. */
static int error_number;

int *__errno_location(void)
{
    return &error_number;
}

int *___errno_location(void)
{
    return &error_number;
}

/* A text that is read as a file is all in its buffer. */
int __uflow(FILE *file)
{
    (void)file;
    return EOF;
}

/* A text that is written as a file is its writer's own. */
int __lockfile(FILE *file)
{
    (void)file;
    return 0;
}

void __unlockfile(FILE *file)
{
    (void)file;
}

void __stdio_exit_needed(void)
{
}
