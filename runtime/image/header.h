/* SPDX-License-Identifier: MIT */
/* What an image tells the loader and the loader the image. Part of the ABI: KG_IMAGE_ABI. */
#ifndef KG_IMAGE_HEADER_H
#define KG_IMAGE_HEADER_H

/* KG_IMAGE_ABI, as assembly reads numbers. */
#define KG_IMAGE_ABI_NUMBER 2

#define KG_IMAGE_NOTE_NAME "Keygate"
#define KG_IMAGE_NOTE_TYPE 1

/* Places in the note's content, 32-bit words. From the third on they are how far a thing lies from
 * the word itself. */
#define KG_NOTE_ABI 0
#define KG_NOTE_BUILD 1
#define KG_NOTE_ENTRIES 2
#define KG_NOTE_ENTRIES_END 3
#define KG_NOTE_IMPORTS 4
#define KG_NOTE_IMPORTS_END 5
#define KG_NOTE_HOME 6
#define KG_NOTE_PANIC 7
#define KG_NOTE_ASSERT 8
#define KG_NOTE_WORDS 9

#ifndef __ASSEMBLER__
#include <keygate/gate.h>

#include "soft/soft_own.h"

#ifndef KEYGATE_IMAGE
/* As keygate/gate.h has it for code in an image. */
struct kg_import {
    struct kg_gate_head head;
    const struct kg_gate *gate;
    const char *name;
    uint64_t arguments;
};
#endif

enum kg_image_service {
    KG_IMAGE_OBJECT_CREATE,
    KG_IMAGE_OBJECT_DROP,
    KG_IMAGE_OBJECT_PIN,
    KG_IMAGE_LOG,
    KG_IMAGE_TIME,
    KG_IMAGE_SERVICES
};

/* For images that are built for software tags: the owner bytes, and who decides where these don't
 * say yes. It does not return when it refuses. */
struct kg_image_checks {
    struct kg_soft tags;
    void (*check)(uintptr_t address, size_t bytes, uint64_t write);
};

/* Filled by the loader, read by the image alone. */
struct kg_image_home {
    void *heap;       /* as the domain must point to it */
    uint64_t arena;   /* of the shared heap, as the domain must point to it */
    uint64_t slot;
    struct kg_image_checks checks;
    struct kg_import services[KG_IMAGE_SERVICES];
};

/* In an image. */
extern const struct kg_image_home kg_image_home __attribute__((visibility("hidden")));
#endif

#endif
