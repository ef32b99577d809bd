# SPDX-License-Identifier: MIT
# Images as domains' files: one for each size of what is written, and one with much code. Debugging
# information is no part of them here.
set(loaded_files)
set(loaded_64k LOADED_BYTES=65536)
set(loaded_1m LOADED_BYTES=1048576)
set(loaded_4m LOADED_BYTES=4194304)
set(loaded_code "LOADED_CODE=\"65536\"")
set(loaded_soft ${loaded_64k})
set(loaded_forced ${loaded_64k})
set(loaded loaded_64k loaded_1m loaded_4m loaded_code loaded_soft)
if(KEYGATE_CPU STREQUAL "aarch64")
    list(APPEND loaded loaded_forced)
endif()
foreach(loaded ${loaded})
    string(REGEX MATCH "soft|forced" flavour ${loaded})
    string(TOUPPER "${flavour}" flavour)
    set(sources loaded.c)
    if(flavour STREQUAL "FORCED")
        list(APPEND sources domain.c) # for what each access costs
    endif()
    keygate_domain(${loaded} ${sources} ${flavour})
    target_compile_definitions(${loaded} PRIVATE ${${loaded}})
    target_compile_options(${loaded} PRIVATE -Wall -Wextra -fno-tree-vectorize
        -fno-tree-loop-distribute-patterns
        $<$<BOOL:${KEYGATE_STRICT_WARNINGS}>:-Werror>)
    set(stripped ${CMAKE_CURRENT_BINARY_DIR}/${loaded}.stripped)
    add_custom_command(OUTPUT ${stripped} DEPENDS ${loaded}
        COMMAND ${CMAKE_STRIP} -o ${stripped} $<TARGET_FILE:${loaded}>)
    list(APPEND loaded_files ${stripped})
endforeach()
add_library(bench_loaded OBJECT loaded.S)
target_compile_options(bench_loaded PRIVATE -Wa,-I,${CMAKE_CURRENT_BINARY_DIR})
set_source_files_properties(loaded.S PROPERTIES OBJECT_DEPENDS "${loaded_files}")
