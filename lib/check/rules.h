/*
 * What the checks of one manifest beyond opam's share; private to lib/check.
 */
#ifndef REL_CHECK_RULES_H
#define REL_CHECK_RULES_H

#include "check/submission.h"
#include "opam/tree.h"

struct rel_rules {
	struct rel_opam_tree tree;
	struct rel_arena *arena;
	struct rel_submission_findings *out;
	int status; /* REL_ENOMEM; the findings are worthless then */
};

static inline const struct rel_node *rel_rules_node(const struct rel_rules *r,
						    rel_node_id id)
{
	return &r->tree.nodes[id];
}

/* Add a finding about `node` (NONE = the whole manifest), printf-style.
 * rule  static */
void rel_rules_add(struct rel_rules *r, enum rel_lint_severity severity,
		   const char *rule, rel_node_id node, const char *fmt, ...)
    REL_PRINTF(5, 6);

/* The value of a top-level field; NONE. */
rel_node_id rel_rules_value(const struct rel_rules *r, const char *field);

#endif
