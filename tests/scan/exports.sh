#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# exports.sh NM LIBRARY HEADERS: what the shared library exports is what the headers declare with
# KG_API, the calls it interposes, and what instrumented domain code asks; nothing else.
set -euo pipefail
nm=$1 library=$2 headers=$3

declared=$(cat "$headers"/*.h | tr '\n' ' ' | grep -o 'KG_API [^;{]*(' | grep -o 'kg_[a-z0-9_]*(' |
    tr -d '(' | sort -u)
exported=$("$nm" -D --defined-only "$library" | awk '$2 ~ /[TWDBRV]/ { print $3 }' |
    sed 's/@.*//' | sort -u)
extra='^(sigaction|signal|sigaltstack|__asan_.*|kg_soft_.*|KEYGATE_.*)$'

code=0
while read -r name; do
    if ! grep -qx "$name" <<<"$exported"; then
        echo "declared but not exported: $name" >&2
        code=1
    fi
done <<<"$declared"
while read -r name; do
    if ! grep -qx "$name" <<<"$declared" && ! grep -qE "$extra" <<<"$name"; then
        echo "exported but not declared: $name" >&2
        code=1
    fi
done <<<"$exported"
[ $code = 0 ] && echo "$(wc -l <<<"$declared") functions, exported as declared"
exit $code
