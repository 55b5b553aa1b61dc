# cmake -DOBJDUMP=<program> -DLIBRARY=<file> -DSONAME=<name> -DNAME=<name>
#       -DWORDS=<prefix of its functions> -DHEADER=<module's header>
#       -DSOURCES=<file;…> -DOUT=<path without ending> -P …
#
# Writes OUT.h and OUT.c, by which a module calls a shared library that is
# loaded when it is first needed (lib/base/lazy.h): a struct of pointers to the
# functions of LIBRARY that SOURCES name, macros by which their names mean the
# pointers, and rel_NAME_load().
execute_process(COMMAND ${OBJDUMP} -T ${LIBRARY}
  OUTPUT_VARIABLE exported COMMAND_ERROR_IS_FATAL ANY)
set(words)
foreach(source IN LISTS SOURCES)
  file(READ ${source} text)
  string(REGEX MATCHALL "${WORDS}_[a-z0-9_]+" found "${text}")
  list(APPEND words ${found})
endforeach()
list(REMOVE_DUPLICATES words)
list(SORT words)
set(pointers)
set(names)
set(table)
foreach(word IN LISTS words)
  # "ADDRESS g    DF .text  SIZE  VERSION  NAME"
  if(exported MATCHES " DF [^\n]* ${word}\n")
    string(APPEND pointers "\t__typeof__(${word}) *${word};\n")
    string(APPEND names "#define ${word} rel_${NAME}.${word}\n")
    string(APPEND table "    {\"${word}\", &rel_${NAME}.${word}},\n")
  endif()
endforeach()
file(CONFIGURE OUTPUT ${OUT}.h @ONLY CONTENT
"struct rel_${NAME} {
${pointers}};

extern struct rel_${NAME} rel_${NAME};

#ifndef REL_LAZY_NAMES
${names}#endif
")
file(CONFIGURE OUTPUT ${OUT}.c @ONLY CONTENT
"/* Names in here stand for the functions, not for the pointers. */
#define REL_LAZY_NAMES
#include \"${HEADER}\"

struct rel_${NAME} rel_${NAME};

static const struct rel_lazy_symbol symbols[] = {
${table}};

static struct rel_lazy lazy = {
    .soname = \"${SONAME}\",
    .symbols = symbols,
    .n_symbols = sizeof(symbols) / sizeof(symbols[0]),
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

int rel_${NAME}_load(struct rel_error *err)
{
	return rel_lazy_load(&lazy, err);
}
")
