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
        target_compile_definitions(${target} PRIVATE KEYGATE_SOFT)
        target_compile_options(${target} PRIVATE
            -fsanitize=kernel-address --param=asan-instrumentation-with-call-threshold=0
            --param=asan-stack=0 --param=asan-globals=0 -U_FORTIFY_SOURCE
            "SHELL:-include keygate/soft.h")
    endif()
endfunction()
