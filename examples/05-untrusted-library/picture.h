/* SPDX-License-Identifier: MIT */
/* What a decoder makes of a PNG file, in the domain and outside alike. */
#ifndef PICTURE_H
#define PICTURE_H

#include <stddef.h>
#include <stdint.h>

#define PICTURE_PIXELS_MAX (4u << 20)

struct picture {
    uint32_t width;
    uint32_t height;
    char message[56]; /* empty when the file was decoded; else what was wrong with it */
    uint8_t rgba[];   /* four bytes a pixel */
};

/* How a picture's memory is got, and who reads the chunks called "noTe", which libpng does not
 * know. `note` may be NULL. */
struct picture_maker {
    struct picture *(*make)(size_t bytes); /* zeroed; NULL when there is no room */
    void (*note)(const uint8_t *data, size_t bytes);
};

/* Decodes a file with libpng. Returns what `make` gave, at least room for the message, or NULL if
 * it gave nothing. */
struct picture *picture_decode(const uint8_t *file, size_t bytes,
                               const struct picture_maker *maker);

#endif
