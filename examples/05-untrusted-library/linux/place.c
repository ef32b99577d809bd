/* SPDX-License-Identifier: MIT */
/* As a program: decodes the files of the command line, or its own. */
#include "place.h"
#include "program.h"

#define PATH_BYTES_MAX (16u << 20)

static int show_path(const char *path)
{
    FILE *stream = fopen(path, "rb");
    uint8_t *bytes = malloc(PATH_BYTES_MAX);
    if (stream == NULL || bytes == NULL) {
        perror(path);
        return 1;
    }
    size_t count = fread(bytes, 1, PATH_BYTES_MAX, stream);
    program_show(path, bytes, count);
    fclose(stream);
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    program_start();
    if (argc == 1) {
        program_show_all();
    }
    for (int i = 1; i < argc; i++) {
        failed |= show_path(argv[i]);
    }
    program_end();
    return failed;
}
