/* SPDX-License-Identifier: MIT */
/* What Linux wants to be asked before tags work (Documentation/arm64/memory-tagging-extension.rst):
 * a hardware capability, and for each thread the check mode and the tagged address ABI. */
#include "mte.h"

#include "port/port.h"

#include <keygate/status.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#ifndef HWCAP2_MTE
#define HWCAP2_MTE (1ul << 18)
#endif
#ifndef PR_SET_TAGGED_ADDR_CTRL
#define PR_SET_TAGGED_ADDR_CTRL 55
#define PR_GET_TAGGED_ADDR_CTRL 56
#define PR_TAGGED_ADDR_ENABLE 1ul
#endif
#ifndef PR_MTE_TCF_SYNC
#define PR_MTE_TCF_SYNC (1ul << 1)
#define PR_MTE_TCF_ASYNC (1ul << 2)
#endif
#define CHECKS_PRECISE (PR_TAGGED_ADDR_ENABLE | PR_MTE_TCF_SYNC)
#define CHECK_BITS (CHECKS_PRECISE | PR_MTE_TCF_ASYNC)

static int control_get(void)
{
    return prctl(PR_GET_TAGGED_ADDR_CTRL, 0ul, 0ul, 0ul, 0ul);
}

static int control_set(unsigned long control)
{
    return prctl(PR_SET_TAGGED_ADDR_CTRL, control, 0ul, 0ul, 0ul);
}

const char *kg_mte_missing(void)
{
    if ((getauxval(AT_HWCAP2) & HWCAP2_MTE) == 0) {
        return "this processor or kernel has no memory tagging (HWCAP2_MTE is not set)";
    }
    int before = control_get();
    if (before < 0 || control_set((unsigned long)before | CHECKS_PRECISE) != 0) {
        return "the kernel refuses tagged addresses (prctl PR_SET_TAGGED_ADDR_CTRL; see sysctl "
               "abi.tagged_addr_disabled)";
    }
    control_set((unsigned long)before);
    return 0;
}

/* Which tags IRG may draw is the program's business and stays as it is. Both modes together would
 * let the kernel pick the imprecise one. */
int kg_mte_checks_start(uint32_t *before)
{
    int control = control_get();
    if (control < 0 || kg_port_failure("control")) {
        return -KG_ESYSTEM;
    }
    unsigned long wanted = ((unsigned long)control & ~CHECK_BITS) | CHECKS_PRECISE;
    if (control_set(wanted) != 0 ||
        ((unsigned long)control_get() & CHECK_BITS) != CHECKS_PRECISE) {
        control_set((unsigned long)control);
        return -KG_ESYSTEM;
    }
    *before = (uint32_t)control;
    return 0;
}

void kg_mte_checks_stop(uint32_t before)
{
    control_set(before);
}
