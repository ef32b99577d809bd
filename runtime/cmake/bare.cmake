# SPDX-License-Identifier: MIT
# The library for kernels: the same core and backends, with what is Linux's left out. A kernel
# supplies port/port.h.

set(bare_flags -ffreestanding -fno-pic -fno-stack-protector -fno-omit-frame-pointer
    -fno-asynchronous-unwind-tables -fcf-protection=none -mgeneral-regs-only)
if(KEYGATE_CPU STREQUAL "x86_64")
    # For kernels linked at -2 GiB; it does for the low 2 GiB as well.
    list(APPEND bare_flags -mno-red-zone -mcmodel=kernel)
    set(bare_hardware ../pkey/keys.c ../pkey/pks_bare.c ../pkey/pku_bare.c
        ../pkey/rights_bare.S ../pkey/ring3_bare.c ../pkey/window.c)
else()
    list(REMOVE_ITEM bare_flags -fcf-protection=none)
    list(APPEND bare_flags -mno-outline-atomics)
    set(bare_hardware ../mte/gate_aarch64.S ../mte/gate_forced_aarch64.S ../mte/mte.c ../mte/mte_bare.c ../mte/tag_aarch64.S
        ../mte/verify.c ../mte/verify_memory.c ../mte/verify_simd.c
        port/bare/vectors_aarch64.c)
endif()

function(keygate_bare_options target)
    target_include_directories(${target} PRIVATE . .. core arch/${KEYGATE_CPU} include)
    target_compile_features(${target} PRIVATE c_std_11)
    target_compile_definitions(${target} PRIVATE KG_BARE
        $<$<COMPILE_LANGUAGE:ASM>:KG_STATIC>)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C>:${bare_flags}>
        -Wall -Wextra -Wshadow $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
        $<$<BOOL:${KEYGATE_STRICT_WARNINGS}>:-Werror>)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
endfunction()

# The gate of protection keys, once for each register of rights and ring.
set(bare_objects)
if(KEYGATE_CPU STREQUAL "x86_64")
    foreach(rights pku pks pku_ring3)
        string(TOUPPER GATE_${rights} definition)
        add_library(keygate_bare_${rights} OBJECT ../pkey/gate_x86_64.S)
        keygate_bare_options(keygate_bare_${rights})
        target_compile_definitions(keygate_bare_${rights} PRIVATE pkey=${rights} ${definition})
        list(APPEND bare_objects $<TARGET_OBJECTS:keygate_bare_${rights}>)
    endforeach()
endif()

# The prover's code and what soft domain code calls, as for Linux.
foreach(flavour plain soft)
    add_library(keygate_bare_proof_${flavour} OBJECT core/proof_domain.c)
    keygate_bare_options(keygate_bare_proof_${flavour})
    keygate_flavour(keygate_bare_proof_${flavour} ${flavour})
    list(APPEND bare_objects $<TARGET_OBJECTS:keygate_bare_proof_${flavour}>)
endforeach()
add_library(keygate_bare_soft_domain OBJECT core/domain_heap.c core/domain_own.c soft/soft_domain.c)
keygate_bare_options(keygate_bare_soft_domain)
target_compile_definitions(keygate_bare_soft_domain PRIVATE
    kg_domain_heap_prepare=kg_soft_heap_prepare kg_domain_heap_own=kg_soft_heap_own
    kg_domain_self=kg_soft_self)
keygate_flavour(keygate_bare_soft_domain soft)

add_library(keygate_bare STATIC ${core} ${soft} ${arch} ${bare_hardware}
    port/bare/backends_${KEYGATE_CPU}.c port/bare/defaults.c port/bare/trap.c
    ${bare_objects} $<TARGET_OBJECTS:keygate_bare_soft_domain>)
keygate_bare_options(keygate_bare)
target_include_directories(keygate_bare PUBLIC
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/keygate-bare>)
set_target_properties(keygate_bare PROPERTIES OUTPUT_NAME keygate-bare-${KEYGATE_CPU})
add_library(keygate::keygate_bare ALIAS keygate_bare)
