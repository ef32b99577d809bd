# SPDX-License-Identifier: MIT
# Builds for 64-bit Arm Linux on another machine and runs what was built under QEMU's user mode.
#   cmake -B build/aarch64 -DCMAKE_TOOLCHAIN_FILE=runtime/cmake/aarch64-linux.cmake
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_ASM_COMPILER aarch64-linux-gnu-gcc)

# Libraries for that machine that were unpacked beside the build (tests/places/setup.sh).
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
get_filename_component(keygate_fetched ${CMAKE_CURRENT_LIST_DIR}/../../build/fetched/arm64-root
    ABSOLUTE)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu ${keygate_fetched})
if(EXISTS ${keygate_fetched})
    set(keygate_fetched_lib ${keygate_fetched}/lib/aarch64-linux-gnu)
    set(CMAKE_BUILD_RPATH ${keygate_fetched}/usr/lib/aarch64-linux-gnu ${keygate_fetched_lib})
    # Their own needs are found there too, at link time and, by the old kind of path, at run time.
    foreach(kind EXE SHARED)
        set(CMAKE_${kind}_LINKER_FLAGS_INIT
            "-Wl,--disable-new-dtags -Wl,-rpath-link,${keygate_fetched_lib}")
    endforeach()
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)

# `max` has memory tagging; `cortex-a76` is a processor without. QEMU 7.2 faults on DC ZVA with a
# tagged address, so libc gets a memset without it.
set(KEYGATE_EMULATED_CPU max CACHE STRING "what qemu-aarch64 -cpu gets")
find_program(KEYGATE_QEMU_USER_AARCH64 qemu-aarch64)
if(KEYGATE_QEMU_USER_AARCH64)
    set(CMAKE_CROSSCOMPILING_EMULATOR
        ${KEYGATE_QEMU_USER_AARCH64} -cpu ${KEYGATE_EMULATED_CPU} -L /usr/aarch64-linux-gnu
        -E GLIBC_TUNABLES=glibc.cpu.name=kunpeng920)
endif()
