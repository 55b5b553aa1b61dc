#include "solve/circles.h"

#include "base/array.h"
#include "base/limits.h"
#include "solve/circles_private.h"
#include "solve/scc.h"
#include "solve/universe_store.h"

struct rel_circles {
	struct rel_universe *u;
	uint8_t *inside; /* [n_packages]: in a circle of versions */
	struct rel_conditions conditions;
	/* scratch, for one model */
	uint32_t *chosen; /* by group: its version + 1, 0 = none */
	uint32_t *place;  /* by package: in `members`, valid for those */
	rel_pkg_id *members;
	uint32_t n_members;
	struct rel_graph graph; /* of places */
	uint32_t succ_cap;
	uint32_t *component, *size; /* by place */
	uint32_t *parent, *queue;   /* of a search */
	uint8_t *caught;	    /* by place: in a circle of this model */
};

/* Names that a package's clauses speak of, once each; mark: [n_groups], the
 * last group that a name was added for, plus 1. */
static int add_names(struct rel_graph *graph, uint32_t *cap, uint32_t *n,
		     const struct rel_universe *u,
		     const struct rel_edges *edges, rel_pkg_id pkg,
		     uint32_t *mark)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t from = p->var_group[pkg];

	for (uint32_t i = edges->first[pkg]; i < edges->first[pkg + 1]; i++) {
		uint32_t clause = edges->clauses[i];

		for (uint32_t k = p->clause_first[clause];
		     k < p->clause_first[clause + 1]; k++) {
			uint32_t to = p->set_group[p->clause_sets[k]];

			if (to == from || mark[to] == from + 1)
				continue;
			mark[to] = from + 1;
			if (rel_array_reserve(&graph->succ, cap,
					      (uint64_t)*n + 1,
					      sizeof(*graph->succ)) != 0)
				return REL_ENOMEM;
			graph->succ[(*n)++] = to;
		}
	}
	return 0;
}

int rel_circles_names(const struct rel_universe *u,
		      const struct rel_edges *edges, uint32_t *component,
		      uint32_t *size, struct rel_error *err)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t n_names = u->stack->n_names, cap = 0, n = 0;
	struct rel_graph graph = {.n = n_names};
	uint32_t *mark = calloc((size_t)p->n_groups + 1, sizeof(*mark));
	int rc;

	graph.first = calloc((size_t)n_names + 1, sizeof(*graph.first));
	rc = graph.first && mark ? 0 : REL_ENOMEM;
	for (uint32_t g = 0; rc == 0 && g < n_names; g++) {
		for (rel_pkg_id pkg = p->group_first[g];
		     rc == 0 && pkg < p->group_first[g + 1]; pkg++)
			rc = add_names(&graph, &cap, &n, u, edges, pkg, mark);
		if (rc == 0)
			graph.first[g + 1] = n;
	}
	rc = rc ? rel_fail_nomem(err) : rel_scc(&graph, component, size, err);
	free(graph.first);
	free(graph.succ);
	free(mark);
	return rc;
}

/* Does the version need itself? */
static bool needs_itself(const struct rel_universe *u, rel_pkg_id pkg)
{
	const struct rel_sat_problem *p = &u->problem;

	for (uint32_t i = u->order.first[pkg]; i < u->order.first[pkg + 1];
	     i++) {
		uint32_t c = u->order.clauses[i];

		for (uint32_t k = p->clause_first[c];
		     k < p->clause_first[c + 1]; k++)
			if (rel_universe_in_set(u, p->clause_sets[k], pkg))
				return true;
	}
	return false;
}

/* Which versions can be in circles, by their names?  *any: is one? */
static int find_inside(uint8_t *inside, bool *any, const struct rel_universe *u,
		       struct rel_error *err)
{
	size_t names = (size_t)u->stack->n_names + 1;
	uint32_t *component = calloc(2 * names, sizeof(*component));
	uint32_t *size = component + names;
	int rc = component ? 0 : rel_fail_nomem(err);

	*any = false;
	if (rc == 0)
		rc = rel_circles_names(u, &u->order, component, size, err);
	for (rel_pkg_id pkg = 0; rc == 0 && pkg < u->n_packages; pkg++) {
		uint32_t name = u->problem.var_group[pkg];

		inside[pkg] =
		    u->state[pkg] == REL_PACKAGE_READY &&
		    (size[component[name]] > 1 || needs_itself(u, pkg));
		*any = *any || inside[pkg];
	}
	free(component);
	return rc;
}

void rel_circles_free(struct rel_circles *c)
{
	if (!c)
		return;
	rel_conditions_free(&c->conditions);
	free(c->inside);
	free(c->chosen);
	free(c->place);
	free(c->members);
	free(c->graph.first);
	free(c->graph.succ);
	free(c->component);
	free(c->size);
	free(c->parent);
	free(c->queue);
	free(c->caught);
	free(c);
}

static int make_room(struct rel_circles *c)
{
	size_t n = (size_t)c->u->n_packages + 1;

	c->chosen =
	    calloc((size_t)c->u->problem.n_groups + 1, sizeof(*c->chosen));
	c->place = calloc(n, sizeof(*c->place));
	c->members = calloc(n, sizeof(*c->members));
	c->graph.first = calloc(n, sizeof(*c->graph.first));
	c->component = calloc(n, sizeof(*c->component));
	c->size = calloc(n, sizeof(*c->size));
	c->parent = calloc(n, sizeof(*c->parent));
	c->queue = calloc(n, sizeof(*c->queue));
	c->caught = calloc(n, 1);
	return c->chosen && c->place && c->members && c->graph.first &&
		       c->component && c->size && c->parent && c->queue &&
		       c->caught
		   ? 0
		   : REL_ENOMEM;
}

int rel_circles_of(struct rel_circles **out, struct rel_universe *u,
		   const struct rel_cancel *cancel, struct rel_error *err)
{
	struct rel_circles *c = u->circles;
	bool any;
	int rc;

	*out = NULL;
	if (u->environment->profile != REL_PROFILE_ENV)
		return 0;
	if (c) {
		*out = c->chosen ? c : NULL;
		return 0;
	}
	rc = rel_universe_order(u, cancel, err);
	if (rc != 0)
		return rc;
	c = calloc(1, sizeof(*c));
	if (c)
		c->inside = calloc((size_t)u->n_packages + 1, 1);
	if (!c || !c->inside) {
		free(c);
		return rel_fail_nomem(err);
	}
	c->u = u;
	rc = find_inside(c->inside, &any, u, err);
	if (rc == 0 && any && make_room(c))
		rc = rel_fail_nomem(err);
	if (rc != 0) {
		rel_circles_free(c);
		return rc;
	}
	u->circles = c;
	*out = any ? c : NULL;
	return 0;
}

/* Note what the model chose, the first version of each name, and which of it
 * can be in circles. */
static void enter_model(struct rel_circles *c, const uint32_t *vars, uint32_t n)
{
	c->n_members = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = vars[i], g;

		if (v >= c->u->n_packages || !c->inside[v])
			continue;
		g = c->u->problem.var_group[v];
		if (c->chosen[g])
			continue;
		c->chosen[g] = v + 1;
		c->place[v] = c->n_members;
		c->members[c->n_members++] = v;
	}
}

static void leave_model(struct rel_circles *c)
{
	for (uint32_t i = 0; i < c->n_members; i++) {
		c->chosen[c->u->problem.var_group[c->members[i]]] = 0;
		c->caught[i] = 0;
	}
}

/* What member `place` needs of the others. */
static int add_edges(struct rel_circles *c, uint32_t place, uint32_t *n)
{
	const struct rel_universe *u = c->u;
	const struct rel_sat_problem *p = &u->problem;
	rel_pkg_id from = c->members[place];

	for (uint32_t i = u->order.first[from]; i < u->order.first[from + 1];
	     i++) {
		uint32_t clause = u->order.clauses[i];

		for (uint32_t k = p->clause_first[clause];
		     k < p->clause_first[clause + 1]; k++) {
			uint32_t set = p->clause_sets[k];
			uint32_t to = c->chosen[p->set_group[set]];

			if (!to || !rel_universe_in_set(u, set, to - 1))
				continue;
			if (to - 1 == from)
				c->caught[place] = 1;
			if (rel_array_reserve(&c->graph.succ, &c->succ_cap,
					      (uint64_t)*n + 1,
					      sizeof(*c->graph.succ)) != 0)
				return REL_ENOMEM;
			c->graph.succ[(*n)++] = c->place[to - 1];
		}
	}
	return 0;
}

/* Find who is in a circle of the model at hand.  *any: is anybody? */
static int catch_circles(struct rel_circles *c, bool *any,
			 struct rel_error *err)
{
	uint32_t n = 0;
	int rc;

	*any = false;
	c->graph.n = c->n_members;
	c->graph.first[0] = 0;
	for (uint32_t i = 0; i < c->n_members; i++) {
		if (add_edges(c, i, &n))
			return rel_fail_nomem(err);
		c->graph.first[i + 1] = n;
	}
	if (n == 0)
		return 0;
	rc = rel_scc(&c->graph, c->component, c->size, err);
	for (uint32_t i = 0; rc == 0 && i < c->n_members; i++) {
		if (c->size[c->component[i]] > 1)
			c->caught[i] = 1;
		*any = *any || c->caught[i];
	}
	return rc;
}

static int add_var(struct rel_sat_models *m, uint32_t var,
		   struct rel_error *err)
{
	if (rel_array_reserve(&m->vars, &m->vars_cap, (uint64_t)m->n_vars + 1,
			      sizeof(*m->vars)) != 0)
		return rel_fail_nomem(err);
	m->vars[m->n_vars++] = var;
	return 0;
}

/* The model at hand without who is in a circle. */
static int add_stripped(const struct rel_circles *c, struct rel_sat_models *out,
			const uint32_t *vars, uint32_t n, struct rel_error *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		uint32_t v = vars[i];

		if (v >= c->u->n_packages || !c->inside[v] ||
		    (c->chosen[c->u->problem.var_group[v]] == v + 1 &&
		     !c->caught[c->place[v]]))
			rc = add_var(out, v, err);
	}
	if (rc == 0 &&
	    rel_array_reserve(&out->ends, &out->ends_cap, (uint64_t)out->n + 1,
			      sizeof(*out->ends)) != 0)
		rc = rel_fail_nomem(err);
	if (rc == 0)
		out->ends[out->n++] = out->n_vars;
	return rc;
}

int rel_circles_strip(struct rel_circles *c, struct rel_sat_models *out,
		      const struct rel_sat_models *models,
		      struct rel_error *err)
{
	uint32_t from = 0;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < models->n; i++) {
		const uint32_t *vars = models->vars + from;
		uint32_t n = models->ends[i] - from;
		bool any;

		enter_model(c, vars, n);
		rc = catch_circles(c, &any, err);
		if (rc == 0)
			rc = add_stripped(c, out, vars, n, err);
		leave_model(c);
		from = models->ends[i];
	}
	return rc;
}

/* The shortest circle through member `start`, into c->queue from the end
 * backwards in order; returns its length. */
static uint32_t go_round(struct rel_circles *c, uint32_t start,
			 uint32_t *circle)
{
	uint32_t n = 0, length = 0;

	for (uint32_t i = 0; i < c->n_members; i++)
		c->parent[i] = UINT32_MAX;
	c->queue[n++] = start;
	for (uint32_t head = 0; head < n && length == 0; head++) {
		uint32_t at = c->queue[head];

		for (uint32_t i = c->graph.first[at];
		     i < c->graph.first[at + 1]; i++) {
			uint32_t to = c->graph.succ[i];

			if (to != start && c->parent[to] == UINT32_MAX) {
				c->parent[to] = at;
				c->queue[n++] = to;
			}
			if (to != start)
				continue;
			for (; at != start; at = c->parent[at])
				circle[length++] = at;
			circle[length++] = start;
			break;
		}
	}
	for (uint32_t i = 0; i < length / 2; i++) {
		uint32_t other = circle[length - 1 - i];

		circle[length - 1 - i] = circle[i];
		circle[i] = other;
	}
	return length;
}

/* words: the versions of group g that `from` needs, if all of its
 * dependencies on the name are taken together */
static void successors(const struct rel_universe *u, rel_pkg_id from,
		       uint32_t g, uint64_t *words)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t n = p->group_word[g + 1] - p->group_word[g];

	memset(words, 0, n * sizeof(*words));
	for (uint32_t i = u->order.first[from]; i < u->order.first[from + 1];
	     i++) {
		uint32_t c = u->order.clauses[i];

		for (uint32_t k = p->clause_first[c];
		     k < p->clause_first[c + 1]; k++) {
			uint32_t set = p->clause_sets[k];

			for (uint32_t w = 0; w < n && p->set_group[set] == g;
			     w++)
				words[w] |= p->set_words[p->set_word[set] + w];
		}
	}
}

static bool is_subset(const uint64_t *part, const uint64_t *whole, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (part[i] & ~whole[i])
			return false;
	return true;
}

/*
 * One step of a condition may be about more than the version found: about each
 * that all of the set before need, and that needs all of the set after.  A
 * hundred versions of two names are one condition then, and not 10,000.
 * before, after, out  words of their groups; rest, reach: room
 */
static void widen(const struct rel_circles *c, rel_pkg_id pkg,
		  const uint64_t *before, uint32_t before_group,
		  const uint64_t *after, uint32_t after_group, uint64_t *out,
		  uint64_t *reach)
{
	const struct rel_sat_problem *p = &c->u->problem;
	uint32_t g = p->var_group[pkg], first = p->group_first[g];
	uint32_t n = p->group_word[g + 1] - p->group_word[g];
	uint32_t n_after =
	    p->group_word[after_group + 1] - p->group_word[after_group];

	memset(out, 0, n * sizeof(*out));
	for (rel_pkg_id v = first; v < p->group_first[g + 1]; v++) {
		if (!c->inside[v])
			continue;
		successors(c->u, v, after_group, reach);
		if (is_subset(after, reach, n_after))
			out[(v - first) / 64] |= (uint64_t)1
						 << ((v - first) % 64);
	}
	for (rel_pkg_id v = p->group_first[before_group];
	     v < p->group_first[before_group + 1]; v++) {
		uint32_t bit = v - p->group_first[before_group];

		if (!((before[bit / 64] >> (bit % 64)) & 1))
			continue;
		successors(c->u, v, g, reach);
		for (uint32_t i = 0; i < n; i++)
			out[i] &= reach[i];
	}
}

/* The versions of the name that need themselves. */
static void widen_self(const struct rel_circles *c, rel_pkg_id pkg,
		       uint64_t *out)
{
	const struct rel_sat_problem *p = &c->u->problem;
	uint32_t g = p->var_group[pkg], first = p->group_first[g];

	for (rel_pkg_id v = first; v < p->group_first[g + 1]; v++)
		if (c->inside[v] && needs_itself(c->u, v))
			out[(v - first) / 64] |= (uint64_t)1
						 << ((v - first) % 64);
}

/* words: of all steps, then room for one; at: where each step's begin */
static void widen_all(const struct rel_circles *c, const uint32_t *circle,
		      uint32_t n, uint64_t *words, const uint32_t *at)
{
	const uint32_t *group = c->u->problem.var_group;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t before = (i + n - 1) % n, after = (i + 1) % n;
		rel_pkg_id pkg = c->members[circle[i]];

		if (n == 1)
			widen_self(c, pkg, words);
		else
			widen(c, pkg, words + at[before],
			      group[c->members[circle[before]]],
			      words + at[after],
			      group[c->members[circle[after]]], words + at[i],
			      words + at[n]);
	}
}

/* The steps' sets, which the universe gets. */
static int add_steps(struct rel_circles *c, const uint32_t *circle, uint32_t n,
		     const uint64_t *words, const uint32_t *at)
{
	struct rel_conditions *k = &c->conditions;

	if (rel_array_reserve(&k->steps, &k->steps_cap,
			      (uint64_t)k->n_steps + n,
			      sizeof(*k->steps)) != 0 ||
	    rel_array_reserve(&k->ends, &k->ends_cap, (uint64_t)k->n + 1,
			      sizeof(*k->ends)) != 0)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		struct rel_condition_step *step = &k->steps[k->n_steps + i];

		step->pkg = c->members[circle[i]];
		if (rel_resolver_add_set(&c->u->store->resolver, &step->set,
					 c->u->problem.var_group[step->pkg],
					 words + at[i]))
			return REL_ENOMEM;
	}
	k->n_steps += n;
	k->ends[k->n++] = k->n_steps;
	return 0;
}

static int add_condition(struct rel_circles *c, const uint32_t *circle,
			 uint32_t n)
{
	const struct rel_sat_problem *p = &c->u->problem;
	uint32_t *at = calloc((size_t)n + 1, sizeof(*at));
	uint64_t *words = NULL;
	uint32_t total = 0, widest = 0;
	int rc = REL_ENOMEM;

	for (uint32_t i = 0; at && i < n; i++) {
		uint32_t g = p->var_group[c->members[circle[i]]];
		uint32_t size = p->group_word[g + 1] - p->group_word[g];

		at[i] = total;
		total += size;
		if (size > widest)
			widest = size;
	}
	if (at) {
		at[n] = total;
		words = calloc((size_t)total + widest + 1, sizeof(*words));
	}
	for (uint32_t i = 0; words && i < n; i++) {
		rel_pkg_id pkg = c->members[circle[i]];
		uint32_t bit = pkg - p->group_first[p->var_group[pkg]];

		words[at[i] + bit / 64] |= (uint64_t)1 << (bit % 64);
	}
	if (words) {
		widen_all(c, circle, n, words, at);
		rc = add_steps(c, circle, n, words, at);
		rel_universe_publish(c->u);
	}
	free(at);
	free(words);
	return rc;
}

/* Does a condition forbid the model at hand already? */
static bool is_forbidden(const struct rel_circles *c)
{
	const struct rel_conditions *k = &c->conditions;

	for (uint32_t i = 0; i < k->n; i++) {
		uint32_t at = rel_condition_begin(k, i);

		for (; at < k->ends[i]; at++) {
			uint32_t set = k->steps[at].set;
			uint32_t v = c->chosen[c->u->problem.set_group[set]];

			if (!v || !rel_universe_in_set(c->u, set, v - 1))
				break;
		}
		if (at == k->ends[i])
			return true;
	}
	return false;
}

/* A condition for each component of the model at hand. */
static int learn(struct rel_circles *c, struct rel_error *err)
{
	uint32_t *circle;
	int rc = 0;

	if (is_forbidden(c))
		return 0;
	circle = calloc((size_t)c->n_members + 1, sizeof(*circle));
	if (!circle)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; rc == 0 && i < c->n_members; i++) {
		uint32_t n;

		if (!c->caught[i] || c->component[i] == UINT32_MAX)
			continue;
		n = go_round(c, i, circle);
		if (add_condition(c, circle, n))
			rc = rel_fail_nomem(err);
		for (uint32_t k = c->n_members; k-- > i;)
			if (c->component[k] == c->component[i])
				c->component[k] = UINT32_MAX;
	}
	free(circle);
	return rc;
}

/* What models prove; *stripped: those that have circles, without them */
static int look_at(struct rel_circles *c, uint8_t *asked,
		   const struct rel_sat_models *models,
		   struct rel_sat_models *stripped,
		   const struct rel_cancel *cancel, struct rel_error *err)
{
	uint32_t from = 0;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && models && i < models->n; i++) {
		const uint32_t *vars = models->vars + from;
		uint32_t n = models->ends[i] - from;
		bool any;

		enter_model(c, vars, n);
		rc = catch_circles(c, &any, err);
		if (rc == 0 && any)
			rc = add_stripped(c, stripped, vars, n, err);
		for (uint32_t k = 0; rc == 0 && !any && k < n; k++)
			if (vars[k] < c->u->problem.n_vars)
				asked[vars[k]] = 0;
		if (rc == 0 && any)
			rc = learn(c, err);
		leave_model(c);
		from = models->ends[i];
		if (rc == 0 && rel_cancelled(cancel))
			rc = rel_fail_cancelled(err);
	}
	return rc;
}

/* The stripped models prove what else they can. */
static int replay(const struct rel_sat_problem *p, const uint8_t *status,
		  uint8_t *asked, const struct rel_sat_models *stripped,
		  struct rel_error *err)
{
	uint8_t *proved = malloc((size_t)p->n_vars + 1);
	int rc;

	if (!proved)
		return rel_fail_nomem(err);
	for (uint32_t v = 0; v < p->n_vars; v++)
		proved[v] = asked[v] ? REL_SAT_UNKNOWN : status[v];
	rc = rel_sat_replay(p, proved, stripped, err);
	for (uint32_t v = 0; rc == 0 && v < p->n_vars; v++)
		if (asked[v] && proved[v] == REL_SAT_YES)
			asked[v] = 0;
	free(proved);
	return rc;
}

static int learn_from(struct rel_circles *c, const struct rel_sat_problem *p,
		      const uint8_t *status, uint8_t *asked,
		      const struct rel_sat_models *models,
		      const struct rel_cancel *cancel, struct rel_error *err)
{
	struct rel_sat_models stripped = {0};
	int rc = look_at(c, asked, models, &stripped, cancel, err);

	if (rc == 0 && stripped.n)
		rc = replay(p, status, asked, &stripped, err);
	rel_sat_models_free(&stripped);
	return rc;
}

uint32_t rel_circles_need(const struct rel_universe *u, rel_pkg_id pkg,
			  uint32_t set)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t g = p->set_group[set];
	uint32_t n = p->group_word[g + 1] - p->group_word[g];

	for (uint32_t i = p->need_first[pkg]; i < p->need_first[pkg + 1]; i++) {
		uint32_t at = p->clause_first[p->needs[i]];
		uint32_t end = p->clause_first[p->needs[i] + 1];

		while (at < end && p->set_group[p->clause_sets[at]] == g &&
		       is_subset(p->set_words + p->set_word[p->clause_sets[at]],
				 p->set_words + p->set_word[set], n))
			at++;
		if (at == end)
			return i;
	}
	return UINT32_MAX;
}

/* Have the versions of the step that starts at `at` no choice but the next
 * one's, all of them? */
static bool is_forced(const struct rel_universe *u, uint32_t at, uint32_t next)
{
	const struct rel_sat_problem *p = &u->problem;
	const struct rel_condition_step *steps = u->circles->conditions.steps;
	uint32_t g = p->set_group[steps[at].set];

	for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1]; v++)
		if (rel_universe_in_set(u, steps[at].set, v) &&
		    rel_circles_need(u, v, steps[next].set) == UINT32_MAX)
			return false;
	return true;
}

/* Where each step of the condition is forced nothing need be searched. */
static void rule_out(const struct rel_circles *c, uint32_t condition,
		     uint8_t *status, uint8_t *asked)
{
	const struct rel_sat_problem *p = &c->u->problem;
	const struct rel_condition_step *steps = c->conditions.steps;
	uint32_t first = rel_condition_begin(&c->conditions, condition);
	uint32_t end = c->conditions.ends[condition];

	for (uint32_t i = first; end - first > 1 && i < end; i++)
		if (!is_forced(c->u, i, i + 1 < end ? i + 1 : first))
			return;
	for (uint32_t i = first; i < end; i++) {
		uint32_t g = p->set_group[steps[i].set];

		for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1];
		     v++) {
			if (!asked[v] ||
			    !rel_universe_in_set(c->u, steps[i].set, v))
				continue;
			status[v] = REL_SAT_NO;
			asked[v] = 0;
		}
	}
}

/* Ask again, with the conditions there are; those before *ruled have done what
 * they can alone. */
static int ask_again(struct rel_circles *c, const struct rel_sat_problem *p,
		     uint8_t *status, uint8_t *asked, uint32_t *ruled,
		     unsigned jobs, const struct rel_cancel *cancel,
		     struct rel_error *err)
{
	const struct rel_sat_problem *whole = &c->conditions.problem;
	struct rel_sat_models found = {0};
	uint8_t *now = NULL;
	int rc;

	for (; *ruled < c->conditions.n; (*ruled)++)
		rule_out(c, *ruled, status, asked);
	rc = rel_conditions_write(&c->conditions, c->u, p);
	if (rc == 0)
		now = malloc((size_t)whole->n_vars + 1);
	if (!now)
		return rel_fail_nomem(err);
	for (uint32_t v = 0; v < whole->n_vars; v++)
		now[v] = v < p->n_vars && asked[v] ? REL_SAT_UNKNOWN
			 : v < p->n_vars && status[v] == REL_SAT_NO
			     ? REL_SAT_NO
			     : REL_SAT_YES;
	rc = rel_sat_decide(whole, now, jobs, &found, cancel, NULL, err);
	for (uint32_t v = 0; rc == 0 && v < p->n_vars; v++) {
		if (!asked[v] || now[v] == REL_SAT_YES)
			continue;
		status[v] = now[v];
		asked[v] = 0;
	}
	free(now);
	if (rc == 0)
		rc = learn_from(c, p, status, asked, &found, cancel, err);
	rel_sat_models_free(&found);
	return rc;
}

static uint32_t count(const uint8_t *asked, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t v = 0; v < n; v++)
		sum += asked[v] != 0;
	return sum;
}

int rel_circles_settle(struct rel_circles *c, const struct rel_sat_problem *p,
		       uint8_t *status, uint8_t *asked,
		       const struct rel_sat_models *models, unsigned jobs,
		       bool *spent, const struct rel_cancel *cancel,
		       struct rel_error *err)
{
	uint32_t left, rounds = 0, ruled = 0;
	int rc;

	for (uint32_t v = 0; v < p->n_vars; v++)
		asked[v] = asked[v] && status[v] == REL_SAT_YES;
	rc = learn_from(c, p, status, asked, models, cancel, err);
	left = count(asked, p->n_vars);
	while (rc == 0 && left > 0 && rounds < REL_LIMIT_CIRCLE_ROUNDS &&
	       c->conditions.n_steps < REL_LIMIT_CIRCLE_STEPS) {
		rc = ask_again(c, p, status, asked, &ruled, jobs, cancel, err);
		left = count(asked, p->n_vars);
		rounds++;
	}
	for (uint32_t v = 0; rc == 0 && left > 0 && v < p->n_vars; v++)
		if (asked[v])
			status[v] = REL_SAT_UNKNOWN;
	*spent = *spent || left > 0;
	return rc;
}

const struct rel_sat_problem *rel_circles_problem(const struct rel_circles *c)
{
	return &c->conditions.problem;
}

uint32_t rel_circles_condition(const struct rel_circles *c,
			       const struct rel_sat_fact *fact, uint32_t *index)
{
	const struct rel_conditions *k = &c->conditions;

	*index = fact->index;
	if (fact->kind == REL_SAT_CONFLICT && fact->var >= k->base_vars)
		return k->condition_of[fact->var - k->base_vars];
	if (fact->kind != REL_SAT_NEED)
		return UINT32_MAX;
	*index = k->need_of[fact->index];
	return *index < k->n_base_needs ? UINT32_MAX : *index - k->n_base_needs;
}

bool rel_circles_has(const struct rel_circles *c, rel_pkg_id pkg)
{
	for (uint32_t i = 0; i < c->conditions.n_steps; i++)
		if (rel_universe_in_set(c->u, c->conditions.steps[i].set, pkg))
			return true;
	return false;
}

uint32_t rel_circles_count(const struct rel_circles *c)
{
	return c->conditions.n;
}

void rel_circles_steps(const struct rel_circles *c, uint32_t condition,
		       uint32_t *first, uint32_t *n)
{
	*first = rel_condition_begin(&c->conditions, condition);
	*n = c->conditions.ends[condition] - *first;
}

struct rel_circle_step rel_circles_step(const struct rel_universe *u,
					uint32_t index)
{
	const struct rel_conditions *k = &u->circles->conditions;
	uint32_t low = 0, high = k->n - 1, first, next;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (index < k->ends[middle])
			high = middle;
		else
			low = middle + 1;
	}
	first = rel_condition_begin(k, low);
	next = index + 1 < k->ends[low] ? index + 1 : first;
	return (struct rel_circle_step){.from = k->steps[index].pkg,
					.to = k->steps[next].pkg,
					.from_set = k->steps[index].set,
					.to_set = k->steps[next].set,
					.first = first,
					.n = k->ends[low] - first};
}

static bool clause_has(const struct rel_universe *u, uint32_t clause,
		       rel_pkg_id pkg)
{
	const struct rel_sat_problem *p = &u->problem;

	for (uint32_t k = p->clause_first[clause];
	     k < p->clause_first[clause + 1]; k++)
		if (rel_universe_in_set(u, p->clause_sets[k], pkg))
			return true;
	return false;
}

/* Is the clause among those that order the build of `pkg`? */
static bool is_ordering(const struct rel_universe *u, rel_pkg_id pkg,
			uint32_t clause)
{
	for (uint32_t i = u->order.first[pkg]; i < u->order.first[pkg + 1]; i++)
		if (u->order.clauses[i] == clause)
			return true;
	return false;
}

/* The part of an optional dependency that names the package. */
static rel_expr_id find_atom(const struct rel_exprs *exprs, rel_expr_id id,
			     struct rel_str name)
{
	const struct rel_expr *e;
	rel_expr_id found;

	if (id == REL_EXPR_NONE)
		return id;
	e = &exprs->nodes[id];
	if (e->kind == REL_EXPR_PACKAGE)
		return rel_str_eq(exprs->string(exprs->context, e->a), name)
			   ? id
			   : REL_EXPR_NONE;
	found = find_atom(exprs, e->a, name);
	return found != REL_EXPR_NONE ? found : find_atom(exprs, e->b, name);
}

rel_expr_id rel_circles_expr(const struct rel_universe *u,
			     struct rel_circle_step step, bool *depopts)
{
	const struct rel_sat_problem *p = &u->problem;
	const struct rel_manifest *m =
	    &rel_universe_package(u, step.from)->manifest;
	rel_expr_id found = REL_EXPR_NONE;

	for (uint32_t i = p->need_first[step.from];
	     i < p->need_first[step.from + 1]; i++) {
		if (!clause_has(u, p->needs[i], step.to))
			continue;
		found = u->need_expr[i];
		if (is_ordering(u, step.from, p->needs[i]))
			break;
	}
	*depopts = found == REL_EXPR_NONE;
	return *depopts ? find_atom(&rel_universe_snapshot(u, step.from)->exprs,
				    m->depopts, rel_universe_name(u, step.to))
			: found;
}
