#include "solve/reverse.h"

struct closure {
	const struct rel_sat_problem *p;
	struct rel_sat_reverse r;
	uint8_t *set_seen, *clause_seen, *marks;
	uint32_t *queue;
	uint32_t n_queue;
};

static void visit_clause(struct closure *c, uint32_t clause)
{
	const struct rel_sat_lists *l = &c->r.clause_vars;

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

	for (uint32_t i = c->r.group_sets.first[g];
	     i < c->r.group_sets.first[g + 1]; i++) {
		uint32_t s = c->r.group_sets.items[i];
		uint64_t word = p->set_words[p->set_word[s] + bit / 64];

		if (c->set_seen[s] || !((word >> (bit % 64)) & 1))
			continue;
		c->set_seen[s] = 1;
		for (uint32_t k = c->r.set_clauses.first[s];
		     k < c->r.set_clauses.first[s + 1]; k++)
			visit_clause(c, c->r.set_clauses.items[k]);
	}
}

int rel_reverse_closure(const struct rel_sat_problem *p, uint8_t *marks)
{
	struct closure c = {.p = p, .marks = marks};
	int rc = rel_sat_reverse_init(&c.r, p);

	c.set_seen = calloc((size_t)p->n_sets + 1, 1);
	c.clause_seen = calloc((size_t)p->n_clauses + 1, 1);
	c.queue = calloc((size_t)p->n_vars + 1, sizeof(*c.queue));
	if (!c.set_seen || !c.clause_seen || !c.queue)
		rc = REL_ENOMEM;
	for (uint32_t v = 0; !rc && v < p->n_vars; v++) {
		if (marks[v])
			c.queue[c.n_queue++] = v;
	}
	while (!rc && c.n_queue)
		visit_var(&c, c.queue[--c.n_queue]);
	rel_sat_reverse_free(&c.r);
	free(c.set_seen);
	free(c.clause_seen);
	free(c.queue);
	return rc;
}
