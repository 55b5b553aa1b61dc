/*
 * A commit's tree as `git archive` gives it, the same from every clone.
 *
 * git runs in a scratch repository that holds the objects of this commit and
 * its tree, hashed anew, and one tag; it reads neither the user's, the
 * system's nor the repository's configuration and attributes.  So only the
 * .gitattributes files of the tree count (gitattributes(5)), and no program
 * that a repository configures runs.
 *
 * Beside what git does with export-ignore, export-subst, ident and eol:
 *	%h %t %p      7 digits, more where two of the tree's objects share them
 *	%d %D         the tag that options->tag names, and nothing else
 *	%(describe)   that tag; git expands the first of an archive only
 *	%aN and alike without mailmap
 * Refused, because the result would depend on the machine or lack the files:
 * other placeholders than
 *	%H %h %T %t %P %p %s %b %B %n %% %xNN %d %D %(describe…)
 *	%an %aN %ae %aE %al %aL %ad %aD %at %ai %aI %as, the same with c
 * a `filter` (git-lfs) or `working-tree-encoding` on an exported file.
 *
 * Also refused, each with a remedy: a submodule (unless empty_submodules), a
 * symbolic link that leads out of the tree, and a name that is not UTF-8, has
 * control characters or a backslash.  What is export-ignored may be all this.
 */
#ifndef REL_GIT_ARCHIVE_H
#define REL_GIT_ARCHIVE_H

#include "base/cancel.h"
#include "git/objects.h"

/* Zero-initialise. */
struct rel_git_archive_options {
	/* The tag being released, for %d, %D and %(describe); may be NULL. */
	const char *tag;
	/* Give a submodule as an empty directory, as git archive does. */
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
	/* Bytes of a file, beyond which it is REL_ELIMIT; 0 = any. */
	uint64_t max_file;
	const struct rel_cancel *cancel; /* may be NULL */
};

struct rel_git_archive_entry {
	/* From the root of the tree, without trailing slash; NUL-terminated. */
	struct rel_str path;
	/* BLOB, EXECUTABLE, SYMLINK or TREE (an empty submodule too). */
	enum rel_git_kind kind;
	uint64_t size;	       /* of the content of a BLOB or EXECUTABLE */
	struct rel_str target; /* of a SYMLINK */
};

/* The archive being read; not thread-safe. */
struct rel_git_archive;

/*
 * 0, or a negative code with `err` set, which ends the walk.  In it the
 * content of the entry may be read with rel_git_archive_chunk(); what it has
 * been given is right only when the walk as a whole succeeds.
 */
typedef int (*rel_git_archive_fn)(void *context,
				  struct rel_git_archive *archive,
				  const struct rel_git_archive_entry *entry,
				  struct rel_error *err);

/*
 * Call `fn` for each entry, ordered by the bytes of the paths (directories
 * with a trailing slash), a directory before what is in it.
 * Errors  REL_EUSAGE what is refused (see above; the text names path and
 *         remedy); REL_ENOTFOUND no git, a missing object; REL_EPARSE,
 *         REL_EIO, REL_ELIMIT, REL_ENOMEM, REL_ECANCELLED; those of `fn`
 */
REL_MUST_CHECK int rel_git_archive_each(
    struct rel_git_store *store, const struct rel_git_id *commit,
    const struct rel_git_archive_options *options, rel_git_archive_fn fn,
    void *context, struct rel_error *err);

/* The next piece of the entry's content, valid until the next call: 1 with a
 * non-empty *out, 0 at the end, or an error. */
REL_MUST_CHECK int rel_git_archive_chunk(struct rel_str *out,
					 struct rel_git_archive *archive,
					 struct rel_error *err);

#endif
