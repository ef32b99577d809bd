#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Brings everything the tests and benchmarks need: Debian packages, kernels, a newer QEMU, arm64
# libraries and one header. Sourced by tests/run and bench/run (places_setup), or run by itself.
# What is there already is left alone, so a second run needs neither root nor a network.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

packages=(gcc g++ cmake ninja-build pkg-config qemu-system-x86 qemu-user gcc-aarch64-linux-gnu
    g++-aarch64-linux-gnu libc6-dev-arm64-cross cpio lz4 xz-utils gnuplot-nox libunwind-dev
    libzydis-dev dpkg-dev binutils binutils-aarch64-linux-gnu)

# What is pinned by content: source archives never change.
greatest_version=1.0-1
greatest_sha256=4ecd1c1c1b1d2cd7f0c8b0c9d87f92030b9ef7910da3a8197076b17d13076940
# Libraries that the tests put through the assembly pass.
zlib_version=1:1.2.13.dfsg-1
zlib_sha256=71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1
lz4_version=1.9.4-1
lz4_sha256=0b0e3aa07c8c063ddf40b082bdf7e37a1562bda40a0ff5272957f3e987e0e54b
# What keygate_domain(... LIBC) offers of a C library.
musl_version=1.2.3-1
musl_sha256=7d5b0b6062521e4627e099e4c9dc8248d32a30285e959b7eecaa780cf8cfd4a4
# What an example decodes files with.
libpng_sha256=a00e9d2f2f664186e4202db9299397f851aea71b36a35e74910b8820e380d441

# step TEXT COMMAND...: runs the command, says what it is and how long it took.
step() {
    local text=$1 begin=$SECONDS code=0
    shift
    printf '== %s\n' "$text"
    "$@" || code=$?
    printf '== %s: %s, %d s\n' "$text" "$([ $code = 0 ] && echo "done" || echo "failed ($code)")" \
        $((SECONDS - begin))
    return $code
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null ||
        die 2 "this is no Debian system; install yourself what tests/places/setup.sh lists."
    for package in "${packages[@]}"; do
        installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local command="apt-get install --no-install-recommends -y ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
        die 2 "packages are missing and nothing was changed. Run this once: sudo $command"
    fi
    step "install packages: ${missing[*]}" apt_install "${missing[@]}"
}

apt_install() {
    local log=$repo_dir/build/apt.log
    mkdir -p "$repo_dir/build"
    # An update may fail for a source that has nothing to do with us; the install tells.
    apt-get update >"$log" 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get install --no-install-recommends -y "$@" \
        >>"$log" 2>&1 && return
    tail -n 20 "$log" >&2
    die 2 "apt could not install: $*. Its whole output is in $log."
}

# --- A private apt: own sources, own lists, own cache. The system's is only read. -----------------

# Prints "URI KEYRING" of the machine's own source for one suite, from either source format.
machine_source() {
    local suite=$1 file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
        /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        case $file in
        *.sources)
            awk -v suite="$suite" 'BEGIN { RS = "" } {
                uri = types = suites = key = ""
                n = split($0, line, "\n")
                for (i = 1; i <= n; i++) {
                    name = tolower(line[i]); sub(/:.*/, "", name)
                    value = line[i]; sub(/^[^:]*:[ \t]*/, "", value)
                    if (line[i] ~ /^[#  \t]/) continue
                    if (name == "uris") { split(value, word, " "); uri = word[1] }
                    if (name == "types") types = " " value " "
                    if (name == "suites") suites = " " value " "
                    if (name == "signed-by") key = value
                }
                if (index(types, " deb ") && index(suites, " " suite " ")) print uri, key
            }' "$file"
            ;;
        *)
            awk -v suite="$suite" '$1 == "deb" {
                key = ""; at = 2
                if ($2 ~ /^\[/) {
                    for (; at <= NF; at++) {
                        option = $at; gsub(/[][]/, "", option)
                        if (option ~ /^signed-by=/) key = substr(option, 11)
                        if ($at ~ /\]$/) { at++; break }
                    }
                }
                if ($(at + 1) == suite) print $at, key
            }' "$file"
            ;;
        esac
    done | head -n 1
}

apt_dir=$fetched_dir/apt
apt_options=()

# Fills apt_dir once per run, and only when something has to be fetched.
private_apt() {
    [ ${#apt_options[@]} -eq 0 ] || return 0
    local main security key later
    main=$(machine_source bookworm)
    security=$(machine_source bookworm-security)
    if [ -z "$main" ]; then
        # A later Debian has another suite, but its mirror carries this one too.
        later=$(. /etc/os-release && echo "${VERSION_CODENAME:-none}")
        main=$(machine_source "$later")
    fi
    if [ -z "$main" ]; then
        die 2 "this machine has no apt source for Debian, so nothing can be fetched." \
            "tests/places/setup.sh --help tells which local copies can be named instead."
    fi
    mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
    # A source without a key file of its own is checked against Debian's keyring.
    source_line() {
        local kind=$1 arch=$2 suite=$3 uri=$4
        key=/usr/share/keyrings/debian-archive-keyring.gpg
        case ${5:-} in /*) key=$5 ;; esac
        echo "$kind [arch=$arch signed-by=$key] $uri $suite main"
    }
    # shellcheck disable=SC2086 # two words on purpose: URI and keyring
    {
        source_line deb amd64,arm64 bookworm $main
        source_line deb-src amd64 bookworm $main
        source_line deb amd64 bookworm-backports $main
        [ -z "$security" ] || source_line deb amd64,arm64 bookworm-security $security
    } >"$apt_dir/sources.list"
    # Hooks of the machine's own set-up would tidy the system's lists, so they are cleared.
    cat >"$apt_dir/apt.conf" <<END
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::SourceList "$apt_dir/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$apt_dir/lists";
Dir::Cache "$apt_dir/cache";
APT::Architectures { "amd64"; "arm64"; };
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Retries "3";
END
    apt_options=(-q -c "$apt_dir/apt.conf")
    step "read package lists into build/fetched/apt" quiet apt-get "${apt_options[@]}" update ||
        die 2 "the package lists could not be read. Check the network and try again."
}

# Runs a command; shows its output only when it fails.
quiet() {
    local log code=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || code=$?
    [ $code = 0 ] || tail -n 20 "$log" >&2
    rm -f "$log"
    return $code
}

# unpack DIR PACKAGE...: downloads packages and unpacks them into DIR; prints name and version.
unpack() {
    local dir=$1 debs=$1/debs deb
    shift
    mkdir -p "$debs"
    (cd "$debs" && quiet apt-get "${apt_options[@]}" download "$@") || return 1
    for deb in "$debs"/*.deb; do
        dpkg-deb -x "$deb" "$dir" || return 1
        dpkg-deb -f "$deb" Package Version | sed 's/^[^:]*: //' | paste -sd' ' >>"$dir/VERSION"
    done
    rm -rf "$debs"
}

# fetch NAME WHAT FUNCTION [LOCAL]: has FUNCTION fill an empty folder, which then appears under its
# name in one step: half of anything is never left behind. With a LOCAL copy no network is needed.
fetch() {
    local name=$1 what=$2 function=$3 local_copy=${4:-} part
    [ ! -f "$fetched_dir/$name/VERSION" ] || return 0
    mkdir -p "$fetched_dir"
    [ -n "$local_copy" ] || private_apt
    part=$(mktemp -d "$fetched_dir/part.XXXXXX")
    if ! step "fetch $what" "$function" "$part"; then
        rm -rf "$part"
        die 2 "could not fetch $what. Check the network and run again; what is complete is kept."
    fi
    chmod 755 "$part"
    rm -rf "${fetched_dir:?}/$name"
    mv "$part" "$fetched_dir/$name"
}

# The name of the newest kernel package of an architecture.
kernel_package() {
    apt-cache "${apt_options[@]}" depends "linux-image-cloud-$1:$1" |
        awk '!found && /^ *Depends: linux-image-[0-9]/ { sub(/:.*/, "", $2); print $2; found = 1 }'
}

number_at() {
    od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# extract_vmlinux BZIMAGE OUT: takes the compressed kernel out of a bootable image, so that the
# emulated CPU need not unpack it at each boot. Offsets are those of the x86 boot protocol.
extract_vmlinux() {
    local image=$1 sectors offset length start unpack
    sectors=$(number_at "$image" $((0x1f1)) 1)
    offset=$(number_at "$image" $((0x248)) 4)
    length=$(number_at "$image" $((0x24c)) 4)
    start=$(((sectors + 1) * 512 + offset))
    case $(number_at "$image" $start 4) in
    407642370) unpack=(lz4 -dc) ;;             # 02 21 4c 18
    1484404733) unpack=(xz -dc --single-stream) ;; # fd 37 7a 58
    *)
        echo "the kernel image is packed in a way this script does not know" >&2
        return 1
        ;;
    esac
    # The last four bytes are the unpacked size, not part of the stream.
    tail -c "+$((start + 1))" "$image" | head -c $((length - 4)) | "${unpack[@]}" >"$2" || true
    [ "$(number_at "$2" 0 4)" = 1179403647 ] # 7f 45 4c 46
}

fetch_linux_amd64() {
    local package
    package=$(kernel_package amd64)
    unpack "$1/deb" "${package:?}" && mv "$1/deb/VERSION" "$1/" &&
        extract_vmlinux "$1"/deb/boot/vmlinuz-* "$1/vmlinux" && rm -r "$1/deb"
}

fetch_linux_arm64() {
    local package
    package=$(kernel_package arm64)
    unpack "$1/deb" "${package:?}:arm64" && mv "$1/deb/VERSION" "$1/" &&
        mv "$1"/deb/boot/vmlinuz-* "$1/vmlinuz" && rm -r "$1/deb"
}

# Debian 12's own QEMU keeps memory tags wrong below page size, hence the one from backports. It is
# only unpacked, with the libraries that the machine does not have.
fetch_qemu() {
    local names
    names=$(apt-get "${apt_options[@]}" -s --no-install-recommends install \
        qemu-system-arm/bookworm-backports qemu-system-common/bookworm-backports \
        qemu-system-data/bookworm-backports |
        sed -n 's/^Inst \([^ ]*\) \(\[[^]]*\] \)\{0,1\}(\([^ ]*\) .*$/\1=\3/p' |
        grep -v '^qemu-system-\(x86\|gui\|mips\|misc\|ppc\|sparc\)=')
    # shellcheck disable=SC2086 # one word per package
    unpack "$1" $names || return 1
    if qemu_missing "$1"; then
        echo "QEMU lacks libraries (above)" >&2
        return 1
    fi
}

# Prints the libraries that the unpacked QEMU in DIR does not find; fails when there are none.
qemu_missing() {
    LD_LIBRARY_PATH=$1/usr/lib/x86_64-linux-gnu ldd "$1/usr/bin/qemu-system-aarch64" |
        grep 'not found' >&2
}

fetch_arm64_libraries() {
    unpack "$1" libunwind-dev:arm64 libunwind8:arm64 liblzma-dev:arm64 liblzma5:arm64
}

# Reads device trees in the AArch64 images. Debian's own build of it is static code that needs nothing but
# the mem and str functions of a C library, and two names for its stack protector.
fetch_libfdt() {
    unpack "$1" libfdt-dev:arm64
}

# What the test runner in an image takes of a C library, for each CPU.
fetch_musl() {
    unpack "$1" musl-dev:amd64
}

fetch_picolibc() {
    unpack "$1" picolibc-aarch64-linux-gnu
}

fetch_greatest() {
    (
        cd "$1" &&
            quiet apt-get "${apt_options[@]}" source --download-only --tar-only \
                "fzy=$greatest_version" &&
            tar -xf fzy_*.orig.tar.gz --strip-components=3 --wildcards '*/greatest.h' &&
            rm fzy_* && echo "$greatest_sha256  greatest.h" | sha256sum --check --quiet &&
            sed -n 's/^#define GREATEST_VERSION_\(MAJOR\|MINOR\|PATCH\) *//p' greatest.h |
            paste -sd. | sed 's/^/greatest /' >VERSION
    )
}

# fetch_source DIR PACKAGE VERSION SHA256 FILE...: unpacks files of a source archive into DIR.
fetch_source() {
    local dir=$1 package=$2 version=$3 sha256=$4
    shift 4
    (
        cd "$dir" &&
            quiet apt-get "${apt_options[@]}" source --download-only --tar-only \
                "$package=$version" &&
            echo "$sha256  $(echo "$package"_*.orig.tar.*)" | sha256sum --check --quiet &&
            tar -xf "$package"_*.orig.tar.* --strip-components=1 --wildcards "$@" &&
            rm "$package"_* && echo "$package $version" >VERSION
    )
}

fetch_zlib() {
    fetch_source "$1" zlib "$zlib_version" "$zlib_sha256" "zlib-*/*.[ch]"
}

fetch_lz4() {
    fetch_source "$1" lz4 "$lz4_version" "$lz4_sha256" "lz4-*/lib/*.[ch]"
}

fetch_musl_source() {
    fetch_source "$1" musl "$musl_version" "$musl_sha256" "musl-*/COPYRIGHT" "musl-*/include/*" \
        "musl-*/arch/*" "musl-*/tools/mkalltypes.sed" "musl-*/src/*"
}

# Upstream's archive out of Debian's source package, without Debian's patches, or the copy of it
# that KEYGATE_LIBPNG_ARCHIVE names.
fetch_libpng() {
    local archive=
    [ -z "${KEYGATE_LIBPNG_ARCHIVE:-}" ] || archive=$(realpath "$KEYGATE_LIBPNG_ARCHIVE")
    (
        cd "$1" &&
            if [ -n "$archive" ]; then
                cp "$archive" libpng.orig.tar
            else
                quiet apt-get "${apt_options[@]}" source --download-only --tar-only libpng1.6
            fi &&
            echo "$libpng_sha256  $(echo *.orig.tar*)" | sha256sum --check --quiet &&
            tar -xf *.orig.tar* --strip-components=1 && rm *.orig.tar* &&
            sed -n 's/^#define PNG_LIBPNG_VER_STRING "\(.*\)"/libpng \1/p' png.h >VERSION
    )
}

places_help() {
    cat <<END
use: tests/places/setup.sh
Installs what is missing and fetches the rest into build/fetched. Local copies instead:
  KEYGATE_KERNEL_AMD64     a Linux kernel for x86-64 (vmlinux or bzImage) with the 8250 driver
  KEYGATE_KERNEL_ARM64     a Linux kernel image for arm64 with MTE
  KEYGATE_QEMU_AARCH64     qemu-system-aarch64, 10 or later
  KEYGATE_QEMU_X86_64      qemu-system-x86_64, 7.2 or later
  KEYGATE_QEMU_USER_AARCH64  qemu-aarch64 with plugins
  KEYGATE_LIBPNG_ARCHIVE   libpng1.6_1.6.39.orig.tar.gz of Debian's source package libpng1.6
END
}

check_local_copies() {
    local name
    for name in KEYGATE_KERNEL_AMD64 KEYGATE_KERNEL_ARM64 KEYGATE_QEMU_AARCH64 \
        KEYGATE_QEMU_X86_64 KEYGATE_QEMU_USER_AARCH64 KEYGATE_LIBPNG_ARCHIVE; do
        [ -z "${!name:-}" ] || [ -f "${!name}" ] || die 2 "$name names ${!name}, which is no file."
    done
}

places_setup() {
    check_local_copies
    install_packages
    fetch greatest "the greatest test header" fetch_greatest
    [ -n "${KEYGATE_KERNEL_AMD64:-}" ] ||
        fetch linux-amd64 "Debian's cloud kernel for amd64" fetch_linux_amd64
    [ -n "${KEYGATE_QEMU_AARCH64:-}" ] || fetch qemu-10 "QEMU from backports" fetch_qemu
    [ -n "${KEYGATE_KERNEL_ARM64:-}" ] ||
        fetch linux-arm64 "Debian's cloud kernel for arm64" fetch_linux_arm64
    fetch arm64-root "libunwind for arm64" fetch_arm64_libraries
    fetch libfdt "libfdt for arm64" fetch_libfdt
    fetch musl "musl for images of the tests" fetch_musl
    fetch picolibc "picolibc for images of the tests" fetch_picolibc
    fetch zlib "zlib for domain images of the tests" fetch_zlib
    fetch lz4 "LZ4 for the same" fetch_lz4
    fetch musl-source "musl's source for domain images" fetch_musl_source
    fetch libpng "libpng for an example" fetch_libpng "${KEYGATE_LIBPNG_ARCHIVE:-}"
    {
        cat "$fetched_dir"/*/VERSION
        dpkg-query -W -f '${Package} ${Version}\n' qemu-system-x86 qemu-user gcc \
            gcc-aarch64-linux-gnu
    } | LC_ALL=C sort -u >"$fetched_dir/VERSIONS"
}

# build_tree PRESET [OPTIONS FOR THE BUILD...]: configures and builds one tree.
build_tree() {
    local tree=$1
    shift
    step "configure $tree" quiet cmake --preset "$tree" \
        "-DGREATEST_INCLUDE_DIR=$fetched_dir/greatest" ||
        die 1 "cmake could not configure the tree $tree."
    step "build $tree" cmake --build "build/$tree" "$@" ||
        die 1 "the tree $tree does not build."
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -euo pipefail
    case ${1:-} in
    '') places_setup ;;
    --help) places_help ;;
    *)
        places_help >&2
        exit 2
        ;;
    esac
fi
