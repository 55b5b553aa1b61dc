# rel_source_id(<out> NAME <variable> HEADER <header> MODULES <module>…)
#
# Sets <out> to a C file, made at build time, that defines `variable`
# (declared in `header`, uint8_t[16]): a digest of the modules' sources.
function(rel_source_id out)
  cmake_parse_arguments(ARG "" "NAME;HEADER" "MODULES" ${ARGN})
  set(files)
  foreach(module IN LISTS ARG_MODULES)
    file(GLOB found CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
         ${PROJECT_SOURCE_DIR}/lib/${module}/*.[ch])
    list(APPEND files ${found})
  endforeach()
  list(TRANSFORM files PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE paths)
  set(file ${CMAKE_CURRENT_BINARY_DIR}/${ARG_NAME}.c)
  set(script ${PROJECT_SOURCE_DIR}/cmake/WriteSourceId.cmake)
  add_custom_command(OUTPUT ${file}
    COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -DOUT=${file}
            -DNAME=${ARG_NAME} -DHEADER=${ARG_HEADER} "-DFILES=${files}"
            -P ${script}
    DEPENDS ${paths} ${script}
    VERBATIM)
  set(${out} ${file} PARENT_SCOPE)
endfunction()
