/* SPDX-License-Identifier: MIT */
/* What a kernel must have switched on before tags work at EL1 (Arm ARM, D17.2: ID_AA64PFR1_EL1,
 * SCTLR_EL1, TCR_EL1). Nothing is switched here: checks are on for the whole kernel or not at
 * all. */
#include "mte.h"

#include "port/port.h"

#include <keygate/status.h>

#define ID_MTE(pfr1) (((pfr1) >> 8) & 15u) /* 2: tags in memory */
#define SCTLR_ATA (UINT64_C(1) << 43)      /* EL1 may use them */
#define SCTLR_TCF(sctlr) (((sctlr) >> 40) & 3u)
#define TCF_PRECISE 1u
#define TCR_TBI0 (UINT64_C(1) << 37)       /* tags in addresses */

#define SYSTEM_REGISTER(name)                                                                   \
    __extension__({                                                                             \
        uint64_t value_;                                                                        \
        __asm__ volatile("mrs %0, " name : "=r"(value_));                                       \
        value_;                                                                                 \
    })

/* QEMU before 8 keeps one tag for all granules of a page that are an even number apart. NULL: they
 * have tags of their own. What could not be tried does not count as right. */
static const char *granules_missing(void)
{
    const char *missing = "there is no memory to try tags in";
    void *page;
    if (kg_port_reserve(KG_PAGE_BYTES, KG_PAGE_BYTES, KG_PAGE_BYTES, &page) != 0) {
        return missing;
    }
    if (kg_port_map(page, KG_PAGE_BYTES, KG_MAP_WRITE | KG_MAP_TAGGED) == 0) {
        uintptr_t at = (uintptr_t)page;
        bool own = true;
        for (uint32_t i = 0; i < 8; i++) {
            kg_mte_store((at + i * KG_MTE_GRANULE) | (uintptr_t)(i + 1) << KG_MTE_SHIFT,
                         KG_MTE_GRANULE);
        }
        for (uint32_t i = 0; i < 8; i++) {
            own = own && kg_mte_load(at + i * KG_MTE_GRANULE) == i + 1;
        }
        missing = own ? NULL
                      : "tags are wrong below the size of a page: this emulator (QEMU before 8) "
                        "can't";
        kg_port_unmap(page, KG_PAGE_BYTES);
    }
    kg_port_release(page, KG_PAGE_BYTES, KG_PAGE_BYTES);
    return missing;
}

const char *kg_mte_missing(void)
{
    if (ID_MTE(SYSTEM_REGISTER("id_aa64pfr1_el1")) < 2) {
        return "this processor has no memory tagging (ID_AA64PFR1_EL1.MTE is below 2)";
    }
    uint64_t sctlr = SYSTEM_REGISTER("sctlr_el1");
    if ((sctlr & SCTLR_ATA) == 0 || (SYSTEM_REGISTER("tcr_el1") & TCR_TBI0) == 0) {
        return "the kernel has not switched tags on (SCTLR_EL1.ATA, TCR_EL1.TBI0)";
    }
    if (SCTLR_TCF(sctlr) != TCF_PRECISE) {
        return "the kernel does not have tag checks fault at the instruction (SCTLR_EL1.TCF = 1)";
    }
    return granules_missing();
}

int kg_mte_checks_start(uint32_t *before)
{
    *before = 0;
    return kg_port_failure("control") ? -KG_ESYSTEM : 0;
}

void kg_mte_checks_stop(uint32_t before)
{
    (void)before;
}
