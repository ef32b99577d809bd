/* SPDX-License-Identifier: MIT */
/* Images: domains that are files. keygate_domain() in CMake builds one from ordinary C; what its
 * code may call is in keygate/domain.h. */
#ifndef KEYGATE_IMAGE_H
#define KEYGATE_IMAGE_H

#include <keygate/gate.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KG_IMAGE_ABI 2u                 /* an image of another number is refused */
#define KG_IMAGE_BYTES_MAX (16u << 20)  /* in memory, and of the file */
#define KG_IMAGE_SEGMENTS_MAX 4u
#define KG_IMAGE_NAME_MAX 63u           /* bytes of an entry's or import's name */

/* Why a file was refused: a sentence, and where in the file it is so (0: as a whole). Empty when
 * there is no more to say than the status does. */
struct kg_refusal {
    char text[160];
    uint64_t offset;
};

/* What a file says of itself. */
struct kg_image_info {
    uint32_t abi;
    uint32_t build;        /* enum kg_build: flavour, and KG_BUILD_GENERAL_ONLY */
    size_t bytes;          /* of memory, in whole pages */
    size_t writable_bytes; /* of these, what a restart copies anew */
    uint32_t segments;
    uint32_t entries;
    uint32_t imports;
    uint32_t relocations;
};

/* Looks a file over as kg_image_load does before it maps anything, and changes nothing. `info` and
 * `refusal` may be NULL. The file must not change meanwhile.
 *
 * Context: any, also before kg_init.
 * -KG_EARGUMENT; -KG_EIMAGE when it is no image of this processor and ABI; -KG_EVERIFY when its
 * code holds an instruction no domain may have. */
KG_API int kg_image_check(const void *file, size_t bytes, struct kg_image_info *info,
                          struct kg_refusal *refusal);

/* A gate the image may call out by, under the name it imports (KG_IMPORT). */
struct kg_grant {
    const char *name;
    const struct kg_gate *gate; /* of any domain, or of the host; must outlive the image */
};

struct kg_image_options {
    const char *name;      /* copied; NULL means "domain" */
    size_t heap_bytes;     /* as in struct kg_domain_options, like the next four */
    size_t stack_bytes;
    uint32_t objects_max;
    size_t object_bytes_max;
    uint32_t calls_max;
    const struct kg_grant *grants;
    uint32_t grant_count;
};

/* Makes a domain of a file: checks all of it, maps it with its own tag, code never writable and
 * data never executable, and keeps a pristine copy, from which kg_domain_reload restarts it. The
 * file is not needed afterwards; it must not change meanwhile, so it does not lie where a domain
 * may write. The domain is as any other: kg_domain_destroy, kg_domain_account.
 * `options` and `refusal` may be NULL. When it fails nothing is left behind.
 *
 * Context: host code, an attached thread.
 * -KG_EIMAGE, -KG_EVERIFY as kg_image_check; -KG_EFLAVOUR when it is built for another backend;
 * -KG_EIMPORT when it imports what was not granted, or with another number of arguments; as
 * kg_domain_create -KG_ENOTREADY, -KG_ETHREAD, -KG_ECONTEXT, -KG_EINSIDE, -KG_EARGUMENT,
 * -KG_ENOTAG, -KG_EMEMORY, -KG_ESYSTEM. */
KG_API int kg_image_load(const void *file, size_t bytes, const struct kg_image_options *options,
                         struct kg_domain **domain, struct kg_refusal *refusal);

/* A gate to what an image exports as `name` (KG_ENTRY). `options` as for kg_gate_create.
 *
 * Context: host code, an attached thread.
 * As kg_gate_create; -KG_EENTRY when the image has no entry of that name, or the domain is none
 * that was loaded. */
KG_API int kg_image_gate(struct kg_domain *domain, const char *name,
                         const struct kg_gate_options *options, const struct kg_gate **gate);

#ifdef __cplusplus
}
#endif
#endif
