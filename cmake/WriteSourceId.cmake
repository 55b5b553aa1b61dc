# cmake -DROOT=<source tree> -DFILES=<;-list> -DNAME=<variable>
#       -DHEADER=<header that declares it> -DOUT=<c file> -P …
#
# Writes a C file that defines NAME: 16 bytes of a digest of the sources that
# decide what a cached file holds.  What a program with other sources cached
# is thereby never read.
set(all "")
foreach(file IN LISTS FILES)
  file(SHA256 ${ROOT}/${file} digest)
  string(APPEND all "${file} ${digest}\n")
endforeach()
string(SHA256 digest "${all}")
string(SUBSTRING "${digest}" 0 32 digest)
string(REGEX REPLACE "(..)" "0x\\1, " bytes "${digest}")
file(CONFIGURE OUTPUT ${OUT} CONTENT
"#include \"${HEADER}\"

const uint8_t ${NAME}[16] = {${bytes}};
")
