# cmake -DROOT=<lib/opam> -DOUT=<c file> -P …
#
# Writes the tables of opam/opam_private.h from ROOT/spdx_*.txt.
set(text "#include \"opam/opam_private.h\"\n")
foreach(kind licenses exceptions)
  file(STRINGS ${ROOT}/spdx_${kind}.txt lines REGEX "^[^#]")
  string(APPEND text "\nconst struct rel_spdx_id rel_spdx_${kind}[] = {\n")
  foreach(line IN LISTS lines)
    if(NOT line MATCHES "^([A-Za-z0-9.+-]+) ([1-7])$")
      message(FATAL_ERROR "spdx_${kind}.txt: \"${line}\" is not \"ID NUMBER\"")
    endif()
    string(APPEND text "    {\"${CMAKE_MATCH_1}\", ${CMAKE_MATCH_2}},\n")
  endforeach()
  list(LENGTH lines n)
  string(APPEND text "};\nconst size_t rel_spdx_n_${kind} = ${n};\n")
endforeach()
file(CONFIGURE OUTPUT ${OUT} CONTENT "${text}" @ONLY)
