# SPDX-License-Identifier: MIT
# Kernel images of the reference platform. A kernel of one's own takes none of this.

set(platform_flags -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-omit-frame-pointer
    -mgeneral-regs-only)
set(platform_libraries)
if(KEYGATE_CPU STREQUAL "x86_64")
    list(APPEND platform_flags -mno-red-zone -fcf-protection=none -fno-asynchronous-unwind-tables)
else()
    list(APPEND platform_flags -mno-outline-atomics)
    # Device trees are read by libfdt, fetched with the other Debian binaries.
    set(libfdt ${PROJECT_SOURCE_DIR}/build/fetched/libfdt/usr)
    set(KEYGATE_LIBFDT_INCLUDE ${libfdt}/include CACHE PATH "Where libfdt.h is")
    set(KEYGATE_LIBFDT_LIBRARY ${libfdt}/lib/aarch64-linux-gnu/libfdt.a CACHE FILEPATH
        "libfdt for AArch64")
    set(platform_libraries ${KEYGATE_LIBFDT_LIBRARY})
    if(NOT EXISTS "${KEYGATE_LIBFDT_LIBRARY}")
        message(STATUS "No kernel images: there is no libfdt; tests/places/setup.sh fetches it")
        return()
    endif()
endif()
set(KEYGATE_IMAGES ON)

set(platform ${PROJECT_SOURCE_DIR}/runtime/port/bare)
file(GLOB platform_sources CONFIGURE_DEPENDS ${platform}/common/*.c ${platform}/${KEYGATE_CPU}/*.c
    ${platform}/${KEYGATE_CPU}/*.S)
add_library(keygate_platform OBJECT ${platform_sources})
target_include_directories(keygate_platform PRIVATE ${PROJECT_SOURCE_DIR}/runtime
    ${PROJECT_SOURCE_DIR}/runtime/core ${PROJECT_SOURCE_DIR}/runtime/arch/${KEYGATE_CPU}
    ${PROJECT_SOURCE_DIR}/runtime/include)
if(KEYGATE_LIBFDT_INCLUDE)
    target_include_directories(keygate_platform SYSTEM PRIVATE ${KEYGATE_LIBFDT_INCLUDE})
endif()
target_compile_features(keygate_platform PRIVATE c_std_11)
target_compile_options(keygate_platform PRIVATE ${platform_flags} -Wall -Wextra -Wshadow
    $<$<BOOL:${KEYGATE_STRICT_WARNINGS}>:-Werror>)
set_source_files_properties(${platform}/common/memory.c ${platform}/common/string.c PROPERTIES
    COMPILE_OPTIONS "-fno-builtin;-fno-tree-loop-distribute-patterns")

# keygate_image(TARGET FLAVOUR [VECTORS] DOMAIN SOURCES... HOST SOURCES...): a kernel with the library
# in it. DOMAIN can be left out when all domains are images. VECTORS: its domains' code may use
# vector registers.
function(keygate_image target flavour)
    cmake_parse_arguments(image "VECTORS" "" "DOMAIN;HOST" ${ARGN})
    set(domain_flags ${platform_flags})
    if(image_VECTORS)
        list(REMOVE_ITEM domain_flags -mgeneral-regs-only)
    endif()
    set(domain_objects)
    if(image_DOMAIN)
        add_library(${target}_domain OBJECT ${image_DOMAIN})
        target_include_directories(${target}_domain PRIVATE
            ${PROJECT_SOURCE_DIR}/runtime/include ${CMAKE_CURRENT_SOURCE_DIR})
        target_compile_options(${target}_domain PRIVATE ${domain_flags} -Wall -Wextra
            $<$<BOOL:${KEYGATE_STRICT_WARNINGS}>:-Werror>)
        keygate_flavour(${target}_domain ${flavour})
        set(domain_objects $<TARGET_OBJECTS:${target}_domain>)
    endif()
    add_executable(${target} ${image_HOST} ${domain_objects}
        $<TARGET_OBJECTS:keygate_platform>)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/runtime)
    target_compile_options(${target} PRIVATE ${platform_flags} -Wall -Wextra
        $<$<BOOL:${KEYGATE_STRICT_WARNINGS}>:-Werror>)
    target_link_libraries(${target} PRIVATE keygate::keygate_bare ${platform_libraries})
    target_link_options(${target} PRIVATE -nostdlib -static -no-pie -Wl,--build-id=none
        -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -T ${platform}/${KEYGATE_CPU}/image.ld)
    set_target_properties(${target} PROPERTIES LINK_DEPENDS ${platform}/${KEYGATE_CPU}/image.ld
        POSITION_INDEPENDENT_CODE OFF)
endfunction()
