/*
 * What the files of lib/git share; no header for other modules.
 *
 * In order: libgit2 and the store (objects.c), packs (packs.c), hints
 * (revision.c), where repositories lie (place.c), scratch repositories
 * (scratch.c), caches (cache.c), remotes (remote.c), checkouts (worktree.c).
 */
#ifndef REL_GIT_PRIVATE_H
#define REL_GIT_PRIVATE_H

#include "base/file.h"
#include "base/process.h"
#include "git/libgit2.h"
#include "git/objects.h"
#include "git/remote.h"
#include "git/run.h"
#include "git/sign.h"
#include "git/worktree.h"

struct rel_git_store {
	git_repository *repo;
	git_odb *odb;
	char *path; /* the git directory, no trailing slash */
	/* Its objects came by a fetch of ours, which names them by what they
	 * are; of all others that is checked as they are read. */
	bool fetched;
	/* Made by us: a cache or a scratch repository (git/run.h). */
	bool made;
};

/*
 * Count one more (one less) user of libgit2.  The first sets its process-wide
 * options; see objects.c for which and why.
 */
REL_MUST_CHECK int rel_git_library_open(struct rel_error *err);
void rel_git_library_close(void);

/* Does git allow a reference of this full name ("refs/heads/main")?  Needs no
 * open store. */
bool rel_git_is_ref_name(const char *name);

/*
 * Turn the failure `status` (a git_error_code, < 0) of libgit2 into ours:
 * "<what>: <libgit2's text>".  Returns the code.
 */
#define REL_GIT_EDAMAGED (-1000) /* of packs.c: the text has its remedy */
int rel_git_library_fail(struct rel_error *err, int status, const char *fmt,
			 ...) REL_PRINTF(3, 4);

/* Between our ids and libgit2's; both are raw bytes. */
void rel_git_id_to_oid(git_oid *out, const struct rel_git_id *id);
void rel_git_id_of_oid(struct rel_git_id *out, const git_oid *oid);

/* The id that an object of this content has.  Needs no open store.
 * Errors  REL_EIO no libgit2; REL_ENOMEM */
REL_MUST_CHECK int rel_git_hash(struct rel_git_id *out, struct rel_str content,
				git_object_t type, struct rel_error *err);

/*
 * Read an object of the wanted type.
 * max    bytes; a bigger one is REL_ELIMIT and is not unpacked
 * Owner  the caller frees *out with git_odb_object_free()
 * Errors REL_ENOTFOUND, REL_EPARSE (another type), REL_ELIMIT, REL_EIO
 */
REL_MUST_CHECK int rel_git_object_read(git_odb_object **out,
				       struct rel_git_store *store,
				       const struct rel_git_id *id,
				       git_object_t type, size_t max,
				       struct rel_error *err);

/* Append `s` with its %XX replaced. */
int rel_git_url_decode(struct rel_buf *out, struct rel_str s);
/* Append "scheme://host:port". */
int rel_git_url_origin(struct rel_buf *out, const struct rel_git_url *url);
/* Append the URL without credentials; the user of ssh stays. */
int rel_git_url_clean(struct rel_buf *out, const struct rel_git_url *url);

/* More of the stderr of a run: progress is shown, other lines go to
 * run->err_out.  `line` keeps what is not ended yet. */
void rel_git_stderr_take(struct rel_git_run *run, struct rel_buf *line,
			 struct rel_str bytes);

/*
 * Run git-config(1) on the configuration of another user's repository, which is
 * read and not obeyed.
 * run   filled; the caller frees it, after a failure too
 * path  of the file; lives as long as `run`
 * args  "config", "--file", "-", "--no-includes" and what is asked; status 1,
 *       no such key, is no error
 */
REL_MUST_CHECK int rel_git_config_foreign(struct rel_git_run *run,
					  const char *path,
					  const char *const args[],
					  struct rel_error *err);

/* Did a clone leave a part of its objects with a remote? */
bool rel_git_store_is_partial(const struct rel_git_store *store);

/* An object is not there: REL_ENOTFOUND, or REL_EIO of a damaged pack. */
int rel_git_fail_missing(struct rel_git_store *store,
			 const struct rel_git_id *id, struct rel_error *err);

/*
 * A look at packs before libgit2 reads them.
 *
 * libgit2 believes what a pack and its index say: an index whose numbers lead
 * out of it is a crash, deltas that depend on each other are followed for ever
 * (libgit2 1.5, src/pack.c, pack_dependency_chain()).  So the indexes are
 * checked when a repository is opened, and the deltas of each object before it
 * is read.  Whether an object is what its name says is for its reader.
 *
 * Source  git's gitformat-pack(5); builtin/index-pack.c, packfile.c
 */

/*
 * Check the packs of `objects`, the directory of the repository `repo`, and of
 * those that it borrows from, and put a guard before the other readers of its
 * *odb.  Where there are multi-pack indexes or commit graphs, which are not
 * checked, *odb is replaced by one that does not read them.
 * Owner   the guard is freed with `odb`
 * Errors  REL_EIO a damaged pack or index, named, with what to do; REL_ENOMEM
 */
REL_MUST_CHECK int rel_git_packs_guard(git_odb **odb, git_repository *repo,
				       const char *objects,
				       struct rel_error *err);

/* Names near one that does not exist.  Names shown, and the longest name
 * compared. */
#define REL_GIT_HINT_NAMES  4
#define REL_GIT_HINT_LENGTH 100

struct rel_git_hint {
	char name[REL_GIT_HINT_LENGTH + 1];
	size_t distance;
};

/* Set `wanted` (borrowed), zero the rest. */
struct rel_git_hints {
	const char *wanted;
	struct rel_git_hint near[REL_GIT_HINT_NAMES]; /* nearest first */
	size_t n_near, n_branches, n_names, n_refs;
};

/* Take the full name of a reference into account; others than branches and
 * tags count, but are not offered. */
void rel_git_hints_add(struct rel_git_hints *hints, struct rel_str ref);

/* "no revision 'x'; …", or that the repository is empty: REL_ENOTFOUND. */
int rel_git_hints_fail(const struct rel_git_hints *hints,
		       struct rel_error *err);

/*
 * Where a repository lies and whose it is.
 *
 * git obeys the configuration and the hooks of a repository, which name
 * programs.  So it runs in one that is the user's own, all of it, and in no
 * other; what is read of others goes through a scratch repository
 * (below).  git itself asks for the owner of the work tree and of the
 * git directory; here everything in it that could name a program, and what it
 * borrows, counts.
 */

/* Zero-initialise; release with rel_git_place_free().  Paths are absolute,
 * with symbolic links resolved. */
struct rel_git_place {
	char *root;	  /* of the work tree; NULL = bare */
	char *git_dir;	  /* of this work tree alone */
	char *common_dir; /* what linked work trees share */
	/* What is not the user's own, the first that was found; NULL = all of
	 * it is, or the user's git is told that it is safe. */
	char *foreign;
};

/*
 * The repository around `dir`, found without git and without reading any of
 * its configuration: `dir` itself (a work tree or a git directory) or the
 * nearest parent that is one.
 * Errors  REL_ENOTFOUND none, or no such directory; REL_EUSAGE `dir` is inside
 *         a git directory or a bare repository, which may be part of somebody
 *         else's work tree, and is not it; REL_EPARSE a `.git` or `commondir`
 *         that leads nowhere
 */
REL_MUST_CHECK int rel_git_place_find(struct rel_git_place *out,
				      const char *dir, struct rel_error *err);

/* The same of a git directory or work tree itself; parents are not searched. */
REL_MUST_CHECK int rel_git_place_of(struct rel_git_place *out, const char *path,
				    struct rel_error *err);

/* The same without asking who owns it: `foreign` stays NULL. */
REL_MUST_CHECK int rel_git_place_locate(struct rel_git_place *out,
					const char *path,
					struct rel_error *err);

void rel_git_place_free(struct rel_git_place *place);

/*
 * Does a place that is not the user's own keep to what is its owner's?  Its
 * links (`.git`, `commondir`, objects/info/alternates) could lead to what only
 * we may read.
 * Errors  REL_EIO, naming where they lead; 0 for the user's own
 */
REL_MUST_CHECK int rel_git_place_check(const struct rel_git_place *place,
				       struct rel_error *err);

typedef int rel_git_alternate_fn(void *context, const char *objects,
				 struct rel_error *err);
/*
 * Call `each` for the directories of objects that `objects` itself borrows
 * from (its info/alternates), whether they are there or not.
 * Returns the first result of `each` that is not 0; REL_EIO, REL_ENOMEM
 */
REL_MUST_CHECK int rel_git_place_alternates(const char *objects,
					    rel_git_alternate_fn *each,
					    void *context,
					    struct rel_error *err);

/* REL_EIO: git's "dubious ownership", and what to do. */
int rel_git_place_fail(const struct rel_git_place *place,
		       struct rel_error *err);

/*
 * Scratch repositories: bare, of one process, borrowing the objects of
 * another.  In <cache_dir>/write/<random>/, with a lock that is held as long
 * as the process lives, so that what a killed one left can be told from what
 * is in use.
 */

struct rel_git_scratch {
	char *dir; /* holds "lock" and "repo.git"; NULL = none */
	struct rel_lock lock;
	struct rel_git_store *store;
};

/*
 * Make one and open it, after removing those that nobody holds.
 * cache_dir  NULL = rel_cache_root()
 * Errors     REL_EIO, REL_ENOMEM; REL_ENOTFOUND no cache directory
 */
REL_MUST_CHECK int rel_git_scratch_open(struct rel_git_scratch *out,
					const char *cache_dir,
					struct rel_error *err);

/* Remove it.  Fine on a zeroed one. */
void rel_git_scratch_close(struct rel_git_scratch *scratch);

/*
 * Let it have all objects (and the cut in the history) of `from` too; the
 * last one lent is the only one.
 * Errors  REL_EUSAGE a path that git cannot note; REL_EIO
 */
REL_MUST_CHECK int rel_git_scratch_borrow(struct rel_git_scratch *scratch,
					  const struct rel_git_store *from,
					  struct rel_error *err);

/*
 * Make it show what a repository of another user shows, without what that
 * configures: its references and HEAD, its index, its objects (borrowed), and
 * of its configuration what names neither a program nor a file: addresses and
 * branches of remotes, headers for them, how the work tree is kept.
 * from    the repository at `place`, opened; may be closed afterwards
 * Errors  as rel_git_scratch_borrow(); REL_ELIMIT a file that is too big
 */
REL_MUST_CHECK int rel_git_scratch_view(struct rel_git_scratch *scratch,
					const struct rel_git_place *place,
					struct rel_git_store *from,
					struct rel_error *err);

/* The directory of a fetched repository; see git/remote.h. */
struct rel_git_cache {
	struct rel_buf dir;   /* the bare repository */
	struct rel_lock lock; /* held by whoever writes to it */
	int child_fd;	      /* inherited by git: see rel_git_cache_lend() */
};

/* Whose directory.  cache_dir  NULL = rel_cache_root() */
REL_MUST_CHECK int rel_git_cache_init(struct rel_git_cache *cache,
				      const char *cache_dir,
				      const struct rel_git_url *url,
				      struct rel_error *err);
/* Drops the lock too. */
void rel_git_cache_free(struct rel_git_cache *cache);

static inline const char *rel_git_cache_path(const struct rel_git_cache *cache)
{
	return cache->dir.ptr;
}

/*
 * Take the lock, waiting for other runs; create the repository when missing,
 * and remove what a killed run left behind.
 * title  what is being fetched, for the progress while waiting
 * about  the URL without credentials, written into `description`
 */
REL_MUST_CHECK int rel_git_cache_prepare(struct rel_git_cache *cache,
					 const char *title, const char *about,
					 const struct rel_progress *progress,
					 const struct rel_cancel *cancel,
					 struct rel_error *err);

/*
 * Mark that a child works in the repository: it inherits a lock that outlives
 * us, so that nobody takes the files of an orphaned git for left-overs.  Call
 * before starting the child, and rel_git_cache_reclaim() behind.
 */
void rel_git_cache_lend(struct rel_git_cache *cache);
void rel_git_cache_reclaim(struct rel_git_cache *cache);

/* One remote repository, as one call talks to it. */
struct rel_git_remote {
	struct rel_git_url url; /* borrows the location */
	/* URL without credentials, or an absolute path: what git is given, and
	 * what texts show. */
	struct rel_buf place;
	struct rel_buf title; /* short, for progress */
	struct rel_git_fetch_options options;
	/* Its directory in the cache, while it is fetched. */
	struct rel_git_cache cache;
	/* Whose configuration of git is obeyed; NULL = the user's only. */
	const char *git_dir;
	bool made;	     /* by us (git/run.h) */
	bool lacks_revision; /* it is there, and the revision is not */
};

/*
 * Parse a location, for fetching; a path on this disk has no `place` yet.
 * options  NULL = all defaults; copied
 * Errors   REL_EUSAGE
 */
REL_MUST_CHECK int rel_git_remote_init(
    struct rel_git_remote *out, const char *location,
    const struct rel_git_fetch_options *options, struct rel_error *err);

/*
 * The same for writing, or for asking now.
 * Errors  REL_EUSAGE, offline too; REL_ENOTFOUND no such directory
 */
REL_MUST_CHECK int rel_git_remote_open(
    struct rel_git_remote *out, const char *location,
    const struct rel_git_fetch_options *options, struct rel_error *err);
/* Fine after a failure. */
void rel_git_remote_close(struct rel_git_remote *remote);

/* rel_git_fetch() of an open one: options.revision is fetched.  The cache is
 * locked no longer than this takes. */
REL_MUST_CHECK int rel_git_remote_fetch(struct rel_git_store **store,
					struct rel_git_id *commit,
					struct rel_git_remote *remote,
					struct rel_error *err);

/* rel_git_push() and rel_git_push_try() of an open one; its git_dir becomes
 * the store's. */
REL_MUST_CHECK int rel_git_remote_push(struct rel_git_push_result *result,
				       struct rel_git_remote *remote,
				       struct rel_git_store *store,
				       const char *name,
				       const struct rel_git_push_ref *refs,
				       size_t n_refs, struct rel_error *err);
REL_MUST_CHECK int rel_git_remote_push_try(struct rel_git_remote *remote,
					   struct rel_git_store *store,
					   const char *name,
					   const struct rel_git_push_ref *refs,
					   size_t n_refs,
					   struct rel_error *err);

/* For a run of git that talks to the remote.
 * what  as struct rel_git_run */
void rel_git_remote_run_init(struct rel_git_run *run,
			     struct rel_git_remote *remote, const char *what,
			     size_t out_max);

/*
 * Would a push to the reference `name` be taken, as far as that can be seen of
 * a repository on this disk?  (0 for one elsewhere.)
 * Errors  REL_EIO it would not, with what to do; those of rel_git_store_open()
 */
REL_MUST_CHECK int rel_git_remote_accepts(const struct rel_git_remote *remote,
					  const char *name,
					  struct rel_error *err);

#define REL_GIT_LISTING_MAX 24

/* Its references as the remote lists them. */
struct rel_git_listing {
	const char *wanted[REL_GIT_LISTING_MAX]; /* borrowed */
	struct rel_git_id ids[REL_GIT_LISTING_MAX];
	bool found[REL_GIT_LISTING_MAX];
	size_t n;
	struct rel_buf head; /* the branch HEAD names, "" = not known */
	/* Called for every reference that git lists, also for names that are
	 * wanted by a pattern; NULL = by nobody. */
	rel_git_remote_ref_fn *each;
	void *context;
};

void rel_git_listing_init(struct rel_git_listing *listing);
void rel_git_listing_free(struct rel_git_listing *listing);
/* Ask for one more, by its full name or "HEAD". */
void rel_git_listing_want(struct rel_git_listing *listing, const char *name);

/* Ask.  Errors as rel_git_fetch(). */
REL_MUST_CHECK int rel_git_remote_list(struct rel_git_listing *listing,
				       struct rel_git_remote *remote,
				       struct rel_error *err);

/* What a wanted one is; NULL = it is not there. */
const struct rel_git_id *rel_git_listing_find(
    const struct rel_git_listing *listing, const char *name);

struct rel_git_worktree {
	struct rel_git_place place;
	struct rel_git_store *store;
	/* Of a checkout that is not the user's own: what git runs in; `store`
	 * is its. */
	struct rel_git_scratch scratch;
};

/* For runs of git at the root of the work tree, in the scratch repository
 * when it is not the user's own. */
void rel_git_worktree_run_init(struct rel_git_run *run,
			       const struct rel_git_worktree *checkout,
			       const struct rel_git_fetch_options *options,
			       size_t out_max);

/* The program for a kind of signature, as configured for `git_dir` (as
 * rel_git_config_get()); appended. */
REL_MUST_CHECK int rel_git_sign_program(struct rel_buf *out,
					const char *git_dir,
					enum rel_git_signature_kind kind,
					struct rel_error *err);

/*
 * The tar that git archive writes, as it comes: git's own ustar headers and pax
 * records (POSIX.1-2001), no more (archive_tar.c).
 */
#define REL_GIT_TAR_PIECE (64 * 1024)

/* rel_git_tar_init() first; then its process is started, with stderr too. */
struct rel_git_tar {
	struct rel_process process;
	struct rel_buf diagnostics; /* its stderr */
	const struct rel_cancel *cancel;
	bool cut_short; /* it ended too early */
	/* The member: */
	struct rel_buf path, target; /* a directory's path ends in a slash */
	enum rel_git_kind kind;	     /* as of struct rel_git_archive_entry */
	uint64_t left;		     /* of its content */
	size_t padding;		     /* behind it */
	/* Not yet taken: */
	struct rel_buf records;
	size_t from, to;
	char piece[REL_GIT_TAR_PIECE];
};

void rel_git_tar_init(struct rel_git_tar *tar, const struct rel_cancel *cancel);
/* Also kills what still runs. */
void rel_git_tar_free(struct rel_git_tar *tar);

/*
 * Go to the next member: 1; 0 at the end, when all streams are read.
 * Errors  REL_EIO no tar, or cut short; REL_ECANCELLED, REL_ENOMEM
 */
REL_MUST_CHECK int rel_git_tar_next(struct rel_git_tar *tar,
				    struct rel_error *err);
/* The next piece of its content: 1 with a non-empty *out, 0 at the end. */
REL_MUST_CHECK int rel_git_tar_chunk(struct rel_str *out,
				     struct rel_git_tar *tar,
				     struct rel_error *err);

/*
 * What git archive gives is refused where not every clone gives the same, or
 * not every system can unpack it (archive_rules.c): REL_EUSAGE with a remedy,
 * and with the path except for the first.
 */
/* A file with export-subst: each placeholder in it, which may become `widest`
 * bytes; REL_ELIMIT when all become too many.  Source: git's archive.c,
 * format_subst(); git-log(1), PRETTY FORMATS */
REL_MUST_CHECK int rel_git_check_subst(struct rel_str text, uint64_t widest,
				       struct rel_error *err);
/* Of `path` the name `name`, or what it links to. */
REL_MUST_CHECK int rel_git_check_name(struct rel_str path, struct rel_str name,
				      struct rel_error *err);
REL_MUST_CHECK int rel_git_check_link(struct rel_str path,
				      struct rel_str target,
				      struct rel_error *err);

#endif
