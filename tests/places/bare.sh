# SPDX-License-Identifier: MIT
# Runs a kernel image in QEMU. Sourced by bare-x86_64 and bare-aarch64, which define set_machine and
# exit_code STATUS.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat >&2 <<END
use: $(basename "$0") [--icount] [--smp N] [--memory SIZE] [--timeout S] [--stdin] [--cpu MODEL]
     IMAGE [BOOT ARGUMENTS...]
Ends with the image's own exit code; 124: it took too long; 125: QEMU ended in another way.
END
    exit 2
}

read_options() {
    icount=no smp=1 timeout=120 memory=512M input=/dev/null cpu=max
    while [ $# -gt 0 ]; do
        case $1 in
        --icount) icount=yes ;;
        --stdin) input=/dev/stdin ;;
        --smp | --memory | --timeout | --cpu)
            [ $# -ge 2 ] || usage
            printf -v "${1#--}" %s "$2"
            shift
            ;;
        -*) usage ;;
        *) break ;;
        esac
        shift
    done
    [ $# -gt 0 ] || usage
    case $timeout$smp in *[!0-9]*) usage ;; esac
    image=$1
    [ -f "$image" ] || die 2 "there is no image $image."
    shift
    arguments=$*
}

run_image() {
    local code=0
    read_options "$@"
    set_machine
    if [ $icount = yes ]; then
        machine+=(-icount "shift=0,sleep=off" -rtc base=2020-01-01T00:00:00,clock=vm -seed 1)
    fi
    timeout -k 5 "$timeout" "${machine[@]}" -accel tcg -m "$memory" -smp "$smp" \
        -display none -nodefaults -serial stdio -no-reboot -kernel "$image" -append "$arguments" \
        <"$input" || code=$?
    if [ $code = 124 ] || [ $code = 137 ]; then
        echo "$(basename "$0"): the image did not end within $timeout s" >&2
        exit 124
    fi
    exit "$(exit_code $code)"
}
