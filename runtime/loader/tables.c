/* SPDX-License-Identifier: MIT */
/* What an image says of itself to the loader: its note, and the tables of entries and imports that
 * the note points to. Read from the file, before anything is mapped. */
#include "loader.h"

#include <keygate/entry.h>
#include <stddef.h>

#define FLAVOURS ((uint32_t)(KG_BUILD_PLAIN | KG_BUILD_SOFT))

/* A place the note names, by a distance from the word itself. */
static uint64_t place(const unsigned char *words, uint64_t address, uint32_t index)
{
    return address + 4 * (uint64_t)index + (uint64_t)(int64_t)(int32_t)kg_word32(words + 4 * index);
}

static bool is_there(const struct kg_plan *plan, uint64_t address, uint64_t bytes,
                     enum kg_access access)
{
    const struct kg_plan_segment *segment = kg_plan_segment_of(plan, address, bytes);
    return segment != NULL && segment->access == access && address % 8 == 0;
}

static bool is_code(const struct kg_plan *plan, uint64_t address)
{
    const struct kg_plan_segment *segment = kg_plan_segment_of(plan, address, 4);
    return segment != NULL && segment->access == KG_ACCESS_RUN;
}

static bool is_table(const struct kg_plan *plan, uint64_t start, uint64_t end, uint64_t each)
{
    return end >= start && (end - start) % each == 0 &&
           (end == start || is_there(plan, start, end - start, KG_ACCESS_WRITE));
}

static bool apart(uint64_t a, uint64_t a_end, uint64_t b, uint64_t b_end)
{
    return a_end <= b || b_end <= a;
}

int kg_plan_note(struct kg_plan *plan, const unsigned char *words, uint64_t address, uint64_t at,
                 struct kg_refusal *why)
{
    plan->abi = kg_word32(words + 4 * KG_NOTE_ABI);
    plan->build = kg_word32(words + 4 * KG_NOTE_BUILD);
    if (plan->abi != KG_IMAGE_ABI) {
        return kg_bad(why, at, "the image was built for another version of the ABI; build it anew");
    }
    uint32_t flavour = plan->build & FLAVOURS;
    if ((flavour != KG_BUILD_PLAIN && flavour != KG_BUILD_SOFT) ||
        (plan->build & ~(FLAVOURS | KG_BUILD_GENERAL_ONLY | KG_BUILD_FORCED)) != 0) {
        return kg_bad(why, at, "the note has a build mark that means nothing");
    }
    plan->entries = place(words, address, KG_NOTE_ENTRIES);
    plan->imports = place(words, address, KG_NOTE_IMPORTS);
    plan->home = place(words, address, KG_NOTE_HOME);
    plan->panic_trap = place(words, address, KG_NOTE_PANIC);
    plan->assert_trap = place(words, address, KG_NOTE_ASSERT);
    uint64_t entries_end = place(words, address, KG_NOTE_ENTRIES_END);
    uint64_t imports_end = place(words, address, KG_NOTE_IMPORTS_END);
    if (!is_table(plan, plan->entries, entries_end, sizeof(struct kg_entry)) ||
        !is_table(plan, plan->imports, imports_end, sizeof(struct kg_import)) ||
        !is_there(plan, plan->home, sizeof(struct kg_image_home), KG_ACCESS_READ) ||
        !is_code(plan, plan->panic_trap) || !is_code(plan, plan->assert_trap)) {
        return kg_bad(why, at, "the note names places that are not in the image's data or code");
    }
    if (!apart(plan->entries, entries_end, plan->imports, imports_end)) {
        return kg_bad(why, at, "the note's tables overlap");
    }
    plan->entry_count = (entries_end - plan->entries) / sizeof(struct kg_entry);
    plan->import_count = (imports_end - plan->imports) / sizeof(struct kg_import);
    return 0;
}

/* In the file; kg_plan_segment_of has found it there. */
static const unsigned char *content(const struct kg_plan *plan, uint64_t address)
{
    const struct kg_plan_segment *segment = kg_plan_segment_of(plan, address, 1);
    return plan->file + segment->offset + (address - segment->address);
}

/* Where the image's pointer at `address` leads; relocations are in order. */
static bool pointer_at(const struct kg_plan *plan, uint64_t address, uint64_t *to)
{
    uint64_t low = 0, high = plan->relocation_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2, where;
        kg_plan_relocation(plan, middle, &where, to);
        if (where == address) {
            return true;
        }
        if (where < address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

/* A name ends, and lies where nothing is written later, the loader's own words included. */
static bool name_at(const struct kg_plan *plan, uint64_t pointer, struct kg_plan_name *name)
{
    if (!pointer_at(plan, pointer, &name->address)) {
        return false;
    }
    for (uint64_t length = 0; length <= KG_IMAGE_NAME_MAX; length++) {
        const struct kg_plan_segment *segment =
            kg_plan_segment_of(plan, name->address + length, 1);
        bool home = name->address + length - plan->home < sizeof(struct kg_image_home);
        if (segment == NULL || segment->access == KG_ACCESS_WRITE || home) {
            return false;
        }
        if (*content(plan, name->address + length) == '\0') {
            name->text = (const char *)content(plan, name->address);
            return length != 0;
        }
    }
    return false;
}

bool kg_plan_entry(const struct kg_plan *plan, uint64_t index, struct kg_plan_name *name)
{
    uint64_t at = plan->entries + index * sizeof(struct kg_entry);
    const unsigned char *entry = content(plan, at);
    uint32_t build = kg_word32(entry + offsetof(struct kg_entry, build));
    name->arguments = kg_word32(entry + offsetof(struct kg_entry, arguments));
    return name_at(plan, at + offsetof(struct kg_entry, name), name) &&
           pointer_at(plan, at + offsetof(struct kg_entry, function), &name->code) &&
           is_code(plan, name->code) && name->arguments <= KG_ARGUMENTS_MAX &&
           (build & FLAVOURS) == (plan->build & FLAVOURS);
}

bool kg_plan_import(const struct kg_plan *plan, uint64_t index, struct kg_plan_name *name)
{
    uint64_t at = plan->imports + index * sizeof(struct kg_import);
    uint64_t arguments = kg_word64(content(plan, at) + offsetof(struct kg_import, arguments));
    name->code = 0;
    name->arguments = (uint32_t)arguments;
    return arguments <= KG_ARGUMENTS_MAX &&
           name_at(plan, at + offsetof(struct kg_import, name), name);
}

/* Whether a relocation leaves a table alone, but for the addresses at `first` to `last` in each of
 * its parts: what else is there was read in the file. */
static bool spares(uint64_t where, uint64_t table, uint64_t bytes, uint64_t each, uint64_t first,
                   uint64_t last)
{
    if (apart(where, where + 8, table, table + bytes)) {
        return true;
    }
    uint64_t at = (where - table) % each;
    return where >= table && at % 8 == 0 && at >= first && at <= last;
}

int kg_plan_tables(const struct kg_plan *plan, struct kg_refusal *why)
{
    struct kg_plan_name name;
    for (uint64_t i = 0; i < plan->relocation_count; i++) {
        uint64_t where, value;
        kg_plan_relocation(plan, i, &where, &value);
        if (!spares(where, plan->entries, plan->entry_count * sizeof(struct kg_entry),
                    sizeof(struct kg_entry), offsetof(struct kg_entry, function),
                    offsetof(struct kg_entry, name)) ||
            !spares(where, plan->imports, plan->import_count * sizeof(struct kg_import),
                    sizeof(struct kg_import), offsetof(struct kg_import, name),
                    offsetof(struct kg_import, name))) {
            return kg_bad(why, kg_plan_relocation_offset(plan, i),
                          "a relocation changes more of an entry or import than its addresses");
        }
    }
    for (uint64_t i = 0; i < plan->entry_count; i++) {
        if (!kg_plan_entry(plan, i, &name)) {
            return kg_bad(why, (uint64_t)(content(plan, plan->entries) - plan->file) +
                                   i * sizeof(struct kg_entry),
                          "an entry has no name, no code, too many arguments or another flavour");
        }
    }
    for (uint64_t i = 0; i < plan->import_count; i++) {
        if (!kg_plan_import(plan, i, &name)) {
            return kg_bad(why, (uint64_t)(content(plan, plan->imports) - plan->file) +
                                   i * sizeof(struct kg_import),
                          "an import has no name or too many arguments");
        }
    }
    return 0;
}
