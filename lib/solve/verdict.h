/*
 * Verdicts: which package versions of a universe can be installed, and of
 * what kind the trouble is where they cannot.
 */
#ifndef REL_SOLVE_VERDICT_H
#define REL_SOLVE_VERDICT_H

#include "base/buf.h"
#include "solve/universe.h"

enum rel_verdict {
	REL_INSTALLABLE,
	REL_BROKEN,
	REL_UNAVAILABLE, /* `available:` is false */
	REL_PINNED_OUT,	 /* told as unavailable: only another compiler than
			  * the pinned one lets it be installed */
	REL_UNREADABLE,
	REL_UNDECIDED, /* the budget of the search ended first */
};

enum rel_broken_kind {
	REL_BROKEN_NOT,
	REL_BROKEN_MISSING,    /* needs a name that no remote has */
	REL_BROKEN_CONSTRAINT, /* no version satisfies the constraint */
	REL_BROKEN_CONFLICT,   /* dependencies exclude each other */
	REL_BROKEN_CYCLE,      /* its build waits for itself (`env` only) */
};

/* "installable", "broken", …; "missing", "constraint", "conflict",
 * "cycle" */
const char *rel_verdict_text(enum rel_verdict verdict);
const char *rel_broken_kind_text(enum rel_broken_kind kind);

/* Why a version is undecided, without subject. */
int rel_undecided_sentence(struct rel_buf *out);

struct rel_decide_options {
	unsigned jobs;			 /* threads */
	const struct rel_cancel *cancel; /* may be NULL */
	struct rel_sat_stats *stats;	 /* may be NULL */
	/* models of the same stack in another environment; may be NULL */
	const struct rel_sat_models *known;
	struct rel_sat_models *found; /* takes those found; may be NULL */
};

/*
 * Decide every package.  In the profile `env` a version is installable only if
 * some model of it has no circle in the build order.  What is undecided does
 * not depend on `jobs`, `known` or the universe that rel_decide_from() begins
 * with. verdicts  [rel_universe_size()], enum rel_verdict, written Errors
 * REL_ENOMEM, REL_ECANCELLED.
 */
REL_MUST_CHECK int rel_decide(struct rel_universe *universe, uint8_t *verdicts,
			      const struct rel_decide_options *options,
			      struct rel_error *err);

/*
 * The same, when the verdicts of another universe (same environment) are
 * known: only what the difference of the two stacks can touch is decided
 * anew.  Sound because a model that avoids everything that was removed or
 * changed is still a model, and what was broken stays broken unless it
 * reaches something new.
 */
REL_MUST_CHECK int rel_decide_from(struct rel_universe *universe,
				   uint8_t *verdicts,
				   const struct rel_universe *known,
				   const uint8_t *known_verdicts,
				   const struct rel_decide_options *options,
				   struct rel_error *err);

#endif
