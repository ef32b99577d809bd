/* SPDX-License-Identifier: MIT */
/* Starting on a platform that lies: the library's calls of it are intercepted by the linker. */
#include "provoke.h"

bool provoke_no_lies(void)
{
    return true;
}

int provoke_proof(void)
{
    return 0;
}
