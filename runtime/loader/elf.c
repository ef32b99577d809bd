/* SPDX-License-Identifier: MIT */
/* From a file to a plan. Everything the file says is checked here, before anything is mapped: ELF
 * as in the System V ABI, ELF-64 Object File Format. */
#include "loader.h"

#include "core/text.h"

#define PAGE 4096u

/* ELF header. */
#define HEADER_BYTES 64u
#define E_TYPE 16
#define E_MACHINE 18
#define E_VERSION 20
#define E_PHOFF 32
#define E_PHENTSIZE 54
#define E_PHNUM 56
#define TYPE_DYN 3u
#if defined(__x86_64__)
#define MACHINE 62u
#define RELATIVE 8u
#define MACHINE_NAME "x86-64"
#else
#define MACHINE 183u
#define RELATIVE 1027u
#define MACHINE_NAME "AArch64"
#endif

/* Program headers. */
#define PROGRAM_BYTES 56u
#define PROGRAMS_MAX 16u
#define PT_LOAD 1u
#define PT_DYNAMIC 2u
#define PT_INTERP 3u
#define PT_NOTE 4u
#define PT_TLS 7u
#define PT_GNU_STACK 0x6474e551u
#define PF_X 1u
#define PF_W 2u
#define PF_R 4u

struct program {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t address;
    uint64_t physical;
    uint64_t file_bytes;
    uint64_t bytes;
    uint64_t align;
};

/* Dynamic section. */
#define DT_NULL 0u
#define DT_NEEDED 1u
#define DT_PLTRELSZ 2u
#define DT_RELA 7u
#define DT_RELASZ 8u
#define DT_RELAENT 9u
#define DT_INIT 12u
#define DT_FINI 13u
#define DT_REL 17u
#define DT_TEXTREL 22u
#define DT_INIT_ARRAYSZ 27u
#define DT_FINI_ARRAYSZ 28u
#define DT_PREINIT_ARRAYSZ 33u
#define DT_RELRSZ 35u
#define RELOCATION_BYTES 24u
#define RELOCATIONS_MAX (1u << 20)

int kg_refuse(struct kg_refusal *refusal, int status, uint64_t offset, const char *sentence,
              const char *name)
{
    if (refusal != NULL) {
        struct kg_text to = {refusal->text, sizeof refusal->text, 0};
        refusal->text[0] = '\0';
        refusal->offset = offset;
        kg_text_add(&to, sentence);
        if (name != NULL) {
            kg_text_add(&to, ": ");
            size_t from = to.length;
            kg_text_add(&to, name);
            kg_text_clean(refusal->text + (from < to.bytes ? from : to.bytes - 1));
        }
    }
    return -status;
}

static uint16_t word16(const unsigned char *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* Whether [start, start + bytes) lies within [0, whole). */
static bool within(uint64_t start, uint64_t bytes, uint64_t whole)
{
    return start <= whole && bytes <= whole - start;
}

const struct kg_plan_segment *kg_plan_segment_of(const struct kg_plan *plan, uint64_t address,
                                                 uint64_t bytes)
{
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        const struct kg_plan_segment *segment = &plan->segments[i];
        if (address >= segment->address &&
            within(address - segment->address, bytes, segment->file_bytes)) {
            return segment;
        }
    }
    return NULL;
}

static int check_header(const struct kg_plan *plan, struct kg_refusal *why)
{
    static const unsigned char magic[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    const unsigned char *file = plan->file;
    if (plan->file_bytes < HEADER_BYTES) {
        return kg_bad(why, 0, "the file is shorter than an ELF header");
    }
    if (plan->file_bytes > KG_IMAGE_BYTES_MAX) {
        return kg_bad(why, 0, "the file is larger than 16 MiB");
    }
    if (memcmp(file, magic, sizeof magic) != 0) {
        return kg_bad(why, 0, "the file is no 64-bit little-endian ELF file");
    }
    if (word16(file + E_MACHINE) != MACHINE) {
        return kg_bad(why, E_MACHINE, "the image is for another processor than " MACHINE_NAME);
    }
    if (word16(file + E_TYPE) != TYPE_DYN || kg_word32(file + E_VERSION) != 1) {
        return kg_bad(why, E_TYPE, "the file is no image: build it with keygate_domain()");
    }
    uint16_t count = word16(file + E_PHNUM);
    if (word16(file + E_PHENTSIZE) != PROGRAM_BYTES || count == 0 || count > PROGRAMS_MAX) {
        return kg_bad(why, E_PHNUM, "the program headers are of another size or too many");
    }
    if (!within(kg_word64(file + E_PHOFF), (uint64_t)count * PROGRAM_BYTES, plan->file_bytes)) {
        return kg_bad(why, E_PHOFF, "the program headers lie outside the file");
    }
    return 0;
}

static uint64_t program_offset(const struct kg_plan *plan, uint32_t index)
{
    return kg_word64(plan->file + E_PHOFF) + (uint64_t)index * PROGRAM_BYTES;
}

static struct program program_at(const struct kg_plan *plan, uint32_t index)
{
    struct program program;
    memcpy(&program, plan->file + program_offset(plan, index), sizeof program);
    return program;
}

static int add_segment(struct kg_plan *plan, const struct program *program, uint64_t at,
                       struct kg_refusal *why)
{
    uint32_t kind = program->flags & (PF_R | PF_W | PF_X);
    if (plan->segment_count == KG_IMAGE_SEGMENTS_MAX) {
        return kg_bad(why, at, "the image has more than four segments");
    }
    if (kind != PF_R && kind != (PF_R | PF_X) && kind != (PF_R | PF_W)) {
        return kg_bad(why, at, "a segment is not readable, or writable and executable");
    }
    if (program->bytes == 0 || program->file_bytes > program->bytes ||
        (program->file_bytes < program->bytes && kind != (PF_R | PF_W))) {
        return kg_bad(why, at, "a segment is larger in the file than in memory, or empty");
    }
    if (!within(program->offset, program->file_bytes, plan->file_bytes)) {
        return kg_bad(why, at, "a segment lies outside the file: is it truncated?");
    }
    if (program->address % PAGE != 0 || program->address < plan->bytes ||
        !within(program->address, program->bytes, KG_IMAGE_BYTES_MAX)) {
        return kg_bad(why, at, "segments overlap, are out of order, not on pages, or beyond "
                               "16 MiB");
    }
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        if (kind == (PF_R | PF_X) && plan->segments[i].access == KG_ACCESS_RUN) {
            return kg_bad(why, at, "the image has code in more than one segment");
        }
    }
    plan->segments[plan->segment_count++] = (struct kg_plan_segment){
        .offset = program->offset,
        .file_bytes = program->file_bytes,
        .address = program->address,
        .bytes = (program->bytes + PAGE - 1) & ~(uint64_t)(PAGE - 1),
        .access = kind == PF_R            ? KG_ACCESS_READ
                  : kind == (PF_R | PF_X) ? KG_ACCESS_RUN
                                          : KG_ACCESS_WRITE,
    };
    plan->bytes = program->address + plan->segments[plan->segment_count - 1].bytes;
    return 0;
}

static int read_segments(struct kg_plan *plan, struct kg_refusal *why)
{
    uint16_t count = word16(plan->file + E_PHNUM);
    for (uint32_t i = 0; i < count; i++) {
        struct program program = program_at(plan, i);
        uint64_t at = program_offset(plan, i);
        int status = 0;
        if (program.type == PT_LOAD) {
            status = add_segment(plan, &program, at, why);
        } else if (program.type == PT_INTERP) {
            status = kg_bad(why, at, "the file is a program of the system's, which wants a loader");
        } else if (program.type == PT_TLS) {
            status = kg_bad(why, at, "a domain has no thread-local variables");
        } else if (program.type == PT_GNU_STACK && (program.flags & PF_X) != 0) {
            status = kg_bad(why, at, "the image wants a stack that can be executed");
        }
        if (status != 0) {
            return status;
        }
    }
    return plan->segment_count == 0 ? kg_bad(why, 0, "the image has no segment to load") : 0;
}

/* What the dynamic section says of relocations. */
struct dynamic {
    uint64_t rela;
    uint64_t rela_bytes;
    uint64_t rela_entry;
};

static int read_tag(struct dynamic *dynamic, uint64_t tag, uint64_t value, uint64_t at,
                    struct kg_refusal *why)
{
    switch (tag) {
    case DT_RELA:
        dynamic->rela = value;
        return 0;
    case DT_RELASZ:
        dynamic->rela_bytes = value;
        return 0;
    case DT_RELAENT:
        dynamic->rela_entry = value;
        return 0;
    case DT_NEEDED:
        return kg_bad(why, at, "the image needs a library; a domain has what is linked into it");
    case DT_INIT:
    case DT_FINI:
        return kg_bad(why, at, "the image has code to run at load or unload");
    case DT_INIT_ARRAYSZ:
    case DT_FINI_ARRAYSZ:
    case DT_PREINIT_ARRAYSZ:
        return value == 0 ? 0 : kg_bad(why, at, "the image has constructors or destructors");
    case DT_REL:
    case DT_TEXTREL:
        return kg_bad(why, at, "the image wants its code relocated");
    case DT_PLTRELSZ:
    case DT_RELRSZ:
        return value == 0 ? 0 : kg_bad(why, at, "the image has relocations of an unknown kind");
    default:
        return 0;
    }
}

static int read_dynamic(struct kg_plan *plan, const struct program *program, uint64_t at,
                        struct kg_refusal *why)
{
    struct dynamic dynamic = {.rela_entry = RELOCATION_BYTES};
    bool ended = false;
    if (!within(program->offset, program->file_bytes, plan->file_bytes)) {
        return kg_bad(why, at, "the dynamic section lies outside the file");
    }
    for (uint64_t i = 0; !ended && i + 16 <= program->file_bytes; i += 16) {
        const unsigned char *entry = plan->file + program->offset + i;
        ended = kg_word64(entry) == DT_NULL;
        int status =
            read_tag(&dynamic, kg_word64(entry), kg_word64(entry + 8), program->offset + i, why);
        if (status != 0) {
            return status;
        }
    }
    if (dynamic.rela_bytes == 0) {
        return 0;
    }
    const struct kg_plan_segment *segment =
        kg_plan_segment_of(plan, dynamic.rela, dynamic.rela_bytes);
    if (dynamic.rela_entry != RELOCATION_BYTES || segment == NULL ||
        dynamic.rela_bytes % RELOCATION_BYTES != 0 ||
        dynamic.rela_bytes / RELOCATION_BYTES > RELOCATIONS_MAX) {
        return kg_bad(why, program->offset, "the relocations lie outside the image");
    }
    plan->relocations = plan->file + segment->offset + (dynamic.rela - segment->address);
    plan->relocation_count = dynamic.rela_bytes / RELOCATION_BYTES;
    return 0;
}

void kg_plan_relocation(const struct kg_plan *plan, uint64_t index, uint64_t *where,
                        uint64_t *value)
{
    const unsigned char *at = plan->relocations + index * RELOCATION_BYTES;
    *where = kg_word64(at);
    *value = kg_word64(at + 16);
}

uint64_t kg_plan_relocation_offset(const struct kg_plan *plan, uint64_t index)
{
    return (uint64_t)(plan->relocations - plan->file) + index * RELOCATION_BYTES;
}

static int check_relocations(const struct kg_plan *plan, struct kg_refusal *why)
{
    uint64_t next = 0;
    for (uint64_t i = 0; i < plan->relocation_count; i++) {
        const unsigned char *at = plan->relocations + i * RELOCATION_BYTES;
        uint64_t offset = kg_plan_relocation_offset(plan, i);
        uint64_t where, value;
        kg_plan_relocation(plan, i, &where, &value);
        if (where < next) {
            return kg_bad(why, offset, "relocations overlap, or are out of order");
        }
        next = where + 8;
        if (kg_word64(at + 8) != RELATIVE) {
            return kg_bad(why, offset, "a symbol is defined nowhere in the image; import what the "
                                    "host has by KG_IMPORT");
        }
        const struct kg_plan_segment *segment = kg_plan_segment_of(plan, where, 8);
        if (segment == NULL || segment->access != KG_ACCESS_WRITE) {
            return kg_bad(why, offset, "a relocation is not in writable data");
        }
        if (value > plan->bytes) {
            return kg_bad(why, offset, "a relocation leads out of the image");
        }
    }
    return 0;
}

/* A note: length of the name, length of the content, type, both padded to four bytes. */
static int find_note(struct kg_plan *plan, const struct program *program, uint64_t at,
                     bool *found, struct kg_refusal *why)
{
    const uint64_t bytes = 12 + sizeof KG_IMAGE_NOTE_NAME + 4 * KG_NOTE_WORDS;
    if (program->file_bytes < bytes || !within(program->offset, bytes, plan->file_bytes)) {
        return 0;
    }
    const unsigned char *note = plan->file + program->offset;
    if (kg_word32(note) != sizeof KG_IMAGE_NOTE_NAME || kg_word32(note + 4) != 4 * KG_NOTE_WORDS ||
        kg_word32(note + 8) != KG_IMAGE_NOTE_TYPE ||
        memcmp(note + 12, KG_IMAGE_NOTE_NAME, sizeof KG_IMAGE_NOTE_NAME) != 0) {
        return 0;
    }
    const struct kg_plan_segment *segment = kg_plan_segment_of(plan, program->address, bytes);
    if (segment == NULL || segment->offset + (program->address - segment->address) !=
                               program->offset) {
        return kg_bad(why, at, "the image's note is not part of it");
    }
    uint64_t content = 12 + sizeof KG_IMAGE_NOTE_NAME;
    *found = true;
    return kg_plan_note(plan, note + content, program->address + content, at, why);
}

static int read_rest(struct kg_plan *plan, struct kg_refusal *why)
{
    uint16_t count = word16(plan->file + E_PHNUM);
    bool noted = false;
    for (uint32_t i = 0; i < count; i++) {
        struct program program = program_at(plan, i);
        uint64_t at = program_offset(plan, i);
        int status = 0;
        if (program.type == PT_DYNAMIC) {
            status = read_dynamic(plan, &program, at, why);
        } else if (program.type == PT_NOTE && !noted) {
            status = find_note(plan, &program, at, &noted, why);
        }
        if (status != 0) {
            return status;
        }
    }
    return noted ? 0 : kg_bad(why, 0, "the file is no image: build it with keygate_domain()");
}

int kg_plan_make(struct kg_plan *plan, const void *file, size_t bytes, struct kg_refusal *refusal)
{
    *plan = (struct kg_plan){.file = file, .file_bytes = bytes};
    int status = check_header(plan, refusal);
    if (status == 0) {
        status = read_segments(plan, refusal);
    }
    if (status == 0) {
        status = read_rest(plan, refusal);
    }
    if (status == 0) {
        status = check_relocations(plan, refusal);
    }
    return status == 0 ? kg_plan_tables(plan, refusal) : status;
}
