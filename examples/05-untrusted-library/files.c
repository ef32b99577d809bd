/* SPDX-License-Identifier: MIT */
/* Ways to break a PNG file (W3C, PNG Specification: 5.3 for chunks, Annex D for the checksum). */
#include "files.h"

#include <string.h>

#define SIGNATURE_BYTES 8u
#define HEADER_DATA (SIGNATURE_BYTES + 8u) /* where the data of the first chunk, IHDR, begins */
#define HEADER_BYTES 13u

void copy_file(struct copy *copy, const struct file *file)
{
    copy->count = (size_t)(file->end - file->start);
    if (copy->count > sizeof copy->bytes) {
        copy->count = sizeof copy->bytes;
    }
    memcpy(copy->bytes, file->start, copy->count);
}

static uint32_t number_get(const struct copy *copy, size_t at)
{
    const uint8_t *byte = copy->bytes + at;
    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

void number_put(struct copy *copy, size_t at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++) {
        copy->bytes[at + i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static uint32_t checksum(const uint8_t *at, size_t bytes)
{
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < bytes; i++) {
        sum ^= at[i];
        for (int bit = 0; bit < 8; bit++) {
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
        }
    }
    return ~sum;
}

size_t chunk_find(const struct copy *copy, const char *name)
{
    size_t data = HEADER_DATA;
    while (data + 4 <= copy->count) {
        if (memcmp(copy->bytes + data - 4, name, 4) == 0) {
            return data;
        }
        data += (size_t)number_get(copy, data - 8) + 12;
    }
    return 0;
}

void chunk_seal(struct copy *copy, size_t data)
{
    size_t bytes = number_get(copy, data - 8);
    if (data + bytes + 4 <= copy->count) {
        number_put(copy, data + bytes, checksum(copy->bytes + data - 4, bytes + 4));
    }
}

void note_insert(struct copy *copy, uint64_t where, uint8_t byte, size_t count)
{
    size_t bytes = sizeof where + count;
    size_t at = HEADER_DATA + HEADER_BYTES + 4;
    if (copy->count + bytes + 12 > sizeof copy->bytes) {
        return;
    }
    memmove(copy->bytes + at + bytes + 12, copy->bytes + at, copy->count - at);
    copy->count += bytes + 12;
    number_put(copy, at, (uint32_t)bytes);
    memcpy(copy->bytes + at + 4, "noTe", 4);
    memcpy(copy->bytes + at + 8, &where, sizeof where);
    memset(copy->bytes + at + 8 + sizeof where, byte, count);
    chunk_seal(copy, at + 8);
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t value = *state += 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

void copy_mutate(struct copy *copy, uint64_t seed)
{
    static const char *const names[] = {"IHDR", "PLTE", "IDAT", "tRNS"};
    uint64_t state = seed;
    uint64_t times = 1 + next_random(&state) % 4;
    for (uint64_t i = 0; i < times; i++) {
        size_t at = SIGNATURE_BYTES + next_random(&state) % (copy->count - SIGNATURE_BYTES);
        copy->bytes[at] = (uint8_t)next_random(&state);
    }
    if (next_random(&state) % 8 == 0) {
        copy->count = SIGNATURE_BYTES + next_random(&state) % (copy->count - SIGNATURE_BYTES);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t data = chunk_find(copy, names[i]);
        if (data != 0 && next_random(&state) % 8 != 0) {
            chunk_seal(copy, data);
        }
    }
}
