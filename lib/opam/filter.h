/*
 * Evaluating filters.
 * Source  opam src/format/opamFilter.ml: reduce, resolve_ident_raw,
 *         expand_string, partial_eval.
 */
#ifndef REL_OPAM_FILTER_H
#define REL_OPAM_FILTER_H

#include "opam/expr.h"

enum rel_value_kind {
	REL_VALUE_UNDEFINED,
	REL_VALUE_BOOL,
	REL_VALUE_STRING,
};

struct rel_value {
	enum rel_value_kind kind;
	bool boolean;
	struct rel_str string; /* borrowed; lives as long as the evaluation */
};

/*
 * Where variables come from.  `package` is empty for a global variable, "_"
 * for the manifest's own, else a package's name.  Sets *out (UNDEFINED when
 * there is no such variable).
 */
struct rel_variables {
	void (*lookup)(const void *context, struct rel_str package,
		       struct rel_str name, struct rel_value *out);
	const void *context;
};

/*
 * Reduce the filter `id` to a value as opam's OpamFilter.reduce does.
 * scratch  holds expanded strings; reset it when the value is not needed
 * Errors   REL_ENOMEM; REL_ELIMIT.
 */
REL_MUST_CHECK int rel_filter_reduce(struct rel_value *out,
				     const struct rel_exprs *exprs,
				     rel_expr_id id,
				     const struct rel_variables *variables,
				     struct rel_arena *scratch,
				     struct rel_error *err);

/*
 * The same as a truth value: an undefined result or one that is not a boolean
 * gives `fallback`; the strings "true" and "false" are booleans.
 * REL_EXPR_NONE is true.
 */
REL_MUST_CHECK int rel_filter_eval(bool *out, const struct rel_exprs *exprs,
				   rel_expr_id id,
				   const struct rel_variables *variables,
				   bool fallback, struct rel_arena *scratch,
				   struct rel_error *err);

#endif
