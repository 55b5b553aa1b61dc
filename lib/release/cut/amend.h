/*
 * Changes of a published manifest: a version is withdrawn, so that nobody
 * installs it any more, or its metadata is revised.  What it is made of stays:
 * the archive, its checksums and how it is built never change.
 *
 * Either is one commit on the development remote (or a change of a directory),
 * with a line of the ledger, made by compare-and-swap.
 */
#ifndef REL_RELEASE_AMEND_H
#define REL_RELEASE_AMEND_H

#include "release/cut/cut.h"

/* A field of the manifest. */
struct rel_amend_field {
	const char *name;
	const char *value; /* opam syntax; "" = remove the field */
};

/* All borrowed. */
struct rel_amend_options {
	const char *package; /* NAME.VERSION */
	/* Withdraw it: `available: false`, the flag "deprecated", and the
	 * reason as x-withdrawn.  Else revise it. */
	bool withdraw;
	const char *reason; /* for the commit too; NULL = none */
	/* To revise: the whole new manifest (ptr NULL = none) and its path for
	 * messages, or fields to set in the one that is there. */
	struct rel_str text;
	const char *text_path;
	const struct rel_amend_field *fields;
	size_t n_fields;
	bool allow_broken;  /* findings of the gate do not stop it */
	bool dry_run;	    /* write nothing */
	const char *branch; /* of the development remote, for review */
	bool request;	    /* open a pull request for it */
	const struct rel_conf *conf;
	const struct rel_remote *remotes;
	size_t n_remotes;
	const struct rel_remote_options *reading;
	struct rel_survey_options survey;
	struct rel_cut_callbacks callbacks;
	const struct rel_progress *progress; /* may be NULL */
	const struct rel_cancel *cancel;     /* may be NULL */
};

/* Texts live in the arena. */
struct rel_amend_result {
	enum rel_cut_outcome outcome; /* ALREADY: there is nothing to change */
	const char *path;	      /* of the manifest in the remote */
	const char *remote, *commit;  /* commit "" = a directory */
	const char *branch;	      /* for review; NULL = the remote's own */
	const char *request;	      /* address; NULL = none was opened */
	struct rel_buf patch;	      /* what changes, as a diff */
	struct rel_arena arena;
};
void rel_amend_result_free(struct rel_amend_result *result);

/*
 * Do it.  The result is linted and put to the gate first: an error that the
 * manifest did not have, the version itself or a dependent that could be
 * installed before and no more, are findings.  A race is tried again.
 * Errors  REL_ENOTFOUND the development remote has no such version; REL_EPARSE
 *         with path and line: a value that is none, a field that may not
 *         change; REL_EIO the remote refuses, in its own words; those of
 *         rel_writable_open(), rel_gate_open(), rel_publish_request_open()
 * Owner   rel_amend_result_free(), also after a failure
 */
REL_MUST_CHECK int rel_amend(struct rel_amend_result *out,
			     const struct rel_amend_options *options,
			     struct rel_error *err);

#endif
