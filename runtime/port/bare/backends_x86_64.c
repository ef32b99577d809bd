/* SPDX-License-Identifier: MIT */
/* What is built for kernels on this CPU, best first. Part of the library. */
#include "core/backend.h"

const struct kg_backend *const kg_backends[] = {
    &kg_backend_pks,  &kg_backend_pku,  &kg_backend_pku_ring3, &kg_backend_soft,
    &kg_backend_page, &kg_backend_none, NULL,
};
