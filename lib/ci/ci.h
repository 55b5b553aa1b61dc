/*
 * Where relctl runs and what that run is about, as the CI system says it: in
 * environment variables and, for requests, in the file of the event.  Nothing
 * is asked of git or the network here.
 *
 * Source  docs.github.com, "Variables reference" and "Webhook events and
 *         payloads"; docs.gitlab.com, "Predefined CI/CD variables reference";
 *         forgejo.org/docs, "Forgejo Actions | Reference"; docs.gitea.com,
 *         "Gitea Actions Variables"; woodpecker-ci.org/docs, "Environment
 *         variables"
 */
#ifndef REL_CI_CI_H
#define REL_CI_CI_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

enum rel_ci_system {
	REL_CI_PLAIN, /* none of the others: cron, a terminal, another CI */
	REL_CI_GITHUB,
	REL_CI_GITLAB,
	REL_CI_FORGEJO, /* and Gitea */
	REL_CI_WOODPECKER,
	REL_CI_SYSTEMS,
};

/* Names for --system, blank-separated, in the order of the enum. */
#define REL_CI_SYSTEM_NAMES "plain github gitlab forgejo woodpecker"
/* "plain", … */
const char *rel_ci_system_name(enum rel_ci_system kind);

enum rel_ci_event {
	REL_CI_OTHER,	 /* something else, or not known */
	REL_CI_TAG,	 /* a tag was pushed, or a run was started on one */
	REL_CI_BRANCH,	 /* a branch was pushed */
	REL_CI_REQUEST,	 /* a pull or merge request was opened or changed */
	REL_CI_SCHEDULE, /* on a schedule */
	REL_CI_MANUAL,	 /* somebody, or an API, started it on a branch */
};

/* A pull or merge request.  Any of it may be NULL. */
struct rel_ci_request {
	const char *number;
	const char *target; /* branch that it is to be merged into */
	/* Commit on that branch which the request was compared with when the
	 * event was made; the branch may have moved on. */
	const char *base;
	const char *source; /* its branch, in its own repository */
	const char *head;   /* the last commit of it */
	bool foreign;	    /* from another repository: a fork */
};

/* Texts are borrowed from the environment, or live in the struct. */
struct rel_ci {
	enum rel_ci_system kind;
	enum rel_ci_event event;
	const char *event_name;	 /* the system's word for it, "" = none */
	const char *tag;	 /* without refs/tags/; set when it is a tag */
	const char *branch;	 /* without refs/heads/; NULL for a tag */
	const char *commit;	 /* what was checked out; may be NULL */
	const char *repository;	 /* "owner/name"; may be NULL */
	const char *url;	 /* of its web page; may be NULL */
	const char *job_url;	 /* of this run's web page; may be NULL */
	const char *directory;	 /* of the checkout; NULL = here */
	const char *summary;	 /* file to append Markdown to; may be NULL */
	const char *outputs;	 /* file to append outputs to; may be NULL */
	const char *report;	 /* Code Quality file to make; may be NULL */
	const char *environment; /* KEY=VALUE file to make; may be NULL */
	struct rel_ci_request request; /* of a request */
	/* the rest is private */
	struct rel_arena arena;
};

/*
 * Find out.
 * environment  "NAME=value", NULL at the end, as environ(7); borrowed
 * name         a name of REL_CI_SYSTEM_NAMES to believe instead of looking
 *              for the system's marks; NULL = look
 * A request's event file (GITHUB_EVENT_PATH) is read as well.
 * Errors  REL_EUSAGE no such system; the event file: REL_ENOTFOUND, REL_EIO,
 *         REL_ELIMIT, and as rel_ci_read_event()
 * Owner   rel_ci_free(), also after a failure
 */
REL_MUST_CHECK int rel_ci_detect(struct rel_ci *out,
				 const char *const *environment,
				 const char *name, struct rel_error *err);
void rel_ci_free(struct rel_ci *ci);

/*
 * What the event file of GitHub, Gitea or Forgejo says about a request:
 * number, target, base, source, head, foreign.  What it does not say is left
 * as it is.
 * Errors  REL_EPARSE no JSON; REL_ENOMEM
 */
REL_MUST_CHECK int rel_ci_read_event(struct rel_ci *ci, struct rel_str json,
				     struct rel_error *err);

#endif
