/* SPDX-License-Identifier: MIT */
/* What the loader's files share. The file is somebody's word, and no more is believed of it than
 * was checked: elf.c and tables.c make a plan of it, code_<cpu>.c looks at its instructions, load.c
 * carries the plan out. */
#ifndef KG_LOADER_H
#define KG_LOADER_H

#include "core/backend.h"

#include <keygate/image.h>
#include <keygate/status.h>
#include <string.h>

#include "image/header.h"

struct kg_plan_segment {
    uint64_t offset;     /* in the file */
    uint64_t file_bytes;
    uint64_t address;    /* from the image's base, a multiple of a page */
    uint64_t bytes;      /* in memory, whole pages */
    enum kg_access access;
};

/* All addresses are from the image's base. */
struct kg_plan {
    const unsigned char *file;
    size_t file_bytes;
    struct kg_plan_segment segments[KG_IMAGE_SEGMENTS_MAX];
    uint32_t segment_count;
    uint64_t bytes;        /* up to the end of the last segment */
    const unsigned char *relocations; /* in the file */
    uint64_t relocation_count;
    uint32_t abi;
    uint32_t build;
    uint64_t entries;      /* struct kg_entry[] */
    uint64_t entry_count;
    uint64_t imports;      /* struct kg_import[] */
    uint64_t import_count;
    uint64_t home;         /* struct kg_image_home */
    uint64_t panic_trap;
    uint64_t assert_trap;
};

/* Says why and returns `status`; the sentence may be followed by a name out of the file. */
int kg_refuse(struct kg_refusal *refusal, int status, uint64_t offset, const char *sentence,
              const char *name);

static inline int kg_bad(struct kg_refusal *refusal, uint64_t offset, const char *sentence)
{
    return kg_refuse(refusal, KG_EIMAGE, offset, sentence, NULL);
}

static inline uint32_t kg_word32(const unsigned char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint64_t kg_word64(const unsigned char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* 0 or -KG_EIMAGE. */
int kg_plan_make(struct kg_plan *plan, const void *file, size_t bytes,
                 struct kg_refusal *refusal);

/* The segment that [address, address + bytes) lies in, as far as the file has it; NULL: none. */
const struct kg_plan_segment *kg_plan_segment_of(const struct kg_plan *plan, uint64_t address,
                                                 uint64_t bytes);

/* Where relocation `index` is and what it says: `where` gets the base plus `value`. */
void kg_plan_relocation(const struct kg_plan *plan, uint64_t index, uint64_t *where,
                        uint64_t *value);
uint64_t kg_plan_relocation_offset(const struct kg_plan *plan, uint64_t index); /* in the file */

/* tables.c: what the note says in `words`, which lie at `address`, `at` in the file; and the tables
 * it points to. 0 or -KG_EIMAGE. */
int kg_plan_note(struct kg_plan *plan, const unsigned char *words, uint64_t address, uint64_t at,
                 struct kg_refusal *why);
int kg_plan_tables(const struct kg_plan *plan, struct kg_refusal *why);

/* What an image exports or imports. False: there is something wrong with it, which a plan that was
 * made has been looked over for. */
struct kg_plan_name {
    const char *text;  /* in the file */
    uint64_t address;  /* of the text, in the image */
    uint64_t code;     /* of an entry's function */
    uint32_t arguments;
};
bool kg_plan_entry(const struct kg_plan *plan, uint64_t index, struct kg_plan_name *name);
bool kg_plan_import(const struct kg_plan *plan, uint64_t index, struct kg_plan_name *name);

/* Whether a domain may have these instructions: 0 or -KG_EVERIFY. `offset` is where in the file
 * they begin. */
int kg_code_check(const unsigned char *code, size_t bytes, uint64_t offset,
                  struct kg_refusal *refusal);

/* The same for code with forced tags, by the strict rules: of each instruction it is known that it
 * keeps to the domain's tag and window. */
int kg_code_check_forced(const unsigned char *code, size_t bytes, uint64_t offset,
                         struct kg_refusal *refusal);

#endif
