# SPDX-License-Identifier: MIT
# Counting at the emulated places. Sourced by bench/collect and bench/check, never run.

bench_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$bench_dir/../tests/places/setup.sh"

# build_bench_tool NAME COMPILER FLAGS... -- SOURCE...: build_tool, and again for a newer header.
build_bench_tool() {
    local header
    for header in "$bench_dir"/marks.h "$bench_dir"/report.h; do
        if [ "$header" -nt "$tools_dir/$1" ]; then
            rm -f "$tools_dir/$1"
        fi
    done
    build_tool "$@"
}

build_report() {
    build_bench_tool bench_report gcc -- "$bench_dir"/report*.c
}

# Sets plugin for a QEMU: its interface changed between 7.2 and 10.
use_plugin() {
    local major
    [ -n "$1" ] && command -v "$1" >/dev/null ||
        die 125 "the emulator ${1:-for this place} is missing; run tests/places/setup.sh once."
    major=$(LD_LIBRARY_PATH=${2:-} "$1" --version | sed -n '1s/^.* version \([0-9]*\)\..*/\1/p')
    [ -n "$major" ] || die 125 "the version of $1 is unknown."
    if [ "$major" -ge 10 ]; then
        build_bench_tool bench_plugin_4.so gcc -shared -fPIC -DPLUGIN_API=4 -- \
            "$bench_dir/plugin.c"
        plugin=$tools_dir/bench_plugin_4.so
    else
        build_bench_tool bench_plugin_1.so gcc -shared -fPIC -- "$bench_dir/plugin.c"
        plugin=$tools_dir/bench_plugin_1.so
    fi
}

# run_counted PLACE PROGRAM ROWS COUNTS OPTIONS...: runs the benchmark at an emulated place. ROWS
# gets its output, COUNTS the plugin's lines.
run_counted() {
    local place=$1 program=$2 rows=$3 counts=$4 qemu base='' command
    shift 4
    case $place in
    guest-x86_64)
        qemu=${KEYGATE_QEMU_X86_64:-qemu-system-x86_64}
        # One repeated string instruction counts each byte, so the C library is to use its loops.
        local loops=glibc.cpu.x86_rep_movsb_threshold=0x40000000
        loops+=:glibc.cpu.x86_rep_stosb_threshold=0x40000000
        command=(--icount --env "GLIBC_TUNABLES=$loops")
        ;;
    guest-aarch64)
        qemu=${KEYGATE_QEMU_AARCH64:-}
        if [ -z "$qemu" ]; then
            base=$fetched_dir/qemu-10/usr
            qemu=$base/bin/qemu-system-aarch64
        fi
        command=(--icount)
        ;;
    user-aarch64)
        qemu=${KEYGATE_QEMU_USER_AARCH64:-$(command -v qemu-aarch64 || true)}
        command=()
        # Two processes would run side by side, and count by chance.
        set -- --one-process "$@"
        ;;
    esac
    use_plugin "$qemu" "${base:+$base/lib/x86_64-linux-gnu}"
    command=("$repo_dir/tests/places/$place" ${command[@]+"${command[@]}"} --timeout 300
        "$program" --count "$@")
    KB_QEMU=$qemu KB_QEMU_BASE=$base KB_PLUGIN=$plugin KB_COUNTS=$counts \
        KEYGATE_QEMU_X86_64=$bench_dir/qemu-count KEYGATE_QEMU_AARCH64=$bench_dir/qemu-count \
        KEYGATE_QEMU_USER_AARCH64=$bench_dir/qemu-count "${command[@]}" >"$rows"
}
