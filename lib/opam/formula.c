#include "opam/formula.h"

#include "opam/cnf.h"
#include "opam/version.h"

struct resolver {
	struct rel_cnf cnf;
	enum rel_formula_pipeline pipeline;
	bool fallback;
	struct rel_filter_eval eval;	  /* FILTER, or the first step */
	struct rel_filter_eval last_step; /* PARTIAL */
};

enum rel_constraint_state rel_constraint_bound(
    const struct rel_constraint **out, struct rel_filter_eval *eval,
    rel_expr_id id)
{
	const struct rel_exprs *exprs = eval->exprs;
	const struct rel_expr *node = &exprs->nodes[id];
	const struct rel_expr *bound = &exprs->nodes[node->a];
	struct rel_constraint *constraint;
	struct rel_str version;
	struct rel_value value;

	version = exprs->string(exprs->context, bound->a);
	if (bound->kind != REL_EXPR_STRING ||
	    rel_str_find(version, '%') < version.len) {
		value = rel_filter_value(eval, node->a);
		version = rel_value_text(&value);
		if (!rel_version_is_valid(version))
			return REL_CONSTRAINT_TRUE;
	}
	constraint = rel_arena_alloc(eval->scratch, sizeof(*constraint));
	if (!constraint) {
		eval->status = rel_fail_nomem(eval->err);
		return REL_CONSTRAINT_TRUE;
	}
	constraint->kind = REL_CONSTRAINT_RELOP;
	constraint->op = (enum rel_relop)node->op;
	constraint->version = version;
	*out = constraint;
	return REL_CONSTRAINT_BOUND;
}

const struct rel_constraint *rel_constraint_join(
    struct rel_filter_eval *eval, enum rel_constraint_kind kind,
    const struct rel_constraint *left, const struct rel_constraint *right)
{
	struct rel_constraint *join =
	    rel_arena_alloc(eval->scratch, sizeof(*join));

	if (!join) {
		eval->status = rel_fail_nomem(eval->err);
		return NULL;
	}
	join->kind = kind;
	join->left = left;
	join->right = right;
	return join;
}

enum rel_constraint_pair rel_constraint_pair(enum rel_expr_kind op,
					     enum rel_constraint_state left,
					     enum rel_constraint_state right)
{
	enum rel_constraint_state absorb =
	    op == REL_EXPR_OR ? REL_CONSTRAINT_TRUE : REL_CONSTRAINT_FALSE;

	if (left == absorb || right == absorb)
		return REL_PAIR_NEITHER;
	if (left != REL_CONSTRAINT_BOUND)
		return REL_PAIR_RIGHT;
	return right == REL_CONSTRAINT_BOUND ? REL_PAIR_BOTH : REL_PAIR_LEFT;
}

static enum rel_constraint_state filter_constraint(
    const struct rel_constraint **out, struct resolver *r, rel_expr_id id);

static enum rel_constraint_state filter_pair(const struct rel_constraint **out,
					     struct resolver *r,
					     const struct rel_expr *node)
{
	bool is_or = node->kind == REL_EXPR_OR;
	const struct rel_constraint *left = NULL, *right = NULL;
	enum rel_constraint_state a = filter_constraint(&left, r, node->a);
	enum rel_constraint_state b = filter_constraint(&right, r, node->b);

	switch (rel_constraint_pair(node->kind, a, b)) {
	case REL_PAIR_NEITHER:
		return is_or ? REL_CONSTRAINT_TRUE : REL_CONSTRAINT_FALSE;
	case REL_PAIR_LEFT:
		*out = left;
		return a;
	case REL_PAIR_RIGHT:
		*out = right;
		return b;
	case REL_PAIR_BOTH:
		break;
	}
	*out = rel_constraint_join(
	    &r->eval, is_or ? REL_CONSTRAINT_OR : REL_CONSTRAINT_AND, left,
	    right);
	return REL_CONSTRAINT_BOUND;
}

/* opam src/format/opamFilter.ml, filter_constraints */
static enum rel_constraint_state filter_constraint(
    const struct rel_constraint **out, struct resolver *r, rel_expr_id id)
{
	const struct rel_expr *node = &r->cnf.exprs->nodes[id];
	struct rel_value value;
	bool truth = r->fallback;

	if (node->kind == REL_EXPR_VERSION)
		return rel_constraint_bound(out, &r->eval, id);
	if (node->kind == REL_EXPR_AND || node->kind == REL_EXPR_OR)
		return filter_pair(out, r, node);
	value = rel_filter_value(&r->eval, id);
	if (!rel_value_truth(&value, &truth))
		truth = r->fallback;
	return truth ? REL_CONSTRAINT_TRUE : REL_CONSTRAINT_FALSE;
}

static int add_filtered(struct resolver *r, rel_expr_id package)
{
	rel_expr_id id = r->cnf.exprs->nodes[package].b;
	enum rel_constraint_state state = REL_CONSTRAINT_TRUE;
	const struct rel_constraint *constraint = NULL;

	if (id != REL_EXPR_NONE)
		state = filter_constraint(&constraint, r, id);
	if (r->eval.status != 0)
		return r->eval.status;
	if (state == REL_CONSTRAINT_FALSE)
		return 0;
	if (state == REL_CONSTRAINT_TRUE)
		constraint = NULL;
	return rel_cnf_add_atom(&r->cnf, package, constraint, constraint);
}

/* Add the clauses of a formula; none when it has vanished. */
static int add_formula(struct resolver *r, rel_expr_id id)
{
	const struct rel_expr *node = &r->cnf.exprs->nodes[id];
	uint32_t first = r->cnf.n_clauses, middle;
	int rc;

	if (node->kind == REL_EXPR_PACKAGE)
		return r->pipeline == REL_FORMULA_FILTER
			   ? add_filtered(r, id)
			   : rel_cnf_add_partial(&r->cnf, id, &r->eval,
						 &r->last_step);
	rc = add_formula(r, node->a);
	middle = r->cnf.n_clauses;
	if (rc == 0)
		rc = add_formula(r, node->b);
	if (rc == 0 && node->kind == REL_EXPR_OR)
		rc = rel_cnf_or(&r->cnf, first, middle);
	return rc;
}

/* The same, noting for each clause the conjunct it comes from. */
static int add_conjuncts(struct resolver *r, rel_expr_id id)
{
	const struct rel_expr *node = &r->cnf.exprs->nodes[id];
	uint32_t first = r->cnf.n_clauses;
	int rc;

	if (node->kind == REL_EXPR_AND) {
		rc = add_conjuncts(r, node->a);
		return rc == 0 ? add_conjuncts(r, node->b) : rc;
	}
	rc = add_formula(r, id);
	for (uint32_t i = first; i < r->cnf.n_clauses; i++)
		r->cnf.clauses[i].source = id;
	return rc;
}

static void init(struct resolver *r, const struct rel_exprs *exprs,
		 const struct rel_variables *variables,
		 struct rel_arena *scratch, struct rel_error *err)
{
	*r = (struct resolver){
	    .cnf = {.exprs = exprs, .scratch = scratch, .err = err},
	    .eval = {.exprs = exprs,
		     .first = variables,
		     .scratch = scratch,
		     .err = err},
	};
}

int rel_formula_resolve(struct rel_formula *out, const struct rel_exprs *exprs,
			rel_expr_id id, const struct rel_formula_rules *rules,
			struct rel_arena *scratch, struct rel_error *err)
{
	struct resolver r;
	int rc;

	*out = (struct rel_formula){0};
	if (id == REL_EXPR_NONE)
		return 0;
	init(&r, exprs, &rules->variables, scratch, err);
	r.pipeline = rules->pipeline;
	r.fallback = rules->fallback;
	if (rules->pipeline != REL_FORMULA_FILTER) {
		r.eval.partial = true;
		r.last_step = r.eval;
		r.last_step.partial = false;
		r.last_step.second = &rules->late;
	}
	rc = add_conjuncts(&r, id);
	if (rc == 0)
		rel_cnf_finish(&r.cnf, out);
	return rc;
}

static int add_conflicts(struct resolver *r, rel_expr_id id)
{
	const struct rel_expr *node = &r->cnf.exprs->nodes[id];
	int rc;

	if (node->kind == REL_EXPR_PACKAGE)
		return add_filtered(r, id);
	rc = add_conflicts(r, node->a);
	return rc == 0 ? add_conflicts(r, node->b) : rc;
}

int rel_formula_conflicts(struct rel_formula *out,
			  const struct rel_exprs *exprs, rel_expr_id id,
			  const struct rel_variables *variables,
			  struct rel_arena *scratch, struct rel_error *err)
{
	struct resolver r;
	int rc;

	*out = (struct rel_formula){0};
	if (id == REL_EXPR_NONE)
		return 0;
	init(&r, exprs, variables, scratch, err);
	rc = add_conflicts(&r, id);
	if (rc == 0) {
		out->atoms = r.cnf.atoms;
		out->n_atoms = r.cnf.n_atoms;
	}
	return rc;
}
