/*
 * The evaluator behind filter.h, with the knobs formula.c needs.
 * Source  opam src/format/opamFilter.ml: reduce, partial_eval.
 */
#ifndef REL_OPAM_FILTER_EVAL_H
#define REL_OPAM_FILTER_EVAL_H

#include "opam/filter.h"

/*
 * A plain evaluation has `first` only.  opam's two-step evaluation is asked
 * for with `partial` (first step: what is undefined stays undefined, also a
 * string with it in; but a converter in a string has the last word) and with
 * `second` (last step: variables that `first` does not have; `?x` stays what it
 * was in the first step).
 */
struct rel_filter_eval {
	const struct rel_exprs *exprs;
	const struct rel_variables *first, *second; /* second may be NULL */
	bool partial;
	struct rel_arena *scratch;
	int status; /* 0 or the first failure; values mean nothing then */
	struct rel_error *err;
};

struct rel_value rel_filter_value(struct rel_filter_eval *eval, rel_expr_id id);

/* Replace %{…}% in `text`; UNDEFINED only when partial. */
struct rel_value rel_filter_expand(struct rel_filter_eval *eval,
				   struct rel_str text);

/* What a value is as text: "true", "false", "" for undefined. */
struct rel_str rel_value_text(const struct rel_value *value);

/* A boolean or "true" or "false"?  Then *out is which. */
bool rel_value_truth(const struct rel_value *value, bool *out);

#endif
