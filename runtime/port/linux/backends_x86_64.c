/* SPDX-License-Identifier: MIT */
/* What is built for Linux on this CPU, best first. */
#include "core/backend.h"

const struct kg_backend *const kg_backends[] = {
    &kg_backend_pkey, &kg_backend_soft, &kg_backend_page, &kg_backend_none, NULL,
};
