/* SPDX-License-Identifier: MIT */
/*
 * What a guest says to its host. The guest's second serial port carries nothing but these frames,
 * so the kernel's own messages (first serial port) can never mix with a program's output.
 *
 *     0x1e 0x4b  kind  length (4 bytes, little endian)  payload
 */
#ifndef KEYGATE_PLACES_FRAMES_H
#define KEYGATE_PLACES_FRAMES_H

enum {
    FRAME_MAGIC0 = 0x1e,
    FRAME_MAGIC1 = 0x4b,
    FRAME_HEADER = 7,
    FRAME_MAX = 4096, /* longest payload */
};

enum frame_kind {
    FRAME_START = 'S',  /* the program is about to run */
    FRAME_STDOUT = '1', /* bytes of its standard output */
    FRAME_STDERR = '2', /* bytes of its standard error */
    FRAME_FILE = 'F',   /* one byte: which --out file; then its next bytes */
    FRAME_NOFILE = 'N', /* one byte: which --out file is not there */
    FRAME_EXIT = 'X',   /* one byte: exit code, 128 + n for a signal; nothing follows */
};

#endif
