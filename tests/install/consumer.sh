#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# consumer.sh BUILD WORK TOOLCHAIN EMULATOR: installs what was built into a fresh folder and builds
# a small C++ and a C program against it, static and shared, by find_package and by pkg-config.
set -euo pipefail
build=$1 work=$2 toolchain=$3 emulator=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
cmake -S "$here/consumer" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" \
    ${toolchain:+-DCMAKE_TOOLCHAIN_FILE="$toolchain"} \
    -Dkeygate_DIR="$work/prefix/lib/cmake/keygate" >"$work/configure.log"
cmake --build "$work/build"
# The emulator comes as a CMake list.
IFS=';' read -ra run <<<"$emulator"
for program in static_c shared_c static_cpp; do
    # shellcheck disable=SC2086
    LD_LIBRARY_PATH=$work/prefix/lib KEYGATE_BACKEND=none \
        ${run[@]+"${run[@]}"} ${emulator:+-E LD_LIBRARY_PATH="$work/prefix/lib"} \
        "$work/build/$program"
done
export PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig
pkg-config --cflags --libs --static keygate | grep -q -- "-I$work/prefix/.*-lkeygate"
if [ -z "$toolchain" ]; then
    # shellcheck disable=SC2046 # several words on purpose
    {
        cc -o "$work/static_pc" "$here/consumer/consumer.c" -static \
            $(pkg-config --cflags --libs --static keygate)
        cc -o "$work/shared_pc" "$here/consumer/consumer.c" \
            $(pkg-config --cflags --libs keygate)
    }
    for program in static_pc shared_pc; do
        LD_LIBRARY_PATH=$work/prefix/lib KEYGATE_BACKEND=none "$work/$program"
    done
fi
echo "installed, found, linked and run"
