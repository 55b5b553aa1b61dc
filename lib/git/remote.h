/* Remote repositories: where they are, fetching, listing, pushing. */
#ifndef REL_GIT_REMOTE_H
#define REL_GIT_REMOTE_H

#include "base/buf.h"
#include "base/cancel.h"
#include "base/progress.h"
#include "git/write.h"

/*
 * Where a git repository is: URLs and paths as `git clone` takes them.
 * Source: git's Documentation/urls.txt and connect.c (parse_connect_url).
 */

enum rel_git_transport {
	REL_GIT_LOCAL, /* a path or file://: opened in place */
	REL_GIT_GIT,   /* git:// */
	REL_GIT_HTTP,  /* http://, https:// */
	REL_GIT_SSH,   /* ssh://, user@host:path */
};

/* The parts, borrowed from the text; {NULL, 0} = absent.  User and password
 * are as written, percent-encoded. */
struct rel_git_url {
	enum rel_git_transport transport;
	bool tls; /* https */
	bool scp; /* host:path form; path is relative to the login */
	struct rel_str user, password;
	struct rel_str host; /* IPv6 without brackets */
	struct rel_str port;
	struct rel_str path; /* with its leading slash, as written */
};

/*
 * Parse a location; a leading "git+" (git+https://…, git+ssh://…,
 * git+file://…) is dropped.  "git@host:path" is ssh unless a slash stands
 * before the first colon.
 * Errors  REL_EUSAGE: unknown scheme, no host, a host, user or path that
 *         begins with '-' (it would be taken for an option of ssh or git), a
 *         control character, a port that is no number.  The text shows the
 *         redacted location.
 */
REL_MUST_CHECK int rel_git_url_parse(struct rel_git_url *out,
				     const char *location,
				     struct rel_error *err);

/*
 * Append `location` without password, token or query, fit for messages and
 * reports: "https://user:secret@host/x" and "https://token@host/x" become
 * "https://host/x"; the user name of ssh stays.
 */
int rel_git_redact_url(struct rel_buf *out, const char *location);

/*
 * Remote repositories, fetched into relctl's own cache.
 *
 * The cache has one bare repository per remote URL:
 *	<cache_dir>/git/<host-and-path>-<hash of the URL without credentials>
 * Each is an ordinary git repository (git fsck is content with it) that other
 * programs may read.  A lock beside it keeps two runs apart; a run killed at
 * any instruction leaves the references at their old or new commits, and at
 * worst a temporary pack that the next fetch removes.  Nothing is written
 * into it but by rel_git_fetch() and rel_git_fetch_since().
 *
 * How: a snapshot needs the tip only, so the first fetch of a revision is
 * shallow; later ones bring what is new.  The installed `git` does it ("git
 * fetch --depth=1", never through a shell), because it obeys all that its
 * users have configured: proxies, credential helpers, insteadOf, ssh.  What is
 * in the cache is read without it.
 *
 * Credentials for http, in this order: the URL's own; the environment's token
 * for the host:
 *	RELCTL_TOKEN                for the host in RELCTL_TOKEN_HOST
 *	GITHUB_TOKEN                for that of GITHUB_SERVER_URL, else
 *				    github.com
 *	GH_TOKEN                    for github.com
 *	GITLAB_TOKEN                for gitlab.com
 *	CI_JOB_TOKEN                for the host in CI_SERVER_HOST
 * then $NETRC, else ~/.netrc; then git's credential helpers, which git asks.
 * All but the URL's own are sent over https or to the own machine only.  None
 * is stored in the cache, printed, or put on a command line.  ssh is left to
 * the OpenSSH client (GIT_SSH_COMMAND, core.sshCommand, GIT_SSH, else ssh).
 */

struct rel_git_fetch_options {
	/* Branch, tag or commit id; NULL = the remote's HEAD.  "~1" and the
	 * like are for rel_git_fetch_since(). */
	const char *revision;
	/* Parent of the cache; NULL = rel_cache_root(). */
	const char *cache_dir;
	/* Certificates to trust instead of the host's, PEM; NULL = those of
	 * GIT_SSL_CAINFO, CURL_CA_BUNDLE, SSL_CERT_FILE or the host. */
	const char *ca_file;
	/* Take what the cache has; never touch the network. */
	bool offline;
	/* Whole history, not only the tip. */
	bool whole_history;
	/* Seconds without a word after which a transfer is given up; 0 =
	 * REL_LIMIT_GIT_SILENCE_SECONDS.  Not watched when interactive. */
	unsigned silence_seconds;
	/* The same of all that it takes; 0 = REL_LIMIT_GIT_SECONDS. */
	unsigned total_seconds;
	/* Bytes of one file that git writes; 0 = REL_LIMIT_GIT_PACK_BYTES. */
	uint64_t max_pack;
	/* ssh and git may ask on the terminal for a password or passphrase. */
	bool interactive;
	/* Whether an error is that the repository, which is there and not
	 * empty, lacks the revision; NULL = not asked. */
	bool *lacks_revision;
	const struct rel_progress *progress;
	const struct rel_cancel *cancel;
};

/*
 * Bring `location` up to date and open it.
 * location  as rel_git_url_parse(); a local one is opened in place, and
 *           nothing is fetched or written
 * options   NULL = all defaults
 * commit    what `revision` is there now
 * Errors    REL_ENOTFOUND no such repository or revision (names what the
 *           remote has), or not in the cache under `offline`; REL_EAUTH
 *           credentials missing or refused; REL_EIO network, disk, a
 *           program's complaint (quoted); REL_EUSAGE location;
 *           REL_ECANCELLED.
 * Owner     the caller frees *store with rel_git_store_free()
 */
REL_MUST_CHECK int rel_git_fetch(struct rel_git_store **store,
				 struct rel_git_id *commit,
				 const char *location,
				 const struct rel_git_fetch_options *options,
				 struct rel_error *err);

/*
 * Resolve an earlier revision of what rel_git_fetch() opened, fetching more
 * history as far as needed (twice as deep each time, then all of it).
 * tip       the commit that rel_git_fetch() gave; "HEAD" and "@" mean it
 * revision  as rel_git_resolve_from(): "HEAD~3", a commit id, tag or branch
 * location  the same as then, and options too (options->revision still names
 *           the branch whose history is deepened)
 * Errors    as rel_git_fetch(); under `offline` REL_ENOTFOUND when the cache
 *           lacks it
 */
REL_MUST_CHECK int rel_git_fetch_since(
    struct rel_git_id *commit, struct rel_git_store *store,
    const struct rel_git_id *tip, const char *revision, const char *location,
    const struct rel_git_fetch_options *options, struct rel_error *err);

/*
 * Writing to a remote repository: push, and the branch that is written to.
 *
 * Needs the installed git; without it REL_EIO says so.  Receiving
 * repositories are never written directly, local ones neither: `git push`
 * does it, so that their hooks, protected branches and quarantine apply, and a
 * program killed at any instruction leaves them before or behind the push.
 * Credentials, proxies and ssh are as for fetching (git/remote.h).
 *
 * The usual sequence, on an outcome of REL_GIT_RACED again from refresh:
 *	rel_git_target_open()        tip of the branch, and a scratch store
 *	rel_git_write_tree(), rel_git_write_commit()     into that store
 *	rel_git_target_push()        the commit, expecting the tip
 */

enum rel_git_outcome {
	REL_GIT_DONE,	  /* every reference is at its new id there */
	REL_GIT_RACED,	  /* one is not at its expected id: nothing changed */
	REL_GIT_REJECTED, /* the server refused: nothing changed */
};

/* One reference of the remote. */
struct rel_git_push_ref {
	const char *name; /* there, in full: "refs/heads/main" */
	/* What it becomes: an object of the store; all zero = delete it. */
	struct rel_git_id id;
	/* Must it be at `old` now (true), or not be there (false)?  A
	 * reference that is at `id` already is fine in either case. */
	bool has_old;
	struct rel_git_id old;
	/* Taking back an own push: a branch may go from exactly `old` to what
	 * it was before. */
	bool back;
};

/* Zero-initialise; release with rel_git_push_result_free(). */
struct rel_git_push_result {
	enum rel_git_outcome outcome;
	/* All references changed at once.  False when the server cannot do
	 * that: they were pushed one by one in their order, and on a failure
	 * those before it are there. */
	bool atomic;
	/* REJECTED, RACED: the reference it is about; "" = not known. */
	struct rel_buf ref;
	/* REJECTED: what the server said, its own words, its lines parted by
	 * "; ", without control characters.  DONE: what its hooks printed. */
	struct rel_buf text;
};

void rel_git_push_result_free(struct rel_git_push_result *result);

/*
 * Push objects and references of a store, all or nothing.  Never forces: a
 * branch is moved from exactly `old`, and to a descendant of it.
 * location  URL or path
 * name      of a remote configured in the store's repository, whose URL
 *           `location` is: its remote-tracking branches follow.  NULL = none
 * refs      at least one
 * options   as for fetching: ca_file, silence_seconds, interactive, progress,
 *           cancel are obeyed; NULL = all defaults.  `offline` is
 *           REL_EUSAGE.
 * Errors    only when it is not known that the server decided anything:
 *           REL_EAUTH; REL_ENOTFOUND no such repository;
 *           REL_EIO network, disk, connection lost; REL_EUSAGE a location or
 *           a branch that would not move forward; REL_ECANCELLED.  After
 *           one of them the references may have moved: calling again finds
 *           out (and is DONE when they have).
 */
REL_MUST_CHECK int rel_git_push(struct rel_git_push_result *result,
				struct rel_git_store *store,
				const char *location, const char *name,
				const struct rel_git_push_ref *refs,
				size_t n_refs,
				const struct rel_git_fetch_options *options,
				struct rel_error *err);

/*
 * May these references be pushed, as far as the remote says so before it is
 * sent anything?  Nothing is changed, and no hook runs on either side.
 * Errors  as rel_git_push(); REL_EIO it would be refused, REL_ESTALE one is
 *         not at its expected id
 */
REL_MUST_CHECK int rel_git_push_try(struct rel_git_store *store,
				    const char *location, const char *name,
				    const struct rel_git_push_ref *refs,
				    size_t n_refs,
				    const struct rel_git_fetch_options *options,
				    struct rel_error *err);

/*
 * What a reference of a remote is now, asked of the remote.
 * name     in full; "HEAD" gives its commit
 * Returns  1 and *id; 0 it is not there; or as rel_git_fetch()
 */
REL_MUST_CHECK int rel_git_remote_ref(
    struct rel_git_id *id, const char *location, const char *name,
    const struct rel_git_fetch_options *options, struct rel_error *err);

/* A reference by its full name, which no NUL ends.  What it returns, unless 0,
 * ends the listing and is returned. */
typedef int rel_git_remote_ref_fn(void *context, struct rel_str name,
				  const struct rel_git_id *id,
				  struct rel_error *err);

/*
 * Call `each` for every reference of a remote that `pattern` matches as
 * git-ls-remote(1) matches ("refs/heads/" followed by an asterisk: branches).
 * Errors  as rel_git_remote_ref()
 */
REL_MUST_CHECK int rel_git_remote_ref_each(
    const char *location, const char *pattern, rel_git_remote_ref_fn *each,
    void *context, const struct rel_git_fetch_options *options,
    struct rel_error *err);

/* The branch of a remote that is written to, and a scratch repository. */
struct rel_git_target;

/*
 * Fetch the tip and make a scratch repository for new objects, which borrows
 * the cache's (or the local repository's) objects and is removed with the
 * target; what a killed run left of one is removed by the next.  The remote
 * may be empty and the branch not there yet.
 * branch   "main" or "refs/heads/main"; NULL = what the remote's HEAD names,
 *          also when that is unborn (where the server does not tell it, as
 *          without git's protocol version 2: init.defaultBranch)
 * options  as rel_git_push(), cache_dir too; what it points to must outlive
 *          the target; `revision` is ignored
 * Errors   as rel_git_fetch(); REL_EUSAGE a branch name git refuses
 * Owner    the caller frees *out with rel_git_target_free()
 */
REL_MUST_CHECK int rel_git_target_open(
    struct rel_git_target **out, const char *location, const char *branch,
    const struct rel_git_fetch_options *options, struct rel_error *err);
void rel_git_target_free(struct rel_git_target *target);

/* Fetch the tip again; the store stays (and its pointer), with all that was
 * written into it.  Errors as open; then the target is as it was. */
REL_MUST_CHECK int rel_git_target_refresh(struct rel_git_target *target,
					  struct rel_error *err);

/* Read from and write into it; lives as long as the target. */
struct rel_git_store *rel_git_target_store(struct rel_git_target *target);

/* The commit at the branch's tip when last asked; NULL = there is none. */
const struct rel_git_id *rel_git_target_tip(
    const struct rel_git_target *target);

/* "refs/heads/main" */
const char *rel_git_target_branch(const struct rel_git_target *target);

/* rel_git_push_try() with the target's own tip, for a branch of its remote. */
REL_MUST_CHECK int rel_git_target_try(struct rel_git_target *target,
				      const char *branch,
				      struct rel_error *err);

/*
 * rel_git_push() from the target's store.  When it is DONE and moved the
 * target's branch, that is the new tip.
 */
REL_MUST_CHECK int rel_git_target_push(struct rel_git_push_result *result,
				       struct rel_git_target *target,
				       const struct rel_git_push_ref *refs,
				       size_t n_refs, struct rel_error *err);

/*
 * A pull or merge request as a CI system checks it out: which commit is to be
 * merged, and from which one it departs.
 *
 * The checkout may be shallow, detached, of another user, or the merge of
 * both sides that the CI system made; nothing is written into it.  History
 * that it lacks is fetched, as little as will do, into a scratch repository
 * (git/git_private.h) that borrows the checkout's objects and is removed with
 * the request; git runs there alone.  That fetch obeys the configuration of a
 * checkout that is the user's own, all of it, as credentials of a job may be
 * in it; of another's it has what names no program.
 */

struct rel_git_request_options {
	/* The checkout: its root or .git. */
	const char *directory;
	/* What CI knows of it; any may be NULL, but not both target and
	 * base. */
	const char *target; /* branch that it is to be merged into */
	const char *base;   /* a full commit id on that branch */
	const char *head;   /* full id of the request's own last commit */
	/* cache_dir, interactive, progress, cancel; `offline`: what is here
	 * must do.  NULL = all defaults. */
	const struct rel_git_fetch_options *fetch;
};

struct rel_git_request;

/*
 * Find out.
 * fresh  what is checked out: with the request merged, or its last commit
 * base   where it departs from the target: of a merge made by the CI system
 *        its first parent, else the best common ancestor of `fresh` and
 *        options->base or the target branch
 * Errors REL_ENOTFOUND no repository, no remote `origin` to fetch from, or no
 *        common history; REL_EUSAGE neither target nor base is known; those
 *        of rel_git_fetch()
 * Owner  rel_git_request_free()
 */
REL_MUST_CHECK int rel_git_request_open(
    struct rel_git_request **out, struct rel_git_id *base,
    struct rel_git_id *fresh, const struct rel_git_request_options *options,
    struct rel_error *err);
/* Fine on NULL. */
void rel_git_request_free(struct rel_git_request *request);

/* Has both commits; lives as long as the request. */
struct rel_git_store *rel_git_request_store(struct rel_git_request *request);

/* The address of the checkout's remote `origin`, "" = none; likewise. */
const char *rel_git_request_origin(const struct rel_git_request *request);

/* Where a checkout comes from. */

/*
 * Append the address of the checkout's remote `origin`, as its configuration
 * has it.
 * Returns  1; 0 it has none, or is a bare repository, which is no checkout;
 *          or a negative code as rel_git_run()
 */
REL_MUST_CHECK int rel_git_origin(struct rel_buf *out,
				  const struct rel_git_store *store,
				  struct rel_error *err);

/* The name under which a remote's revision is kept: "refs/relctl/…". */
int rel_git_cache_ref(struct rel_buf *out, const char *revision);

/* Names and passwords for http remotes; see git/remote.h for the order. */

struct rel_git_credential {
	struct rel_buf user, password;
};

void rel_git_credential_init(struct rel_git_credential *credential);
/* Overwrites the secret before it is freed. */
void rel_git_credential_free(struct rel_git_credential *credential);

/*
 * Look for credentials of `url`, an http one.
 * Returns 1 found, 0 none, or REL_ENOMEM, REL_EIO, REL_ELIMIT,
 *         REL_EUSAGE (a line break in it).
 */
REL_MUST_CHECK int rel_git_credential_find(struct rel_git_credential *out,
					   const struct rel_git_url *url,
					   struct rel_error *err);

/* May a secret be sent there: over TLS, or to this machine? */
bool rel_git_credential_safe(const struct rel_git_url *url);

/* Look in $NETRC, else ~/.netrc, alone.  Returns as rel_git_credential_find()
 */
REL_MUST_CHECK int rel_git_credential_netrc(struct rel_git_credential *out,
					    const struct rel_git_url *url,
					    struct rel_error *err);

/*
 * Ask git's credential helpers, which never ask on the terminal.  They are
 * not told afterwards whether what they gave was of use.
 * Returns as rel_git_credential_find(); 0 also without git
 */
REL_MUST_CHECK int rel_git_credential_ask(struct rel_git_credential *out,
					  const struct rel_git_url *url,
					  struct rel_error *err);

/*
 * Find `host` in the text of a .netrc file (curl's docs, "The .netrc file
 * format": machine, default, login, password, account, macdef, # comments).
 * login  only an entry with this login; {NULL, 0} = any
 * Returns true when user and password were appended to `out`.
 */
bool rel_git_netrc_find(struct rel_git_credential *out, struct rel_str text,
			struct rel_str host, struct rel_str login);

#endif
