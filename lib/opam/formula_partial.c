/*
 * A dependency as opam's solver front end sees it: variables that are known
 * at once are filled in, the constraint is split into atoms that each carry
 * all filters of their conjunction, and only after normal form the atoms
 * whose filters do not hold vanish.
 *
 * Three consequences that are no accident of this code: a filter that stays
 * undefined counts for its atom only; `{build & post}`, nothing but filters
 * of the last step, leaves no atom at all; and `?x` asks the first step.
 *
 * Source  opam src/format/opamFilter.ml: partial_filter_constraints,
 *         atomise_extended; src/solver/opamSolver.ml, opam2cudf.
 */
#include "opam/cnf.h"

/* What the first step leaves of a constraint. */
enum part_kind {
	PART_AND,
	PART_OR,
	PART_FILTER,
	PART_BOUND,
};

struct part {
	enum part_kind kind;
	rel_expr_id filter;
	const struct rel_constraint *bound; /* NULL = any version */
	const struct part *left, *right;
};

struct splitter {
	struct rel_cnf *cnf;
	struct rel_filter_eval *first_step, *last_step;
};

static enum rel_constraint_state first_step(const struct part **out,
					    struct splitter *s, rel_expr_id id);

static enum rel_constraint_state make(const struct part **out,
				      struct splitter *s, struct part value)
{
	struct part *part = rel_arena_alloc(s->cnf->scratch, sizeof(*part));

	if (!part) {
		s->first_step->status = rel_fail_nomem(s->cnf->err);
		return REL_CONSTRAINT_FALSE;
	}
	*part = value;
	*out = part;
	return REL_CONSTRAINT_BOUND;
}

static enum rel_constraint_state first_step_pair(const struct part **out,
						 struct splitter *s,
						 const struct rel_expr *node)
{
	bool is_or = node->kind == REL_EXPR_OR;
	const struct part *left = NULL, *right = NULL;
	enum rel_constraint_state a = first_step(&left, s, node->a);
	enum rel_constraint_state b = first_step(&right, s, node->b);

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
	return make(out, s,
		    (struct part){.kind = is_or ? PART_OR : PART_AND,
				  .left = left,
				  .right = right});
}

static enum rel_constraint_state first_step(const struct part **out,
					    struct splitter *s, rel_expr_id id)
{
	const struct rel_expr *node = &s->cnf->exprs->nodes[id];
	struct part part = {.kind = PART_FILTER, .filter = id};
	struct rel_value value;

	if (node->kind == REL_EXPR_AND || node->kind == REL_EXPR_OR)
		return first_step_pair(out, s, node);
	if (node->kind == REL_EXPR_VERSION) {
		part.kind = PART_BOUND;
		rel_constraint_bound(&part.bound, s->first_step, id);
		return make(out, s, part);
	}
	value = rel_filter_value(s->first_step, id);
	if (value.kind == REL_VALUE_BOOL)
		return value.boolean ? REL_CONSTRAINT_TRUE
				     : REL_CONSTRAINT_FALSE;
	return make(out, s, part);
}

/* Does a filter hold in the last step? */
static bool holds(struct splitter *s, rel_expr_id id)
{
	struct rel_value value = rel_filter_value(s->last_step, id);
	bool truth;

	return rel_value_truth(&value, &truth) && truth;
}

/* Do all filters of a conjunction hold? */
static bool filters_hold(struct splitter *s, const struct part *part)
{
	if (part->kind == PART_FILTER)
		return holds(s, part->filter);
	return part->kind != PART_AND ||
	       (filters_hold(s, part->left) && filters_hold(s, part->right));
}

/*
 * The clauses of one dependency, which opam has one per bound.  As no two
 * versions of a package are installed together, bounds of one package are
 * put together in one constraint; a clause whose atoms have vanished must be
 * told apart, for it still takes part in a disjunction around it.
 */
struct clauses {
	bool any_vanished;
	bool any_kept;
	const struct rel_constraint *kept;    /* all; NULL = any version */
	const struct rel_constraint *offered; /* one of them; NULL = any */
};

static struct clauses split(struct splitter *s, const struct part *part,
			    bool hold);

static struct clauses one_clause(bool hold, const struct rel_constraint *bound)
{
	return (struct clauses){.any_vanished = !hold,
				.any_kept = hold,
				.kept = hold ? bound : NULL,
				.offered = hold ? bound : NULL};
}

static const struct rel_constraint *any_of(struct splitter *s,
					   const struct rel_constraint *a,
					   const struct rel_constraint *b)
{
	if (!a || !b)
		return NULL;
	return rel_constraint_join(s->first_step, REL_CONSTRAINT_OR, a, b);
}

static const struct rel_constraint *offered(struct splitter *s,
					    struct clauses a, struct clauses b)
{
	if (!a.any_kept)
		return b.offered;
	return b.any_kept ? any_of(s, a.offered, b.offered) : a.offered;
}

static struct clauses both(struct splitter *s, struct clauses a,
			   struct clauses b)
{
	struct clauses out = a;

	out.any_vanished |= b.any_vanished;
	out.any_kept |= b.any_kept;
	if (!a.kept)
		out.kept = b.kept;
	else if (b.kept)
		out.kept = rel_constraint_join(
		    s->first_step, REL_CONSTRAINT_AND, a.kept, b.kept);
	out.offered = offered(s, a, b);
	return out;
}

static bool is_empty(struct clauses clauses)
{
	return !clauses.any_vanished && !clauses.any_kept;
}

/* Every clause of one united with every clause of the other. */
static struct clauses either(struct splitter *s, struct clauses a,
			     struct clauses b)
{
	struct clauses out = {.any_kept = true};

	if (is_empty(a) && is_empty(b))
		return one_clause(false, NULL);
	if (is_empty(a) || is_empty(b))
		return is_empty(a) ? b : a;
	/* a vanished clause leaves the other side's clauses as they are, and
	 * these imply whatever else they are united with, though that is
	 * offered too */
	if (a.any_vanished && b.any_vanished)
		return both(s, a, b);
	if (a.any_vanished)
		out.kept = b.kept;
	else if (b.any_vanished)
		out.kept = a.kept;
	else
		out.kept = any_of(s, a.kept, b.kept);
	out.offered = offered(s, a, b);
	return out;
}

/* The members of a conjunction that are not filters. */
static struct clauses split_bounds(struct splitter *s, const struct part *part,
				   bool hold)
{
	if (part->kind == PART_FILTER)
		return (struct clauses){0};
	if (part->kind != PART_AND)
		return split(s, part, hold);
	return both(s, split_bounds(s, part->left, hold),
		    split_bounds(s, part->right, hold));
}

static struct clauses split(struct splitter *s, const struct part *part,
			    bool hold)
{
	switch (part->kind) {
	case PART_FILTER:
		return one_clause(hold && holds(s, part->filter), NULL);
	case PART_BOUND:
		return one_clause(hold, part->bound);
	case PART_AND:
		return split_bounds(s, part, hold && filters_hold(s, part));
	case PART_OR:
		return either(s, split(s, part->left, hold),
			      split(s, part->right, hold));
	}
	return (struct clauses){0};
}

static int add_clauses(struct rel_cnf *cnf, rel_expr_id package,
		       struct clauses clauses)
{
	int rc = 0;

	if (clauses.any_vanished)
		rc = rel_cnf_add_vanished(cnf);
	if (rc == 0 && clauses.any_kept)
		rc = rel_cnf_add_atom(cnf, package, clauses.kept,
				      clauses.offered);
	return rc;
}

int rel_cnf_add_partial(struct rel_cnf *cnf, rel_expr_id package,
			struct rel_filter_eval *first,
			struct rel_filter_eval *last)
{
	struct splitter s = {
	    .cnf = cnf, .first_step = first, .last_step = last};
	rel_expr_id id = cnf->exprs->nodes[package].b;
	enum rel_constraint_state state = REL_CONSTRAINT_TRUE;
	struct clauses clauses = one_clause(true, NULL);
	const struct part *part = NULL;

	if (id != REL_EXPR_NONE)
		state = first_step(&part, &s, id);
	if (first->status == 0 && state == REL_CONSTRAINT_BOUND)
		clauses = split(&s, part, true);
	if (first->status != 0)
		return first->status;
	if (last->status != 0)
		return last->status;
	if (state == REL_CONSTRAINT_FALSE)
		return 0;
	return add_clauses(cnf, package, clauses);
}
