/*
 * A manifest of a version that opam is not to install unasked.
 *
 * It gets `flags: avoid-version`, with which opam from 2.1 on takes the
 * version only when asked for it or when nothing else will do.  opam 2.0 does
 * not know the flag, and would take it for the newest; so `available:` gets
 * `opam-version >= "2.1.0"`, as opam-repository asks for.
 * Source  opam manual, "flags"; opam src/format/opamTypes.mli
 */
#ifndef REL_RELEASE_AVOID_H
#define REL_RELEASE_AVOID_H

#include "base/buf.h"

/*
 * Append `text` so changed, its format kept.  One that has the flag already,
 * or `deprecated`, which means more, stays as it is.
 * path    for messages
 * Errors  REL_EPARSE no opam file, with path, line and column; REL_ELIMIT;
 *         REL_ENOMEM
 */
REL_MUST_CHECK int rel_release_avoid(struct rel_buf *out, struct rel_str text,
				     const char *path, struct rel_error *err);

#endif
