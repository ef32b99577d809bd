/* SPDX-License-Identifier: MIT */
/* The permissions and the key the kernel really has for a page (proc(5), maps and smaps). */
#include "linux.h"

#include <stdio.h>

/* Only smaps has the keys, and it takes far longer. */
static const char *listing(void)
{
    const struct kg_backend *backend = kg_sealed.active;
    return backend != NULL && backend->id == KG_BACKEND_PKEY ? "/proc/self/smaps"
                                                             : "/proc/self/maps";
}

static unsigned how_of(const char *permissions)
{
    return permissions[1] == 'w'   ? KG_MAP_READ | KG_MAP_WRITE
           : permissions[0] == 'r' ? KG_MAP_READ
                                   : KG_MAP_CLOSED;
}

int kg_port_look(const void *address, unsigned *how)
{
    uintptr_t at = (uintptr_t)address;
    FILE *maps = fopen(listing(), "r");
    if (maps == NULL) {
        return -KG_ESYSTEM;
    }
    char line[512];
    bool found = false;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long low, high;
        char permissions[8];
        unsigned key;
        if (sscanf(line, "%lx-%lx %7s", &low, &high, permissions) == 3) {
            if (found) {
                break;
            }
            found = at >= low && at < high;
            if (found) {
                *how = how_of(permissions);
            }
        } else if (found && sscanf(line, "ProtectionKey: %u", &key) == 1) {
            *how |= KG_MAP_KEY(key);
        }
    }
    fclose(maps);
    return found ? 0 : -KG_ESYSTEM;
}
