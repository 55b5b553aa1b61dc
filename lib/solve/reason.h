/*
 * Reasons: why a package version is broken, as a short list of facts, and
 * the root they go back to.
 */
#ifndef REL_SOLVE_REASON_H
#define REL_SOLVE_REASON_H

#include "solve/verdict.h"

enum rel_fact_kind {
	/* package needs what no remote has, or no version satisfies, or only
	 * versions that are broken or unavailable themselves */
	REL_FACT_NEEDS,
	/* package excludes versions of another name (`conflicts:`) */
	REL_FACT_CONFLICTS,
	/* package is in a conflict-class with another name's versions */
	REL_FACT_CLASS,
	/* package is broken itself: its own reason is listed elsewhere */
	REL_FACT_BROKEN,
	/* package is not available in this environment */
	REL_FACT_UNAVAILABLE,
	/* package's manifest cannot be read */
	REL_FACT_UNREADABLE,
	/* the build of package waits for that of another in a circle; these
	 * facts stand in the order of the circle */
	REL_FACT_CIRCLE,
	/* the environment pins the compiler and rules `package` out */
	REL_FACT_PINNED,
};

struct rel_fact {
	enum rel_fact_kind kind;
	rel_pkg_id package;
	/* NEEDS, CLASS: into needs; CONFLICTS: into conflicts; CIRCLE: for
	 * rel_circles_step() */
	uint32_t index;
};

/* The last fact that a chain of broken packages goes back to. */
struct rel_root {
	enum rel_broken_kind kind;
	rel_pkg_id package;	      /* the one whose own facts cannot hold */
	uint32_t first_fact, n_facts; /* in rel_reasons.facts */
	uint32_t blocks;	      /* broken versions that go back to it */
	uint32_t omitted;	      /* facts left out, over a limit */
	bool whole; /* the budget ended before needless facts were found */
};

struct rel_reason {
	rel_pkg_id package;
	enum rel_broken_kind kind; /* of its root */
	uint32_t root;		   /* index */
	/* from the package down to the root: NEEDS facts, each leading to the
	 * next package, then the root's own facts */
	uint32_t first_fact, n_facts;
	uint32_t omitted; /* facts left out, over a limit */
	bool whole;	  /* of its root */
};

struct rel_reasons {
	struct rel_reason *items; /* one a broken package, ascending ids */
	uint32_t n_items;
	struct rel_root *roots; /* by impact, descending */
	uint32_t n_roots;
	struct rel_fact *facts;
	uint32_t n_facts;
};

/*
 * Explain every broken package of `verdicts`.
 * *out  freed with rel_reasons_free()
 */
REL_MUST_CHECK int rel_explain(struct rel_reasons **out,
			       struct rel_universe *universe,
			       const uint8_t *verdicts,
			       const struct rel_cancel *cancel,
			       struct rel_error *err);
void rel_reasons_free(struct rel_reasons *reasons);

/* The reason of `pkg`, NULL when it is not broken. */
const struct rel_reason *rel_reason_find(const struct rel_reasons *reasons,
					 rel_pkg_id pkg);

/*
 * Append one fact as a sentence without subject, the manifest's own words
 * in it: `needs git >= 2.0.0, newest is 1.11.2`.
 */
int rel_fact_sentence(struct rel_buf *out, const struct rel_universe *universe,
		      const uint8_t *verdicts, const struct rel_fact *fact);

#endif
