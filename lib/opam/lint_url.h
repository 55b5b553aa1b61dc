/*
 * URLs as opam reads them, surprises included.
 * Source  opam src/core/opamUrl.ml: split_url, parse, looks_like_ssh_path.
 */
#ifndef REL_OPAM_LINT_URL_H
#define REL_OPAM_LINT_URL_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum rel_lint_backend {
	REL_LINT_HTTP,
	REL_LINT_RSYNC,
	REL_LINT_GIT,
	REL_LINT_DARCS,
	REL_LINT_HG,
	REL_LINT_ANY_BACKEND, /* not given: the URL says it */
};

struct rel_lint_url {
	enum rel_lint_backend backend;
	struct rel_str transport, path, hash; /* hash.ptr NULL = none */
	/* the path was one on this disk, without "file://" */
	bool local;
};

/*
 * Read `text`, which must outlive *out.
 * backend      what the field's name says, or REL_LINT_ANY_BACKEND
 * suffixes     ".git" and "git@" say what the URL is under
 * arena        holds a path that had to be put together
 * Returns      true; false for an unsupported protocol, or (with *out all
 *              zero and `err` set) without memory
 */
bool rel_lint_url_parse(struct rel_lint_url *out, struct rel_str text,
			enum rel_lint_backend backend, bool suffixes,
			struct rel_arena *arena);

bool rel_lint_url_is_vcs(const struct rel_lint_url *url);
/* The URL of a source that is not there, "https://". */
bool rel_lint_url_is_empty(const struct rel_lint_url *url);
bool rel_lint_url_eq(const struct rel_lint_url *a,
		     const struct rel_lint_url *b);
/* opam's canonical spelling, in the arena; ptr NULL without memory. */
struct rel_str rel_lint_url_text(const struct rel_lint_url *url,
				 struct rel_arena *arena);
/* Does the path end like an archive (`zip`: .zip is one too)? */
bool rel_lint_url_is_archive(const struct rel_lint_url *url, bool zip);

#endif
