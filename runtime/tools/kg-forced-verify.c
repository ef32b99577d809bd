/* SPDX-License-Identifier: MIT */
/*
 * kg-forced-verify [--stores-only] FILE...: does the verifier accept the executable segments of
 * these AArch64 ELF files? Says where it does not, by address, and why. Exit status 0 if it accepts
 * all.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify.h"

static bool complain(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s\n", path, what);
    return false;
}

static unsigned char *read_all(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    long length = -1;
    unsigned char *bytes = NULL;
    if (file != NULL && fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) > 0) {
        rewind(file);
        bytes = malloc((size_t)length);
    }
    if (bytes == NULL || fread(bytes, 1, (size_t)length, file) != (size_t)length) {
        perror(path);
        free(bytes);
        bytes = NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    *size = bytes != NULL ? (size_t)length : 0;
    return bytes;
}

static bool verify_segment(const char *path, const unsigned char *bytes, const Elf64_Phdr *segment,
                           enum kg_verify_profile profile)
{
    struct kg_verify_refusal why;
    size_t words = segment->p_filesz / sizeof(uint32_t);
    uint32_t *code = malloc(segment->p_filesz + sizeof(uint32_t));
    if (code == NULL) {
        return complain(path, "out of memory");
    }
    memcpy(code, bytes + segment->p_offset, words * sizeof(uint32_t));
    bool is_good = kg_verify_aarch64(code, words, profile, &why);
    if (is_good) {
        printf("%s: %zu instructions accepted\n", path, words);
    } else {
        fprintf(stderr, "%s: %#" PRIx64 ": %08" PRIx32 ": %s\n", path,
                segment->p_vaddr + why.offset, why.word, kg_verify_rule_name(why.rule));
    }
    free(code);
    return is_good;
}

static bool verify_image(const char *path, const unsigned char *bytes, size_t size,
                         enum kg_verify_profile profile)
{
    Elf64_Ehdr header;
    unsigned executable = 0;
    if (size < sizeof(header)) {
        return complain(path, "no ELF file");
    }
    memcpy(&header, bytes, sizeof(header));
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_machine != EM_AARCH64 || header.e_phentsize != sizeof(Elf64_Phdr) ||
        header.e_phoff > size || header.e_phnum > (size - header.e_phoff) / sizeof(Elf64_Phdr)) {
        return complain(path, "no linked ELF file for AArch64");
    }
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, bytes + header.e_phoff + i * sizeof(segment), sizeof(segment));
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) {
            continue;
        }
        if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset ||
            segment.p_filesz % 4 != 0) {
            return complain(path, "a segment is not in the file");
        }
        if ((segment.p_flags & PF_W) != 0) {
            return complain(path, "a segment is writable and executable");
        }
        if (!verify_segment(path, bytes, &segment, profile)) {
            return false;
        }
        executable++;
    }
    return executable > 0 || complain(path, "nothing in it is executable");
}

int main(int count, char **arguments)
{
    enum kg_verify_profile profile = KG_VERIFY_FORCED;
    bool is_good = true;
    int at = 1;
    if (at < count && strcmp(arguments[at], "--stores-only") == 0) {
        profile = KG_VERIFY_STORES;
        at++;
    }
    if (at >= count || arguments[at][0] == '-') {
        fputs("use: kg-forced-verify [--stores-only] FILE...\n", stderr);
        return 2;
    }
    for (; at < count; at++) {
        size_t size;
        unsigned char *bytes = read_all(arguments[at], &size);
        is_good = bytes != NULL && verify_image(arguments[at], bytes, size, profile) && is_good;
        free(bytes);
    }
    return is_good ? 0 : 1;
}
