/* SPDX-License-Identifier: MIT */
/* The permissions the kernel really has for a page (proc(5), maps). */
#include "page.h"

#include <stdio.h>

int kg_page_permissions(uintptr_t address, enum kg_access *access)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL) {
        return -KG_ESYSTEM;
    }
    char line[512];
    int status = -KG_ESYSTEM;
    while (status != 0 && fgets(line, sizeof line, maps) != NULL) {
        unsigned long low, high;
        char permissions[8];
        if (sscanf(line, "%lx-%lx %7s", &low, &high, permissions) == 3 && address >= low &&
            address < high) {
            *access = permissions[1] == 'w'   ? KG_ACCESS_WRITE
                      : permissions[0] == 'r' ? KG_ACCESS_READ
                                              : KG_ACCESS_NONE;
            status = 0;
        }
    }
    fclose(maps);
    return status;
}
