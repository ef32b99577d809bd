# SPDX-License-Identifier: MIT
# Domain images of C for AArch64, plain or with forced tags.
set(KEYGATE_FORCED_PASS "" CACHE FILEPATH "A kg-forced-pass that runs on this machine")
set(keygate_forced_registers -ffixed-x18 -ffixed-x21 -ffixed-x22 -ffixed-x23 -ffixed-x24)
set(keygate_image_options -ffreestanding -fno-stack-protector -fno-pic -march=armv8.1-a
    -mno-outline-atomics -fasynchronous-unwind-tables -fno-tree-loop-distribute-patterns)

# keygate_image_object(OBJECT FLAVOUR SOURCE OPTIONS): one source, compiled for an image.
function(keygate_image_object object flavour source options)
    set(compile ${CMAKE_C_COMPILER} ${keygate_image_options} ${options})
    set(depends DEPENDS ${source} DEPFILE ${object}.d)
    if(flavour STREQUAL "plain")
        add_custom_command(OUTPUT ${object} ${depends}
            COMMAND ${compile} -MD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
            COMMENT "Image code ${object}" VERBATIM)
        return()
    endif()
    set(pass kg-forced-pass)
    if(KEYGATE_FORCED_PASS)
        set(pass ${KEYGATE_FORCED_PASS})
    endif()
    set(pass_options)
    if(flavour STREQUAL "stores")
        set(pass_options --stores-only)
    endif()
    add_custom_command(OUTPUT ${object} ${depends} ${pass}
        COMMAND ${compile} ${keygate_forced_registers} -MD -MF ${object}.d -MT ${object}
            -S ${source} -o ${object}.in.s
        COMMAND ${pass} ${pass_options} ${object}.in.s ${object}.s
        COMMAND ${CMAKE_C_COMPILER} -march=armv8.1-a -c ${object}.s -o ${object}
        COMMENT "Image code ${object}" VERBATIM)
endfunction()

# keygate_forced_image(NAME FLAVOUR plain|forced|stores [OPTIONS ...] SOURCES ...): an image
# NAME.elf, linked by tests/forced/image.ld; one that is not plain is verified.
function(keygate_forced_image name)
    cmake_parse_arguments(i "" "FLAVOUR" "OPTIONS;SOURCES" ${ARGN})
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir)
    file(MAKE_DIRECTORY ${folder})
    set(objects)
    foreach(source ${i_SOURCES})
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
        cmake_path(GET source STEM stem)
        keygate_image_object(${folder}/${stem}.o ${i_FLAVOUR} ${source} "${i_OPTIONS}")
        list(APPEND objects ${folder}/${stem}.o)
    endforeach()
    set(script ${PROJECT_SOURCE_DIR}/tests/forced/image.ld)
    set(verify)
    if(i_FLAVOUR STREQUAL "forced")
        set(verify COMMAND kg-forced-verify ${name}.elf)
    elseif(i_FLAVOUR STREQUAL "stores")
        set(verify COMMAND kg-forced-verify --stores-only ${name}.elf)
    endif()
    add_custom_command(OUTPUT ${name}.elf DEPENDS ${objects} ${script} kg-forced-verify
        COMMAND ${CMAKE_LINKER} -pie --no-dynamic-linker --no-undefined -z max-page-size=65536
            -T ${script} -o ${name}.elf ${objects}
        ${verify}
        COMMENT "Domain image ${name}" VERBATIM)
    add_custom_target(${name} ALL DEPENDS ${name}.elf)
endfunction()
