/*
 * Locations: the text that says where a remote is.
 *
 *   [NAME=]LOCATION[,role]        --remote
 *   LOCATION := [git+|dir+]URL[//SUBDIR][#REVISION]
 *
 * URL: git://, http(s)://…, git+ssh://, ssh://, file://, user@host:path, a
 * path.  What is git: the `git+` prefix, git:// and ssh, an http(s) URL ending
 * in ".git", and on this disk every directory that holds a git repository
 * (bare, or a work tree with its .git): read at the revision, HEAD when none
 * is given, never the work tree's files.  `dir+PATH` reads those, committed
 * or not.  Every other http(s) URL is an index.tar.gz remote.  Sub-directory:
 * `//dir` after the URL's own path.
 * Source  opam src/core/opamUrl.ml; DESIGN "remote".
 */
#ifndef REL_REPO_LOCATION_H
#define REL_REPO_LOCATION_H

#include "base/arena.h"
#include "base/buf.h"

enum rel_location_kind {
	REL_LOCATION_GIT_LOCAL,	 /* repository on this disk, read in place */
	REL_LOCATION_GIT_REMOTE, /* fetched into relctl's cache */
	REL_LOCATION_DIRECTORY,
	REL_LOCATION_HTTP, /* index.tar.gz */
};

enum rel_role {
	REL_ROLE_DEVELOPMENT,
	REL_ROLE_UPSTREAM,
};

struct rel_location {
	enum rel_location_kind kind;
	const char *text;     /* as given, credentials blotted out */
	const char *url;      /* path or URL without git+, subdir, revision */
	const char *subdir;   /* "" = the root; a safe relative path */
	const char *revision; /* "" = HEAD */
};

/*
 * Parse `text`; strings live in `arena`.  Looks at the disk to tell kinds of
 * paths apart.  Relative paths are taken from `base_dir` (NULL = here).
 * Errors  REL_EUSAGE: what is wrong with it; REL_ENOTFOUND: no such path.
 */
REL_MUST_CHECK int rel_location_parse(struct rel_location *out,
				      struct rel_str text, const char *base_dir,
				      struct rel_arena *arena,
				      struct rel_error *err);

/*
 * Append the commands of a shell with which opam gets the remote under `name`,
 * as "opam repository add NAME ADDRESS".
 * revision  a branch instead of the location's; NULL = the location's
 * Returns out->status.
 * Source  opam src/core/opamUrl.ml, src/repository/opamRepositoryBackend.ml:
 *         opam fetches no sub-directory of a git repository, and takes a
 *         directory with a .git for one
 */
int rel_location_add_opam(struct rel_buf *out, const struct rel_location *l,
			  const char *name, const char *revision);

const char *rel_role_text(enum rel_role role);

#endif
