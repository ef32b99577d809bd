/* SPDX-License-Identifier: MIT */
/* The files that are decoded: libpng's own, and what is made of them to do harm. */
#ifndef FILES_H
#define FILES_H

#include <stddef.h>
#include <stdint.h>

#define FILE_BYTES_MAX 8192u

struct file {
    const char *name;
    const uint8_t *start;
    const uint8_t *end;
};

/* PngSuite as libpng's source has it: all good. And those it keeps because they once crashed a
 * decoder or made it allocate without end. */
extern const struct file suite[], suite_end[];
extern const struct file crashers[], crashers_end[];

/* The decoder, plain, and on AArch64 then with forced tags. */
extern const struct file images[], images_end[];

/* A copy of a file, to be broken. */
struct copy {
    uint8_t bytes[FILE_BYTES_MAX];
    size_t count;
};

void copy_file(struct copy *copy, const struct file *file);

/* Finds a chunk by its name: the place of its data, or 0. */
size_t chunk_find(const struct copy *copy, const char *name);

/* Makes the checksum of the chunk at this place right again, if the chunk is all there. */
void chunk_seal(struct copy *copy, size_t data);

void number_put(struct copy *copy, size_t at, uint32_t value);

/* Puts a chunk "noTe" behind the header: where among the notes it goes, and `count` bytes. */
void note_insert(struct copy *copy, uint64_t where, uint8_t byte, size_t count);

/* Changes one to four bytes of the file's chunks, and seals some of them, as the seed has it. */
void copy_mutate(struct copy *copy, uint64_t seed);

#endif
