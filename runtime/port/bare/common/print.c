/* SPDX-License-Identifier: MIT */
/* The console, and last words. */
#include "common.h"

#include <keygate/fault.h>
#include <stdarg.h>
#include <string.h>

/* Lines of several CPUs stay whole. Who panics does not wait: the holder may be the one in trouble.
 * */
static struct platform_lock lock;
static bool panicking;

static void put(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            platform_console_put('\r');
        }
        platform_console_put(text[i]);
    }
}

/* One conversion: '%', flags, width, length, kind. */
struct conversion {
    bool zero;
    bool left;
    size_t width;
    uint32_t length; /* how many times l; z counts as one */
    char kind;
};

static const char *parse(const char *at, struct conversion *conversion)
{
    *conversion = (struct conversion){0};
    for (; *at == '0' || *at == '-'; at++) {
        conversion->zero |= *at == '0';
        conversion->left |= *at == '-';
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        conversion->width = conversion->width * 10 + (size_t)(*at - '0');
    }
    for (; *at == 'l' || *at == 'z'; at++) {
        conversion->length++;
    }
    conversion->kind = *at;
    return *at != '\0' ? at + 1 : at;
}

static void put_padded(const struct conversion *conversion, const char *text, size_t length)
{
    size_t padding = conversion->width > length ? conversion->width - length : 0;
    bool zero = conversion->zero && !conversion->left && conversion->kind != 's';
    if (zero && length > 0 && *text == '-') {
        put("-", 1);
        text++;
        length--;
    }
    for (size_t i = 0; i < padding && !conversion->left; i++) {
        put(zero ? "0" : " ", 1);
    }
    put(text, length);
    for (size_t i = 0; i < padding && conversion->left; i++) {
        put(" ", 1);
    }
}

static void put_number(const struct conversion *conversion, uint64_t value, bool negative)
{
    bool hexadecimal = conversion->kind == 'x' || conversion->kind == 'p';
    uint64_t base = hexadecimal ? 16 : 10;
    char digits[32];
    char *at = digits + sizeof digits;
    do {
        *--at = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (conversion->kind == 'p') {
        *--at = 'x';
        *--at = '0';
    }
    if (negative) {
        *--at = '-';
    }
    put_padded(conversion, at, (size_t)(digits + sizeof digits - at));
}

/* va_list may be an array type, so a pointer to it is what can be handed on. */
struct list {
    va_list arguments;
};

static void put_conversion(const struct conversion *conversion, struct list *list)
{
    char single;
    const char *text;
    int64_t number;
    uint64_t value;
    switch (conversion->kind) {
    case 's':
        text = va_arg(list->arguments, const char *);
        text = text != NULL ? text : "(none)";
        put_padded(conversion, text, strlen(text));
        break;
    case 'c':
        single = (char)va_arg(list->arguments, int);
        put_padded(conversion, &single, 1);
        break;
    case 'd':
        number = conversion->length > 0 ? va_arg(list->arguments, long)
                                        : va_arg(list->arguments, int);
        value = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
        put_number(conversion, value, number < 0);
        break;
    case 'p':
        put_number(conversion, (uintptr_t)va_arg(list->arguments, void *), false);
        break;
    case 'u':
    case 'x':
        value = conversion->length > 0 ? va_arg(list->arguments, unsigned long)
                                       : va_arg(list->arguments, unsigned);
        put_number(conversion, value, false);
        break;
    default:
        put(&conversion->kind, 1);
    }
}

static void print(const char *format, struct list *list)
{
    struct conversion conversion;
    while (*format != '\0') {
        const char *percent = strchr(format, '%');
        size_t plain = percent != NULL ? (size_t)(percent - format) : strlen(format);
        put(format, plain);
        format += plain;
        if (*format == '%') {
            format = parse(format + 1, &conversion);
            put_conversion(&conversion, list);
        }
    }
}

void platform_print(const char *format, ...)
{
    struct list list;
    uint64_t before = platform_interrupts_off();
    bool alone = __atomic_load_n(&panicking, __ATOMIC_RELAXED);
    if (!alone) {
        platform_lock_take(&lock);
    }
    va_start(list.arguments, format);
    print(format, &list);
    va_end(list.arguments);
    if (!alone) {
        platform_lock_give(&lock);
    }
    platform_interrupts_restore(before);
}

void kg_port_message(const char *text)
{
    platform_print("%s", text);
}

size_t platform_line(char *line, size_t bytes)
{
    size_t length = 0;
    for (;;) {
        int typed = platform_console_get();
        if (typed < 0) {
            platform_pause();
        } else if (typed == '\r' || typed == '\n') {
            platform_print("\n");
            line[length] = '\0';
            return length;
        } else if (typed == '\b' || typed == 0x7f || typed == 0x15) {
            size_t count = typed == 0x15 ? length : length > 0;
            for (; count > 0; count--, length--) {
                platform_print("\b \b");
            }
        } else if (typed >= ' ' && length + 1 < bytes) {
            line[length++] = (char)typed;
            platform_print("%c", typed);
        }
    }
}

/* The first's words would be lost among the second's. */
void platform_panic_begin(void)
{
    (void)platform_interrupts_off();
    if (__atomic_exchange_n(&panicking, true, __ATOMIC_RELAXED)) {
        platform_exit(PLATFORM_EXIT_TRAP);
    }
}

_Noreturn void platform_panic(const char *why)
{
    platform_panic_begin();
    platform_print("\nkeygate: %s, on CPU %u\n", why, platform_cpu());
    platform_exit(PLATFORM_EXIT_TRAP);
}

_Noreturn void platform_trap_panic(const struct kg_trap *trap)
{
    static const char *const names[KG_CAUSE_COUNT] = {
        [KG_CAUSE_TAG] = "wrong tag or key",
        [KG_CAUSE_PERMISSION] = "permission denied",
        [KG_CAUSE_UNMAPPED] = "no memory there",
        [KG_CAUSE_ARITHMETIC] = "arithmetic",
        [KG_CAUSE_INSTRUCTION] = "illegal instruction",
        [KG_CAUSE_ALIGNMENT] = "misaligned",
        [KG_CAUSE_TRAP] = "trap instruction",
    };
    const char *name = (unsigned)trap->cause < KG_CAUSE_COUNT ? names[trap->cause] : NULL;
    platform_panic_begin();
    platform_print("\nkeygate: an exception nobody had use for, on CPU %u: %s, %s 0x%lx, "
                   "at 0x%lx, stack 0x%lx\n",
                   platform_cpu(), name != NULL ? name : "unknown",
                   trap->write ? "writing" : "touching", (unsigned long)trap->address,
                   (unsigned long)trap->instruction, (unsigned long)trap->stack);
    platform_exit(PLATFORM_EXIT_TRAP);
}
