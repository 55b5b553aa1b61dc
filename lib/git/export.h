/*
 * A commit's tree as `git archive` would export it, the same in every clone.
 *
 * Attributes come from the .gitattributes files of that tree alone, never from
 * the user's, the system's or $GIT_DIR/info/attributes (gitattributes(5);
 * matched as git's attr.c and wildmatch.c do, case-sensitively).  Obeyed:
 *	export-ignore  left out, with all below; a directory in which there is
 *	               no file, not even one that is left out, is left out too
 *	export-subst   $Format:…$ is expanded, see below
 *	ident          $Id$ becomes $Id: <blob id> $
 *	text, crlf, eol  eol=crlf gives CRLF; everything else leaves the bytes
 *	               as git keeps them (core.eol and core.autocrlf, which
 *differ between clones, are not looked at) Refused, because the result would
 *depend on the machine or lack the files: a `filter` (git-lfs) or
 *`working-tree-encoding` on an exported file.
 *
 * Placeholders of $Format:…$ (git-log(1), PRETTY FORMATS): %H %T %P %an %ae
 * %al %ad %aD %at %ai %aI %as, the same with c, %s %b %B %n %% %x..; those
 * that git takes from the clone have a rule here:
 *	%h %t %p       the first 7 digits
 *	%aN %aE %aL    as %an %ae %al: no mailmap (and with c)
 *	%D             "tag: <tag>"; %d " (tag: <tag>)"; %(describe…) "<tag>";
 *	               all empty when options->tag is NULL
 * Any other placeholder is refused.
 *
 * Also refused, each with a remedy: a submodule (unless empty_submodules), a
 * symbolic link that leads out of the tree, and a name that is not UTF-8 or
 * has control characters or a backslash.  What is export-ignored is not looked
 * at.
 *
 * Memory: small blobs are read by libgit2; from REL_LIMIT_GIT_BLOB_INLINE on,
 * and once a tree has shown itself to be big, by one `git cat-file --batch`
 * of the installed git with small windows.  Without a git program libgit2
 * reads them whole.
 */
#ifndef REL_GIT_EXPORT_H
#define REL_GIT_EXPORT_H

#include "base/cancel.h"
#include "git/objects.h"

struct rel_git_export_options {
	/* The tag being released, for %d, %D and %(describe); may be NULL. */
	const char *tag;
	/* Export a submodule as an empty directory, as git archive does. */
	bool empty_submodules;
	/*
	 * What becomes of a file of at most REL_LIMIT_GIT_CONVERT_BYTES, after
	 * its attributes: append all of it to `out`.  NULL = it stays.  What
	 * it makes of a content must depend on nothing but that and the path.
	 * Returns 0 or a negative code with `err` set.
	 */
	int (*rewrite)(void *context, struct rel_buf *out, struct rel_str path,
		       struct rel_str content, struct rel_error *err);
	void *rewrite_context;
	/* Do not run `git` (as if it were not installed). */
	bool no_git_program;
	const struct rel_cancel *cancel; /* may be NULL */
};

struct rel_git_export_entry {
	/* From the root of the tree, without trailing slash; NUL-terminated. */
	struct rel_str path;
	/* BLOB, EXECUTABLE, SYMLINK or TREE (an empty submodule too). */
	enum rel_git_kind kind;
	/* Of a BLOB or EXECUTABLE the id of the content as exported, which is
	 * the blob's own unless `converted`; of others the entry's own. */
	struct rel_git_id id;
	bool converted;	       /* substituted or with other line ends */
	struct rel_str target; /* of a SYMLINK */
};

/* Borrows store and options for its life.  Not thread-safe. */
struct rel_git_export;

/* Errors  REL_ENOTFOUND, REL_EPARSE, REL_EIO, REL_ENOMEM as rel_git_tree_* */
REL_MUST_CHECK int rel_git_export_open(
    struct rel_git_export **out, struct rel_git_store *store,
    const struct rel_git_id *commit,
    const struct rel_git_export_options *options, struct rel_error *err);
/* Fine on NULL. */
void rel_git_export_free(struct rel_git_export *exported);

/* Committer's time, UTC seconds since 1970. */
int64_t rel_git_export_time(const struct rel_git_export *exported);

/*
 * 0, or a negative code with `err` set, which ends the walk.  In it the
 * content of the entry may be read, see below.
 */
typedef int (*rel_git_export_fn)(void *context, struct rel_git_export *exported,
				 const struct rel_git_export_entry *entry,
				 struct rel_error *err);

/*
 * Call `fn` for each exported entry, ordered by the bytes of the paths
 * (directories with a trailing slash), a directory before what is in it.
 * Errors  REL_EUSAGE what is refused (see above; the text names path and
 *         remedy); REL_EPARSE, REL_ENOTFOUND, REL_EIO, REL_ELIMIT,
 *         REL_ECANCELLED; those of `fn`
 */
REL_MUST_CHECK int rel_git_export_each(struct rel_git_export *exported,
				       rel_git_export_fn fn, void *context,
				       struct rel_error *err);

/*
 * Begin to read the content of a BLOB or EXECUTABLE entry, the one `fn` was
 * given.  *size: its bytes.
 */
REL_MUST_CHECK int rel_git_export_begin(
    uint64_t *size, struct rel_git_export *exported,
    const struct rel_git_export_entry *entry, struct rel_error *err);

/* The next piece, valid until the next call: 1 with a non-empty *out, 0 at
 * the end, or an error. */
REL_MUST_CHECK int rel_git_export_chunk(struct rel_str *out,
					struct rel_git_export *exported,
					struct rel_error *err);

#endif
