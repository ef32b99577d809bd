/* SPDX-License-Identifier: MIT */
/* LZ4 in an image: text is compressed, unpacked and compared. */
#include <lz4.h>
#include <stdint.h>
#include <string.h>

#define BYTES 80000 /* window.c has it too */

unsigned char domain_source[BYTES]; /* the host puts text here */
static char packed[LZ4_COMPRESSBOUND(BYTES)];
static char unpacked[BYTES];

/* The packed size and a checksum of what was packed; 0 if it does not come back. */
uint64_t domain_lz4(uint64_t acceleration)
{
    int size = LZ4_compress_fast((const char *)domain_source, packed, BYTES, sizeof(packed),
                                 (int)acceleration);
    if (size <= 0 || LZ4_decompress_safe(packed, unpacked, size, BYTES) != BYTES ||
        memcmp(domain_source, unpacked, BYTES) != 0) {
        return 0;
    }
    uint32_t hash = 2166136261u;
    for (int i = 0; i < size; i++) {
        hash = (hash ^ (unsigned char)packed[i]) * 16777619u;
    }
    return (uint64_t)size << 32 | hash;
}
