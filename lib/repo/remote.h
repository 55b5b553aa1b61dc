/*
 * Remote → snapshot: whatever the location is, one call.
 */
#ifndef REL_REPO_REMOTE_H
#define REL_REPO_REMOTE_H

#include "base/cancel.h"
#include "repo/snapshot.h"

struct rel_remote {
	const char *name; /* "mirage-dev" */
	enum rel_role role;
	struct rel_location location;
	/* of a git repository on this disk: its files as they lie in the work
	 * tree, unless another revision is asked for */
	bool worktree;
};

struct rel_remote_options {
	/* rel_path_cache().  NULL = use no cache; git repositories elsewhere
	 * are then fetched into rel_path_cache() all the same. */
	const char *cache_dir;
	bool offline;		/* the cache as it is, no network */
	bool no_snapshot_cache; /* parse anew (benchmarks, tests) */
	bool interactive;	/* ssh and git may ask for a passphrase */
	unsigned jobs;		/* threads for reading; 0 = 1 */
	const struct rel_progress *progress; /* may be NULL */
	const struct rel_cancel *cancel;     /* may be NULL */
	/* told about what went wrong but does not stop the run (a cache
	 * that cannot be written, …); may be NULL */
	void (*warn)(void *context, const char *text);
	void *warn_context;
	/* variables for filters in `repo` files; may be NULL */
	const struct rel_variables *variables;
};

/*
 * Split the argument of --remote, [NAME=]LOCATION[,role], at its places; name
 * and role are {NULL, 0} when absent.  All three borrow from `text`.
 */
void rel_remote_split(struct rel_str *name, struct rel_str *location,
		      struct rel_str *role, struct rel_str text);

/*
 * The one development remote, or the only remote.
 * who     for messages: the command that writes to it
 * Errors  REL_EUSAGE there are none, or several
 */
REL_MUST_CHECK int rel_remote_development(const struct rel_remote **out,
					  const struct rel_remote *remotes,
					  size_t n_remotes, const char *who,
					  struct rel_error *err);

/*
 * Read `remote` at its revision, or at `revision` when that is not NULL
 * (--since; then history is deepened as far as needed).  "HEAD" and "@" in
 * `revision` are the remote's own revision; of a repository elsewhere, as it
 * was when the remote was last read: read the remote itself first.
 * An empty remote is a snapshot with no packages, not an error (but a git
 * repository elsewhere without any commit is REL_ENOTFOUND).
 * What was parsed is cached under options->cache_dir, keyed by content (git
 * tree, digest of the index); plain directories are parsed each time.
 * *out  freed by the caller with rel_snapshot_free()
 * Errors  REL_ENOTFOUND, REL_EIO, REL_EAUTH, REL_EPARSE (not a package
 *         repository, corrupt index), REL_ELIMIT, REL_ECANCELLED, REL_ENOMEM;
 *         the text names remote, place and remedy.
 */
REL_MUST_CHECK int rel_remote_read(struct rel_snapshot **out,
				   const struct rel_remote *remote,
				   const char *revision,
				   const struct rel_remote_options *options,
				   struct rel_error *err);

/*
 * A snapshot of loose manifest files, for --with FILE.opam…: name and
 * version from the file's fields, else from its name (NAME.opam,
 * NAME.VERSION.opam, …/NAME.VERSION/opam); version "dev" when none says.
 */
REL_MUST_CHECK int rel_remote_read_files(struct rel_snapshot **out,
					 const char *const paths[],
					 size_t n_paths, struct rel_error *err);

/* A manifest that stands in no remote yet. */
struct rel_loose_manifest {
	struct rel_str name, version, text;
	struct rel_str path; /* for messages */
};

/*
 * A snapshot of manifests in memory: what a release would add.
 * Errors  REL_ENOMEM, REL_ELIMIT; one that cannot be read is `unreadable`
 */
REL_MUST_CHECK int rel_remote_read_texts(struct rel_snapshot **out,
					 const struct rel_loose_manifest *items,
					 size_t n, struct rel_error *err);

#endif
