/*
 * Conditions as part of a problem of groups, sets and needs.
 *
 * "Not a version of each of the sets s1 … sn" becomes a group with variables
 * m2 … mn, of which mi says "si is the one that is missing" and conflicts with
 * si; and every version in s1 needs one of m2 … mn.  For n = 1 it needs a
 * clause without sets, which nothing fills.
 */
#include <string.h>

#include "solve/circles_private.h"
#include "solve/universe_store.h"

static void *room(uint64_t n, size_t size)
{
	return calloc((size_t)n + 1, size);
}

static void free_arrays(struct rel_conditions *c)
{
	free(c->condition_of);
	free(c->need_of);
	free(c->var_group);
	free(c->group_first);
	free(c->group_word);
	free(c->set_group);
	free(c->set_word);
	free(c->set_words);
	free(c->clause_first);
	free(c->clause_sets);
	free(c->need_first);
	free(c->needs);
	free(c->conflict_first);
	free(c->conflicts);
}

void rel_conditions_free(struct rel_conditions *c)
{
	free_arrays(c);
	free(c->steps);
	free(c->ends);
	memset(c, 0, sizeof(*c));
}

/* What the conditions add to each array. */
struct growth {
	uint64_t vars, words, needs;
};

static struct growth growth_of(const struct rel_conditions *c,
			       const struct rel_sat_problem *p)
{
	struct growth g = {0, 0, 0};

	for (uint32_t i = 0; i < c->n; i++) {
		uint32_t first = rel_condition_begin(c, i);
		uint32_t n = c->ends[i] - first - 1;
		uint32_t group = p->set_group[c->steps[first].set];

		g.vars += n;
		g.words += rel_sat_words(n);
		g.needs += p->group_first[group + 1] - p->group_first[group];
	}
	return g;
}

static int make_arrays(struct rel_conditions *c, const struct rel_universe *u,
		       const struct rel_sat_problem *p)
{
	struct growth g = growth_of(c, p);
	uint64_t vars = p->n_vars + g.vars, groups = p->n_groups + c->n;
	uint64_t sets = p->n_sets + c->n, clauses = p->n_clauses + c->n;
	uint32_t words = u->store->resolver.n_set_words;

	c->condition_of = room(g.vars, sizeof(*c->condition_of));
	c->need_of =
	    room(p->need_first[p->n_vars] + g.needs, sizeof(*c->need_of));
	c->var_group = room(vars, sizeof(*c->var_group));
	c->group_first = room(groups, sizeof(*c->group_first));
	c->group_word = room(groups, sizeof(*c->group_word));
	c->set_group = room(sets, sizeof(*c->set_group));
	c->set_word = room(sets, sizeof(*c->set_word));
	c->set_words = room(words + g.words, sizeof(*c->set_words));
	c->clause_first = room(clauses, sizeof(*c->clause_first));
	c->clause_sets = room((uint64_t)p->clause_first[p->n_clauses] + c->n,
			      sizeof(*c->clause_sets));
	c->need_first = room(vars, sizeof(*c->need_first));
	c->needs = room(p->need_first[p->n_vars] + g.needs, sizeof(*c->needs));
	c->conflict_first = room(vars, sizeof(*c->conflict_first));
	c->conflicts =
	    room(p->conflict_first[p->n_vars] + g.vars, sizeof(*c->conflicts));
	if (!c->condition_of || !c->need_of || !c->var_group ||
	    !c->group_first || !c->group_word || !c->set_group ||
	    !c->set_word || !c->set_words || !c->clause_first ||
	    !c->clause_sets || !c->need_first || !c->needs ||
	    !c->conflict_first || !c->conflicts)
		return REL_ENOMEM;
	memcpy(c->set_words, p->set_words, words * sizeof(*c->set_words));
	return 0;
}

static void copy(uint32_t *to, const uint32_t *from, uint32_t n)
{
	if (n)
		memcpy(to, from, n * sizeof(*to));
}

/* Group, set and clause of condition i; *word: where its set's words go. */
static void add_group(struct rel_conditions *c, const struct rel_sat_problem *p,
		      uint32_t i, uint32_t *word)
{
	uint32_t group = p->n_groups + i, first = c->group_first[group];
	uint32_t n = c->ends[i] - rel_condition_begin(c, i) - 1;
	uint32_t at = c->clause_first[p->n_clauses + i];

	c->group_first[group + 1] = first + n;
	c->group_word[group + 1] = c->group_word[group] + rel_sat_words(n);
	c->set_group[p->n_sets + i] = group;
	c->set_word[p->n_sets + i] = *word;
	for (uint32_t k = 0; k < n; k++) {
		c->var_group[first + k] = group;
		c->condition_of[first + k - p->n_vars] = i;
		c->set_words[*word + k / 64] |= (uint64_t)1 << (k % 64);
	}
	*word += rel_sat_words(n);
	if (n)
		c->clause_sets[at++] = p->n_sets + i;
	c->clause_first[p->n_clauses + i + 1] = at;
}

/* The conflicts of the conditions' variables, which need nothing. */
static void add_conflicts(struct rel_conditions *c,
			  const struct rel_sat_problem *p)
{
	uint32_t var = p->n_vars, at = p->conflict_first[p->n_vars];

	for (uint32_t i = 0; i < c->n; i++) {
		for (uint32_t k = rel_condition_begin(c, i) + 1; k < c->ends[i];
		     k++) {
			c->conflicts[at++] = c->steps[k].set;
			c->conflict_first[++var] = at;
			c->need_first[var] = c->need_first[p->n_vars];
		}
	}
}

/* The set whose versions have the need. */
static uint32_t first_set(const struct rel_conditions *c, uint32_t condition)
{
	return c->steps[rel_condition_begin(c, condition)].set;
}

static int add_needs(struct rel_conditions *c, const struct rel_universe *u,
		     const struct rel_sat_problem *p)
{
	/* the conditions about a group, as a list: number + 1, 0 = the end */
	uint32_t *head = room(p->n_groups, sizeof(*head));
	uint32_t *next = room(c->n, sizeof(*next)), at = 0, own = 0;
	int rc = head && next ? 0 : REL_ENOMEM;

	for (uint32_t i = 0; rc == 0 && i < c->n; i++) {
		next[i] = head[p->set_group[first_set(c, i)]];
		head[p->set_group[first_set(c, i)]] = i + 1;
	}
	c->n_base_needs = u->problem.need_first[u->problem.n_vars];
	for (uint32_t v = 0; rc == 0 && v < p->n_vars; v++) {
		uint32_t g = p->var_group[v], n_own;

		n_own = u->problem.need_first[v + 1] - u->problem.need_first[v];
		for (uint32_t i = p->need_first[v]; i < p->need_first[v + 1];
		     i++) {
			/* the pinned compiler's need stands behind the own */
			c->need_of[at] = i - p->need_first[v] < n_own
					     ? own + i - p->need_first[v]
					     : own;
			c->needs[at++] = p->needs[i];
		}
		own += n_own;
		for (uint32_t k = head[g]; k > 0; k = next[k - 1]) {
			if (v >= u->n_packages ||
			    !rel_universe_in_set(u, first_set(c, k - 1), v))
				continue;
			c->need_of[at] = c->n_base_needs + k - 1;
			c->needs[at++] = p->n_clauses + k - 1;
		}
		c->need_first[v + 1] = at;
	}
	free(head);
	free(next);
	return rc;
}

int rel_conditions_write(struct rel_conditions *c, const struct rel_universe *u,
			 const struct rel_sat_problem *p)
{
	uint32_t word = u->store->resolver.n_set_words;
	int rc;

	free_arrays(c);
	rc = make_arrays(c, u, p);
	if (rc != 0)
		return rc;
	copy(c->var_group, p->var_group, p->n_vars);
	copy(c->group_first, p->group_first, p->n_groups + 1);
	copy(c->group_word, p->group_word, p->n_groups + 1);
	copy(c->set_group, p->set_group, p->n_sets);
	copy(c->set_word, p->set_word, p->n_sets);
	copy(c->clause_first, p->clause_first, p->n_clauses + 1);
	copy(c->clause_sets, p->clause_sets, p->clause_first[p->n_clauses]);
	copy(c->conflict_first, p->conflict_first, p->n_vars + 1);
	copy(c->conflicts, p->conflicts, p->conflict_first[p->n_vars]);
	for (uint32_t i = 0; i < c->n; i++)
		add_group(c, p, i, &word);
	rc = add_needs(c, u, p);
	if (rc != 0)
		return rc;
	add_conflicts(c, p);
	c->base_vars = p->n_vars;
	c->problem = (struct rel_sat_problem){
	    .n_vars = c->group_first[p->n_groups + c->n],
	    .n_groups = p->n_groups + c->n,
	    .n_sets = p->n_sets + c->n,
	    .n_clauses = p->n_clauses + c->n,
	    .var_group = c->var_group,
	    .group_first = c->group_first,
	    .group_word = c->group_word,
	    .set_group = c->set_group,
	    .set_word = c->set_word,
	    .set_words = c->set_words,
	    .clause_first = c->clause_first,
	    .clause_sets = c->clause_sets,
	    .need_first = c->need_first,
	    .needs = c->needs,
	    .conflict_first = c->conflict_first,
	    .conflicts = c->conflicts,
	};
	return 0;
}
