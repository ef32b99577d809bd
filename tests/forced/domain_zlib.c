/* SPDX-License-Identifier: MIT */
/* zlib in an image: text is compressed, unpacked and compared. */
#include <stdint.h>
#include <string.h>
#include <zlib.h>

void arena_reset(void);

#define BYTES 80000u /* window.c has it too */

unsigned char domain_source[BYTES]; /* the host puts text here */
static unsigned char packed[BYTES + 1000];
static unsigned char unpacked[BYTES];

/* The packed size and a checksum of what was packed and unpacked; 0 if they differ. */
uint64_t domain_zlib(uint64_t level)
{
    uLongf packed_size = sizeof(packed), unpacked_size = BYTES;
    arena_reset();
    if (compress2(packed, &packed_size, domain_source, BYTES, (int)level) != Z_OK) {
        return 0;
    }
    arena_reset();
    if (uncompress(unpacked, &unpacked_size, packed, packed_size) != Z_OK ||
        unpacked_size != BYTES || memcmp(domain_source, unpacked, BYTES) != 0) {
        return 0;
    }
    uLong sum = crc32(adler32(1, packed, (uInt)packed_size), domain_source, BYTES);
    return (uint64_t)packed_size << 32 | sum;
}
