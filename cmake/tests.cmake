# tests/MODULE/test_NAME.c is the program and the CTest case MODULE_NAME. Tests find the shared fixtures through
# YA_SHARED (default ../shared beside the checkout) and skip with exit code 77 where they need and lack them.
find_library(CMOCKA_LIBRARY cmocka)
if(NOT CMOCKA_LIBRARY)
    return()
endif()
if(DEFINED ENV{YA_SHARED})
    set(YA_SHARED "$ENV{YA_SHARED}")
else()
    get_filename_component(YA_SHARED "${CMAKE_SOURCE_DIR}/../shared" ABSOLUTE)
endif()

# What AddressSanitizer keeps of freed blocks must stay small: the memory guard would take its growth for a leak.
set(YA_TEST_ENVIRONMENT "YA_SHARED=${YA_SHARED};YA_BINARY=$<TARGET_FILE_DIR:ya>/your_ai")
if(YA_SANITIZE)
    list(APPEND YA_TEST_ENVIRONMENT "ASAN_OPTIONS=quarantine_size_mb=16")
endif()

# A line "labels: slow" (or no_asan; several with ';') in a comment at the head of a test says where script/test runs
# it: slow only with --slow, no_asan not under the sanitizers.
function(ya_label_test test source)
    file(STRINGS ${source} lines REGEX "labels: " LIMIT_COUNT 1)
    string(REPLACE "\\;" ";" lines "${lines}") # file(STRINGS) escapes what separates items
    if(lines MATCHES "labels: ([a-z_;]+)")
        set_property(TEST ${test} APPEND PROPERTY LABELS ${CMAKE_MATCH_1})
    endif()
endfunction()

file(GLOB YA_TESTS CONFIGURE_DEPENDS tests/*/test_*.c)
foreach(source ${YA_TESTS})
    get_filename_component(module ${source} DIRECTORY)
    get_filename_component(module ${module} NAME)
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^test_" "" name ${name})
    set(test ${module}_${name})
    add_executable(test_${test} ${source})
    target_include_directories(test_${test} PRIVATE tests)
    target_link_libraries(test_${test} PRIVATE ya ${CMOCKA_LIBRARY})
    add_test(NAME ${test} COMMAND test_${test} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300
        ENVIRONMENT "${YA_TEST_ENVIRONMENT};OMP_NUM_THREADS=2;OMP_WAIT_POLICY=passive")
    ya_label_test(${test} ${source})
endforeach()

# What depends on the instruction set runs again as on a processor without AVX-512.
foreach(test model_decode model_golden model_smollm2 tensor_attention tensor_panels tensor_strassen
        tensor_thin train_trajectory)
    if(TARGET test_${test})
        add_test(NAME ${test}_avx2 COMMAND test_${test} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
        get_test_property(${test} ENVIRONMENT environment)
        set_tests_properties(${test}_avx2 PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300
            ENVIRONMENT "${environment};DNNL_MAX_CPU_ISA=AVX2")
        get_test_property(${test} LABELS labels)
        if(labels)
            set_tests_properties(${test}_avx2 PROPERTIES LABELS "${labels}")
        endif()
    endif()
endforeach()

# tests/e2e/*.sh drive the program as a user does, tests/fault/*.sh where something fails.
add_executable(make_tiny_model tests/support/make_tiny_model.c)
target_include_directories(make_tiny_model PRIVATE tests)
target_link_libraries(make_tiny_model PRIVATE ya ${CMOCKA_LIBRARY})
add_library(failing_calls SHARED tests/support/failing_calls.c)
target_compile_definitions(failing_calls PRIVATE _GNU_SOURCE)
file(GLOB YA_SCRIPT_TESTS CONFIGURE_DEPENDS tests/e2e/*.sh tests/fault/*.sh)
foreach(source ${YA_SCRIPT_TESTS})
    get_filename_component(module ${source} DIRECTORY)
    get_filename_component(module ${module} NAME)
    get_filename_component(name ${source} NAME_WE)
    set(test ${module}_${name})
    add_test(NAME ${test} COMMAND bash ${source} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600
        ENVIRONMENT "${YA_TEST_ENVIRONMENT}")
    set_property(TEST ${test} APPEND PROPERTY LABELS e2e)
    ya_label_test(${test} ${source})
    get_test_property(${test} LABELS labels)
    if("slow" IN_LIST labels)
        set_tests_properties(${test} PROPERTIES TIMEOUT 3600 RUN_SERIAL ON)
    endif()
endforeach()

if(YA_FUZZ)
    file(GLOB YA_FUZZERS CONFIGURE_DEPENDS fuzz/fuzz_*.c)
    foreach(source ${YA_FUZZERS})
        get_filename_component(name ${source} NAME_WE)
        add_executable(${name} ${source})
        target_link_libraries(${name} PRIVATE ya)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    endforeach()
endif()
