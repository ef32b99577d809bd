/* SPDX-License-Identifier: MIT */
/* libpng's configuration: its own, less what it can't have in a domain, which is files, and what it
 * would need floating-point registers for, so that the image is for general registers only. */
#include "scripts/pnglibconf.h.prebuilt"

#undef PNG_CONSOLE_IO_SUPPORTED
#undef PNG_CONVERT_tIME_SUPPORTED
#undef PNG_STDIO_SUPPORTED

#undef PNG_FLOATING_ARITHMETIC_SUPPORTED
#undef PNG_FLOATING_POINT_SUPPORTED
#undef PNG_INCH_CONVERSIONS_SUPPORTED
#undef PNG_SIMPLIFIED_READ_AFIRST_SUPPORTED
#undef PNG_SIMPLIFIED_READ_BGR_SUPPORTED
#undef PNG_SIMPLIFIED_READ_SUPPORTED
#undef PNG_SIMPLIFIED_WRITE_STDIO_SUPPORTED
#undef PNG_SIMPLIFIED_WRITE_SUPPORTED
