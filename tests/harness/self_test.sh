#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks the test runner itself: self_test.sh [EMULATOR...] PROGRAM
set -u

if [ $# -eq 0 ]; then
    echo "usage: $0 [EMULATOR...] PROGRAM" >&2
    exit 2
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
out=$work/out
xml=$work/report.xml
checks=0
failures=0
what=
command_line=$*

check() {
    checks=$((checks + 1))
    if ! "$@"; then
        failures=$((failures + 1))
        echo "FAILED: $what: $*"
        sed 's/^/    /' "$out"
    fi
}

# run STATUS ARGUMENT...: runs the program, output in $out.
run() {
    wanted=$1
    shift
    what="$*"
    # The emulator and the program are several words.
    # shellcheck disable=SC2086
    $command_line "$@" >"$out" 2>&1
    check test $? -eq "$wanted"
}

has() { check grep -qF -e "$1" "$out"; }
has_line() { check grep -qx -e "$1" "$out"; }
is_absent() { ! grep -qF -e "$1" "$out"; }
lacks() { check is_absent "$1"; }
in_xml() { check grep -qF -e "$1" "$xml"; }

# selects FILTER NAME...: the filter picks exactly these tests, in this order.
selects() {
    run 0 --gtest_list_tests "--gtest_filter=$1"
    shift
    check test "$(awk '/^[^ ]/ { s = $1 } /^ / { printf "%s%s ", s, $1 }' "$out")" = "$*${1:+ }"
}

# Passing, and the look of it.
run 0 '--gtest_filter=equal.*:zlast.*:hooks*'
has_line '\[==========\] Running 7 tests from 4 test suites\.'
has_line '\[----------\] 3 tests from equal'
has_line '\[ RUN      \] equal\.integers'
has_line '\[       OK \] equal\.integers ([0-9]* ms)'
has_line '\[==========\] 7 tests from 4 test suites ran\. ([0-9]* ms total)'
has_line '\[  PASSED  \] 7 tests\.'
lacks 'FAILED'
lacks 'SKIPPED'
lacks 'Suite'
check test "$(grep -n 'RUN.*zlast' "$out" | cut -d: -f1)" -gt \
    "$(grep -n 'RUN.*hooks' "$out" | tail -n 1 | cut -d: -f1)"

# Failing.
run 1 '--gtest_filter=fail.*:equal.integers'
has_line '\[  PASSED  \] 1 test\.'
has_line '\[  FAILED  \] 10 tests, listed below:'
check test "$(grep -c '^\[  FAILED  \] fail\.eq' "$out")" -eq 2
check test "$(grep -c 'self_test\.c:[1-9][0-9]*: Failure$' "$out")" -eq 10
has '  1 > 2 && "<a&b>"'
has '  -2 == 255'
has 'round 7'
has '    actual: -2 (0xfffffffffffffffe)'
has '  expected: 255 (0xff)'
has '  unwanted: 18446744073709551615 (0xffffffffffffffff)'
has '    actual: 3 (STATUS_THREE)'
has_line '  expected: 0'
has_line '  expected: NULL'
has '%s"'
has '61 62 58<64'
has '    actual: 2 (0x2)'
has '  1 > 2'
has '  the test failed'
has_line 'not.*\.\.\.'
lacks 'note 3999'

# Skipping: alone it is 77, next to a pass it is not.
run 77 '--gtest_filter=skip.*'
has_line '\[  PASSED  \] 0 tests\.'
has_line '\[  SKIPPED \] 2 tests, listed below:'
has_line '\[  SKIPPED \] skip\.with_reason ([0-9]* ms)'
has '[  SKIPPED ] skip.with_reason: no <PKU> on "this" CPU'
has '[  SKIPPED ] skip.bare: no reason given'
has 'nothing was tested'
run 0 '--gtest_filter=skip.*:equal.integers'
run 1 '--gtest_filter=skip.*:fail.eq'

# Filters.
selects 'equal.*' equal.integers equal.evaluates_once equal.others
selects 'equal.*-*once' equal.integers equal.others
selects 'equal.*-*once:*.int*' equal.others
selects '-fail.*:skip*:equal.*:hooks*:exit.*' repeat.third_fails zlast.runs_last
selects '*s_l?st' zlast.runs_last
selects '????.bare' fail.bare skip.bare
selects 'skip.bare:fail.bare' fail.bare skip.bare
selects 'fail.n?' fail.ne
selects '*a*.*m*m' fail.mem
selects 'hooks.first' hooks.first
selects '**.ne:' fail.ne
for pattern in nothing 'fail' 'fail.' '.eq' '' '*-*' 'fail.e?-fail.*' 'Fail.eq' 'hooks.firs' \
    'fail.ne?'; do
    run 1 "--gtest_filter=$pattern"
    has "no test matches '$pattern'"
    run 1 --gtest_list_tests "--gtest_filter=$pattern"
done
run 0 --gtest_list_tests
has_line 'fail\.'
has_line '  with_reason'
lacks 'RUN'

# Repeating.
run 0 --gtest_filter=repeat.* --gtest_repeat=2
check test "$(grep -c 'RUN' "$out")" -eq 2
run 1 --gtest_filter=repeat.* --gtest_repeat=9
check test "$(grep -c 'RUN' "$out")" -eq 3
run 77 --gtest_filter=skip.* --gtest_repeat=2

# Usage.
run 0 --help
has '--gtest_filter=PATTERNS'
for argument in --gtest_color=yes --gtest_list_tests=1 --gtest_filter --gtest_output=json:x \
    --gtest_output=xml: --gtest_repeat=0 --gtest_repeat=x --gtest_repeat=1000000 -v fail.eq ''; do
    run 2 "$argument"
    has "'$argument'"
    lacks 'RUN'
done

# A test that ends the program is no success.
run 1 --gtest_filter=exit.early:zlast.* "--gtest_output=xml:$xml"
has 'calling exit'
check test ! -s "$xml"

# XML.
run 1 '--gtest_filter=-exit.*' "--gtest_output=xml:$xml"
in_xml '<?xml version="1.0" encoding="UTF-8"?>'
in_xml '<testsuites name="AllTests" tests="20" failures="10" skipped="2"'
in_xml '<testsuite name="skip" tests="2" failures="0" skipped="2"'
in_xml '<testcase name="integers" classname="equal" file="'
in_xml '<skipped message="no &#60;PKU&#62; on &#34;this&#34; CPU"/>'
in_xml 'Failure&#10;  1 &#62; 2 &#38;&#38; &#34;&#60;a&#38;b&#62;&#34;&#10;" type=""/>'
in_xml 'actual: &#34;tab&#9;here &#34;quoted&#34; '
in_xml '\x01\xff%s'
check test "$(grep -c '<failure ' "$xml")" -eq 10
check test "$(grep -c '<skipped ' "$xml")" -eq 2
check test "$(grep -c '<testcase ' "$xml")" -eq 20
check test "$(grep -c '</testsuite>' "$xml")" -eq 7
check test "$(tail -n 1 "$xml")" = '</testsuites>'
if command -v xmllint >/dev/null; then
    check xmllint --noout "$xml"
    check test "$(xmllint --xpath 'count(//testcase[not(*)])' "$xml")" -eq 8
fi
run 1 --gtest_filter=zlast.* "--gtest_output=xml:$work/missing/report.xml"
has "can't write to"
lacks 'RUN'
if [ -c /dev/full ]; then
    run 1 --gtest_filter=zlast.* --gtest_output=xml:/dev/full
    has "writing to '/dev/full' failed"
fi

if [ "$failures" -ne 0 ]; then
    echo "self_test: $failures of $checks checks failed"
    exit 1
fi
echo "self_test: $checks checks passed"
