# SPDX-License-Identifier: MIT
# Runs one program in a Linux guest. Sourced by guest-x86_64 and guest-aarch64, which define
# machine_name, channel, build_init, find_libraries PROGRAM and set_machine.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat >&2 <<END
use: $(basename "$0") [--icount] [--smp] [--timeout S] [--env K=V]...
       [--in HOSTFILE[=GUESTPATH]]... [--out HOSTFILE=GUESTPATH]... PROGRAM [ARGS...]
END
    exit 2
}

# The program's environment is only what is given here, so runs repeat exactly.
read_options() {
    icount=no smp=no timeout=120 env=(PATH=/place HOME=/tmp) ins=() out_host=() out_guest=()
    while [ $# -gt 0 ]; do
        case $1 in
        --icount) icount=yes ;;
        --smp) smp=yes ;;
        --timeout | --env | --in | --out)
            [ $# -ge 2 ] || usage
            case $1 in
            --timeout) timeout=$2 ;;
            --env) env+=("$2") ;;
            --in) ins+=("$2") ;;
            --out)
                case $2 in *?=/?*) ;; *) usage ;; esac
                out_host+=("${2%%=*}")
                out_guest+=("${2#*=}")
                ;;
            esac
            shift
            ;;
        -*) usage ;;
        *) break ;;
        esac
        shift
    done
    [ $# -gt 0 ] || usage
    case $timeout in '' | *[!0-9]* | 0) usage ;; esac
    [ $icount$smp != yesyes ] ||
        die 2 "--icount and --smp exclude each other: counted runs take CPUs in turn."
    program=$1
    [ -f "$program" ] || die 2 "there is no program $program."
    shift
    args=("/place/$(basename "$program")" "$@")
}

# put_in HOSTFILE GUESTPATH
put_in() {
    mkdir -p "$root$(dirname "$2")"
    cp -L "$1" "$root$2" || die 2 "cannot put $1 into the guest."
}

# The guest's whole file system: an archive that the kernel unpacks. Names are sorted, times and
# inode numbers fixed, so that the same program gives the same archive.
make_root() {
    local pair library
    root=$work/root
    mkdir -p "$root/place" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
    put_in "$tools_dir/init-$machine_name" /init
    put_in "$program" "${args[0]}"
    chmod 755 "$root/init" "$root${args[0]}"
    for pair in ${ins[@]+"${ins[@]}"}; do
        case $pair in
        *=*) put_in "${pair%%=*}" "${pair#*=}" ;;
        *) put_in "$pair" "$(realpath "$pair")" ;;
        esac
    done
    find_libraries "$program" >"$work/libraries"
    while read -r library pair; do
        put_in "$library" "$pair"
    done <"$work/libraries"
    printf '%s\0' "${args[@]}" >"$root/place/args"
    printf '%s\0' "${env[@]}" >"$root/place/env"
    : >"$root/place/outs"
    [ ${#out_guest[@]} -eq 0 ] || printf '%s\0' "${out_guest[@]}" >"$root/place/outs"
    find "$root" -exec touch -h -d @0 {} +
    (cd "$root" && find . | LC_ALL=C sort |
        cpio --create --format=newc --owner=0:0 --reproducible --quiet) >"$work/root.cpio"
}

# One guest instruction takes one nanosecond of guest time, and nothing comes from the host's clock
# or its random numbers.
counted=(-icount shift=0,sleep=off -rtc base=2020-01-01T00:00:00,clock=vm -seed 1)

run_guest() {
    local code=0 saves=() file
    read_options "$@"
    build_watch
    build_init
    work=$(mktemp -d "${TMPDIR:-/tmp}/keygate-guest.XXXXXX")
    watcher=
    if [ "${KEYGATE_KEEP:-}" = 1 ]; then
        echo "$(basename "$0"): keeping $work" >&2
    else
        trap 'rm -rf "$work"' EXIT
    fi
    trap 'kill -TERM $watcher 2>/dev/null; wait $watcher; exit 143' TERM INT HUP
    make_root
    set_machine
    for file in ${out_host[@]+"${out_host[@]}"}; do
        saves+=(--save "$file")
    done
    # In the background, because only then bash obeys a signal while it waits.
    "$tools_dir/watch" --timeout "$timeout" --frames --console "$work/console" \
        --errors "$work/errors" ${saves[@]+"${saves[@]}"} -- "${machine[@]}" \
        -display none -nodefaults -no-reboot -initrd "$work/root.cpio" \
        -append "${kernel_args[*]} place_channel=$channel" &
    watcher=$!
    wait $watcher || code=$?
    exit $code
}
