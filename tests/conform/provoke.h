/* SPDX-License-Identifier: MIT */
/* Statuses that take some doing: test_provoke_*.c. Each leaves the monitor running or ended. */
#ifndef CONFORM_PROVOKE_H
#define CONFORM_PROVOKE_H

#include "world.h"

/* Those around the start end the monitor first. */
int provoke_not_ready(void);
int provoke_unprotected(void);
int provoke_backend(void);
int provoke_proof(void);
bool provoke_no_lies(void);

/* Those with calls inside calls, threads, or with a great deal of memory. */
int provoke_calls(void);
int provoke_thread(void);
bool provoke_one_thread(void);
bool provoke_few_threads(void);
int provoke_threads(void);
int provoke_stacks(void);
int provoke_killed(void);
bool provoke_one_at_a_time(void);
int provoke_window(void);
bool provoke_windows_are_free(void);
int provoke_heap(void);
bool provoke_heap_is_real(void);

/* Those of images: test_image.c. */
int provoke_image(void);
int provoke_verify(void);
int provoke_import(void);
int provoke_entry(void);
int provoke_name(void);
int provoke_names(void);

#endif
