# cmake -DROOT=<directory of templates> -DFILES=<;-list below it>
#       -DOUT=<c file> -P …
#
# Writes a C file that holds the templates (scaffold/scaffold_private.h): the program
# has them in itself, wherever it is installed.
set(arrays "")
set(table "")
set(n 0)
foreach(file IN LISTS FILES)
  file(READ ${ROOT}/${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const char text_${n}[] = {${bytes}0};\n")
  string(APPEND table
         "    {\"${file}\", {text_${n}, sizeof(text_${n}) - 1}},\n")
  math(EXPR n "${n} + 1")
endforeach()
file(CONFIGURE OUTPUT ${OUT} CONTENT
"#include \"scaffold/scaffold_private.h\"

${arrays}
const struct rel_template rel_templates[] = {
${table}};
const size_t rel_n_templates = ${n};
")
