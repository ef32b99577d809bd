#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# verify.sh CPU ZYDIS IMAGES WORK COMMAND...: what kg-verify says of images and of files that are
# none. ZYDIS: yes or no; IMAGES: the folder they are in; COMMAND runs it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cpu=$1 zydis=$2 images=$3 work=$4
shift 4
rm -rf "$work"
mkdir -p "$work"
failed=0

# says CODE FILE TEXT...: it ends with CODE, and every TEXT is in what it says.
says() {
    local code=0 expected=$1 file=$2 output text
    shift 2
    output=$("${run[@]}" ${file:+"$file"} 2>&1) || code=$?
    if [ $code != "$expected" ]; then
        printf 'of %s it ended with %d, not %d:\n%s\n' "$file" $code "$expected" "$output"
        failed=1
    fi
    for text in "$@"; do
        if [[ $output != *"$text"* ]]; then
            printf 'of %s it does not say "%s" but:\n%s\n' "$file" "$text" "$output"
            failed=1
        fi
    done
}

# put FILE OFFSET BYTES: writes bytes (as printf has them) into a file.
put() {
    printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

run=("$@")
names=([1]=x86-64 [2]=AArch64)
[ "$cpu" = x86_64 ] && own=1 other='\xb7' || own=2 other='\x3e'

says 0 "$images/parts.kgd" "for ${names[own]}, ABI 2, plain code without vector registers" \
    'segment  read   4096 bytes at 0x0' 'segment  run    4096 bytes at 0x1000' \
    'segment  write  28672 bytes at 0x2000' 'entry    count, 0 arguments, at 0x1' \
    'entry    length, 1 argument, at 0x1' 'entry    through, 2 arguments, at 0x1' \
    'import   add_host, 2 arguments' 'a restart copies 28672 bytes' 'accepted'

says 1 "$images/nameless.kgd" 'refused: an entry has no name' 'at 0x2'

if [ "$cpu" = x86_64 ]; then
    says 1 "$images/forbidden.kgd" 'entry    forbidden, 0 arguments' \
        'refused: the code has bytes that no domain may run: WRPKRU, which changes rights' \
        'in the file, address 0x10' '0f 01 ef'
    says 1 "$images/hidden.kgd" 'WRPKRU'
    says 1 "$images/unlucky.kgd" 'WRMSR'
    says 0 "$images/chance.kgd" 'entry    chance, 0 arguments' 'accepted'
    # A build ends where no order of the functions helps, and leaves no image.
    cp "$images/hidden.kgd" "$work/hidden.kgd"
    verify=("${run[@]}")
    run=(bash -c '"$0" "$1" "$2" -- true' "$here/../../runtime/tools/kg-link" "${verify[@]}")
    says 1 "$work/hidden.kgd" 'WRPKRU' 'They are in hidden, ' 'hidden.c:' 'three orders'
    if [ -e "$work/hidden.kgd" ] || [ ! -e "$work/hidden.kgd.refused" ]; then
        echo "kg-link leaves a refused image in its place"
        failed=1
    fi
    # Who can't look at an image does not call it refused.
    cp "$images/parts.kgd" "$work/unseen.kgd"
    run=(bash -c '"$0" /nonexistent "$1" -- true' "$here/../../runtime/tools/kg-link")
    says 1 "$work/unseen.kgd" '/nonexistent ended with 127 and did not look at'
    if [ -e "$work/unseen.kgd" ] || [ -e "$work/unseen.kgd.refused" ]; then
        echo "kg-link leaves an image that nobody looked at"
        failed=1
    fi
    run=("${verify[@]}")
    if [ "$zydis" = yes ]; then
        says 1 "$images/forbidden.kgd" '0f 01 ef          wrpkru'
        says 1 "$images/hidden.kgd" 'b8 0f 01 ef 00    mov eax, 0xEF010F' \
            'which, jumped into, is' '0f 01 ef          wrpkru'
    fi
else
    says 1 "$images/forbidden.kgd" \
        "refused: the code has an instruction that no domain may run: MSR" \
        'in the file, address 0x10' 'd503419f'
    says 0 "$images/parts_forced.kgd" 'without vector registers, with forced tags' 'accepted'
    # str x0, [x1], as the first instruction
    cp "$images/parts_forced.kgd" "$work/unguarded.kgd"
    put "$work/unguarded.kgd" 4096 '\x20\x00\x00\xf9'
    says 1 "$work/unguarded.kgd" \
        'refused: the code does not keep to its tag and window: unguarded address' \
        'at 0x1000 in the file, address 0x1000' '0x1000  f9000020'
fi

head -c 5000 "$images/parts.kgd" >"$work/truncated.kgd"
says 1 "$work/truncated.kgd" 'refused: a segment lies outside the file: is it truncated?' \
    'at 0x78 in the file'
head -c 20 "$images/parts.kgd" >"$work/head.kgd"
says 1 "$work/head.kgd" 'shorter than an ELF header'
: >"$work/empty.kgd"
says 1 "$work/empty.kgd" 'shorter than an ELF header'
says 1 "$0" 'refused: the file is no 64-bit little-endian ELF file'

cp "$images/parts.kgd" "$work/other.kgd"
put "$work/other.kgd" 18 "$other"
says 1 "$work/other.kgd" "for ${names[3 - own]}, ABI 2, plain code without vector registers" \
    'segment  run    4096 bytes at 0x1000' 'entries  11' 'imports  1' \
    "refused: the image is for another processor than ${names[own]}"
put "$work/other.kgd" 18 '\x08'
says 1 "$work/other.kgd" 'refused: the image is for another processor'
put "$work/other.kgd" 18 "$other"
put "$work/other.kgd" 32 '\xff\xff\xff\xff\xff\xff\xff\xff'
says 1 "$work/other.kgd" 'another processor'

# Each byte of the headers broken, one at a time: an answer, never a signal.
for ((at = 0; at < 480; at += 7)); do
    cp "$images/parts.kgd" "$work/broken.kgd"
    put "$work/broken.kgd" $at '\xff'
    code=0
    "${run[@]}" "$work/broken.kgd" >"$work/output" 2>&1 || code=$?
    if [ $code -gt 1 ] || ! grep -qE '^(accepted|refused: )' "$work/output"; then
        printf 'with byte %d broken it ended with %d:\n' $at $code
        cat "$work/output"
        failed=1
    fi
done

says 2 "$work/missing.kgd" "cannot open $work/missing.kgd: No such file or directory"
says 2 "$work" "cannot read $work: Is a directory"
says 2 '' 'use: kg-verify FILE'
says 2 --nonsense 'use: kg-verify FILE'
says 0 --help 'use: kg-verify FILE'
[ $failed = 0 ] && echo 'said as expected'
exit $failed
