/* SPDX-License-Identifier: MIT */
/* How a program uses libpng: from memory to memory. Nothing here knows of domains. */
#include "picture.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

struct job {
    const struct picture_maker *maker;
    const uint8_t *file;
    size_t left;
    png_structp png;
    png_infop info;
    struct picture *picture;
    char message[sizeof((struct picture *)0)->message];
};

/* libpng has no way to go on after an error. */
static void give_up(png_structp png, const char *message)
{
    struct job *job = png_get_error_ptr(png);
    size_t length = strlen(message);
    if (length >= sizeof job->message) {
        length = sizeof job->message - 1;
    }
    memcpy(job->message, message, length);
    job->message[length] = '\0';
    png_longjmp(png, 1);
}

static void ignore(png_structp png, const char *message)
{
    (void)png;
    (void)message;
}

static void read_bytes(png_structp png, uint8_t *to, size_t bytes)
{
    struct job *job = png_get_io_ptr(png);
    if (bytes > job->left) {
        png_error(png, "the file ends too soon");
    }
    memcpy(to, job->file, bytes);
    job->file += bytes;
    job->left -= bytes;
}

static int read_chunk(png_structp png, png_unknown_chunkp chunk)
{
    struct job *job = png_get_user_chunk_ptr(png);
    if (memcmp(chunk->name, "noTe", 4) != 0 || job->maker->note == NULL) {
        return 0;
    }
    job->maker->note(chunk->data, chunk->size);
    return 1;
}

static void make_picture(struct job *job, uint32_t width, uint32_t height)
{
    uint64_t pixels = (uint64_t)width * height;
    if (pixels > PICTURE_PIXELS_MAX) {
        png_error(job->png, "the picture is larger than is wanted");
    }
    job->picture = job->maker->make(sizeof *job->picture + 4 * pixels);
    if (job->picture == NULL) {
        png_error(job->png, "there is no room for the picture");
    }
    job->picture->width = width;
    job->picture->height = height;
}

static void read_all(struct job *job)
{
    png_structp png = job->png;
    png_read_info(png, job->info);
    uint32_t width = png_get_image_width(png, job->info);
    uint32_t height = png_get_image_height(png, job->info);
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_filler(png, 0xff, PNG_FILLER_AFTER);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, job->info);
    if (png_get_rowbytes(png, job->info) != 4 * (size_t)width) {
        png_error(png, "the rows are not as asked for");
    }
    make_picture(job, width, height);
    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t row = 0; row < height; row++) {
            png_read_row(png, job->picture->rgba + 4 * (size_t)width * row, NULL);
        }
    }
    png_read_end(png, job->info);
}

/* Apart from its caller, whose variables longjmp then leaves alone. */
static void try_to_read(struct job *job)
{
    if (setjmp(png_jmpbuf(job->png)) == 0) {
        read_all(job);
    }
}

struct picture *picture_decode(const uint8_t *file, size_t bytes,
                               const struct picture_maker *maker)
{
    static const char no_room[] = "there is no room for the decoder";
    struct job job = {.maker = maker, .file = file, .left = bytes};
    job.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, give_up, ignore);
    job.info = job.png != NULL ? png_create_info_struct(job.png) : NULL;
    if (job.info != NULL) {
        png_set_read_fn(job.png, &job, read_bytes);
        png_set_read_user_chunk_fn(job.png, &job, read_chunk);
        try_to_read(&job);
    } else {
        memcpy(job.message, no_room, sizeof no_room);
    }
    png_destroy_read_struct(&job.png, &job.info, NULL);
    if (job.picture == NULL) {
        job.picture = maker->make(sizeof *job.picture);
    }
    if (job.picture != NULL) {
        memcpy(job.picture->message, job.message, sizeof job.message);
    }
    return job.picture;
}
