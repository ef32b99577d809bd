/* SPDX-License-Identifier: MIT */
/* The least a kernel can do with the library, to see how large that is. A list of backends of its
 * own leaves out what is not in it. */
#include "core/backend.h"
#include "port/bare/platform.h"

#include <keygate/keygate.h>

const struct kg_backend *const kg_backends[] = {
#if defined(__x86_64__) && !defined(WITHOUT_PKS)
    &kg_backend_pks,
#endif
#if defined(__x86_64__) && !defined(WITHOUT_PKU)
    &kg_backend_pku,
#endif
#if defined(__x86_64__) && !defined(WITHOUT_PKU_RING3)
    &kg_backend_pku_ring3,
#endif
#if defined(__aarch64__) && !defined(WITHOUT_MTE)
    &kg_backend_mte,
#endif
#ifndef WITHOUT_SOFT
    &kg_backend_soft,
#endif
#ifndef WITHOUT_PAGE
    &kg_backend_page,
#endif
    &kg_backend_none, NULL,
};

int platform_main(void)
{
    int status = kg_init(NULL);
    return status == 0 ? kg_exit() : PLATFORM_EXIT_FAILED;
}
