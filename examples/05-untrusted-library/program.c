/* SPDX-License-Identifier: MIT */
/* Decodes PNG files that nobody vouches for, with a libpng that nobody here wrote, in a domain. */
#include "files.h"
#include "picture.h"
#include "place.h"
#include "program.h"

#include <inttypes.h>
#include <keygate/keygate.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define OWN_BYTES (4u << 20)
#define OWN_BYTE 0x5a
#define MUTATIONS 400

static struct kg_domain *decoder;
static const struct kg_gate *decode;
static kg_handle own_data;

static void must(const char *what, int status)
{
    if (status != 0) {
        say("%s: %s\n", what, kg_strerror(status));
        place_stop();
    }
}

void program_start(void)
{
    /* Its images are there in either flavour, so it runs on any backend. */
    const struct kg_options options = {.build = KG_BUILD_PLAIN | KG_BUILD_SOFT};
    must("kg_start", kg_start(&options));
    say("backend: %s\n", kg_backend_name(kg_backend()));
    must("own data", kg_object_create(&(struct kg_object_options){.bytes = OWN_BYTES}, &own_data));
    memset(kg_object_address(own_data), OWN_BYTE, OWN_BYTES);
}

/* false: the image is not for this backend. */
static bool load_decoder(const struct file *image)
{
    struct kg_refusal why = {.text = ""};
    const struct kg_image_options own = {.name = "decoder", .heap_bytes = 4u << 20};
    const struct kg_gate_options options = {
        .deadline_ns = 10ull * 1000 * 1000 * 1000,
        .arguments = {KG_LEND, KG_VALUE},
        .result = KG_GIVE,
    };
    int status = kg_image_load(image->start, (size_t)(image->end - image->start), &own, &decoder,
                               &why);
    if (status == -KG_EFLAVOUR) {
        return false;
    }
    if (status != 0) {
        say("%s\n", why.text);
    }
    must(image->name, status);
    must("kg_image_gate", kg_image_gate(decoder, "decode", &options, &decode));
    return true;
}

/* What a domain hands out is believed only after this: it lies within its object, and its message
 * ends. The object is the host's by now, so it can't change afterwards. */
static const struct picture *checked(kg_handle handle)
{
    struct kg_object_info info;
    const struct picture *picture = kg_object_address(handle);
    if (kg_object_info(handle, &info) != 0 || info.bytes < sizeof *picture ||
        picture->message[sizeof picture->message - 1] != '\0') {
        return NULL;
    }
    uint64_t pixels = (uint64_t)picture->width * picture->height;
    return pixels <= (info.bytes - sizeof *picture) / 4 ? picture : NULL;
}

/* Lends a file to the decoder. Returns the call's status; the picture is to be dropped when 0. */
static int decode_inside(const uint8_t *file, size_t bytes, kg_handle *picture)
{
    kg_handle lent;
    const struct kg_object_options options = {.bytes = bytes != 0 ? bytes : 1};
    must("room for the file", kg_object_create(&options, &lent));
    memcpy(kg_object_address(lent), file, bytes);
    int status = kg_gate_call(decode, picture, lent, bytes);
    must("drop the file", kg_object_drop(lent));
    return status;
}

static uint64_t picture_hash(const struct picture *picture)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    size_t bytes = (size_t)picture->width * picture->height * 4;
    for (size_t i = 0; i < bytes; i++) {
        hash = (hash ^ picture->rgba[i]) * 0x100000001b3u;
    }
    return hash;
}

static struct picture *make_outside(size_t bytes)
{
    return calloc(1, bytes);
}

/* The same libpng in the program itself, for comparison: nobody should do this with a bad file. */
static bool same_outside(const uint8_t *file, size_t bytes, const struct picture *inside)
{
    static const struct picture_maker maker = {.make = make_outside};
    struct picture *outside = picture_decode(file, bytes, &maker);
    bool same = outside != NULL && outside->message[0] == '\0' &&
                outside->width == inside->width && outside->height == inside->height &&
                picture_hash(outside) == picture_hash(inside);
    free(outside);
    return same;
}

/* After a call that failed. A decoder that died is loaded anew; one that is alive broke the rules
 * of its gate, by giving back what is not its own, and got nothing by it. */
static bool bring_back(void)
{
    struct kg_account account;
    must("account", kg_domain_account(decoder, &account));
    if (account.dead) {
        must("reload", kg_domain_reload(decoder));
    }
    return account.dead;
}

static void show_failure(const char *name, int status)
{
    struct kg_report report;
    say("%-30s %s\n", name, kg_status_name(status));
    if (!bring_back()) {
        say("  the decoder is alive and broke the rules\n");
        return;
    }
    must("report", kg_domain_report(decoder, &report));
    say("  the decoder died: %s%s; reloaded\n", kg_cause_name(report.cause),
           report.owner == KG_OWNER_HOST ? ", the program's memory" : "");
}

/* Decodes one file and prints a line about it. `good`: it is compared with the decoder outside. */
static void show(const char *name, const uint8_t *file, size_t bytes, bool good)
{
    kg_handle handle = 0;
    int status = decode_inside(file, bytes, &handle);
    if (status != 0) {
        show_failure(name, status);
        return;
    }
    const struct picture *picture = checked(handle);
    if (picture == NULL) {
        say("%-30s the decoder lied about its result\n", name);
    } else if (picture->message[0] != '\0') {
        say("%-30s refused: %s\n", name, picture->message);
    } else {
        say("%-30s %" PRIu32 "x%" PRIu32 ", %016" PRIx64 "%s\n", name, picture->width,
               picture->height, picture_hash(picture),
               !good                                  ? ""
               : same_outside(file, bytes, picture) ? ", as outside"
                                                    : ", NOT as outside");
    }
    must("drop the picture", kg_object_drop(handle));
}

static void show_copy(const char *name, const struct copy *copy, bool good)
{
    show(name, copy->bytes, copy->count, good);
}

struct count {
    unsigned all, decoded, same, refused, lied, died;
};

static void add_up(struct count *count, const uint8_t *file, size_t bytes, bool good)
{
    kg_handle handle = 0;
    count->all++;
    if (decode_inside(file, bytes, &handle) != 0) {
        if (bring_back()) {
            count->died++;
        } else {
            count->lied++;
        }
        return;
    }
    const struct picture *picture = checked(handle);
    if (picture == NULL) {
        count->lied++;
    } else if (picture->message[0] != '\0') {
        count->refused++;
    } else {
        count->decoded++;
        count->same += good && same_outside(file, bytes, picture);
    }
    must("drop the picture", kg_object_drop(handle));
}

static void show_count(const char *name, const struct count *count)
{
    say("%-30s %u files: %u decoded, %u refused, %u died, %u lied\n", name, count->all,
           count->decoded, count->refused, count->died, count->lied);
}

static const struct file *suite_file(const char *name)
{
    for (const struct file *file = suite; file < suite_end; file++) {
        if (strcmp(file->name, name) == 0) {
            return file;
        }
    }
    say("PngSuite has no %s\n", name);
    place_stop();
}

static void show_many(void)
{
    struct count good = {0}, bad = {0}, broken = {0};
    struct copy copy;
    for (const struct file *file = suite; file < suite_end; file++) {
        add_up(&good, file->start, (size_t)(file->end - file->start), true);
    }
    show_count("PngSuite", &good);
    say("%-30s %u of them\n", "  as outside", good.same);
    for (const struct file *file = crashers; file < crashers_end; file++) {
        add_up(&bad, file->start, (size_t)(file->end - file->start), false);
    }
    show_count("libpng's crashers", &bad);
    for (uint64_t seed = 0; seed < MUTATIONS; seed++) {
        copy_file(&copy, &suite[seed % (uint64_t)(suite_end - suite)]);
        copy_mutate(&copy, seed);
        add_up(&broken, copy.bytes, copy.count, false);
    }
    show_count("broken at random", &broken);
}

static void show_broken(const struct file *file)
{
    struct copy copy;
    copy_file(&copy, file);
    copy.bytes[chunk_find(&copy, "IEND") - 9] ^= 1;
    show_copy("a wrong checksum", &copy, false);

    copy_file(&copy, file);
    copy.bytes[chunk_find(&copy, "IDAT") + 20] ^= 1;
    chunk_seal(&copy, chunk_find(&copy, "IDAT"));
    show_copy("data that do not unpack", &copy, false);

    copy_file(&copy, file);
    copy.count /= 2;
    show_copy("cut in half", &copy, false);

    copy_file(&copy, file);
    size_t header = chunk_find(&copy, "IHDR");
    number_put(&copy, header, 60000);
    number_put(&copy, header + 4, 60000);
    chunk_seal(&copy, header);
    show_copy("says 60000 by 60000 pixels", &copy, false);

    number_put(&copy, header, 1000000);
    number_put(&copy, header + 4, 1);
    chunk_seal(&copy, header);
    show_copy("says 1000000 by 1 pixels", &copy, false);

    copy_file(&copy, file);
    number_put(&copy, chunk_find(&copy, "IDAT") - 8, 0x7fffffff);
    show_copy("says 2 GiB of data", &copy, false);
}

/* How far the program's own data lies from the decoder's heap. Where pointers carry a tag, it has
 * no part in that. */
static uint64_t way_to_own_data(void)
{
    const uint64_t address = (UINT64_C(1) << 56) - 1;
    return ((uintptr_t)kg_object_address(own_data) & address) -
           ((uintptr_t)kg_domain_heap(decoder, NULL) & address);
}

static void show_hostile(const struct file *file)
{
    struct copy copy;
    copy_file(&copy, file);
    note_insert(&copy, 0, 'x', 20);
    show_copy("with a note", &copy, true);

    copy_file(&copy, file);
    note_insert(&copy, way_to_own_data() + OWN_BYTES / 4, 'x', 20);
    show_copy("with a note out of bounds", &copy, false);

    size_t changed = 0;
    const uint8_t *own = kg_object_address(own_data);
    for (size_t i = 0; i < OWN_BYTES; i++) {
        changed += own[i] != OWN_BYTE;
    }
    say("  the program's own data: %zu bytes changed\n", changed);
}

void program_show(const char *name, const uint8_t *file, size_t bytes)
{
    for (const struct file *image = images_end; decoder == NULL && image > images; image--) {
        (void)load_decoder(image - 1);
    }
    show(name, file, bytes, false);
}

void program_show_all(void)
{
    const struct file *small = suite_file("basn2c08.png");
    const struct file *laced = suite_file("ibasn6a16.png");
    for (const struct file *image = images; image < images_end; image++) {
        if (!load_decoder(image)) {
            continue;
        }
        say("in %s:\n", image->name);
        show(small->name, small->start, (size_t)(small->end - small->start), true);
        show(laced->name, laced->start, (size_t)(laced->end - laced->start), true);
        show_broken(small);
        show_hostile(small);
        show(laced->name, laced->start, (size_t)(laced->end - laced->start), true);
        show_many();
        must("destroy", kg_domain_destroy(decoder));
    }
}

void program_end(void)
{
    must("kg_exit", kg_exit());
}
