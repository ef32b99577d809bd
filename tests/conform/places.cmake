# SPDX-License-Identifier: MIT
# Which program runs under which backend at which place.

# conform_test(PROGRAM BACKEND PLACE [SMP] [NO_MTE] [NAME n] [TIMEOUT s] [SCALE percent]
#              [FILTER patterns] [LABELS l...] [IN files...] [LONG]): registers
# conform.BACKEND.PLACE (or conform.NAME). LONG: only `ctest -C Long` runs it.
function(conform_test program backend place)
    cmake_parse_arguments(t "SMP;NO_MTE;LONG" "NAME;TIMEOUT;SCALE;FILTER" "LABELS;IN" ${ARGN})
    if(NOT t_NAME)
        set(t_NAME ${backend}.${place})
    endif()
    if(NOT t_TIMEOUT)
        set(t_TIMEOUT 300)
    endif()
    set(settings KEYGATE_BACKEND=${backend})
    if(t_SCALE)
        list(APPEND settings KEYGATE_TEST_SCALE=${t_SCALE})
    endif()
    if(place MATCHES "^linux-")
        set(command ${CMAKE_COMMAND} -E env ${settings})
    else()
        set(command ${places}/${place} --timeout ${t_TIMEOUT})
        foreach(setting ${settings})
            list(APPEND command --env ${setting})
        endforeach()
        foreach(file ${t_IN})
            list(APPEND command --in ${file})
        endforeach()
        if(t_SMP)
            list(APPEND command --smp)
        endif()
        if(t_NO_MTE)
            list(APPEND command --no-mte)
        endif()
    endif()
    list(APPEND command $<TARGET_FILE:${program}>)
    if(t_FILTER)
        list(APPEND command --gtest_filter=${t_FILTER})
    endif()
    math(EXPR limit "${t_TIMEOUT} + 30")
    set(configurations)
    if(t_LONG)
        set(configurations CONFIGURATIONS Long)
    endif()
    add_test(NAME conform.${t_NAME} COMMAND ${command} ${configurations})
    # QEMU's user mode takes gigabytes of memory for the addresses a program reserves.
    if(place STREQUAL "user-aarch64")
        set_tests_properties(conform.${t_NAME} PROPERTIES RUN_SERIAL ON)
    endif()
    set_tests_properties(conform.${t_NAME} PROPERTIES TIMEOUT ${limit} SKIP_RETURN_CODE 77
        LABELS "conform;${backend};${place};${t_LABELS}")
endfunction()

# Tests in which threads race need two CPUs.
set(racing "thread.*:race.*:deadline.*:signal.*")

# conform_long(PROGRAM BACKEND PLACE SCALE percent): those at full scale or beyond, where it takes
# minutes (label long; tests/run --long).
function(conform_long program backend place scale)
    set(smp)
    if(place MATCHES "^guest-")
        set(smp SMP)
    endif()
    conform_test(${program} ${backend} ${place} NAME long.${backend}.${place} LONG LABELS long
        TIMEOUT 1800 SCALE ${scale} FILTER "${racing}" ${smp})
endfunction()

# left_out(WHAT WHY): for the end of tests/run, which must not hide what was not tried.
set(left_out "")
macro(left_out what why)
    string(APPEND left_out "${what}: ${why}\n")
endmacro()

if(KEYGATE_CPU STREQUAL "x86_64")
    conform_test(conform none linux-x86_64)
    conform_test(conform_soft soft linux-x86_64)
    conform_test(conform page linux-x86_64 SCALE 4)
    conform_test(conform_shared none linux-x86_64 NAME none.linux-x86_64.shared)
    conform_test(conform_shared page linux-x86_64 NAME page.linux-x86_64.shared SCALE 4)
    # On other processors this would only say that it can't run.
    file(STRINGS /proc/cpuinfo keys REGEX "^flags.* ospke( |$)" LIMIT_COUNT 1)
    if(keys)
        conform_test(conform pkey linux-x86_64)
    endif()
    conform_test(conform none guest-x86_64 SCALE 2)
    conform_test(conform_soft soft guest-x86_64 SCALE 2)
    conform_test(conform page guest-x86_64 SCALE 1)
    conform_test(conform pkey guest-x86_64 SCALE 2)
    # The C library loads this one by itself, when a thread ends by pthread_exit.
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libgcc_s.so.1
        OUTPUT_VARIABLE libgcc OUTPUT_STRIP_TRAILING_WHITESPACE)
    conform_test(conform_shared pkey guest-x86_64 NAME pkey.guest-x86_64.shared SCALE 2
        IN ${libgcc}=/lib/x86_64-linux-gnu/libgcc_s.so.1)
    conform_test(conform pkey guest-x86_64 NAME pkey.guest-x86_64.smp SMP SCALE 2
        FILTER "${racing}")
    conform_test(conform_soft soft guest-x86_64 NAME soft.guest-x86_64.smp SMP SCALE 2
        FILTER "${racing}")
    conform_test(conform page guest-x86_64 NAME page.guest-x86_64.smp SMP SCALE 1
        FILTER "${racing}")
    conform_test(sweep_plain none linux-x86_64 NAME none.linux-x86_64.sweep)
    conform_test(sweep_soft soft linux-x86_64 NAME soft.linux-x86_64.sweep)
    conform_test(sweep_plain page linux-x86_64 NAME page.linux-x86_64.sweep)
    conform_test(sweep_plain pkey guest-x86_64 NAME pkey.guest-x86_64.sweep)
    conform_long(conform none linux-x86_64 1000)
    conform_long(conform_soft soft linux-x86_64 1000)
    conform_long(conform page linux-x86_64 100)
    if(keys)
        conform_long(conform pkey linux-x86_64 1000)
    endif()
    conform_long(conform_soft soft guest-x86_64 30)
    conform_long(conform page guest-x86_64 10)
    conform_long(conform pkey guest-x86_64 100)
else()
    # QEMU's user mode can't fork a program with threads: its own locks stay behind.
    set(forkless "-process.*")
    left_out("process.* at user-aarch64"
        "QEMU's user mode can't fork a program with threads; they ran at guest-aarch64")
    # It also checks a tag and stores in two steps between which its thread can be preempted, which
    # no barrier sees; a processor and the guest's QEMU do not.
    set(raceless "-process.*:race.*")
    left_out("race.* of mte at user-aarch64"
        "QEMU's user mode checks a tag and stores in two steps; they ran at guest-aarch64")
    conform_test(conform none user-aarch64 SCALE 2 FILTER "${forkless}")
    conform_test(conform_soft soft user-aarch64 SCALE 2 FILTER "${forkless}")
    conform_test(conform page user-aarch64 SCALE 1 FILTER "${forkless}")
    conform_test(conform mte user-aarch64 SCALE 2 FILTER "${raceless}")
    conform_test(conform_shared mte user-aarch64 NAME mte.user-aarch64.shared SCALE 2
        FILTER "${raceless}")
    conform_test(conform none user-aarch64 NAME none.user-aarch64.no-mte NO_MTE SCALE 2
        FILTER "probe.*:gate.*")
    conform_test(conform none guest-aarch64 SCALE 1)
    conform_test(conform_soft soft guest-aarch64 SCALE 1)
    # These make most crossings, of ten system calls each.
    set(slow "provoke.every_status:thread.eight_cross_together:signal.handlers_from_*")
    conform_test(conform page guest-aarch64 SCALE 1 FILTER "-${slow}")
    left_out("${slow} of page at guest-aarch64"
        "they would take a minute; they ran at user-aarch64")
    conform_test(conform mte guest-aarch64 SCALE 2)
    conform_test(conform mte guest-aarch64 NAME mte.guest-aarch64.smp SMP SCALE 2
        FILTER "${racing}")
    conform_test(sweep_plain mte guest-aarch64 NAME mte.guest-aarch64.sweep)
    conform_long(conform none guest-aarch64 100)
    conform_long(conform_soft soft guest-aarch64 30)
    conform_long(conform page guest-aarch64 10)
    conform_long(conform mte guest-aarch64 100)
    if(CMAKE_CROSSCOMPILING)
        left_out("linux-aarch64" "this machine is no AArch64")
    endif()
endif()
file(WRITE ${CMAKE_BINARY_DIR}/left_out.txt "${left_out}")
