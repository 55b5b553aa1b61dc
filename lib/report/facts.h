/* Facts, packages and roots as the text the model holds; private. */
#ifndef REL_REPORT_FACTS_H
#define REL_REPORT_FACTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "check/survey.h"
#include "report/model.h"

struct rel_report_texts {
	struct rel_arena *arena; /* borrowed; holds every text made */
	struct rel_buf work;
};

void rel_report_texts_init(struct rel_report_texts *texts,
			   struct rel_arena *arena);
void rel_report_texts_free(struct rel_report_texts *texts);

/* All below return NULL or REL_ENOMEM when out of memory. */

/* "name.version" */
const char *rel_report_package(struct rel_report_texts *texts,
			       const struct rel_universe *u, rel_pkg_id pkg);
/* Name of the remote, and path of the manifest in it. */
const char *rel_report_remote(const struct rel_universe *u, rel_pkg_id pkg);
const char *rel_report_file(struct rel_report_texts *texts,
			    const struct rel_universe *u, rel_pkg_id pkg);

/* What of the facts of a reason is to be shown. */
struct rel_report_span {
	uint32_t first, count; /* in rel_reasons.facts */
	uint32_t omitted;
	bool whole;
};

/*
 * Facts of a reason → *out, an array of *n in the arena.  A fact about no
 * package at their end says what is left out, or not made shortest.
 */
REL_MUST_CHECK int rel_report_facts(const struct rel_report_fact **out,
				    size_t *n, struct rel_report_texts *texts,
				    const struct rel_survey_result *r,
				    const struct rel_report_span *span);

/* The one fact that says why `pkg` is unavailable, unreadable or undecided. */
REL_MUST_CHECK int rel_report_state_fact(const struct rel_report_fact **out,
					 struct rel_report_texts *texts,
					 const struct rel_survey_result *r,
					 rel_pkg_id pkg);

/* Everything of a root but its id and its count. */
REL_MUST_CHECK int rel_report_root(struct rel_report_root *out,
				   struct rel_report_texts *texts,
				   const struct rel_survey_result *r,
				   const struct rel_root *root);

/* notices.c: what the remotes hold that a keeper wants to know, and which
 * versions of one remote hide those of another. */
REL_MUST_CHECK int rel_report_notices(struct rel_report *out,
				      struct rel_report_texts *texts,
				      const struct rel_stack *stack);

/* The gathered text, moved to the arena. */
const char *rel_report_keep(struct rel_report_texts *texts);

#endif
