#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Brings libfdt, which reads device trees on AArch64, into build/fetched/libfdt. Run by itself, or
# sourced for fetch_libfdt. Debian's own build of it is static code that needs nothing but the mem
# and str functions of a C library, and two names for its stack protector.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../../tests/places/setup.sh"

fetch_libfdt() {
    unpack "$1" libfdt-dev:arm64
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    fetch libfdt "libfdt" fetch_libfdt
fi
