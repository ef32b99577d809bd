/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "window.h"

#include <asm/sigcontext.h>
#include <elf.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#ifndef PROT_MTE
#define PROT_MTE 0x20
#endif

#define WINDOW_BYTES (1ull << KG_FORCED_WINDOW_BITS)
#define SLOT_BYTES 0x4000000ull
#define HEAP_OFFSET 0x2000000ull
#define STACK_OFFSET 0x3000000ull
#define PAGE 0x10000ull
/* So much of a stack is left for the host, and so that "one past" is still the stack's. */
#define STACK_TOP 64
/* domain_zlib.c and domain_lz4.c have it too. */
#define SOURCE_BYTES 80000

/* enter.S. The window and the stack have their tags. */
uint64_t window_enter(uintptr_t function, const uint64_t arguments[4], uintptr_t window,
                      uintptr_t stack, uintptr_t stack_pointer, uintptr_t way_back);
void window_leave(void);
void window_who(void);
void window_store_tags(uintptr_t address, size_t bytes);

static uintptr_t base;
static sigjmp_buf jump;
static struct fault last;

uintptr_t window_base(void)
{
    return base;
}

uintptr_t window_tagged(uintptr_t address, unsigned tag)
{
    return (address & ~(0xffull << 56)) | (uintptr_t)tag << 56;
}

void window_tag(uintptr_t address, size_t bytes, unsigned tag)
{
    window_store_tags(window_tagged(address, tag), bytes);
}

static bool map_at(uintptr_t address, size_t bytes, int rights)
{
    return mmap((void *)address, bytes, rights, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
           MAP_FAILED;
}

static size_t pages(size_t bytes)
{
    return (bytes + PAGE - 1) & ~(PAGE - 1);
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    const ucontext_t *interrupted = context;
    last = (struct fault){.signal = signal,
                          .code = info->si_code,
                          .address = (uintptr_t)info->si_addr,
                          .instruction = interrupted->uc_mcontext.pc,
                          .stack_pointer = interrupted->uc_mcontext.sp};
    memcpy(last.registers, interrupted->uc_mcontext.regs, sizeof(last.registers));
    const struct fpsimd_context *vectors = (const void *)interrupted->uc_mcontext.__reserved;
    if (vectors->head.magic == FPSIMD_MAGIC) {
        memcpy(last.vectors, vectors->vregs, sizeof(last.vectors));
    }
    siglongjmp(jump, 1);
}

static bool catch_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP};
    static char stack[65536];
    stack_t where = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    bool is_good = sigaltstack(&where, NULL) == 0;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        is_good = sigaction(signals[i], &action, NULL) == 0 && is_good;
    }
    return is_good;
}

/* Gates 0 (the way back) and 1 (which tag has the caller?): see mte/verify.h. */
static bool make_gates(void)
{
    const uintptr_t entries[] = {(uintptr_t)window_leave, (uintptr_t)window_who};
    uintptr_t table = base + KG_FORCED_TABLE;
    uintptr_t code = base + KG_FORCED_GATES;
    if (!map_at(table, PAGE, PROT_READ | PROT_WRITE) ||
        !map_at(code, PAGE, PROT_READ | PROT_WRITE)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        uint32_t *gate = (uint32_t *)(code + i * 8);
        int64_t words = ((int64_t)(table + i * 8) - (int64_t)(uintptr_t)gate) / 4;
        ((uintptr_t *)table)[i] = entries[i];
        gate[0] = 0x58000000u | ((uint32_t)words & 0x7ffff) << 5 | 18; /* ldr x18, entry */
        gate[1] = 0xd61f0240u;                                        /* br x18 */
    }
    __builtin___clear_cache((char *)code, (char *)code + PAGE);
    return mprotect((void *)table, PAGE, PROT_READ) == 0 &&
           mprotect((void *)code, PAGE, PROT_READ | PROT_EXEC) == 0;
}

const char *window_open(void)
{
    if (base != 0) {
        return NULL;
    }
    unsigned long checks = PR_TAGGED_ADDR_ENABLE | PR_MTE_TCF_SYNC | 0xfffeul << PR_MTE_TAG_SHIFT;
    if (prctl(PR_SET_TAGGED_ADDR_CTRL, checks, 0, 0, 0) != 0) {
        return "no tags here";
    }
    size_t bytes = 2 * WINDOW_BYTES + 2 * KG_FORCED_GUARD;
    void *room = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) {
        return "no room for a window";
    }
    base = ((uintptr_t)room + KG_FORCED_GUARD + WINDOW_BYTES - 1) & ~(WINDOW_BYTES - 1);
    return make_gates() && catch_signals() ? NULL : "no memory for gates";
}

static unsigned data_tag(const struct image *image)
{
    return image->flavour == FLAVOUR_PLAIN ? 0 : image->tag;
}

static bool map_tagged(uintptr_t address, size_t bytes, unsigned tag)
{
    if (!map_at(address, pages(bytes), PROT_READ | PROT_WRITE | PROT_MTE)) {
        return false;
    }
    window_tag(address, pages(bytes), tag);
    return true;
}

static const char *map_code(struct image *image, uintptr_t at, const void *code, size_t bytes)
{
    enum kg_verify_profile profile =
        image->flavour == FLAVOUR_STORES ? KG_VERIFY_STORES : KG_VERIFY_FORCED;
    if (!map_at(at, pages(bytes), PROT_READ | PROT_WRITE)) {
        return "no memory for code";
    }
    memcpy((void *)at, code, bytes);
    if (image->flavour != FLAVOUR_PLAIN &&
        !kg_verify_aarch64((const uint32_t *)at, bytes / 4, profile, &image->refusal)) {
        return kg_verify_rule_name(image->refusal.rule);
    }
    __builtin___clear_cache((char *)at, (char *)at + bytes);
    return mprotect((void *)at, pages(bytes), PROT_READ | PROT_EXEC) == 0 ? NULL : "no code";
}

static const char *prepare(struct image *image, enum flavour flavour, unsigned tag, unsigned slot)
{
    memset(image, 0, sizeof(*image));
    image->flavour = flavour;
    image->tag = tag;
    image->base = base + slot * SLOT_BYTES;
    image->heap = image->base + HEAP_OFFSET;
    image->stack = image->base + STACK_OFFSET;
    return map_tagged(image->heap, WINDOW_HEAP, tag) &&
                   map_tagged(image->stack, KG_FORCED_STACK, data_tag(image))
               ? NULL
               : "no memory for heap and stack";
}

const char *image_load_code(struct image *image, const uint32_t *code, size_t words, unsigned tag,
                            unsigned slot)
{
    const char *why = prepare(image, FLAVOUR_FORCED, tag, slot);
    return why != NULL ? why : map_code(image, image->base, code, words * 4);
}

/* ---- ELF ---- */

static const char *load_segment(struct image *image, const char *bytes, const Elf64_Phdr *segment)
{
    uintptr_t at = image->base + segment->p_vaddr;
    if ((segment->p_flags & PF_X) != 0) {
        return map_code(image, at, bytes + segment->p_offset, segment->p_filesz);
    }
    if (!map_tagged(at, segment->p_memsz, data_tag(image))) {
        return "no memory for data";
    }
    memcpy((void *)window_tagged(at, data_tag(image)), bytes + segment->p_offset,
           segment->p_filesz);
    return NULL;
}

static void relocate(const struct image *image, const char *bytes, const Elf64_Shdr *section)
{
    const Elf64_Rela *entry = (const Elf64_Rela *)(bytes + section->sh_offset);
    for (size_t i = 0; i < section->sh_size / sizeof(*entry); i++) {
        if (ELF64_R_TYPE(entry[i].r_info) == R_AARCH64_RELATIVE) {
            uintptr_t at = window_tagged(image->base + entry[i].r_offset, data_tag(image));
            *(uintptr_t *)at = image->base + (uintptr_t)entry[i].r_addend;
        }
    }
}

static void read_symbols(struct image *image, const char *bytes, const Elf64_Shdr *section,
                         const Elf64_Shdr *strings)
{
    const Elf64_Sym *symbol = (const Elf64_Sym *)(bytes + section->sh_offset);
    for (size_t i = 0; i < section->sh_size / sizeof(*symbol); i++) {
        if (ELF64_ST_BIND(symbol[i].st_info) == STB_GLOBAL && symbol[i].st_shndx != SHN_UNDEF &&
            image->symbol_count < WINDOW_SYMBOLS) {
            size_t at = image->symbol_count++;
            snprintf(image->symbols[at].name, sizeof(image->symbols[at].name), "%s",
                     bytes + strings->sh_offset + symbol[i].st_name);
            image->symbols[at].address = image->base + symbol[i].st_value;
        }
    }
}

static const char *load_elf(struct image *image, const char *bytes)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)bytes;
    const Elf64_Phdr *segment = (const Elf64_Phdr *)(bytes + header->e_phoff);
    const Elf64_Shdr *section = (const Elf64_Shdr *)(bytes + header->e_shoff);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        const char *why = segment[i].p_type == PT_LOAD ? load_segment(image, bytes, &segment[i])
                                                       : NULL;
        if (why != NULL) {
            return why;
        }
    }
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (section[i].sh_type == SHT_RELA) {
            relocate(image, bytes, &section[i]);
        } else if (section[i].sh_type == SHT_SYMTAB) {
            read_symbols(image, bytes, &section[i], &section[section[i].sh_link]);
        }
    }
    return NULL;
}

const char *image_load(struct image *image, const char *path, enum flavour flavour, unsigned tag,
                       unsigned slot)
{
    FILE *file = fopen(path, "rb");
    static char bytes[1u << 20] __attribute__((aligned(16)));
    size_t size = file != NULL ? fread(bytes, 1, sizeof(bytes), file) : 0;
    if (file != NULL) {
        fclose(file);
    }
    if (size < sizeof(Elf64_Ehdr) || size == sizeof(bytes) || memcmp(bytes, ELFMAG, SELFMAG) != 0) {
        return "no image";
    }
    const char *why = prepare(image, flavour, tag, slot);
    return why != NULL ? why : load_elf(image, bytes);
}

uintptr_t image_symbol(const struct image *image, const char *name)
{
    for (size_t i = 0; i < image->symbol_count; i++) {
        if (strcmp(image->symbols[i].name, name) == 0) {
            return image->symbols[i].address;
        }
    }
    return 0;
}

bool image_fill(const struct image *image, const char *path)
{
    uintptr_t at = image_symbol(image, "domain_source");
    static char text[SOURCE_BYTES];
    FILE *file = fopen(path, "rb");
    size_t size = file != NULL ? fread(text, 1, sizeof(text), file) : 0;
    if (file != NULL) {
        fclose(file);
    }
    if (at != 0 && size == sizeof(text)) {
        memcpy((void *)window_tagged(at, data_tag(image)), text, size);
    }
    return at == 0 || size == sizeof(text);
}

bool image_call(const struct image *image, uintptr_t function, const uint64_t arguments[4],
                uint64_t *value, struct fault *fault)
{
    uintptr_t stack = window_tagged(image->stack, data_tag(image));
    if (sigsetjmp(jump, 1) != 0) {
        *fault = last;
        return false;
    }
    *value = window_enter(function, arguments, window_tagged(base, data_tag(image)), stack,
                          stack + KG_FORCED_STACK - STACK_TOP, base + KG_FORCED_GATES);
    return true;
}
