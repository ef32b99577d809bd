/* SPDX-License-Identifier: MIT */
/* What stands between the gate and libpng, inside the domain. */
#include "picture.h"

#include <keygate/domain.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_BYTES 64

static kg_handle result;
static uint8_t *notes;

static struct picture *make_picture(size_t bytes)
{
    const struct kg_object_options options = {.bytes = bytes};
    return kg_object_create(&options, &result) == 0 ? kg_object_address(result) : NULL;
}

/* PLANTED: the first eight bytes of a note say where among the notes the rest goes, and nobody
 * compares that with NOTES_BYTES. So a file writes what it likes where it likes. */
static void take_note(const uint8_t *data, size_t bytes)
{
    uint64_t where;
    if (notes == NULL) {
        notes = malloc(NOTES_BYTES);
    }
    if (notes == NULL || bytes < sizeof where) {
        return;
    }
    memcpy(&where, data, sizeof where);
    memcpy(notes + where, data + sizeof where, bytes - sizeof where);
}

/* The file is lent; the picture is given back. */
static uint64_t decode(uint64_t file, uint64_t bytes)
{
    static const struct picture_maker maker = {make_picture, take_note};
    result = 0;
    if (picture_decode(kg_object_address(file), bytes, &maker) == NULL) {
        kg_panic("there is no room for a message");
    }
    return result;
}
KG_ENTRY(decode, 2);
