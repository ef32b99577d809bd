/* SPDX-License-Identifier: MIT */
/* What is to be found of the library for kernels. It links and does not run: most of port.h would
 * be a kernel's. */
#include <keygate/keygate.h>
#include <port/port.h>

void start(void);

void start(void)
{
    struct kg_trap trap = {0};
    (void)kg_trap_fault(&trap);
    (void)kg_init(NULL);
}
