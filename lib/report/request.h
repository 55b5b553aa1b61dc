/*
 * What a pull or merge request does to a remote: what it newly breaks, what
 * is wrong with the manifests that it changes, which published archives it
 * would change, and what it repairs.  Of what stays as it was, nothing.
 */
#ifndef REL_REPORT_REQUEST_H
#define REL_REPORT_REQUEST_H

#include "base/arena.h"
#include "check/lint_run.h"
#include "git/objects.h"
#include "release/audit/freeze.h"
#include "report/model.h"

/* All borrowed. */
struct rel_report_request {
	const struct rel_report *report;   /* --since the base */
	const char *remote;		   /* the layer that is changed */
	const struct rel_git_diff *diff;   /* of it */
	const struct rel_lint_run *before; /* the changed manifests, then */
	const struct rel_lint_run *now;	   /* and now */
	const struct rel_freeze_finding *frozen;
	size_t n_frozen;
};

enum rel_request_about {
	REL_REQUEST_BROKEN,
	REL_REQUEST_TARGET, /* of relctl.yml, not installable any more */
	REL_REQUEST_LINT,
	REL_REQUEST_FROZEN,
	REL_REQUEST_UNAVAILABLE,
};

/* Something to be told at a line that the request changed. */
struct rel_request_note {
	enum rel_request_about about;
	bool is_error;	     /* the request should not be merged so */
	const char *path;    /* from the root of the remote; "" = nowhere */
	uint32_t line;	     /* of a removed file and of "": 0 */
	uint32_t column;     /* from 1, in bytes; 0 = not known */
	const char *title;   /* "b.1 is broken" */
	const char *text;    /* one line */
	const char *subject; /* name.version, or the path */
};

struct rel_request_notes {
	struct rel_request_note *items; /* in order of path and line */
	uint32_t count;
	uint32_t errors; /* of them; 0 = it may be merged */
};

/*
 * Find the notes and their places.  A version that newly breaks is told at
 * the line of its reason that the request changed, in its own manifest if it
 * is there; where it breaks because a package went away, at the manifest that
 * is gone.
 * Owner   everything new is in `arena`
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_request_find(struct rel_request_notes *out,
				    const struct rel_report_request *request,
				    struct rel_arena *arena,
				    struct rel_error *err);

#endif
