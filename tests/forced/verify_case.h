/* SPDX-License-Identifier: MIT */
/* One snippet a case: ACCEPT or REJECT, then instructions, up to the next case. */
#ifndef KG_TEST_IMAGES_VERIFY_CASE_H
#define KG_TEST_IMAGES_VERIFY_CASE_H

    .arch armv8.7-a+memtag+sve+ls64+fp16+crypto+rcpc

/* Goes to a list of {name, where it starts, rule}; the rule is kg_verify_rule_name's text. Each
 * file ends with LAST_CASE. */
.macro CASE rule:req, name:req
    .section .rodata.case_names, "a"
.Lname\@:
    .asciz "\name"
.Lrule\@:
    .asciz "\rule"
    .section .verify_cases, "aw"
    .quad .Lname\@, .Lcase\@, .Lrule\@
    .section .rodata.case_code, "a"
    .balign 4
.Lcase\@:
.endm

.macro ACCEPT name:req
    CASE "accepted", "\name"
.endm

.macro REJECT rule:req, name:req
    CASE "\rule", "\name"
.endm

.macro LAST_CASE
    CASE "last", "last"
    udf #0
    .section .note.GNU-stack, "", %progbits
.endm

#endif
