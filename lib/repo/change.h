/*
 * A remote that is written to: a branch of a git repository, or a plain
 * directory.  One change is a set of files that become visible together.
 *
 * Git        read at a fetched tip, committed without a work tree, pushed by
 *            compare-and-swap (git/remote.h).
 * Directory  changed under an advisory lock on its root; each file is replaced
 *            atomically, and manifests (packages/…) come last, because they
 *            are what makes a release visible.  A failure half-way puts back
 *            what was there.  A kill half-way leaves some of the files and at
 *            worst ".relctl-*.tmp" beside them; the next change of the same
 *            paths removes those and does the rest.
 *
 * Nothing that stands there is overwritten by other bytes unless the change
 * says `replace`.
 *
 * Threads  one handle per thread
 */
#ifndef REL_REPO_CHANGE_H
#define REL_REPO_CHANGE_H

#include "base/buf.h"
#include "base/sink.h"
#include "git/objects.h"
#include "repo/remote.h"

struct rel_writable;

struct rel_writable_options {
	/* Branch to write; NULL = the location's revision, else the remote's
	 * HEAD.  One that does not exist is made by the first change: from
	 * that revision or HEAD, or out of nothing with `orphan`.  REL_EUSAGE
	 * for a directory. */
	const char *branch;
	bool orphan;
	/* cache_dir, interactive, progress, cancel.  With `offline` only what
	 * is on this disk can be opened. */
	const struct rel_remote_options *remote; /* NULL = defaults */
};

/*
 * Open `location` for writing.  Nothing is written yet.  An empty remote, and
 * a directory that does not exist yet below one that does, are fine.
 * Errors  REL_EUSAGE an http(s) location without git, or a commit or tag as
 *         revision; REL_ENOTFOUND, REL_EAUTH, REL_EIO; REL_ECANCELLED
 * Owner   rel_writable_free()
 */
REL_MUST_CHECK int rel_writable_open(struct rel_writable **out,
				     const struct rel_location *location,
				     const struct rel_writable_options *options,
				     struct rel_error *err);
/* Fine on NULL. */
void rel_writable_free(struct rel_writable *remote);

/* A branch of a git repository, or a directory? */
bool rel_writable_is_git(const struct rel_writable *remote);
/* The commit that is read and built on, as text; "" = none yet, or a
 * directory.  Valid until the remote is refreshed or applied to. */
const char *rel_writable_tip(const struct rel_writable *remote);
/* The branch that is written, without refs/heads/; "" for a directory. */
const char *rel_writable_branch(const struct rel_writable *remote);
/* The location as given, fit for messages. */
const char *rel_writable_text(const struct rel_writable *remote);

/* Go to the tip as it is now (after REL_CHANGE_RACED).  A directory forgets
 * what it remembers of the files read.  Errors as rel_writable_open(). */
REL_MUST_CHECK int rel_writable_refresh(struct rel_writable *remote,
					struct rel_error *err);

/*
 * Append the file at `path` (from the root of the remote) as it is at the
 * tip.  Symbolic links are not followed out of the remote.
 * Errors  REL_ENOTFOUND; REL_ELIMIT over out->max; REL_EIO
 */
REL_MUST_CHECK int rel_writable_read(struct rel_buf *out,
				     struct rel_writable *remote,
				     const char *path, struct rel_error *err);

/* Does something stand at `path`?  Cheap: nothing is read. */
REL_MUST_CHECK int rel_writable_exists(bool *out, struct rel_writable *remote,
				       const char *path, struct rel_error *err);

/* rel_writable_read() for a file of any size, into a sink; *size (may be NULL)
 * counts. */
REL_MUST_CHECK int rel_writable_stream(uint64_t *size,
				       struct rel_writable *remote,
				       const char *path,
				       const struct rel_sink *sink,
				       struct rel_error *err);

/*
 * Could a file be made at `path`, as far as that can be known before: may one
 * write there, is nothing but directories above it?  Asks the server of a git
 * repository.
 * Errors  REL_EEXISTS something else than a directory is above it; REL_EIO,
 *         REL_EAUTH, … one may not; as rel_git_push_try()
 */
REL_MUST_CHECK int rel_writable_ready(struct rel_writable *remote,
				      const char *path, struct rel_error *err);

/* What to do with one path. */
struct rel_change {
	const char *path; /* from the root of the remote, clean */
	/* The new bytes: those of the file `file`, or `content` when that is
	 * NULL.  All may read it, whatever the umask. */
	struct rel_str content;
	const char *file;
	/* Take the path away instead, and parents that are empty then (but
	 * not packages/); one that is not there is fine. */
	bool remove;
	/* Other bytes may stand there.  If the path was read through this
	 * handle, they must still be those that were read, else the change is
	 * REL_CHANGE_RACED (a directory; in git the tip decides). */
	bool replace;
};

/* Who and when; of a commit.  A directory needs none. */
struct rel_change_author {
	const char *name, *email;
	int64_t time;	    /* UTC seconds */
	int offset_minutes; /* of the time zone, east positive */
};

enum rel_change_outcome {
	REL_CHANGE_DONE,
	/* All of it was there already: nothing written, no commit made. */
	REL_CHANGE_NOTHING,
	/* Somebody else was faster; nothing is written.  Refresh, check again,
	 * apply again. */
	REL_CHANGE_RACED,
	/* The other side refused (hook, protection, permission); `text` has
	 * its words. */
	REL_CHANGE_REJECTED,
};

struct rel_change_result {
	enum rel_change_outcome outcome;
	char commit[REL_GIT_ID_TEXT]; /* the new tip; "" for a directory */
	char text[REL_ERROR_TEXT_MAX];
};

/*
 * Make all `changes`, or none.
 * message   of the commit; unused for a directory
 * author    of the commit, and its committer; NULL for a directory
 * expected  the tip that the caller has checked, as rel_writable_tip() gave
 *           it; NULL = whatever is open.  Another one is REL_CHANGE_RACED.
 * After DONE the handle stands on the new tip.
 * Errors  REL_EEXISTS other bytes at a path that may not be replaced, with the
 *         path; REL_EUSAGE an unclean path, or two changes of one; REL_EIO
 *         (disk full, …), REL_EAUTH, REL_ECANCELLED, REL_ENOMEM.  After an
 *         error the remote is as it was; a network that failed while it was
 *         told to change may have changed it all the same (refresh tells).
 */
REL_MUST_CHECK int rel_writable_apply(struct rel_change_result *out,
				      struct rel_writable *remote,
				      const struct rel_change *changes,
				      size_t n_changes, const char *message,
				      const struct rel_change_author *author,
				      const char *expected,
				      struct rel_error *err);

#endif
