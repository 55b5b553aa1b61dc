# Flags of every target, on one interface library.
add_library(relctl_flags INTERFACE)
target_compile_definitions(relctl_flags INTERFACE _GNU_SOURCE)
target_compile_options(relctl_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes
  -Wstrict-prototypes -Wvla -Wformat=2 -Wpointer-arith
  -fvisibility=hidden -fno-common
  -include ${PROJECT_SOURCE_DIR}/lib/base/banned.h)
# At -O3 gcc guesses wrong about values set by a function that may fail.
target_compile_options(relctl_flags INTERFACE
  $<$<AND:$<CONFIG:Release>,$<C_COMPILER_ID:GNU>>:-Wno-maybe-uninitialized>)
# clang wants an attribute where gcc sees a va_list and is content.
target_compile_options(relctl_flags INTERFACE
  $<$<C_COMPILER_ID:Clang>:-Wno-format-nonliteral>)
if(RELCTL_WERROR)
  target_compile_options(relctl_flags INTERFACE -Werror)
endif()
if(RELCTL_SANITIZE)
  target_compile_options(relctl_flags INTERFACE
    -fsanitize=${RELCTL_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(relctl_flags INTERFACE -fsanitize=${RELCTL_SANITIZE})
endif()
if(RELCTL_FUZZ)
  target_compile_options(relctl_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
