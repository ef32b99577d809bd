/* SPDX-License-Identifier: MIT */
/* Formatted printing into memory, by stb. No floating point. */
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>

#define STB_SPRINTF_IMPLEMENTATION
#define STB_SPRINTF_STATIC
#define STB_SPRINTF_NOFLOAT
#define STB_SPRINTF_NOUNALIGNED
#undef __SANITIZE_ADDRESS__ /* it would exempt itself from the checks of software tags */
/* It steps over an argument it does not print, and there is no double without vector registers. */
#define double long
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb_sprintf.h>
#pragma GCC diagnostic pop
#undef double

int snprintf(char *to, size_t bytes, const char *format, ...);
int sprintf(char *to, const char *format, ...);
int vsnprintf(char *to, size_t bytes, const char *format, va_list list);
int vsprintf(char *to, const char *format, va_list list);

int vsnprintf(char *to, size_t bytes, const char *format, va_list list)
{
    return stbsp_vsnprintf(to, bytes < INT_MAX ? (int)bytes : INT_MAX, format, list);
}

int vsprintf(char *to, const char *format, va_list list)
{
    return stbsp_vsprintf(to, format, list);
}

int snprintf(char *to, size_t bytes, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(to, bytes, format, list);
    va_end(list);
    return length;
}

int sprintf(char *to, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsprintf(to, format, list);
    va_end(list);
    return length;
}
