/*
 * The record of a survey: every verdict, and the revisions that it is about,
 * as text that the next survey is compared with.  Revisions themselves would
 * not do: an upstream remote served over HTTP has only its newest.
 * Format  docs/formats/status.md, "relctl.record/1 and /2"
 *
 *	# relctl.record/1: …
 *	remote REVISION NAME          "-" = it has no revision
 *	environment NAME
 *	VERDICT NAME VERSION…         in the environment above
 *	target STATUS PKG, PKG…       the same; only in /2
 *
 * Names of remotes and environments are the rest of the line, by
 * REL_ESCAPE_TEXT.
 */
#ifndef REL_CHECK_RECORD_H
#define REL_CHECK_RECORD_H

#include "base/buf.h"
#include "check/survey.h"

struct rel_record_remote {
	struct rel_str name, revision; /* revision len 0 = none */
};

/* One version in one environment. */
struct rel_record_verdict {
	uint32_t environment; /* index */
	struct rel_str name, version;
	uint8_t compared; /* enum rel_compared */
};

/* A target in one environment. */
struct rel_record_target {
	uint32_t environment;	 /* index */
	struct rel_str packages; /* sorted, as written */
	uint8_t status;		 /* enum rel_sat_status */
};

struct rel_record {
	struct rel_record_remote *remotes;
	uint32_t n_remotes;
	struct rel_str *environments;
	uint32_t n_environments;
	struct rel_record_verdict *verdicts; /* sorted */
	uint32_t n_verdicts;
	bool has_targets; /* false: of a format or a run without any */
	struct rel_record_target *targets; /* sorted */
	uint32_t n_targets;
};

/*
 * Append the record of what the survey looked at.  The same survey gives the
 * same bytes.  Returns out->status.
 */
int rel_record_write(struct rel_buf *out, const struct rel_survey *survey);

/*
 * Read a record.
 * Errors  REL_EPARSE with path and line: damaged, or of another format;
 *         REL_ELIMIT; REL_ENOMEM
 * Owner   rel_record_free(), also after a failure; borrows `text`
 */
REL_MUST_CHECK int rel_record_read(struct rel_record *out, struct rel_str text,
				   const char *path, struct rel_error *err);
void rel_record_free(struct rel_record *record);

/* The revision of a remote then; len 0 = none, or no such remote. */
struct rel_str rel_record_revision(const struct rel_record *record,
				   const char *remote);

/*
 * Fill in results[].before and targets[].before of a survey that was run
 * without it, or anew.  In an environment that the record does not have nothing
 * counts as changed, and no target does where the record has none.
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_record_compare(struct rel_survey *survey,
				      const struct rel_record *record,
				      struct rel_error *err);

/* As if the survey had never been compared. */
void rel_record_forget(struct rel_survey *survey);

#endif
