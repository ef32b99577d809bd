/* SPDX-License-Identifier: MIT */
/* Carrying a plan out: an image becomes a domain's memory. A pristine copy, relocated and linked,
 * is made first, in memory nobody writes afterwards; what the domain gets is a copy of that, and so
 * is what a restart gives back. */
#include "loader.h"

#include "core/active.h"
#include "core/text.h"

/* What is at an address of the image, in the pristine copy. */
static void *pristine(const struct kg_domain *domain, uint64_t address)
{
    return domain->image.pristine + address;
}

/* Names stay where nothing is written later. */
static void name_entries(const struct kg_domain *domain, const struct kg_plan *plan)
{
    struct kg_entry *entries = pristine(domain, plan->entries);
    for (uint64_t i = 0; i < plan->entry_count; i++) {
        struct kg_plan_name name;
        (void)kg_plan_entry(plan, i, &name);
        entries[i].name = pristine(domain, name.address);
    }
}

static const struct kg_gate *granted(const struct kg_image_options *options, const char *name)
{
    for (uint32_t i = 0; i < options->grant_count; i++) {
        if (kg_text_same(options->grants[i].name, name)) {
            return options->grants[i].gate;
        }
    }
    return NULL;
}

/* Code with forced tags can't leave the window but by the gates in it. */
static void link_import(const struct kg_domain *domain, struct kg_import *import,
                        const struct kg_gate *gate)
{
    const struct kg_backend *backend = kg_sealed.active;
    import->head = backend->closes_host ? backend->out : gate->head;
    import->gate = gate;
    if (domain->image.forced) {
        uint64_t *ways = (uint64_t *)(void *)&import->head;
        for (uint32_t n = 0; n <= KG_ARGUMENTS_MAX; n++) {
            ways[n] = (uintptr_t)kg_sealed.arena + kg_sealed.active->forced->out[n];
        }
    }
}

/* As the domain must point to it. Forced tags come by themselves. */
static void *pointer_for(const struct kg_domain *domain, void *address)
{
    return domain->image.forced ? address : kg_active_pointer(address, domain->slot);
}

static int link_imports(struct kg_domain *domain, const struct kg_plan *plan,
                        const struct kg_image_options *options, struct kg_refusal *why)
{
    struct kg_import *imports = pristine(domain, plan->imports);
    for (uint64_t i = 0; i < plan->import_count; i++) {
        struct kg_plan_name name;
        (void)kg_plan_import(plan, i, &name);
        const struct kg_gate *gate = granted(options, name.text);
        if (gate == NULL) {
            return kg_refuse(why, KG_EIMPORT, 0, "the image imports what was not granted",
                             name.text);
        }
        if (gate->arguments != name.arguments) {
            return kg_refuse(why, KG_EIMPORT, 0,
                             "the image imports it with another number of arguments", name.text);
        }
        link_import(domain, &imports[i], gate);
    }
    return 0;
}

static void fill_home(struct kg_domain *domain, const struct kg_plan *plan)
{
    struct kg_image_home *home = pristine(domain, plan->home);
    home->heap = pointer_for(domain, kg_span(domain->slot));
    home->arena = (uintptr_t)pointer_for(domain, kg_sealed.arena);
    home->slot = domain->slot;
    if (kg_sealed.active->image_checks != NULL) {
        kg_sealed.active->image_checks(&home->checks);
    }
    for (uint32_t i = 0; i < KG_IMAGE_SERVICES; i++) {
        link_import(domain, &home->services[i], &kg_sealed.gates[i]);
    }
}

static int make_pristine(struct kg_domain *domain, const struct kg_plan *plan,
                         const struct kg_image_options *options, struct kg_refusal *why)
{
    void *memory;
    int status = kg_port_reserve(plan->bytes, KG_PAGE_BYTES, KG_PAGE_BYTES, &memory);
    if (status != 0) {
        return status;
    }
    domain->image.pristine = memory;
    domain->image.bytes = plan->bytes;
    status = kg_port_map(memory, plan->bytes, KG_MAP_WRITE);
    if (status != 0) {
        return status;
    }
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        const struct kg_plan_segment *segment = &plan->segments[i];
        memcpy(pristine(domain, segment->address), plan->file + segment->offset,
               segment->file_bytes);
    }
    for (uint64_t i = 0; i < plan->relocation_count; i++) {
        uint64_t where, value;
        kg_plan_relocation(plan, i, &where, &value);
        value += (uintptr_t)domain->image.base;
        memcpy(pristine(domain, where), &value, sizeof value);
    }
    name_entries(domain, plan);
    status = link_imports(domain, plan, options, why);
    if (status != 0) {
        return status;
    }
    fill_home(domain, plan);
    return kg_port_protect(memory, plan->bytes, KG_MAP_READ);
}

static unsigned how_of(enum kg_access access)
{
    return access == KG_ACCESS_WRITE ? KG_MAP_WRITE
           : access == KG_ACCESS_RUN ? KG_MAP_READ | KG_MAP_EXECUTE
                                     : KG_MAP_READ;
}

/* Written while it is the monitor's, then given its permissions and its owner. With plain tags,
 * which pointers carry, an image's own memory has none: it is reached from the program counter,
 * which has none either. Code needs none, being verified and nobody's to write. */
static int map_segment(struct kg_domain *domain, const struct kg_image_segment *segment)
{
    unsigned char *at = domain->image.base + segment->start;
    bool run = segment->access == KG_ACCESS_RUN;
    unsigned tagged = domain->image.forced && !run ? KG_MAP_TAGGED : 0;
    int status = kg_port_map(at, segment->bytes, KG_MAP_WRITE | tagged);
    if (status != 0) {
        return status;
    }
    memcpy(at, domain->image.pristine + segment->start, segment->bytes);
    if (run) {
        kg_arch_code_written(at, segment->bytes);
    }
    if (tagged != 0) { /* while it can be written */
        status = kg_active_tag(at, segment->bytes, domain->slot, segment->access);
    }
    if (status == 0 && segment->access != KG_ACCESS_WRITE) {
        status = kg_port_protect(at, segment->bytes, how_of(segment->access) | tagged);
    }
    if (status == 0 && kg_sealed.active->pointer == NULL) {
        status = kg_active_tag(at, segment->bytes, domain->slot, segment->access);
    }
    return status;
}

static int open_image(struct kg_domain *domain, const struct kg_plan *plan,
                      const struct kg_image_options *options, struct kg_refusal *why)
{
    struct kg_image_part *image = &domain->image;
    image->base = kg_span(domain->slot) + KG_SPAN_IMAGE;
    int status = make_pristine(domain, plan, options, why);
    if (status != 0) {
        return status;
    }
    image->entries = pristine(domain, plan->entries);
    image->entry_count = (uint32_t)plan->entry_count;
    image->panic_trap = (uintptr_t)image->base + plan->panic_trap;
    image->assert_trap = (uintptr_t)image->base + plan->assert_trap;
    for (uint32_t i = 0; i < plan->segment_count && status == 0; i++) {
        const struct kg_plan_segment *segment = &plan->segments[i];
        image->segments[i] = (struct kg_image_segment){(uint32_t)segment->address,
                                                       (uint32_t)segment->bytes, segment->access};
        image->segment_count = i + 1;
        status = map_segment(domain, &image->segments[i]);
    }
    return status;
}

void kg_image_close(struct kg_domain *domain)
{
    struct kg_image_part *image = &domain->image;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        kg_port_unmap(image->base + image->segments[i].start, image->segments[i].bytes);
    }
    if (image->pristine != NULL) {
        kg_port_release(image->pristine, image->bytes, KG_PAGE_BYTES);
    }
    memset(image, 0, sizeof *image);
}

/* Code and constants nobody could write; the rest is copied anew. */
void kg_image_restart(struct kg_domain *domain)
{
    const struct kg_image_part *image = &domain->image;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct kg_image_segment *segment = &image->segments[i];
        if (segment->access == KG_ACCESS_WRITE) {
            unsigned char *at = image->base + segment->start;
            memcpy(kg_active_monitor_open(at, segment->bytes), image->pristine + segment->start,
                   segment->bytes);
            kg_active_monitor_close(at, segment->bytes);
        }
    }
}

/* An image whose code has forced tags is looked at by the strict rules, whatever runs it. */
static int check_code(const struct kg_plan *plan, const struct kg_plan_segment *segment,
                      struct kg_refusal *refusal)
{
    const unsigned char *code = plan->file + segment->offset;
    if ((plan->build & KG_BUILD_FORCED) != 0) {
        return kg_code_check_forced(code, segment->file_bytes, segment->offset, refusal);
    }
    return kg_code_check(code, segment->file_bytes, segment->offset, refusal);
}

/* All that can be said of the file alone. */
static int plan_checked(struct kg_plan *plan, const void *file, size_t bytes,
                        struct kg_refusal *refusal)
{
    int status = kg_plan_make(plan, file, bytes, refusal);
    for (uint32_t i = 0; i < plan->segment_count && status == 0; i++) {
        const struct kg_plan_segment *segment = &plan->segments[i];
        if (segment->access == KG_ACCESS_RUN) {
            status = check_code(plan, segment, refusal);
        }
    }
    return status;
}

int kg_image_check(const void *file, size_t bytes, struct kg_image_info *info,
                   struct kg_refusal *refusal)
{
    struct kg_plan plan;
    if (refusal != NULL) {
        *refusal = (struct kg_refusal){.offset = 0};
    }
    if (file == NULL) {
        return -KG_EARGUMENT;
    }
    int status = plan_checked(&plan, file, bytes, refusal);
    if (status != 0 || info == NULL) {
        return status;
    }
    *info = (struct kg_image_info){
        .abi = plan.abi,
        .build = plan.build,
        .segments = plan.segment_count,
        .entries = (uint32_t)plan.entry_count,
        .imports = (uint32_t)plan.import_count,
        .relocations = (uint32_t)plan.relocation_count,
    };
    for (uint32_t i = 0; i < plan.segment_count; i++) {
        info->bytes += plan.segments[i].bytes;
        if (plan.segments[i].access == KG_ACCESS_WRITE) {
            info->writable_bytes += plan.segments[i].bytes;
        }
    }
    return 0;
}

static bool grants_valid(const struct kg_image_options *options)
{
    if (options->grants == NULL && options->grant_count != 0) {
        return false;
    }
    for (uint32_t i = 0; i < options->grant_count; i++) {
        if (options->grants[i].name == NULL || !kg_gate_exists(options->grants[i].gate)) {
            return false;
        }
    }
    return true;
}

int kg_image_load(const void *file, size_t bytes, const struct kg_image_options *options,
                  struct kg_domain **domain, struct kg_refusal *refusal)
{
    static const struct kg_image_options defaults;
    struct kg_plan plan;
    if (refusal != NULL) {
        *refusal = (struct kg_refusal){.offset = 0};
    }
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    options = options != NULL ? options : &defaults;
    if (file == NULL || domain == NULL || !grants_valid(options)) {
        return -KG_EARGUMENT;
    }
    status = plan_checked(&plan, file, bytes, refusal);
    if (status != 0) {
        return status;
    }
    if ((plan.build & (KG_BUILD_PLAIN | KG_BUILD_SOFT)) != kg_sealed.active->build) {
        return kg_refuse(refusal, KG_EFLAVOUR, 0, "the image was built in another flavour than "
                         "this backend runs", kg_sealed.active->name);
    }
    const struct kg_domain_options own = {options->name, options->heap_bytes, options->stack_bytes,
                                          options->objects_max, options->object_bytes_max,
                                          options->calls_max};
    bool forced = (plan.build & KG_BUILD_FORCED) != 0;
    if (forced && kg_sealed.active->forced == NULL) {
        return kg_refuse(refusal, KG_EFLAVOUR, 0, "the image has forced tags, which this backend "
                         "does not run", kg_sealed.active->name);
    }
    kg_lock();
    status = kg_domain_take(&own, domain);
    if (status == 0) {
        (*domain)->image.forced = forced;
        status = open_image(*domain, &plan, options, refusal);
        kg_doors_fresh(*domain); /* an image has rights of its own */
        if (status != 0) {
            kg_domain_end(*domain);
            *domain = NULL;
        }
    }
    kg_unlock();
    return status;
}

const struct kg_entry *kg_image_entry(const struct kg_domain *domain, const char *name)
{
    for (uint32_t i = 0; i < domain->image.entry_count; i++) {
        if (kg_text_same(domain->image.entries[i].name, name)) {
            return &domain->image.entries[i];
        }
    }
    return NULL;
}

int kg_image_gate(struct kg_domain *domain, const char *name,
                  const struct kg_gate_options *options, const struct kg_gate **gate)
{
    int status = kg_check_host();
    if (status != 0) {
        return status;
    }
    if (name == NULL || kg_domain_check(domain) != 0) {
        return -KG_EARGUMENT;
    }
    kg_lock();
    const struct kg_entry *entry = kg_image_entry(domain, name);
    status = entry != NULL ? kg_gate_create(domain, entry, options, gate) : -KG_EENTRY;
    kg_unlock();
    return status;
}
