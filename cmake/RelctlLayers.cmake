# The layers of lib/, and who owns which third-party library: the one table
# that the build (rel_module) and the include lint (IncludeLint.cmake) read.
#
# A module may include its own headers and those of a lower rank, never up
# and never sideways.  cmd/ stands above all modules.

# module rank, in the order in which they are built
set(RELCTL_LAYERS
  base    0
  digest  1
  sat     1
  opam    1
  git     1
  net     1
  archive 1
  conf    1
  json    1
  ci      2
  repo    2
  publish 3
  solve   3
  check   4
  context 5
  release 6
  report  7
  scaffold 7)

# Regular expression over the text between < and >, and its only owner.
set(RELCTL_OWNERS
  "git2(/.*)?\\.h"       git
  "curl/.*"              net
  "openssl/.*"           digest
  "archive(_entry)?\\.h" archive
  "yaml\\.h"             conf
  "jansson.*\\.h"        json)

# RELCTL_MODULES and RELCTL_RANK_<module>
set(RELCTL_MODULES)
set(_pairs ${RELCTL_LAYERS})
while(_pairs)
  list(POP_FRONT _pairs _module _rank)
  list(APPEND RELCTL_MODULES ${_module})
  set(RELCTL_RANK_${_module} ${_rank})
endwhile()

# Headers of the C library and the compiler; any other header between < and >
# needs an owner.
set(RELCTL_LIBC_HEADERS
  "(arpa|linux|net|netinet|sanitizer|sys)/.*\\.h"
  "(assert|ctype|dirent|dlfcn|endian|errno|fcntl|fnmatch|ftw|getopt)\\.h"
  "(glob|grp|inttypes|langinfo|libgen|limits|locale|math|netdb)\\.h"
  "(poll|pthread|pwd|regex|sched|setjmp|signal|spawn|termios)\\.h"
  "(stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib)\\.h"
  "(string|strings|time|unistd|wchar|wctype|malloc)\\.h")

# Further headers that only tests/ may include: the test framework, and the
# solvers that judge ours.
set(RELCTL_TEST_HEADERS "(cmocka|picosat|ccadical)\\.h")
