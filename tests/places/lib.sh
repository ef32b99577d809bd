# SPDX-License-Identifier: MIT
# What the scripts that run programs share. Sourced, never run.

places_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo_dir=$(cd "$places_dir/../.." && pwd)
fetched_dir=$repo_dir/build/fetched
tools_dir=$repo_dir/build/places

# die CODE SENTENCE...: what went wrong, and what to do about it.
die() {
    local code=$1
    shift
    printf '%s: %s\n' "$0" "$*" >&2
    exit "$code"
}

# build_tool NAME COMPILER FLAGS... -- SOURCE...: compiles a helper once and again when a source is
# newer. Several runners may start at once, so the result appears by a rename.
build_tool() {
    local name=$1 flags=() source stale=no
    shift
    while [ "$1" != -- ]; do
        flags+=("$1")
        shift
    done
    shift
    for source in "$@" "$places_dir/frames.h"; do
        if [ ! "$tools_dir/$name" -nt "$source" ]; then
            stale=yes
        fi
    done
    if [ $stale = no ]; then
        return
    fi
    command -v "${flags[0]}" >/dev/null ||
        die 125 "${flags[0]} is missing; run tests/places/setup.sh once."
    mkdir -p "$tools_dir"
    "${flags[@]}" -std=c11 -O2 -Wall -Wextra -o "$tools_dir/$name.$$" "$@" ||
        die 125 "cannot build the helper $name."
    mv "$tools_dir/$name.$$" "$tools_dir/$name"
}

build_watch() {
    build_tool watch gcc -- "$places_dir/watch.c"
}
