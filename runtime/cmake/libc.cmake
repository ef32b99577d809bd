# SPDX-License-Identifier: MIT
# What keygate_domain(... LIBC) links: musl's functions that need no system and no floating point. They
# are no part of this source.
set(KEYGATE_MUSL_DIR ${PROJECT_SOURCE_DIR}/build/fetched/musl-source CACHE PATH
    "musl's source; needed for LIBC")
if(NOT EXISTS ${KEYGATE_MUSL_DIR}/src)
    message(STATUS
        "No LIBC for domain images: there is no source of musl; tests/places/setup.sh fetches it")
    return()
endif()

set(functions
    ctype/__ctype_b_loc ctype/__ctype_tolower_loc ctype/__ctype_toupper_loc ctype/isalnum
    ctype/isalpha ctype/isascii ctype/isblank ctype/iscntrl ctype/isdigit ctype/isgraph
    ctype/islower ctype/isprint ctype/ispunct ctype/isspace ctype/isupper ctype/isxdigit
    ctype/toascii ctype/tolower ctype/toupper
    misc/ffs misc/ffsl misc/ffsll
    internal/intscan internal/shgetc
    prng/rand prng/rand_r
    stdio/__towrite stdio/fwrite stdio/snprintf stdio/sprintf stdio/vsnprintf stdio/vsprintf
    stdlib/atoi stdlib/atol stdlib/atoll stdlib/bsearch stdlib/div stdlib/imaxabs stdlib/imaxdiv
    stdlib/labs stdlib/ldiv stdlib/llabs stdlib/lldiv stdlib/qsort stdlib/qsort_nr stdlib/strtol
    string/bcmp string/bcopy string/bzero string/explicit_bzero string/index string/memccpy
    string/memmem string/mempcpy string/memrchr string/rindex string/stpcpy string/stpncpy
    string/strcasecmp string/strcasestr string/strcat string/strchrnul string/strcpy
    string/strcspn string/strdup string/strlcat string/strlcpy string/strncasecmp string/strncat
    string/strncpy string/strndup string/strpbrk string/strsep string/strspn string/strtok
    string/strtok_r string/strverscmp string/swab)
list(TRANSFORM functions REPLACE "(.+)" "${KEYGATE_MUSL_DIR}/src/\\1.c" OUTPUT_VARIABLE musl)

# As musl's Makefile makes it. What would name system calls stays empty.
set(made ${CMAKE_CURRENT_BINARY_DIR}/musl)
set(musl_cpu ${KEYGATE_MUSL_DIR}/arch/${KEYGATE_CPU})
file(MAKE_DIRECTORY ${made}/bits)
execute_process(COMMAND sed -f ${KEYGATE_MUSL_DIR}/tools/mkalltypes.sed
    ${musl_cpu}/bits/alltypes.h.in ${KEYGATE_MUSL_DIR}/include/alltypes.h.in
    OUTPUT_FILE ${made}/bits/alltypes.h COMMAND_ERROR_IS_FATAL ANY)
file(TOUCH ${made}/bits/syscall.h)

# Without vector registers there is no double, and without a locale no wide text: such conversions
# are refused as unknown ones are.
execute_process(COMMAND sed -e "/^static int fmt_fp/,/^}/d" -e "/case L*DBL:/d" -e "/long double f/d"
    -e "/case 'C':/,/continue;/d" -e "s/if (1) a = strerror(errno); else/goto inval;/"
    -e "s/l = fmt_fp(.*;/goto inval;/" ${KEYGATE_MUSL_DIR}/src/stdio/vfprintf.c
    OUTPUT_FILE ${made}/vfprintf.c COMMAND_ERROR_IS_FATAL ANY)
list(APPEND musl ${made}/vfprintf.c)
# Nothing of it is to become a call of itself.
set_source_files_properties(${musl} PROPERTIES COMPILE_OPTIONS -fno-builtin)

# keygate_domain_libc(NAME LIBRARY): to be linked before LIBRARY, which it needs.
function(keygate_domain_libc name library)
    set(sources ${musl})
    if(library STREQUAL "keygate_domain_soft") # has one that asks
        list(FILTER sources EXCLUDE REGEX "/mempcpy.c$")
    endif()
    add_library(${name}_musl OBJECT ${sources})
    add_library(${name} STATIC image/libc_words.c $<TARGET_OBJECTS:${name}_musl>)
    add_library(keygate::${name} ALIAS ${name})
    keygate_domain_options(${name}_musl)
    keygate_domain_options(${name})
    set(headers arch/${KEYGATE_CPU} arch/generic src/include src/internal)
    list(TRANSFORM headers PREPEND ${KEYGATE_MUSL_DIR}/)
    target_include_directories(${name}_musl PRIVATE ${headers} ${made} ${KEYGATE_MUSL_DIR}/include
        include)
    target_compile_options(${name}_musl PRIVATE -w -std=c99 -nostdinc)
    target_compile_definitions(${name}_musl PRIVATE _XOPEN_SOURCE=700)
    target_include_directories(${name} PRIVATE include)
    target_compile_options(${name} PRIVATE -Wall -Wextra -fno-builtin
        $<$<BOOL:${KEYGATE_STRICT_WARNINGS}>:-Werror>)
    target_link_libraries(${name} PUBLIC ${library})
endfunction()

keygate_domain_libc(keygate_domain_libc keygate_domain)
keygate_domain_libc(keygate_domain_soft_libc keygate_domain_soft)
keygate_flavour(keygate_domain_soft_libc_musl soft)
keygate_flavour(keygate_domain_soft_libc soft)
install(TARGETS keygate_domain_libc keygate_domain_soft_libc EXPORT keygate)
if(TARGET keygate_domain_forced)
    keygate_domain_libc(keygate_domain_forced_libc keygate_domain_forced)
    keygate_domain_forced(keygate_domain_forced_libc_musl)
    keygate_domain_forced(keygate_domain_forced_libc)
    install(TARGETS keygate_domain_forced_libc EXPORT keygate)
endif()
