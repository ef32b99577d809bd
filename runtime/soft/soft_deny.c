/* SPDX-License-Identifier: MIT */
/* The end of a domain whose access was refused: as after a fault of the processor. */
#include "soft.h"

/* The same causes a processor would name. */
static enum kg_cause cause_of(uintptr_t address, bool write)
{
    if (kg_in_arena(address)) {
        return KG_CAUSE_TAG;
    }
    if (!kg_port_mapped(address)) {
        return KG_CAUSE_UNMAPPED;
    }
    return write && kg_port_constant(address, 1) ? KG_CAUSE_PERMISSION : KG_CAUSE_TAG;
}

void kg_soft_denied(uintptr_t address, uint64_t write, uintptr_t instruction,
                    const uint64_t *registers)
{
    struct kg_fault fault = {
        .thread = kg_local.thread,
        .key = -1,
        .address = address,
        .instruction = instruction,
        .write = write,
        .registers = registers,
    };
    kg_local.settling = true; /* a signal on top of this must not give the call up meanwhile */
    fault.cause = cause_of(address, write);
    kg_fault_settle(&fault);
    kg_local.settling = false;
    kg_sealed.active->unwind();
}
