/* SPDX-License-Identifier: MIT */
/* What is linked into every image: its note, its home, and what keygate/domain.h promises. Runs
 * with the domain's rights on the domain's memory, and calls out for the rest. */
#include "header.h"

#include "core/domain_heap.h"

#include <keygate/domain.h>
#include <keygate/image.h>
#include <keygate/status.h>
#include <string.h>

_Static_assert(KG_IMAGE_ABI == KG_IMAGE_ABI_NUMBER, "mend the note");

void *kg_domain_heap_own(void)
{
    return kg_image_home.heap;
}

uint32_t kg_domain_self(void)
{
    return (uint32_t)kg_image_home.slot;
}

static struct kg_outcome ask(enum kg_image_service service, uint64_t a, uint64_t b, uint64_t c)
{
    const struct kg_import *way = &kg_image_home.services[service];
    return way->head.enter3(a, b, c, way->gate);
}

int kg_object_create(const struct kg_object_options *options, kg_handle *handle)
{
    if (options == NULL || handle == NULL) {
        return -KG_EARGUMENT;
    }
    struct kg_outcome outcome = ask(KG_IMAGE_OBJECT_CREATE, options->bytes,
                                    (uint64_t)options->kind, options->type);
    if (outcome.status == 0) {
        *handle = outcome.value;
    }
    return (int)outcome.status;
}

int kg_object_drop(kg_handle handle)
{
    return (int)ask(KG_IMAGE_OBJECT_DROP, handle, 0, 0).status;
}

int kg_object_pin(kg_handle handle)
{
    return (int)ask(KG_IMAGE_OBJECT_PIN, handle, 1, 0).status;
}

int kg_object_unpin(kg_handle handle)
{
    return (int)ask(KG_IMAGE_OBJECT_PIN, handle, 0, 0).status;
}

/* The upper bits of a handle are the object's first 16-byte unit in the shared heap. */
void *kg_object_address(kg_handle handle)
{
    return handle == 0 ? NULL : (void *)(uintptr_t)(kg_image_home.arena + (handle >> 36) * 16);
}

void kg_log(const char *text)
{
    uint64_t words[3];
    size_t left = strlen(text);
    do {
        size_t part = left < sizeof words ? left : sizeof words;
        memset(words, 0, sizeof words);
        memcpy(words, text, part);
        (void)ask(KG_IMAGE_LOG, words[0], words[1], words[2]);
        text += part;
        left -= part;
    } while (left > 0);
    (void)ask(KG_IMAGE_LOG, '\n', 0, 0);
}

uint64_t kg_time_ns(void)
{
    return ask(KG_IMAGE_TIME, 0, 0, 0).value;
}
