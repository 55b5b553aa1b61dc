/* The installed git, run with an environment that suits us. */
#ifndef REL_GIT_RUN_H
#define REL_GIT_RUN_H

#include "git/remote.h"

/* A git directory that is none: then git is in no repository, wherever it is
 * run, and obeys the user's and the host's configuration alone. */
#define REL_GIT_NOWHERE "/dev/null"

struct rel_git_cache;

/* Zero what is not wanted; rel_git_run_init() first. */
struct rel_git_run {
	const char *git_dir; /* --git-dir; NULL = what `cwd` is in */
	const char *cwd;     /* NULL = here */
	/* --work-tree; NULL = what the repository says. */
	const char *work_tree;
	/* `git_dir` was made by us, with a configuration of ours (a cache, a
	 * scratch repository); it may hold or borrow objects of anybody. */
	bool made;
	/* The remote it talks to, for its credentials; NULL = none. */
	const struct rel_git_url *url;
	const char *clean; /* that without credentials, for error texts */
	const struct rel_git_fetch_options *options;
	struct rel_git_cache *cache; /* lent to git while it runs, or NULL */
	const char *what;	     /* "cannot fetch", for error texts */
	/* For progress: what to call it, and the words of git's own line
	 * ("Receiving objects") whose numbers are shown. */
	const char *title, *counted;
	struct rel_str input; /* fed to stdin */
	struct rel_buf out;   /* stdout; its max is the caller's */
	/* stderr without progress, in lines. */
	struct rel_buf err_out;
	int status; /* exit status, or 128 + signal */
};

/* The variable that names the file of certificates to trust: GIT_SSL_CAINFO,
 * else rel_network_ca_file(); NULL = none is set. */
const char *rel_git_ca_variable(void);

/* out_max  bytes of stdout kept; 0 = none is read */
void rel_git_run_init(struct rel_git_run *run,
		      const struct rel_git_fetch_options *options,
		      size_t out_max);
/* For a run in no repository, with the configuration of the user and the host
 * alone. */
void rel_git_run_init_nowhere(struct rel_git_run *run, const char *what,
			      size_t out_max);
void rel_git_run_free(struct rel_git_run *run);

/*
 * Run "git [--git-dir …] <args>" to its end and fill out, err_out and
 * status.  Unless the repository was made by us, it must be the user's own, all
 * of it (git/git_private.h).  Its messages are English, it obeys neither
 * GIT_DIR and the like of the environment nor asks on the terminal unless
 * options->interactive.
 * args    ends with NULL
 * Errors  REL_EIO (git is not installed; silent for too long; a repository of
 *         another user), REL_ELIMIT, REL_ECANCELLED, those of credentials; a
 * non-zero status is none
 */
REL_MUST_CHECK int rel_git_run(struct rel_git_run *run,
			       const char *const args[], struct rel_error *err);

/* An error of what git complained about; of the status when it did not. */
int rel_git_run_fail(const struct rel_git_run *run, struct rel_error *err);

/* rel_git_run(), and rel_git_run_fail() for a non-zero status. */
REL_MUST_CHECK int rel_git_run_ok(struct rel_git_run *run,
				  const char *const args[],
				  struct rel_error *err);

/*
 * Make an error text of what a program (git, ssh) wrote on stderr: its last
 * few lines that say something, in one.
 * what  what was done: "cannot fetch …"
 * url   of the server that was talked to; NULL = none
 */
int rel_git_stderr_fail(struct rel_error *err, const char *what,
			const struct rel_git_url *url, struct rel_str text);

/* May git be run in this repository: is it the user's own, all of it? */
bool rel_git_run_may(const char *git_dir);

/*
 * Append one value of git's configuration.
 * git_dir  whose; NULL, and one that is not the user's own: the user's and the
 *          host's only, whatever repository we are run in
 * type     "path" expands "~"; NULL = as it stands
 * Returns  1 found; 0 not set; or a negative code
 */
REL_MUST_CHECK int rel_git_config_get(struct rel_buf *out, const char *git_dir,
				      const char *type, const char *key,
				      struct rel_error *err);

/*
 * GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, else user.name and user.email of the
 * configuration that holds in the current directory; nothing is guessed from
 * the host's name.
 * name, email      appended, NUL-terminated
 * seconds, offset  GIT_AUTHOR_DATE, else now and the local zone; UTC seconds
 *                  and minutes east
 * Errors  REL_ENOTFOUND one of them is not set; the text says what to do;
 *         REL_EIO no git
 */
REL_MUST_CHECK int rel_git_user(struct rel_buf *name, struct rel_buf *email,
				int64_t *seconds, int *offset,
				struct rel_error *err);

/*
 * The same where the configuration of the repository around `dir` holds too,
 * if that is the user's own.
 * role  "AUTHOR" or "COMMITTER": GIT_<role>_NAME and so on
 * seconds, offset  either may be NULL
 */
REL_MUST_CHECK int rel_git_user_at(struct rel_buf *name, struct rel_buf *email,
				   int64_t *seconds, int *offset,
				   const char *dir, const char *role,
				   struct rel_error *err);

#endif
