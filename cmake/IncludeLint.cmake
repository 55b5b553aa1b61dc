# The include lint:  cmake -DROOT=<source tree> -P cmake/IncludeLint.cmake
#
# Reads every C file of lib/, cmd/ and tests/ below ROOT and checks each
# #include against cmake/RelctlLayers.cmake:
#   "module/file.h"  own module or a lower rank; cmd/ and tests/ may use all,
#                    tests/unit/<module> only what that module may use
#   "file.h"         stands in the same directory
#   "…_private.h"    from its own directory and from tests/ alone
#   REL_…_LAZY       made by cmake/WriteLazy.cmake
#   <file.h>         the C library's, or a third-party header in its owner
#                    (or in the owner's unit test)
# Prints one line a finding and fails if there is any.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/RelctlLayers.cmake)

list(JOIN RELCTL_LIBC_HEADERS "|" libc_headers)
set(findings 0)

macro(finding text)
  message(NOTICE "${file}: ${text}")
  math(EXPR findings "${findings} + 1")
endmacro()

# The module a file belongs to, "cmd", or "tests" for tests of no module.
function(place_of file out)
  if(file MATCHES "^(lib|tests/unit)/([^/]+)/")
    set(${out} ${CMAKE_MATCH_2} PARENT_SCOPE)
  elseif(file MATCHES "^([^/]+)/")
    set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
  endif()
endfunction()

# lib/ modules, cmd and the tests' own directories, from lowest to highest.
function(rank_of place out)
  if(DEFINED RELCTL_RANK_${place})
    set(${out} ${RELCTL_RANK_${place}} PARENT_SCOPE)
  elseif(place STREQUAL "cmd")
    set(${out} 100 PARENT_SCOPE)
  else()
    set(${out} 200 PARENT_SCOPE)
  endif()
endfunction()

macro(check_quoted header)
  if(NOT "${header}" MATCHES "/")
    get_filename_component(directory ${ROOT}/${file} DIRECTORY)
    if(NOT EXISTS "${directory}/${header}")
      finding("\"${header}\" is not in this directory; write module/file.h")
    endif()
  else()
    string(REGEX REPLACE "/.*" "" used "${header}")
    rank_of(${used} used_rank)
    get_filename_component(owner "lib/${header}" DIRECTORY)
    get_filename_component(user ${file} DIRECTORY)
    if("${header}" MATCHES "_private\\.h$" AND NOT user STREQUAL owner
       AND NOT file MATCHES "^tests/")
      finding("${header} is private to ${owner}")
    endif()
    if(used STREQUAL place OR used_rank LESS rank)
      # downward
    elseif(NOT file MATCHES "^tests/")
      finding("${place} (rank ${rank}) may not include ${header}")
    elseif(file MATCHES "^tests/unit/" AND DEFINED RELCTL_RANK_${used})
      finding("the test of ${place} (rank ${rank}) may not include ${header}")
    endif()
  endif()
endmacro()

macro(check_angled header)
  set(owner "")
  set(owners ${RELCTL_OWNERS})
  while(owners)
    list(POP_FRONT owners pattern module)
    if("${header}" MATCHES "^(${pattern})$")
      set(owner ${module})
      break()
    endif()
  endwhile()
  if(owner)
    if(NOT owner STREQUAL place)
      finding("<${header}> belongs to ${owner}")
    endif()
  elseif(NOT "${header}" MATCHES "^(${libc_headers})$"
         AND NOT (file MATCHES "^tests/"
                  AND "${header}" MATCHES "^(${RELCTL_TEST_HEADERS})$"))
    finding("<${header}> has no owner in cmake/RelctlLayers.cmake")
  endif()
endmacro()

file(GLOB_RECURSE files RELATIVE ${ROOT}
     ${ROOT}/lib/*.[ch] ${ROOT}/cmd/*.[ch] ${ROOT}/tests/*.[ch])
list(FILTER files EXCLUDE REGEX "^tests/lint/fixture/")
list(SORT files)
if(NOT files)
  message(FATAL_ERROR "include lint: no C files below ${ROOT}")
endif()

foreach(file IN LISTS files)
  place_of(${file} place)
  rank_of(${place} rank)
  if(file MATCHES "^lib/" AND NOT DEFINED RELCTL_RANK_${place})
    finding("${place} has no rank in cmake/RelctlLayers.cmake")
  endif()
  file(STRINGS ${ROOT}/${file} lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    if(line MATCHES "include[ \t]*\"([^\"]+)\"")
      check_quoted(${CMAKE_MATCH_1})
    elseif(line MATCHES "include[ \t]*<([^>]+)>")
      check_angled(${CMAKE_MATCH_1})
    elseif(NOT line MATCHES "include REL_[A-Z0-9]+_LAZY$")
      finding("an #include that the lint cannot read: ${line}")
    endif()
  endforeach()
endforeach()

list(LENGTH files count)
if(findings)
  message(FATAL_ERROR "include lint: ${findings} findings in ${count} files")
endif()
message(NOTICE "include lint: ${count} files, nothing found")
