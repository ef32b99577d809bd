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

# qemu_of PLACE: sets qemu, and base where it lies unpacked.
qemu_of() {
    base=''
    case $1 in
    user-aarch64) qemu=${KEYGATE_QEMU_USER_AARCH64:-$(command -v qemu-aarch64 || true)} ;;
    *-x86_64) qemu=${KEYGATE_QEMU_X86_64:-qemu-system-x86_64} ;;
    *)
        qemu=${KEYGATE_QEMU_AARCH64:-}
        if [ -z "$qemu" ]; then
            base=$fetched_dir/qemu-10/usr
            qemu=$base/bin/qemu-system-aarch64
        fi
        ;;
    esac
}

# place_command PLACE PROGRAM WORKS BACKENDS QUICK: sets command. WORKS and BACKENDS: "a,b"; empty:
# all. QUICK: yes leaves out what takes long.
place_command() {
    command=("$repo_dir/tests/places/$1" --timeout 300)
    case $1 in
    bare-*)
        command+=(--icount --memory 768M "$2" ${3:+"only=$3"} ${4:+"backends=$4"})
        [ "$5" != yes ] || command+=(quick)
        return
        ;;
    guest-*) command+=(--icount) ;;
    esac
    if [ "$1" = guest-x86_64 ]; then
        # One repeated string instruction counts each byte, so the C library is to use its loops.
        local loops=glibc.cpu.x86_rep_movsb_threshold=0x40000000
        loops+=:glibc.cpu.x86_rep_stosb_threshold=0x40000000
        command+=(--env "GLIBC_TUNABLES=$loops")
    fi
    command+=("$2" --count ${3:+--only "$3"} ${4:+--backends "$4"})
    [ "$5" != yes ] || command+=(--quick)
    if [ "$1" = user-aarch64 ]; then
        # Two processes would run side by side, and count by chance.
        command+=(--one-process)
    fi
}

# run_once PLACE PROGRAM ROWS COUNTS WORKS BACKENDS QUICK: see run_counted, which has set plugin and
# qemu.
run_once() {
    local command
    place_command "$1" "$2" "$5" "$6" "$7"
    KB_QEMU=$qemu KB_QEMU_BASE=$base KB_PLUGIN=$plugin KB_COUNTS=$4 \
        KEYGATE_QEMU_X86_64=$bench_dir/qemu-count KEYGATE_QEMU_AARCH64=$bench_dir/qemu-count \
        KEYGATE_QEMU_USER_AARCH64=$bench_dir/qemu-count "${command[@]}" >"$3"
}

# run_counted PLACE PROGRAM ROWS COUNTS [WORKS [QUICK]]: runs the benchmark at an emulated place.
# ROWS gets its lines, COUNTS the plugin's; what else a console shows goes to the error stream. An
# image is booted once for each backend.
run_counted() {
    local rows=$3 counts=$4 qemu base list lists code=0
    qemu_of "$1"
    use_plugin "$qemu" "${base:+$base/lib/x86_64-linux-gnu}"
    case $1 in
    bare-x86_64) lists="baseline,none soft page pku pks pku-ring3" ;;
    bare-aarch64) lists="baseline,none soft page mte" ;;
    *)
        run_once "$1" "$2" "$rows" "$counts" "${5:-}" "" "${6:-no}"
        return
        ;;
    esac
    : >"$rows" && : >"$counts"
    for list in $lists; do
        run_once "$1" "$2" "$rows.part" "$counts.part" "${5:-}" "$list" "${6:-no}" ||
            code=$?
        sed 's/\r$//' "$rows.part" >"$rows.clean"
        grep -vP '^(machine|count|trace|skip)\t' "$rows.clean" >&2 || true
        grep -P '^(machine|count|trace|skip)\t' "$rows.clean" >>"$rows" || true
        [ ! -f "$counts.part" ] || cat "$counts.part" >>"$counts"
        rm -f "$rows.part" "$rows.clean" "$counts.part"
        [ $code = 0 ] || return $code
    done
}

# program_of PLACE: what bench/run builds for it.
program_of() {
    local tree=host name=bench_crossing
    case $1 in *-aarch64) tree=aarch64 ;; esac
    case $1 in bare-*) name=bench_image ;; esac
    echo "$repo_dir/build/$tree/bench/$name"
}
