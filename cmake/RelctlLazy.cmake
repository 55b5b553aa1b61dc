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

# rel_lazy_library(module PREFIX): PREFIX is that of pkg_check_modules.  Defines
# REL_<PREFIX>_SONAME in the module, or links the library as usual.
function(rel_lazy_library module prefix)
  set(soname)
  if(RELCTL_LAZY)
    list(GET ${prefix}_LINK_LIBRARIES 0 library)
    rel_soname(soname "${library}")
  endif()
  if(soname)
    target_include_directories(relctl_${module} SYSTEM
      PRIVATE ${${prefix}_INCLUDE_DIRS})
    target_compile_options(relctl_${module} PRIVATE ${${prefix}_CFLAGS_OTHER})
    target_compile_definitions(relctl_${module}
      PRIVATE REL_${prefix}_SONAME="${soname}")
  else()
    target_link_libraries(relctl_${module} PRIVATE PkgConfig::${prefix})
  endif()
endfunction()
