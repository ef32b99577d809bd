#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# only_gates.sh OBJDUMP LIBRARY CPU: disassembles the library and fails when an instruction that
# changes rights or tags stands anywhere but in the routines listed here. It also fails when one of
# those routines has none, so that the list can't rot.
set -euo pipefail
objdump=$1 library=$2 cpu=$3

case $cpu in
x86_64)
    instructions='wrpkru|xrstor[a-z0-9]*|xrstors[a-z0-9]*'
    allowed='^kg_(enter|leave|unwind)_pkey|^kg_pkey_(rights_write|signal_entry)$'
    must='kg_enter_pkey_1_0 kg_enter_pkey_2_6 kg_leave_pkey kg_unwind_pkey kg_pkey_rights_write
        kg_pkey_signal_entry'
    ;;
aarch64)
    # Tag stores, and the switch of tag checking.
    instructions='stg|st2g|stzg|stz2g|stgp|stgm|stzgm|dc[[:space:]]+gz?va|msr[[:space:]]+tco'
    allowed='^kg_(enter|leave|unwind)_(mte|forced)|^kg_mte_|^kg_forced_return$'
    must='kg_enter_mte_0_0 kg_enter_mte_1_6 kg_leave_mte kg_unwind_mte kg_mte_store
        kg_enter_forced_0_0 kg_leave_forced kg_forced_return'
    ;;
*)
    echo "no list for $cpu" >&2
    exit 2
    ;;
esac

# A tag is stored for all CPUs to see before anybody is told that it is.
if [ $cpu = aarch64 ] && ! "$objdump" -d --no-show-raw-insn "$library" |
    awk '/^[0-9a-f]+ <.*>:$/ { inside = $2 == "<kg_mte_store>:" } inside' |
    grep -q 'dsb[[:space:]]*ish'; then
    echo 'kg_mte_store does not wait for its stores (dsb ish)' >&2
    exit 1
fi

# Prints "ROUTINE INSTRUCTION" for every one found.
found=$("$objdump" -d --no-show-raw-insn "$library" | awk -v wanted="^($instructions)" '
    /^[0-9a-f]+ <.*>:$/ { routine = $2; gsub(/[<>:]/, "", routine) }
    {
        line = $0
        sub(/^ *[0-9a-f]+:[ \t]*/, "", line)
        if (line != $0 && line ~ wanted) { print routine, line }
    }')

bad=$(printf '%s\n' "$found" | grep -v '^$' | awk -v allowed="$allowed" '$1 !~ allowed' || true)
if [ -n "$bad" ]; then
    printf 'outside the gates:\n%s\n' "$bad" >&2
    exit 1
fi
for routine in $must; do
    if ! grep -q "^$routine " <<<"$found"; then
        echo "$routine has no such instruction any more: mend the list" >&2
        exit 1
    fi
done
echo "$(wc -l <<<"$found") instructions that change rights or tags, all in gates"
