#include "solve/question.h"

#include "sat/question.h"

struct question {
	struct rel_universe *u;
	const struct rel_goal *goals;
	uint32_t n_goals;
	uint32_t n_pins; /* goals of the environment, before the caller's: 0
			  * or 1 */
	uint8_t *status, *avoid;  /* [n_vars] */
	struct rel_sat_goal *sat; /* [n_pins + n_goals] */
	rel_pkg_id *pinned;	  /* versions of the pinned compiler */
	const struct rel_cancel *cancel;
};

/* The pinned compiler's versions: everybody's last need. */
static int read_pin(struct question *q)
{
	const struct rel_universe *u = q->u;
	const struct rel_sat_problem *p = &u->pinned;
	uint32_t clause, n = 0;

	if (!u->environment->ocaml || u->n_packages == 0)
		return 0;
	clause = p->needs[p->need_first[1] - 1];
	q->pinned = calloc((size_t)u->n_packages + 1, sizeof(*q->pinned));
	if (!q->pinned)
		return REL_ENOMEM;
	for (uint32_t v = 0; v < u->n_packages; v++) {
		uint32_t set = p->clause_sets[p->clause_first[clause]];

		if (rel_universe_in_set(u, set, v))
			q->pinned[n++] = v;
	}
	q->n_pins = 1;
	q->sat[0] = (struct rel_sat_goal){q->pinned, n};
	return 0;
}

static int prepare(struct question *q)
{
	const struct rel_universe *u = q->u;
	size_t n = (size_t)u->problem.n_vars + 1;
	int rc;

	q->status = calloc(n, 1);
	q->avoid = calloc(n, 1);
	q->sat = calloc((size_t)q->n_goals + 2, sizeof(*q->sat));
	if (!q->status || !q->avoid || !q->sat)
		return REL_ENOMEM;
	for (rel_pkg_id v = 0; v < u->n_packages; v++) {
		const struct rel_manifest *m =
		    &rel_universe_package(u, v)->manifest;

		if (u->state[v] != REL_PACKAGE_READY)
			q->status[v] = REL_SAT_NO;
		else
			q->avoid[v] =
			    (m->flags & (REL_MANIFEST_AVOID_VERSION |
					 REL_MANIFEST_DEPRECATED)) != 0;
	}
	rc = read_pin(q);
	for (uint32_t i = 0; i < q->n_goals; i++)
		q->sat[q->n_pins + i] = (struct rel_sat_goal){
		    q->goals[i].packages, q->goals[i].n_packages};
	return rc;
}

static void release(struct question *q)
{
	free(q->status);
	free(q->avoid);
	free(q->sat);
	free(q->pinned);
}

static struct rel_fact convert_fact(const struct rel_universe *u,
				    const struct rel_sat_fact *f)
{
	struct rel_fact fact = {REL_FACT_NEEDS, f->var, f->index};

	if (f->kind == REL_SAT_NEED && u->need_expr[f->index] == REL_NEED_CLASS)
		fact.kind = REL_FACT_CLASS;
	else if (f->kind == REL_SAT_CONFLICT)
		fact.kind = REL_FACT_CONFLICTS;
	else if (f->kind == REL_SAT_NEVER)
		fact.kind = u->state[f->var] == REL_PACKAGE_UNAVAILABLE
				? REL_FACT_UNAVAILABLE
				: REL_FACT_UNREADABLE;
	return fact;
}

/* Reading order: from the goals on, breadth first. */
struct reading {
	const struct rel_universe *u;
	uint32_t *rank; /* [n_packages]: 1 for the first; 0 = not reached */
	rel_pkg_id *queue;
	uint32_t n;
};

static void reach(struct reading *r, rel_pkg_id pkg)
{
	if (pkg >= r->u->n_packages || r->rank[pkg])
		return;
	r->queue[r->n++] = pkg;
	r->rank[pkg] = r->n;
}

static void reach_set(struct reading *r, uint32_t set)
{
	const struct rel_sat_problem *p = &r->u->problem;
	uint32_t g = p->set_group[set];

	for (uint32_t v = p->group_first[g + 1]; v-- > p->group_first[g];) {
		if (rel_universe_in_set(r->u, set, v))
			reach(r, v);
	}
}

struct ranked {
	struct rel_fact fact;
	uint32_t rank, old;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->old < y->old ? -1 : x->old > y->old;
}

static void order(struct reading *r, const struct question *q,
		  const struct rel_together *out, struct ranked *ranked)
{
	const struct rel_sat_problem *p = &q->u->problem;

	for (uint32_t i = 0; i < out->n_clash; i++) {
		const struct rel_goal *goal = &q->goals[out->clash[i]];

		for (uint32_t k = goal->n_packages; k-- > 0;)
			reach(r, goal->packages[k]);
	}
	for (uint32_t at = 0; at < r->n; at++) {
		for (uint32_t i = 0; i < out->n_facts; i++) {
			const struct rel_fact *f = &out->facts[i];
			uint32_t c;

			if (f->package != r->queue[at] ||
			    f->kind != REL_FACT_NEEDS)
				continue;
			c = p->needs[f->index];
			for (uint32_t k = p->clause_first[c];
			     k < p->clause_first[c + 1]; k++)
				reach_set(r, p->clause_sets[k]);
		}
	}
	for (uint32_t i = 0; i < out->n_facts; i++) {
		uint32_t rank = r->rank[out->facts[i].package];

		ranked[i] =
		    (struct ranked){out->facts[i], rank ? rank : UINT32_MAX, i};
	}
	if (out->n_facts > 1)
		qsort(ranked, out->n_facts, sizeof(*ranked), compare_ranked);
	for (uint32_t i = 0; i < out->n_facts; i++)
		out->facts[i] = ranked[i].fact;
}

static int sort_facts(const struct question *q, struct rel_together *out)
{
	size_t n = (size_t)q->u->n_packages + 1;
	struct reading r = {.u = q->u};
	struct ranked *ranked =
	    calloc((size_t)out->n_facts + 1, sizeof(*ranked));
	int rc = REL_ENOMEM;

	r.rank = calloc(n, sizeof(*r.rank));
	r.queue = calloc(n, sizeof(*r.queue));
	if (r.rank && r.queue && ranked) {
		order(&r, q, out, ranked);
		rc = 0;
	}
	free(r.rank);
	free(r.queue);
	free(ranked);
	return rc;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The answer in the terms of the universe. */
static int convert(const struct question *q, struct rel_together *out,
		   struct rel_sat_answer *a)
{
	out->status = a->status;
	out->whole = a->whole;
	out->part_is_largest = a->part_is_largest;
	out->packages = a->vars;
	a->vars = NULL;
	/* those of conflict-classes are above the packages */
	while (out->n_packages < a->n_vars &&
	       out->packages[out->n_packages] < q->u->n_packages)
		out->n_packages++;
	out->part = a->part;
	a->part = NULL;
	for (uint32_t i = 0; i < a->n_part; i++) {
		if (out->part[i] >= q->n_pins)
			out->part[out->n_part++] = out->part[i] - q->n_pins;
	}
	out->facts = calloc((size_t)a->n_facts + 1, sizeof(*out->facts));
	out->clash = calloc((size_t)a->n_facts + 1, sizeof(*out->clash));
	if (!out->facts || !out->clash)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < a->n_facts; i++) {
		const struct rel_sat_fact *f = &a->facts[i];

		if (f->var != REL_SAT_GOAL)
			out->facts[out->n_facts++] = convert_fact(q->u, f);
		else if (f->index < q->n_pins)
			out->pin_clashes = true;
		else
			out->clash[out->n_clash++] = f->index - q->n_pins;
	}
	if (out->n_clash > 1)
		qsort(out->clash, out->n_clash, sizeof(*out->clash),
		      compare_ids);
	return sort_facts(q, out);
}

static int ask(struct question *q, struct rel_together *out,
	       struct rel_error *err)
{
	const struct rel_sat_question question = {.problem = &q->u->problem,
						  .status = q->status,
						  .avoid = q->avoid,
						  .goals = q->sat,
						  .n_goals =
						      q->n_pins + q->n_goals,
						  .n_required = q->n_pins};
	struct rel_sat_answer answer = {0};
	int rc = rel_sat_ask(&answer, &question, q->cancel, err);

	if (!rc && convert(q, out, &answer))
		rc = rel_fail_nomem(err);
	rel_sat_answer_free(&answer);
	return rc;
}

int rel_together_ask(struct rel_together *out, struct rel_universe *universe,
		     const struct rel_goal *goals, uint32_t n_goals,
		     const struct rel_cancel *cancel, struct rel_error *err)
{
	struct question q = {.u = universe,
			     .goals = goals,
			     .n_goals = n_goals,
			     .cancel = cancel};
	int rc;

	*out = (struct rel_together){0};
	rc = prepare(&q) ? rel_fail_nomem(err) : ask(&q, out, err);
	release(&q);
	return rc;
}

void rel_together_free(struct rel_together *together)
{
	free(together->packages);
	free(together->clash);
	free(together->facts);
	free(together->part);
	*together = (struct rel_together){0};
}
