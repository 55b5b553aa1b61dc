/*
 * A cut: from a source revision to an immutable release on the development
 * remote, in steps that are recorded in a journal (release/cut/journal.h)
 * before and after.  The last write to the remote is the commit point: before
 * it everything can be taken back, after it nothing.
 *
 * Every step first looks whether it is done already, at the thing itself and
 * not only in the journal, and everything it makes depends on the plan alone
 * (times included), so that a step that was killed half-way can be done again
 * and gives the same bytes.
 * Source  DESIGN, "Cutting a release"
 */
#ifndef REL_RELEASE_CUT_H
#define REL_RELEASE_CUT_H

#include "check/survey.h"
#include "conf/conf.h"
#include "release/cut/gate.h"

enum rel_cut_step {
	REL_CUT_PREFLIGHT, /* is it fit to be released? */
	REL_CUT_TRIAL,	 /* what release: check: says, when it says something */
	REL_CUT_BUMP,	 /* version strings, one commit */
	REL_CUT_TAG,	 /* annotated, signed when asked */
	REL_CUT_PACK,	 /* archive and digests, read back */
	REL_CUT_PUBLISH, /* archive to its public place, fetched back */
	REL_CUT_PUSH,	 /* commit and tag to the source's remote; before
			  * REL_CUT_PUBLISH when that is to a forge */
	REL_CUT_WRITE,	 /* manifests: the commit point */
	REL_CUT_REQUEST, /* that the branch be taken over, when asked */
	REL_CUT_CHECK,	 /* what is broken now */
	REL_CUT_STEPS,
};

/* "preflight", "bump", … */
const char *rel_cut_step_name(enum rel_cut_step step);

enum rel_cut_severity {
	REL_CUT_ERROR,	 /* stops the cut */
	REL_CUT_WARNING, /* does not, unless options->strict is set */
	/* not even then, since a tag that was pushed is not made again for it;
	 * when relctl.yml is strict, it does */
	REL_CUT_MINOR,
	REL_CUT_ALLOWED, /* an error of the gate, with allow_broken */
};

/* Something that speaks against the release. */
struct rel_cut_finding {
	enum rel_cut_severity severity;
	/* what it is about, as far as known: "name.version"; a file of the
	 * source, and the line in it from 1 (0 = none); an environment */
	const char *package; /* or NULL */
	const char *path;    /* or NULL */
	uint32_t line;
	const char *environment; /* or NULL */
	const char *text;	 /* one line */
};

/* What a cut says while it goes on. */
struct rel_cut_callbacks {
	/* one line about what a step did */
	void (*tell)(void *context, enum rel_cut_step step, const char *text);
	/* what was found since the last call; one at least */
	void (*findings)(void *context, const struct rel_cut_finding *findings,
			 size_t n);
	/* The plan is ready, nothing is written yet: go on?  0 = yes.  NULL =
	 * yes always. */
	int (*confirm)(void *context, const char *plan, struct rel_error *err);
	void *context;
	/* of a preview: what the bump changes in the source, as `git diff`
	 * shows it; may be NULL */
	void (*diff)(void *context, const char *text);
};

/* All borrowed. */
struct rel_cut_options {
	const char *directory; /* in the checkout; NULL = here */
	/* what to release; none of them = all that the source has */
	const char *const *packages;
	size_t n_packages;
	/* With none named: there must be one only, or REL_EUSAGE asks. */
	bool one;
	/* Or "major", "minor", "patch", "prerelease": the one after the newest
	 * that was released (release/source/numbering.h); not with `tag`. */
	const char *version;
	/* Somebody is there to think twice: what is likely a slip stops it. */
	bool attended;
	bool allow_broken; /* findings of the gate do not stop it */
	bool no_changelog; /* a missing entry does not stop it */
	/* the bump dates a heading that says that it is not released */
	bool date_changelog;
	/* instead of an entry in the change log; ptr NULL = none */
	struct rel_str notes;
	bool strict;  /* warnings stop it, as with release: strict: */
	bool older;   /* older than the newest release is fine */
	bool no_push; /* leave the source's own remote alone */
	/*
	 * A tag that stands, without refs/tags/, is what is released, as in a
	 * run of a CI system: HEAD may be on no branch, but is at its commit;
	 * there is no commit to set a version, and nothing to push to the
	 * source's remote.  Who releases is, unless git is configured for it,
	 * the author of that commit.  An unfinished cut of the same tag is
	 * finished.  NULL = make the tag.
	 */
	const char *tag;
	bool either;	      /* of struct rel_tagged, of that tag */
	const char *namesake; /* the same; NULL = none */
	const char *trusted;  /* as of rel_git_worktree_open() */
	const char *branch;   /* of the development remote, for review */
	bool request;	      /* open a pull request for it; also continuing */
	const char *sign;     /* overrides release: sign:; may be NULL */
	const struct rel_conf *conf;
	const struct rel_remote *remotes;
	size_t n_remotes;
	const struct rel_remote_options *reading;
	struct rel_survey_options survey; /* environments, jobs, cache */
	bool has_time;			  /* `time` instead of the clock */
	int64_t time;			  /* UTC seconds, of commits and tag */
	bool interactive;		  /* passphrases may be asked for */
	struct rel_cut_callbacks callbacks;
	const struct rel_progress *progress; /* may be NULL */
	const struct rel_cancel *cancel;     /* may be NULL */
};

enum rel_cut_outcome {
	REL_CUT_DONE,
	REL_CUT_ALREADY, /* it was released before; nothing was done */
	REL_CUT_STOPPED, /* findings; nothing was done */
	/* `tag` is of no release; nothing was done, `why` says why not */
	REL_CUT_NO_RELEASE,
};

/* What came out.  Texts live in the arena. */
struct rel_cut_result {
	enum rel_cut_outcome outcome;
	const char *const *packages; /* "name.version" */
	size_t n_packages;
	const char *tag, *commit; /* commit: 40 digits */
	const char *archive;	  /* its address */
	const char *sha256, *sha512;
	uint64_t size; /* of the archive, in bytes; 0 = not known */
	const char *remote, *remote_text, *remote_commit;
	const char *branch; /* written for review; NULL = the remote's own */
	/* the shell's commands with which opam gets remote and packages; and
	 * `branch`, as long as it is not merged; NULL = none */
	const char *use, *try_branch;
	const char *request; /* address of the pull request; or NULL */
	const char *why;     /* of REL_CUT_NO_RELEASE; or NULL */
	struct rel_arena arena;
};
void rel_cut_result_free(struct rel_cut_result *result);

/*
 * Make the release.
 * Errors  REL_EEXISTS an unfinished cut is there (the text says what to do),
 *         another one is running, or the version is taken; others as the
 *         parts say, each with what to do.  Before the journal is begun
 *         nothing was changed; after that rel_cut_continue() goes on and
 *         rel_cut_abort() takes back.
 * Owner   rel_cut_result_free(), also after a failure
 */
REL_MUST_CHECK int rel_cut_run(struct rel_cut_result *out,
			       const struct rel_cut_options *options,
			       struct rel_error *err);

/*
 * Finish the unfinished cut of this source.  Of the options, what to release
 * and how is not looked at: the journal has it.
 * Errors  REL_ENOTFOUND there is none; as rel_cut_run()
 */
REL_MUST_CHECK int rel_cut_continue(struct rel_cut_result *out,
				    const struct rel_cut_options *options,
				    struct rel_error *err);

/*
 * Take the unfinished cut back: remote and source are as they were.
 * Errors  REL_ENOTFOUND there is none; REL_EEXISTS the manifests are on the
 *         remote: it is too late; what could not be taken back (call again)
 */
REL_MUST_CHECK int rel_cut_abort(const struct rel_cut_options *options,
				 struct rel_error *err);

/*
 * Tell (callbacks.tell) of the unfinished cut of this source, if there is one,
 * and which was the last finished one.
 * *unfinished  there is one
 */
REL_MUST_CHECK int rel_cut_status(bool *unfinished,
				  const struct rel_cut_options *options,
				  struct rel_error *err);

/*
 * What rel_cut_run() would do, without writing anything: look, tell
 * (callbacks.tell, callbacks.diff) what each step would write and where, and
 * append to `out` the manifests as a diff that `git apply` takes.  Several at
 * once are a train: each is looked at as if those before it were released.
 * *stopped  there are findings
 * Errors    as rel_cut_run()
 */
REL_MUST_CHECK int rel_cut_preview(struct rel_buf *out, bool *stopped,
				   const struct rel_cut_options *const cars[],
				   size_t n_cars, struct rel_error *err);

#endif
