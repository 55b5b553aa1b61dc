# The layers.  A module is a static library; it may use modules of a lower
# rank only, and its unit tests link it and what stands below, so that an
# upward call is an undefined reference.

# rel_module(NAME base RANK 0 SOURCES … [USES module …] [LIBRARIES target …])
function(rel_module)
  cmake_parse_arguments(ARG "" "NAME;RANK" "SOURCES;USES;LIBRARIES" ${ARGN})
  set(target relctl_${ARG_NAME})
  add_library(${target} STATIC ${ARG_SOURCES})
  set_target_properties(${target} PROPERTIES RELCTL_RANK ${ARG_RANK})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(${target}
    PRIVATE relctl_flags ${ARG_LIBRARIES})
  foreach(used IN LISTS ARG_USES)
    get_target_property(used_rank relctl_${used} RELCTL_RANK)
    if(NOT used_rank LESS ARG_RANK)
      message(FATAL_ERROR
        "layering: ${ARG_NAME} (rank ${ARG_RANK}) may not use "
        "${used} (rank ${used_rank})")
    endif()
    target_link_libraries(${target} PUBLIC relctl_${used})
  endforeach()
endfunction()

# rel_unit_test(module name): tests/unit/<module>/<name>_test.c, a cmocka
# program that links the module, what stands below it, and the test support.
function(rel_unit_test module name)
  set(target ${module}_${name}_test)
  add_executable(${target} ${name}_test.c)
  target_link_libraries(${target}
    PRIVATE relctl_flags relctl_${module} relctl_test_support
            PkgConfig::CMOCKA)
  add_test(NAME unit/${module}/${name} COMMAND ${target})
  set_tests_properties(unit/${module}/${name} PROPERTIES
    LABELS unit TIMEOUT 120
    ENVIRONMENT "RELCTL_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
    SKIP_RETURN_CODE 77)
endfunction()
