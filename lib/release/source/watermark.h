/*
 * Watermarks: `%%VERSION%%` and the like, which stand in a source for what
 * only its release knows.
 *
 *	NAME		of the project: dune-project's (name …), else as
 *			release/source/project.h finds it
 *	VERSION		the released version, with the "v" of a tag v1.2
 *	VERSION_NUM	without it
 *	VCS_COMMIT_ID	the tagged commit
 *	PKG_MAINTAINER PKG_AUTHORS PKG_HOMEPAGE PKG_ISSUES PKG_DOC PKG_LICENSE
 *	PKG_REPO	of dune-project, and of the opam file of the package
 *			that is called as the project or else the first one;
 *			of this before that in a dune-project of a language
 *			before 3.0 without (package …)
 *
 * All follows from the commit, the tag and the version: the same on every
 * machine, with dune or without.
 * A text is a file that has no NUL byte, at most REL_LIMIT_WATERMARK_BYTES,
 * and a name that does not end as those of pictures, films and fonts do; in
 * others nothing is replaced.
 *
 * Source  dune src/dune_rules/watermarks.ml at 2.9.3, whose names are those
 *         of topkg.  dune also writes a version into dune-project and opam
 *         files; that is what a cut's bump is for.
 */
#ifndef REL_RELEASE_WATERMARK_H
#define REL_RELEASE_WATERMARK_H

#include "base/arena.h"
#include "base/buf.h"
#include "git/objects.h"

enum rel_watermark {
	REL_WATERMARK_NAME,
	REL_WATERMARK_VERSION,
	REL_WATERMARK_VERSION_NUM,
	REL_WATERMARK_VCS_COMMIT_ID,
	REL_WATERMARK_PKG_MAINTAINER,
	REL_WATERMARK_PKG_AUTHORS,
	REL_WATERMARK_PKG_HOMEPAGE,
	REL_WATERMARK_PKG_ISSUES,
	REL_WATERMARK_PKG_DOC,
	REL_WATERMARK_PKG_LICENSE,
	REL_WATERMARK_PKG_REPO,
	REL_WATERMARKS,
};

/* What each stands for; ptr NULL = the source does not say. */
struct rel_watermarks {
	struct rel_str values[REL_WATERMARKS];
};

/*
 * What they stand for in the release of `commit` as `version`.
 * tag     without refs/tags/; NULL = none
 * *out    in the arena
 * Errors  of rel_project_scan()
 */
REL_MUST_CHECK int rel_watermarks_read(struct rel_watermarks *out,
				       struct rel_arena *arena,
				       struct rel_git_store *store,
				       const struct rel_git_id *commit,
				       struct rel_str version, const char *tag,
				       struct rel_error *err);

/* Where a watermark is. */
struct rel_watermark_place {
	enum rel_watermark which;
	size_t start, end; /* bytes of the text */
};

/* The first watermark of `text` from byte `from` on; false: there is none. */
bool rel_watermark_find(struct rel_watermark_place *out, struct rel_str text,
			size_t from);

/* Is the file one in which they are replaced? */
bool rel_watermark_is_text(struct rel_str path, struct rel_str content);

/*
 * Append `content`, the bytes of the file `path`, with its watermarks
 * replaced if it is a text.
 * Errors  REL_EUSAGE with path and line: one whose meaning the source does not
 *         say; out->status
 */
REL_MUST_CHECK int rel_watermarks_replace(struct rel_buf *out,
					  const struct rel_watermarks *marks,
					  struct rel_str path,
					  struct rel_str content,
					  struct rel_error *err);

/* The line of byte `at`, from 1. */
uint32_t rel_watermark_line(struct rel_str text, size_t at);

/* "VERSION" */
const char *rel_watermark_name(enum rel_watermark which);

#endif
