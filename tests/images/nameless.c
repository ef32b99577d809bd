/* SPDX-License-Identifier: MIT */
/* An image for kg-verify with an entry that has no name. */
#include <keygate/domain.h>

static uint64_t nameless(void)
{
    return 1;
}

KG_ENTRY_PLACE const struct kg_entry kg_entry_nameless = {
    (kg_function *)nameless, NULL, 0, KG_BUILD_FLAVOUR | KG_BUILD_REGISTERS};
