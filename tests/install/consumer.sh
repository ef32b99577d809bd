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
# A domain as a file: built there, looked at, loaded, on what protects nothing and on what is best.
image=$work/build/adder.kgd
verified=$(${run[@]+"${run[@]}"} "$work/prefix/bin/kg-verify" "$image")
grep -qx accepted <<<"$verified"
for backend in none ''; do
    for program in loads_c loads_shared loads_cpp; do
        # shellcheck disable=SC2086
        LD_LIBRARY_PATH=$work/prefix/lib KEYGATE_BACKEND=$backend \
            ${run[@]+"${run[@]}"} ${emulator:+-E LD_LIBRARY_PATH="$work/prefix/lib"} \
            "$work/build/$program" "$image"
    done
done
for object in asked.dir/adder.c.o asked_functions.dir/consumer.c.o; do
    if ! grep -q ' U __asan_' <<<"$(nm "$work/build/CMakeFiles/$object")"; then
        echo "$object: its code does not ask the software tags" >&2
        exit 1
    fi
done
cmake -S "$here/consumer" -B "$work/both" -G "Ninja Multi-Config" -DCMAKE_PREFIX_PATH="$work/prefix" \
    ${toolchain:+-DCMAKE_TOOLCHAIN_FILE="$toolchain"} \
    -Dkeygate_DIR="$work/prefix/lib/cmake/keygate" >"$work/configure.log"
cmake --build "$work/both" --config Debug --target adder asked >"$work/build.log"
# Of the library for kernels nothing is open but what PORTING.md asks a kernel for.
library=$(echo "$work"/prefix/lib/libkeygate-bare-*.a)
open=$(nm -u "$library" | awk '$1 == "U" { print $2 }' | sort -u |
    grep -vxF "$(nm --defined-only "$library" | awk 'NF == 3 { print $3 }')" |
    grep -vE '^(kg_port_.*|mem(cpy|move|set|cmp)|_GLOBAL_OFFSET_TABLE_)$' || true)
[ -z "$open" ] || {
    echo "the library for kernels leaves open: $open" >&2
    exit 1
}
symbols=$(nm "$work/build/kernel")
grep -q ' T kg_trap_fault$' <<<"$symbols"
grep -q 'port/port.h' "$work/prefix/share/doc/keygate/PORTING.md"
export PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig
flags=$(pkg-config --cflags --libs --static keygate)
grep -q -- "-I$work/prefix/.*-lkeygate" <<<"$flags"
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
