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
#ifndef REL_GIT_FETCH_H
#define REL_GIT_FETCH_H

#include "base/cancel.h"
#include "base/progress.h"
#include "git/store.h"

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
	/* ssh and git may ask on the terminal for a password or passphrase. */
	bool interactive;
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

#endif
