/* SPDX-License-Identifier: MIT */
/* Starting on a platform that says "done" and leaves open what it was to close: the linker has the
 * library's calls of kg_port_protect come here (--wrap). */
#include "provoke.h"

#include "port/port.h"

#define KEY_NOBODY 2u /* the second key it takes; see pkey/keys.c */

static bool lying;

int __real_kg_port_protect(void *address, size_t bytes, unsigned how);
int __wrap_kg_port_protect(void *address, size_t bytes, unsigned how);

int __wrap_kg_port_protect(void *address, size_t bytes, unsigned how)
{
    bool closes = (how & (KG_MAP_READ | KG_MAP_WRITE)) == 0;
    bool to_nobody = (how & KG_MAP_KEYED) != 0 && KG_MAP_KEY_OF(how) == KEY_NOBODY;
    if (lying && closes) {
        return 0;
    }
    if (lying && to_nobody) {
        how = (how & 0xffu) | KG_MAP_KEY(0); /* which domains may read where it is not closed */
    }
    return __real_kg_port_protect(address, bytes, how);
}

/* The others close nothing by the platform's hand: `mte` sets its tags itself. */
bool provoke_no_lies(void)
{
    return !has_keys() && kg_backend() != KG_BACKEND_PAGE;
}

int provoke_proof(void)
{
    world_teardown(NULL);
    lying = true;
    int status = world_start();
    lying = false;
    return status;
}

KG_TEST(start, platform_that_lies_is_found_out)
{
    if (provoke_no_lies()) {
        KG_SKIP("nothing is closed by the platform here");
    }
    for (int i = 0; i < 3; i++) {
        KG_ASSERT_STATUS(provoke_proof(), -KG_EPROOF);
        KG_ASSERT_EQ(kg_backend(), KG_BACKEND_AUTO);
    }
    KG_ASSERT_STATUS(world_start(), 0);
    PASS();
}
