/* One transfer into a cache, and the two ways to do it. */
#ifndef REL_GIT_JOB_H
#define REL_GIT_JOB_H

#include "git/cache.h"
#include "git/fetch.h"

/* Values of rel_git_job.depth beside a number of commits. */
#define REL_GIT_DEPTH_KEEP 0  /* what is new, behind what is there */
#define REL_GIT_DEPTH_ALL  -1 /* the whole history */

struct rel_git_job {
	const struct rel_git_url *url;
	const char *clean; /* URL without credentials */
	const char *title; /* short, for progress */
	struct rel_git_cache *cache;
	const struct rel_git_fetch_options *options;
	/* Branch, tag, full commit id or "HEAD", kept under
	 * rel_git_cache_ref(); NULL = every branch and tag. */
	const char *revision;
	int depth;
};

/* The variable that names the file of certificates to trust: GIT_SSL_CAINFO,
 * else rel_network_ca_file(); NULL = none is set. */
const char *rel_git_ca_variable(void);

/* That file: options->ca_file, else of the variable.  NULL = the host's. */
const char *rel_git_ca_file(const struct rel_git_fetch_options *options);

/* Seconds of silence after which a transfer is given up. */
unsigned rel_git_silence(const struct rel_git_fetch_options *options);
/* Has it been silent for longer since `heard`? */
bool rel_git_silence_over(const struct rel_git_fetch_options *options,
			  int64_t heard);

/* A clock for it, in seconds. */
int64_t rel_git_job_clock(void);

/* REL_EIO when it has been silent since `heard` for too long, else 0. */
REL_MUST_CHECK int rel_git_job_check_silence(const struct rel_git_job *job,
					     int64_t heard,
					     struct rel_error *err);

/*
 * Transfer with the installed git.
 * Errors  REL_ENOTFOUND no such repository or revision; REL_EAUTH; REL_EIO;
 *         REL_ECANCELLED; texts quote git's own
 */
REL_MUST_CHECK int rel_git_program_fetch(const struct rel_git_job *job,
					 struct rel_error *err);

/* Transfer with libgit2.  Errors as above. */
REL_MUST_CHECK int rel_git_library_fetch(const struct rel_git_job *job,
					 struct rel_error *err);

/* Can libgit2 itself fetch a part of the history? */
bool rel_git_library_is_shallow_capable(void);

/*
 * Make an error text of what a program (git, ssh) wrote on stderr: its last
 * few lines that say something, in one.
 * what  what was done: "cannot fetch …"
 * url   of the server that was talked to; NULL = none
 */
int rel_git_complaint_fail(struct rel_error *err, const char *what,
			   const struct rel_git_url *url, struct rel_str text);

/* Append what to do about a proxy or a certificate that stands in the way to
 * `url`, "; …"; nothing where `text`, a program's or libgit2's, is not about
 * them. */
void rel_git_network_remedy(struct rel_buf *out, const struct rel_git_url *url,
			    struct rel_str text);

#endif
