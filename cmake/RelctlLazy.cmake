# A third-party library that its module loads when it is first needed
# (lib/base/lazy.h), instead of being linked.
option(RELCTL_LAZY "Load libgit2, libcurl and libarchive when needed only" ON)

# The name under which the dynamic linker finds `library`, a file; "" when it
# has none (a static library, a system without ELF).
function(rel_soname out library)
  set(${out} "" PARENT_SCOPE)
  if(NOT CMAKE_OBJDUMP OR NOT EXISTS "${library}")
    return()
  endif()
  execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${library}
    OUTPUT_VARIABLE headers ERROR_QUIET)
  if(headers MATCHES "SONAME +([^ \n]+)")
    set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
  endif()
endfunction()

# rel_lazy_library(module PREFIX NAME name WORDS prefix HEADER header): PREFIX is
# that of pkg_check_modules.  Makes what WriteLazy.cmake writes a part of the
# module and defines REL_<PREFIX>_LAZY, the header to include; or links the
# library as usual.
function(rel_lazy_library module prefix)
  cmake_parse_arguments(ARG "" "NAME;WORDS;HEADER" "" ${ARGN})
  set(target relctl_${module})
  set(soname)
  if(RELCTL_LAZY)
    list(GET ${prefix}_LINK_LIBRARIES 0 library)
    rel_soname(soname "${library}")
  endif()
  if(NOT soname)
    target_link_libraries(${target} PRIVATE PkgConfig::${prefix})
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(TRANSFORM sources PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/lazy_${ARG_NAME})
  set(script ${PROJECT_SOURCE_DIR}/cmake/WriteLazy.cmake)
  add_custom_command(OUTPUT ${out}.c ${out}.h
    COMMAND ${CMAKE_COMMAND} -DOBJDUMP=${CMAKE_OBJDUMP} -DLIBRARY=${library}
            -DSONAME=${soname} -DNAME=${ARG_NAME} -DWORDS=${ARG_WORDS}
            -DHEADER=${ARG_HEADER} "-DSOURCES=${sources}" -DOUT=${out}
            -P ${script}
    DEPENDS ${sources} ${script} ${library}
    VERBATIM)
  target_sources(${target} PRIVATE ${out}.c ${out}.h)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
  target_include_directories(${target} SYSTEM
    PRIVATE ${${prefix}_INCLUDE_DIRS})
  target_compile_options(${target} PRIVATE ${${prefix}_CFLAGS_OTHER})
  target_compile_definitions(${target}
    PRIVATE REL_${prefix}_LAZY="lazy_${ARG_NAME}.h")
endfunction()
