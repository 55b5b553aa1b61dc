# A module is a static library; it may use modules of a lower rank only, and
# its unit tests link it and what stands below, so that an upward call is an
# undefined reference.  The ranks are in RelctlLayers.cmake.
include(RelctlLayers)

# rel_module(NAME base SOURCES … [USES module …] [LIBRARIES target …])
function(rel_module)
  cmake_parse_arguments(ARG "" "NAME;RANK" "SOURCES;USES;LIBRARIES" ${ARGN})
  set(target relctl_${ARG_NAME})
  set(rank ${RELCTL_RANK_${ARG_NAME}})
  if("${rank}" STREQUAL "")
    message(FATAL_ERROR
      "layering: ${ARG_NAME} has no rank in cmake/RelctlLayers.cmake")
  endif()
  if(DEFINED ARG_RANK AND NOT ARG_RANK EQUAL rank)
    message(FATAL_ERROR
      "layering: ${ARG_NAME} says rank ${ARG_RANK}, "
      "cmake/RelctlLayers.cmake says ${rank}")
  endif()
  add_library(${target} STATIC ${ARG_SOURCES})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(${target}
    PRIVATE relctl_flags ${ARG_LIBRARIES})
  foreach(used IN LISTS ARG_USES)
    if(NOT RELCTL_RANK_${used} LESS rank)
      message(FATAL_ERROR
        "layering: ${ARG_NAME} (rank ${rank}) may not use "
        "${used} (rank ${RELCTL_RANK_${used}})")
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
    LABELS unit TIMEOUT 600
    ENVIRONMENT "RELCTL_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
    SKIP_RETURN_CODE 77)
endfunction()

# rel_add_existing(directory …): add_subdirectory of those that have a
# CMakeLists.txt, in the order given.  The glob makes the build notice new
# ones by itself.
macro(rel_add_existing)
  file(GLOB _found CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR}
       ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  foreach(_dir ${ARGN})
    if("${_dir}/CMakeLists.txt" IN_LIST _found)
      add_subdirectory(${_dir})
    endif()
  endforeach()
endmacro()
