#include "opam/formula.h"

#include "base/limits.h"
#include "opam/opam_private.h"
#include "opam/version.h"

/*
 * Clauses and atoms that grow in the scratch arena.  A clause without atoms is
 * one whose atoms have vanished; joined with another by `|` it leaves the other
 * as it is, and it is dropped at the end.
 */
struct cnf {
	const struct rel_exprs *exprs;
	struct rel_arena *scratch;
	struct rel_error *err;
	struct rel_formula_atom *atoms;
	struct rel_formula_clause *clauses;
	uint32_t n_atoms, atoms_cap, n_clauses, clauses_cap;
};

/* Room for one more element in an arena array, which is copied to grow. */
static int grow(struct cnf *cnf, void *items, uint32_t count, uint32_t *cap,
		uint64_t need, size_t size, uint64_t max, const char *what)
{
	uint64_t wanted = *cap ? *cap : 16;
	void *old, *grown;

	if (need <= *cap)
		return 0;
	if (need > max)
		return rel_fail(cnf->err, REL_ELIMIT,
				"the formula has more than %llu %s in "
				"conjunctive normal form",
				(unsigned long long)max, what);
	while (wanted < need)
		wanted *= 2;
	grown = rel_arena_array(cnf->scratch, (size_t)wanted, size);
	if (!grown)
		return rel_fail_nomem(cnf->err);
	memcpy(&old, items, sizeof(old));
	if (count > 0)
		memcpy(grown, old, (size_t)count * size);
	memcpy(items, &grown, sizeof(grown));
	*cap = (uint32_t)wanted;
	return 0;
}

static int reserve_atoms(struct cnf *cnf, uint64_t more)
{
	return grow(cnf, &cnf->atoms, cnf->n_atoms, &cnf->atoms_cap,
		    cnf->n_atoms + more, sizeof(*cnf->atoms),
		    REL_LIMIT_CNF_ATOMS, "atoms");
}

static int reserve_clauses(struct cnf *cnf, uint64_t more)
{
	return grow(cnf, &cnf->clauses, cnf->n_clauses, &cnf->clauses_cap,
		    cnf->n_clauses + more, sizeof(*cnf->clauses),
		    REL_LIMIT_CNF_CLAUSES, "clauses");
}

static int add_vanished(struct cnf *cnf)
{
	int rc = reserve_clauses(cnf, 1);

	if (rc == 0)
		cnf->clauses[cnf->n_clauses++] = (struct rel_formula_clause){
		    .first = cnf->n_atoms, .source = REL_EXPR_NONE};
	return rc;
}

static int add_atom(struct cnf *cnf, rel_expr_id package,
		    const struct rel_constraint *constraint,
		    const struct rel_constraint *offered)
{
	int rc = reserve_atoms(cnf, 1);

	if (rc == 0)
		rc = add_vanished(cnf);
	if (rc != 0)
		return rc;
	cnf->clauses[cnf->n_clauses - 1].count = 1;
	cnf->atoms[cnf->n_atoms++] = (struct rel_formula_atom){
	    .name = cnf->exprs->nodes[package].a,
	    .source = package,
	    .constraint = constraint,
	    .offered = offered,
	};
	return 0;
}

/* One clause with the atoms of both. */
static int unite(struct cnf *cnf, struct rel_formula_clause *out,
		 struct rel_formula_clause a, struct rel_formula_clause b)
{
	int rc;

	*out = a.count > 0 ? a : b;
	if (a.count == 0 || b.count == 0)
		return 0;
	if (a.first + a.count == b.first) {
		out->count = a.count + b.count;
		return 0;
	}
	rc = reserve_atoms(cnf, (uint64_t)a.count + b.count);
	if (rc != 0)
		return rc;
	out->first = cnf->n_atoms;
	out->count = a.count + b.count;
	memcpy(cnf->atoms + out->first, cnf->atoms + a.first,
	       a.count * sizeof(*cnf->atoms));
	memcpy(cnf->atoms + out->first + a.count, cnf->atoms + b.first,
	       b.count * sizeof(*cnf->atoms));
	cnf->n_atoms += out->count;
	return 0;
}

static int unite_clauses(struct cnf *cnf, uint32_t first, uint32_t middle)
{
	uint32_t end = cnf->n_clauses, n_left = middle - first;
	uint32_t n_right = end - middle;
	uint64_t n = (uint64_t)n_left * n_right;
	struct rel_formula_clause *product;
	int rc;

	if (n == 0)
		return 0;
	rc = reserve_clauses(cnf, n);
	if (rc != 0)
		return rc;
	product = cnf->clauses + end;
	for (uint32_t i = first; i < middle; i++) {
		for (uint32_t j = middle; j < end; j++) {
			rc = unite(cnf, product++, cnf->clauses[i],
				   cnf->clauses[j]);
			if (rc != 0)
				return rc;
		}
	}
	memmove(cnf->clauses + first, cnf->clauses + end,
		(size_t)n * sizeof(*cnf->clauses));
	cnf->n_clauses = first + (uint32_t)n;
	return 0;
}

static void finish(struct cnf *cnf, struct rel_formula *out)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < cnf->n_clauses; i++) {
		if (cnf->clauses[i].count > 0)
			cnf->clauses[kept++] = cnf->clauses[i];
	}
	*out = (struct rel_formula){.atoms = cnf->atoms,
				    .clauses = cnf->clauses,
				    .n_atoms = cnf->n_atoms,
				    .n_clauses = kept};
}

/* What is left of a constraint once its filters are known. */
enum constraint_state {
	REL_CONSTRAINT_FALSE,
	REL_CONSTRAINT_TRUE,
	REL_CONSTRAINT_BOUND, /* *out says which versions */
};

/* What `left & right` or `left | right` comes to. */
enum constraint_pair {
	REL_PAIR_NEITHER, /* one decides it: FALSE for `&`, TRUE for `|` */
	REL_PAIR_LEFT,	  /* the other says nothing */
	REL_PAIR_RIGHT,
	REL_PAIR_BOTH, /* two bounds, to be joined */
};
/*
 * The state of a VERSION node, as a bound; TRUE when its version cannot be
 * evaluated.  Failures are in eval->status.
 */
static enum constraint_state bound_of(const struct rel_constraint **out,
				      struct rel_filter_eval *eval,
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

/* left & right or left | right; NULL (and eval->status) without memory. */
static const struct rel_constraint *join_bounds(
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

static enum constraint_pair pair_of(enum rel_expr_kind op,
				    enum constraint_state left,
				    enum constraint_state right)
{
	enum constraint_state absorb =
	    op == REL_EXPR_OR ? REL_CONSTRAINT_TRUE : REL_CONSTRAINT_FALSE;

	if (left == absorb || right == absorb)
		return REL_PAIR_NEITHER;
	if (left != REL_CONSTRAINT_BOUND)
		return REL_PAIR_RIGHT;
	return right == REL_CONSTRAINT_BOUND ? REL_PAIR_BOTH : REL_PAIR_LEFT;
}

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
	struct cnf *cnf;
	struct rel_filter_eval *first_step, *last_step;
};

static enum constraint_state first_step(const struct part **out,
					struct splitter *s, rel_expr_id id);

static enum constraint_state make(const struct part **out, struct splitter *s,
				  struct part value)
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

static enum constraint_state first_step_pair(const struct part **out,
					     struct splitter *s,
					     const struct rel_expr *node)
{
	bool is_or = node->kind == REL_EXPR_OR;
	const struct part *left = NULL, *right = NULL;
	enum constraint_state a = first_step(&left, s, node->a);
	enum constraint_state b = first_step(&right, s, node->b);

	switch (pair_of(node->kind, a, b)) {
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

static enum constraint_state first_step(const struct part **out,
					struct splitter *s, rel_expr_id id)
{
	const struct rel_expr *node = &s->cnf->exprs->nodes[id];
	struct part part = {.kind = PART_FILTER, .filter = id};
	struct rel_value value;

	if (node->kind == REL_EXPR_AND || node->kind == REL_EXPR_OR)
		return first_step_pair(out, s, node);
	if (node->kind == REL_EXPR_VERSION) {
		part.kind = PART_BOUND;
		bound_of(&part.bound, s->first_step, id);
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
 * distinguished, for it still takes part in a disjunction around it.
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
	return join_bounds(s->first_step, REL_CONSTRAINT_OR, a, b);
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
		out.kept = join_bounds(s->first_step, REL_CONSTRAINT_AND,
				       a.kept, b.kept);
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

static int add_clauses(struct cnf *cnf, rel_expr_id package,
		       struct clauses clauses)
{
	int rc = 0;

	if (clauses.any_vanished)
		rc = add_vanished(cnf);
	if (rc == 0 && clauses.any_kept)
		rc = add_atom(cnf, package, clauses.kept, clauses.offered);
	return rc;
}

static int add_partial(struct cnf *cnf, rel_expr_id package,
		       struct rel_filter_eval *first,
		       struct rel_filter_eval *last)
{
	struct splitter s = {
	    .cnf = cnf, .first_step = first, .last_step = last};
	rel_expr_id id = cnf->exprs->nodes[package].b;
	enum constraint_state state = REL_CONSTRAINT_TRUE;
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

struct resolver {
	struct cnf cnf;
	enum rel_formula_pipeline pipeline;
	bool fallback;
	struct rel_filter_eval eval;	  /* FILTER, or the first step */
	struct rel_filter_eval last_step; /* PARTIAL */
};

static enum constraint_state filter_constraint(
    const struct rel_constraint **out, struct resolver *r, rel_expr_id id);

static enum constraint_state filter_pair(const struct rel_constraint **out,
					 struct resolver *r,
					 const struct rel_expr *node)
{
	bool is_or = node->kind == REL_EXPR_OR;
	const struct rel_constraint *left = NULL, *right = NULL;
	enum constraint_state a = filter_constraint(&left, r, node->a);
	enum constraint_state b = filter_constraint(&right, r, node->b);

	switch (pair_of(node->kind, a, b)) {
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
	*out = join_bounds(&r->eval,
			   is_or ? REL_CONSTRAINT_OR : REL_CONSTRAINT_AND, left,
			   right);
	return REL_CONSTRAINT_BOUND;
}

/* opam src/format/opamFilter.ml, filter_constraints */
static enum constraint_state filter_constraint(
    const struct rel_constraint **out, struct resolver *r, rel_expr_id id)
{
	const struct rel_expr *node = &r->cnf.exprs->nodes[id];
	struct rel_value value;
	bool truth = r->fallback;

	if (node->kind == REL_EXPR_VERSION)
		return bound_of(out, &r->eval, id);
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
	enum constraint_state state = REL_CONSTRAINT_TRUE;
	const struct rel_constraint *constraint = NULL;

	if (id != REL_EXPR_NONE)
		state = filter_constraint(&constraint, r, id);
	if (r->eval.status != 0)
		return r->eval.status;
	if (state == REL_CONSTRAINT_FALSE)
		return 0;
	if (state == REL_CONSTRAINT_TRUE)
		constraint = NULL;
	return add_atom(&r->cnf, package, constraint, constraint);
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
			   : add_partial(&r->cnf, id, &r->eval, &r->last_step);
	rc = add_formula(r, node->a);
	middle = r->cnf.n_clauses;
	if (rc == 0)
		rc = add_formula(r, node->b);
	if (rc == 0 && node->kind == REL_EXPR_OR)
		rc = unite_clauses(&r->cnf, first, middle);
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
		finish(&r.cnf, out);
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
