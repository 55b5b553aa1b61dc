#include "solve/reverse.h"

/* Lists in compressed form: those of x are items[first[x]] … */
struct lists {
	uint32_t *first, *items;
};

struct closure {
	const struct rel_sat_problem *p;
	struct lists group_sets, set_clauses, clause_vars;
	uint8_t *set_seen, *clause_seen, *marks;
	uint32_t *queue;
	uint32_t n_queue;
};

static bool lists_init(struct lists *l, uint32_t n, uint32_t n_items)
{
	l->first = calloc((size_t)n + 2, sizeof(uint32_t));
	l->items = calloc((size_t)n_items + 1, sizeof(uint32_t));
	return l->first && l->items;
}

/* After counting in first[x + 1]: make them starts, shifted by one, so that
 * filling through first[x + 1]++ leaves them where they belong. */
static void lists_shift(struct lists *l, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t x = 0; x <= n; x++) {
		uint32_t count = l->first[x + 1];

		l->first[x + 1] = sum;
		sum += count;
	}
}

static void lists_fill(struct lists *l, uint32_t x, uint32_t item)
{
	l->items[l->first[x + 1]++] = item;
}

static void index_sets(struct closure *c)
{
	const struct rel_sat_problem *p = c->p;

	for (uint32_t s = 0; s < p->n_sets; s++)
		c->group_sets.first[p->set_group[s] + 1]++;
	lists_shift(&c->group_sets, p->n_groups);
	for (uint32_t s = 0; s < p->n_sets; s++)
		lists_fill(&c->group_sets, p->set_group[s], s);
}

static void index_clauses(struct closure *c)
{
	const struct rel_sat_problem *p = c->p;

	for (uint32_t i = 0; i < p->clause_first[p->n_clauses]; i++)
		c->set_clauses.first[p->clause_sets[i] + 1]++;
	lists_shift(&c->set_clauses, p->n_sets);
	for (uint32_t k = 0; k < p->n_clauses; k++) {
		for (uint32_t i = p->clause_first[k];
		     i < p->clause_first[k + 1]; i++)
			lists_fill(&c->set_clauses, p->clause_sets[i], k);
	}
}

static void index_needs(struct closure *c)
{
	const struct rel_sat_problem *p = c->p;

	for (uint32_t i = 0; i < p->need_first[p->n_vars]; i++)
		c->clause_vars.first[p->needs[i] + 1]++;
	lists_shift(&c->clause_vars, p->n_clauses);
	for (uint32_t v = 0; v < p->n_vars; v++) {
		for (uint32_t i = p->need_first[v]; i < p->need_first[v + 1];
		     i++)
			lists_fill(&c->clause_vars, p->needs[i], v);
	}
}

static void visit_clause(struct closure *c, uint32_t clause)
{
	const struct lists *l = &c->clause_vars;

	if (c->clause_seen[clause])
		return;
	c->clause_seen[clause] = 1;
	for (uint32_t i = l->first[clause]; i < l->first[clause + 1]; i++) {
		uint32_t v = l->items[i];

		if (c->marks[v])
			continue;
		c->marks[v] = 1;
		c->queue[c->n_queue++] = v;
	}
}

static void visit_var(struct closure *c, uint32_t v)
{
	const struct rel_sat_problem *p = c->p;
	uint32_t g = p->var_group[v], bit = v - p->group_first[g];

	for (uint32_t i = c->group_sets.first[g];
	     i < c->group_sets.first[g + 1]; i++) {
		uint32_t s = c->group_sets.items[i];
		uint64_t word = p->set_words[p->set_word[s] + bit / 64];

		if (c->set_seen[s] || !((word >> (bit % 64)) & 1))
			continue;
		c->set_seen[s] = 1;
		for (uint32_t k = c->set_clauses.first[s];
		     k < c->set_clauses.first[s + 1]; k++)
			visit_clause(c, c->set_clauses.items[k]);
	}
}

static bool closure_init(struct closure *c)
{
	const struct rel_sat_problem *p = c->p;

	c->set_seen = calloc((size_t)p->n_sets + 1, 1);
	c->clause_seen = calloc((size_t)p->n_clauses + 1, 1);
	c->queue = calloc((size_t)p->n_vars + 1, sizeof(*c->queue));
	return lists_init(&c->group_sets, p->n_groups, p->n_sets) &&
	       lists_init(&c->set_clauses, p->n_sets,
			  p->clause_first[p->n_clauses]) &&
	       lists_init(&c->clause_vars, p->n_clauses,
			  p->need_first[p->n_vars]) &&
	       c->set_seen && c->clause_seen && c->queue;
}

static void lists_free(struct lists *l)
{
	free(l->first);
	free(l->items);
}

int rel_reverse_closure(const struct rel_sat_problem *p, uint8_t *marks)
{
	struct closure c = {.p = p, .marks = marks};
	int rc = REL_ENOMEM;

	if (closure_init(&c)) {
		index_sets(&c);
		index_clauses(&c);
		index_needs(&c);
		for (uint32_t v = 0; v < p->n_vars; v++) {
			if (marks[v])
				c.queue[c.n_queue++] = v;
		}
		while (c.n_queue)
			visit_var(&c, c.queue[--c.n_queue]);
		rc = 0;
	}
	lists_free(&c.group_sets);
	lists_free(&c.set_clauses);
	lists_free(&c.clause_vars);
	free(c.set_seen);
	free(c.clause_seen);
	free(c.queue);
	return rc;
}
