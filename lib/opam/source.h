/*
 * Where a package's source comes from, as far as it decides anything.
 * Source  opam src/core/opamUrl.ml, parse with ~handle_suffix:false.
 */
#ifndef REL_OPAM_SOURCE_H
#define REL_OPAM_SOURCE_H

#include "base/str.h"

enum rel_source_kind {
	REL_SOURCE_BAD,	  /* opam cannot use it and ignores the section */
	REL_SOURCE_HTTP,  /* an archive */
	REL_SOURCE_LOCAL, /* rsync: a path, file://, ssh:// … */
	REL_SOURCE_VCS,	  /* git, hg or darcs */
};

/* The kind of the url `src:`. */
enum rel_source_kind rel_source_kind_of(struct rel_str src);

#endif
