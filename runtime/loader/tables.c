/* SPDX-License-Identifier: MIT */
/* What an image says of itself to the loader: its note, and the tables of entries and imports that
 * the note points to. Read from the file, before anything is mapped. */
#include "loader.h"

#include <keygate/entry.h>
#include <stddef.h>

/* A place the note names, by a distance from the word itself. */
static uint64_t place(const unsigned char *words, uint64_t address, uint32_t index)
{
    return address + 4 * (uint64_t)index + (uint64_t)(int64_t)(int32_t)kg_word32(words + 4 * index);
}

static bool is_data(const struct kg_plan *plan, uint64_t address, uint64_t bytes)
{
    const struct kg_plan_segment *segment = kg_plan_segment_of(plan, address, bytes);
    return segment != NULL && segment->access == KG_ACCESS_WRITE && address % 8 == 0;
}

static bool is_code(const struct kg_plan *plan, uint64_t address)
{
    const struct kg_plan_segment *segment = kg_plan_segment_of(plan, address, 4);
    return segment != NULL && segment->access == KG_ACCESS_RUN;
}

static bool is_table(const struct kg_plan *plan, uint64_t start, uint64_t end, uint64_t each)
{
    return end >= start && (end - start) % each == 0 &&
           (end == start || is_data(plan, start, end - start));
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
    plan->entries = place(words, address, KG_NOTE_ENTRIES);
    plan->imports = place(words, address, KG_NOTE_IMPORTS);
    plan->home = place(words, address, KG_NOTE_HOME);
    plan->panic_trap = place(words, address, KG_NOTE_PANIC);
    plan->assert_trap = place(words, address, KG_NOTE_ASSERT);
    uint64_t entries_end = place(words, address, KG_NOTE_ENTRIES_END);
    uint64_t imports_end = place(words, address, KG_NOTE_IMPORTS_END);
    if (!is_table(plan, plan->entries, entries_end, sizeof(struct kg_entry)) ||
        !is_table(plan, plan->imports, imports_end, sizeof(struct kg_import)) ||
        !is_data(plan, plan->home, sizeof(struct kg_image_home)) ||
        !is_code(plan, plan->panic_trap) || !is_code(plan, plan->assert_trap)) {
        return kg_bad(why, at, "the note names places that are not in the image's data or code");
    }
    uint64_t home_end = plan->home + sizeof(struct kg_image_home);
    if (!apart(plan->entries, entries_end, plan->imports, imports_end) ||
        !apart(plan->entries, entries_end, plan->home, home_end) ||
        !apart(plan->imports, imports_end, plan->home, home_end)) {
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

/* A name ends, and lies where nothing is written later. */
static bool name_at(const struct kg_plan *plan, uint64_t pointer, struct kg_plan_name *name)
{
    if (!pointer_at(plan, pointer, &name->address)) {
        return false;
    }
    for (uint64_t length = 0; length <= KG_IMAGE_NAME_MAX; length++) {
        const struct kg_plan_segment *segment =
            kg_plan_segment_of(plan, name->address + length, 1);
        if (segment == NULL || segment->access == KG_ACCESS_WRITE) {
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
    const uint32_t flavours = KG_BUILD_PLAIN | KG_BUILD_SOFT;
    uint64_t at = plan->entries + index * sizeof(struct kg_entry);
    const unsigned char *entry = content(plan, at);
    uint32_t build = kg_word32(entry + offsetof(struct kg_entry, build));
    name->arguments = kg_word32(entry + offsetof(struct kg_entry, arguments));
    return name_at(plan, at + offsetof(struct kg_entry, name), name) &&
           pointer_at(plan, at + offsetof(struct kg_entry, function), &name->code) &&
           is_code(plan, name->code) && name->arguments <= KG_ARGUMENTS_MAX &&
           (build & flavours) == (plan->build & flavours);
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

int kg_plan_tables(const struct kg_plan *plan, struct kg_refusal *why)
{
    struct kg_plan_name name;
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
