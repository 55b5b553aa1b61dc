# cmake -DROOT=<source tree> -DFILES=<;-list> -DOUT=<c file> -P …
#
# Writes a C file that defines rel_reader_id: a digest of the sources that
# decide what a parsed snapshot holds.  A snapshot cached by a program with
# other sources is thereby never read.
set(all "")
foreach(file IN LISTS FILES)
  file(SHA256 ${ROOT}/${file} digest)
  string(APPEND all "${file} ${digest}\n")
endforeach()
string(SHA256 digest "${all}")
string(SUBSTRING "${digest}" 0 32 digest)
string(REGEX REPLACE "(..)" "0x\\1, " bytes "${digest}")
file(CONFIGURE OUTPUT ${OUT} CONTENT
"#include \"repo/image.h\"

const uint8_t rel_reader_id[REL_IMAGE_READER] = {${bytes}};
")
