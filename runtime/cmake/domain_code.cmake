# SPDX-License-Identifier: MIT
# How code that runs inside domains is compiled, by flavour.

# keygate_domain_sources(TARGET plain|soft SOURCE...): the sources as an object library TARGET. Plain
# is ordinary code. In soft every load and store asks the software tags, by a call.
function(keygate_domain_sources target flavour)
    add_library(${target} OBJECT ${ARGN})
    target_link_libraries(${target} PRIVATE keygate::keygate)
    target_compile_options(${target} PRIVATE -fno-stack-protector -fcf-protection=none)
    keygate_flavour(${target} ${flavour})
endfunction()

function(keygate_flavour target flavour)
    # So that a large frame meets the guard below the stack and not what lies beyond it.
    target_compile_options(${target} PRIVATE -fstack-clash-protection)
    if(flavour STREQUAL "soft")
        if(NOT CMAKE_C_COMPILER_ID STREQUAL "GNU")
            message(FATAL_ERROR "keygate: only gcc builds code for the software tags (${target})")
        endif()
        # The compiler would put the checks in when it links, and is not told to then.
        set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
        target_compile_options(${target} PRIVATE -fno-lto)
        target_compile_definitions(${target} PRIVATE KEYGATE_SOFT)
        target_compile_options(${target} PRIVATE
            -fsanitize=kernel-address --param=asan-instrumentation-with-call-threshold=0
            --param=asan-stack=0 --param=asan-globals=0 -U_FORTIFY_SOURCE -fbuiltin
            -fno-builtin-memcmp -fno-builtin-bcmp
            "SHELL:$<$<COMPILE_LANGUAGE:C,CXX>:-include keygate/soft.h>")
    endif()
endfunction()

# How an image's code is compiled. It runs at any address; nothing of it can be replaced by others,
# and the linker need leave nothing to a loader but addresses.
function(keygate_domain_options target)
    target_compile_definitions(${target} PRIVATE KEYGATE_IMAGE)
    target_compile_options(${target} PRIVATE -ffreestanding -fPIE -fvisibility=hidden -fno-plt
        -fno-stack-protector -fstack-clash-protection -fno-common -ffunction-sections
        -fdata-sections -mgeneral-regs-only -U_FORTIFY_SOURCE)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        target_compile_options(${target} PRIVATE -fcf-protection=none)
        set_target_properties(${target} PROPERTIES
            C_COMPILER_LAUNCHER "${KEYGATE_PASS_CC};${KEYGATE_SPELL};--;--")
    else()
        target_compile_options(${target} PRIVATE -mno-outline-atomics)
    endif()
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
endfunction()

# keygate_domain_forced(TARGET): its C goes through the assembly pass, which makes every access carry
# the domain's own tag. KEYGATE_FORCED_PASS: a kg-forced-pass that runs on this machine.
function(keygate_domain_forced target)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C>:-ffixed-x18 -ffixed-x21
        -ffixed-x22 -ffixed-x23 -ffixed-x24 -march=armv8.1-a -fasynchronous-unwind-tables>)
    if(KEYGATE_FORCED_PASS)
        set(pass ${KEYGATE_FORCED_PASS})
    elseif(TARGET keygate::kg-forced-pass) # installed
        set(pass ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:keygate::kg-forced-pass>)
    else()
        set(pass ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:kg-forced-pass>)
        add_dependencies(${target} kg-forced-pass)
    endif()
    set_target_properties(${target} PROPERTIES
        C_COMPILER_LAUNCHER "${KEYGATE_PASS_CC};${pass};--;-march=armv8.1-a;--")
endfunction()

# keygate_domain(NAME SOURCE... [VECTORS] [SOFT|FORCED] [LIBC]): a domain as a file, NAME.kgd, built
# of ordinary C against keygate/domain.h. VECTORS: its code may use vector registers, which its gates
# then clear. SOFT: for software tags, which alone run it. FORCED (AArch64): with forced tags. LIBC:
# with more of a C library than keygate/domain.h lists.
function(keygate_domain name)
    cmake_parse_arguments(domain "VECTORS;SOFT;FORCED;LIBC" "" "" ${ARGN})
    if(domain_SOFT AND domain_FORCED)
        message(FATAL_ERROR "keygate_domain(${name}): SOFT and FORCED are two builds; name one")
    endif()
    add_executable(${name} ${domain_UNPARSED_ARGUMENTS})
    keygate_domain_options(${name})
    # KG_BUILD_PLAIN and KG_BUILD_GENERAL_ONLY; enum kg_build.
    set(build 5)
    set(library keygate_domain)
    if(domain_SOFT)
        keygate_flavour(${name} soft)
        math(EXPR build "${build} + 1")
        set(library keygate_domain_soft)
    endif()
    if(domain_VECTORS)
        get_target_property(options ${name} COMPILE_OPTIONS)
        list(REMOVE_ITEM options -mgeneral-regs-only)
        set_target_properties(${name} PROPERTIES COMPILE_OPTIONS "${options}")
        math(EXPR build "${build} - 4")
    endif()
    if(domain_FORCED)
        keygate_domain_forced(${name})
        math(EXPR build "${build} + 8")
        set(library keygate_domain_forced)
    endif()
    if(domain_LIBC)
        string(APPEND library _libc)
        if(NOT TARGET keygate::${library})
            message(FATAL_ERROR "keygate_domain(${name} LIBC): Keygate was built without "
                "KEYGATE_MUSL_DIR; tests/places/setup.sh fetches what that names")
        endif()
    endif()
    set(script ${KEYGATE_DOMAIN_SCRIPT})
    target_link_libraries(${name} PRIVATE keygate::${library})
    target_link_options(${name} PRIVATE -nostdlib -pie -Wl,--no-dynamic-linker -Wl,--build-id=none
        -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,-z,norelro -Wl,-z,text -Wl,--gc-sections
        -Wl,--hash-style=sysv -Wl,--defsym=kg_image_build=${build} -Wl,-u,kg_image_note
        -T ${script})
    set_target_properties(${name} PROPERTIES SUFFIX .kgd LINK_DEPENDS "${script};${KEYGATE_LINK}")
    # What can run here has a look at it, and has it linked in another order if need be.
    if(NOT CMAKE_CROSSCOMPILING)
        set_target_properties(${name} PROPERTIES
            RULE_LAUNCH_LINK "\"${KEYGATE_LINK}\" \"${KEYGATE_VERIFY}\" <TARGET> --")
        add_dependencies(${name} keygate::kg-verify)
    endif()
endfunction()
if(EXISTS ${CMAKE_CURRENT_LIST_DIR}/domain.ld) # installed
    set(KEYGATE_DOMAIN_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/domain.ld CACHE INTERNAL "")
    set(KEYGATE_PASS_CC ${CMAKE_CURRENT_LIST_DIR}/kg-pass-cc CACHE INTERNAL "")
    set(KEYGATE_LINK ${CMAKE_CURRENT_LIST_DIR}/kg-link CACHE INTERNAL "")
    set(KEYGATE_SPELL ${CMAKE_CURRENT_LIST_DIR}/kg-spell CACHE INTERNAL "")
    get_target_property(configurations keygate::kg-verify IMPORTED_CONFIGURATIONS)
    list(GET configurations 0 configuration)
    get_target_property(verify keygate::kg-verify IMPORTED_LOCATION_${configuration})
    set(KEYGATE_VERIFY ${verify} CACHE INTERNAL "")
else()
    cmake_path(SET KEYGATE_PASS_CC NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../tools/kg-pass-cc)
    set(KEYGATE_PASS_CC ${KEYGATE_PASS_CC} CACHE INTERNAL "")
    cmake_path(SET KEYGATE_LINK NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../tools/kg-link)
    set(KEYGATE_LINK ${KEYGATE_LINK} CACHE INTERNAL "")
    cmake_path(SET KEYGATE_SPELL NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../tools/kg-spell)
    set(KEYGATE_SPELL ${KEYGATE_SPELL} CACHE INTERNAL "")
    set(KEYGATE_VERIFY ${PROJECT_BINARY_DIR}/runtime/kg-verify CACHE INTERNAL "")
    cmake_path(SET KEYGATE_DOMAIN_SCRIPT NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../image/domain.ld)
    set(KEYGATE_DOMAIN_SCRIPT ${KEYGATE_DOMAIN_SCRIPT} CACHE INTERNAL "")
endif()
