/* The roots of the report model: like ones are one; private. */
#ifndef REL_REPORT_ROOTS_H
#define REL_REPORT_ROOTS_H

#include "base/intern.h"
#include "check/facts.h"
#include "report/model.h"

/* A root while it is gathered. */
struct rel_root_draft {
	struct rel_report_root root;
	const char *where;	     /* the environment it was found in */
	struct rel_fact_text *facts; /* the same as the root's, to be filled */
	enum rel_section best;	     /* of the versions it blocks */
};

/* Facts of one version that is a cause. */
struct rel_root_cause {
	uint32_t root; /* index */
	const struct rel_fact_text *facts;
	size_t n_facts;
};

struct rel_roots {
	struct rel_texts *texts; /* borrowed */
	struct rel_root_draft *drafts;
	uint32_t n_drafts, drafts_cap;
	struct rel_root_cause *causes;
	uint32_t n_causes, causes_cap;
	struct rel_intern keys;		/* ids are indexes of drafts */
	struct rel_intern cause_keys;	/* draft and package */
	struct rel_report_root *ranked; /* [n_drafts], in the arena */
	struct rel_buf title, key;
	uint8_t *decides;
	uint32_t decides_cap;
};

void rel_roots_init(struct rel_roots *roots, struct rel_texts *texts);
void rel_roots_free(struct rel_roots *roots);

/* All below return 0 or REL_ENOMEM. */

/*
 * Which of the report's roots is this root of a survey, made when it is new?
 * Environments share those that are the same.
 */
REL_MUST_CHECK int rel_roots_find(uint32_t *index, struct rel_roots *roots,
				  const struct rel_survey_result *result,
				  const struct rel_root *root);

/* A version with these maintainers, one a line, lacks itself what root `index`
 * says. */
REL_MUST_CHECK int rel_roots_maintain(struct rel_roots *roots, uint32_t index,
				      const char *maintainers);

/* A version in `section` goes back to root `index`. */
void rel_roots_count(struct rel_roots *roots, uint32_t index,
		     enum rel_section section);

/*
 * Rank the roots and move them to the arena: those of what comes first in
 * the report, then those that block most.
 * id_of  [n_drafts], the final id of each
 */
REL_MUST_CHECK int rel_roots_rank(struct rel_report *out,
				  struct rel_roots *roots, uint32_t *id_of);

/* Count the distinct versions of each root and list its environments; the
 * verdicts have ids. */
REL_MUST_CHECK int rel_roots_spread(struct rel_report *out,
				    struct rel_roots *roots);

#endif
