# SPDX-License-Identifier: MIT
# The same works in a kernel image.

if(NOT KEYGATE_IMAGES OR NOT EXISTS "${KEYGATE_BARE_LIBC}")
    return()
endif()

# bench_image_gates(FILE FAMILY TOKEN DEFINITION STEP...): as bench_gates_without, for kernels.
# TOKEN is what the file calls its family; DEFINITION ("": none) says which of its families it is.
set(image_gates)
function(bench_image_gates file family token family_definition)
    foreach(step ${ARGN})
        set(target bench_image_${family}_no_${step})
        string(TOUPPER GATE_NO_${step} definition)
        add_library(${target} OBJECT ${file})
        target_include_directories(${target} PRIVATE ${runtime} ${runtime}/core ${arch}
            ${runtime}/include ${PROJECT_SOURCE_DIR})
        target_compile_definitions(${target} PRIVATE KG_BARE KG_STATIC
            ${token}=${family}_no_${step} ${definition} ${family_definition})
        list(APPEND image_gates $<TARGET_OBJECTS:${target}>)
    endforeach()
    set(image_gates ${image_gates} PARENT_SCOPE)
endfunction()

bench_image_gates(${arch}/gate.S none none "" liveness depth)
bench_image_gates(${arch}/gate_soft.S soft soft "" liveness depth ${clearing})
if(KEYGATE_CPU STREQUAL "x86_64")
    bench_image_gates(${pkey} pku pkey GATE_PKU liveness depth check rights ${clearing})
    bench_image_gates(${pkey} pks pkey GATE_PKS liveness depth check rights ${clearing})
else()
    bench_image_gates(${PROJECT_SOURCE_DIR}/mte/gate_aarch64.S mte mte ""
        liveness depth check rights ${clearing})
endif()

# One image holds the domains' code in both flavours.
add_library(bench_image_domain_soft OBJECT domain.c)
target_include_directories(bench_image_domain_soft PRIVATE ${runtime}/include)
target_compile_options(bench_image_domain_soft PRIVATE ${platform_flags} -Wall -Wextra
    $<$<BOOL:${KEYGATE_STRICT_WARNINGS}>:-Werror>)
keygate_flavour(bench_image_domain_soft soft)
keygate_image(bench_image plain DOMAIN domain.c
    HOST image.c image_interrupt.c kb.c stubs_${KEYGATE_CPU}.S variants.c ${works}
    $<TARGET_OBJECTS:bench_image_domain_soft> $<TARGET_OBJECTS:bench_loaded> ${image_gates})
foreach(target bench_image_domain bench_image_domain_soft)
    target_compile_options(${target} PRIVATE -fno-tree-vectorize
        -fno-tree-loop-distribute-patterns)
endforeach()
target_include_directories(bench_image PRIVATE ${runtime}/core ${arch} ${PROJECT_SOURCE_DIR})
target_include_directories(bench_image SYSTEM PRIVATE ${KEYGATE_BARE_LIBC_INCLUDE})
target_compile_definitions(bench_image PRIVATE KG_BARE)
target_compile_options(bench_image PRIVATE $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>)
target_link_libraries(bench_image PRIVATE ${KEYGATE_BARE_LIBC} gcc)
add_dependencies(bench bench_image)

# How large the library makes an image: with all backends, and without one of them.
set(sizes all soft page)
if(KEYGATE_CPU STREQUAL "aarch64")
    list(APPEND sizes mte)
else()
    list(APPEND sizes pku pks pku-ring3)
endif()
foreach(without ${sizes})
    set(target bench_size_${without})
    keygate_image(${target} plain DOMAIN domain.c HOST image_size.c)
    target_include_directories(${target} PRIVATE ${runtime}/core ${arch})
    string(TOUPPER WITHOUT_${without} definition)
    string(REPLACE - _ definition ${definition})
    target_compile_definitions(${target} PRIVATE KG_BARE ${definition})
    add_dependencies(bench ${target})
endforeach()
