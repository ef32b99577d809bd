/* SPDX-License-Identifier: MIT */
/* Gates with one protective step left out, assembled from the backends' own files under another
 * name (CMakeLists.txt). They are measured and never used. */
#ifndef KB_VARIANTS_H
#define KB_VARIANTS_H

#include "arch/gates.h"

struct kb_variant {
    const char *family; /* the backend, or "unwritten" */
    const char *step;   /* what is left out; NULL: nothing more than the family leaves out */
    struct kg_gate_head enter[KG_VECTORS_COUNT];
};

extern const struct kb_variant kb_variants[]; /* ended by one without a family */

#endif
