#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# new.sh BUILD WORK: what kg-new writes is configured, built and tested against the installed
# package; a name it can't use is refused, and nothing is overwritten.
set -euo pipefail
build=$1 work=$2

rm -rf "$work"
mkdir -p "$work/here"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
export PATH=$work/prefix/bin:$PATH
cd "$work/here"

# refuses CODE SENTENCE ARGUMENT...: kg-new ends so, says so, and leaves the folder as it was.
refuses() {
    local code=0 expected=$1 sentence=$2 before
    shift 2
    before=$(ls -AR ..)
    kg-new "$@" >../output 2>&1 || code=$?
    if [ $code != "$expected" ] || ! grep -qF "$sentence" ../output ||
        [ "$before" != "$(ls -AR ..)" ]; then
        echo "kg-new $* ended with $code, said \"$(cat ../output)\" and left: $(ls -A)" >&2
        exit 1
    fi
}

: >../output
refuses 2 'use: kg-new NAME'
refuses 2 'use: kg-new NAME' two names
refuses 2 'a project needs a name' ''
refuses 2 'there is no option --force' --force
refuses 2 'is a path' ../elsewhere
refuses 2 'is a path' /tmp/elsewhere
refuses 2 'begin with a letter' 2fast
refuses 2 'begin with a letter' _x
for name in 'two words' Parser a.b . .. 'x;y' 'x$y' 'naïve' 'a&b' $'a\nb'; do
    refuses 2 'use lower-case letters, digits and underscores only' "$name"
done
refuses 2 'too long' abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz
mkdir there
: >file
ln -s nowhere link
for name in there file link; do
    refuses 1 'exists already; nothing was changed' $name
done

# Also names that mean something to CMake.
for name in parser test; do
    kg-new $name
    [ "$(wc -l <$name/README.md)" -eq 10 ]
    ! grep -rn '@NAME@' $name
    cmake -S $name -B $name/build -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" \
        -DCMAKE_C_FLAGS='-Wall -Wextra -Werror' >../configure.log
    cmake --build $name/build >../build.log || {
        cat ../build.log >&2
        exit 1
    }
    ctest --test-dir $name/build --output-on-failure --no-tests=error >../test.log || {
        cat ../test.log >&2
        exit 1
    }
    verified=$(kg-verify $name/build/${name}_domain.kgd)
    grep -qx accepted <<<"$verified"
done
refuses 1 'parser exists already' parser
# Its test fails when the domain answers otherwise.
sed -i 's/return a + b;/return a - b;/' parser/domain.c
cmake --build parser/build >../build.log
if ctest --test-dir parser/build >../test.log; then
    echo "the test of a new project passes whatever the domain answers" >&2
    exit 1
fi
echo 'made, built and tested; refused as it should be'
