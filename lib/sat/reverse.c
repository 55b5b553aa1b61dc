#include "sat/reverse.h"

static bool lists_init(struct rel_sat_lists *l, uint32_t n, uint32_t n_items)
{
	l->first = calloc((size_t)n + 2, sizeof(uint32_t));
	l->items = calloc((size_t)n_items + 1, sizeof(uint32_t));
	return l->first && l->items;
}

/* After counting in first[x + 1]: make them starts, shifted by one, so that
 * filling through first[x + 1]++ leaves them where they belong. */
static void lists_shift(struct rel_sat_lists *l, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t x = 0; x <= n; x++) {
		uint32_t count = l->first[x + 1];

		l->first[x + 1] = sum;
		sum += count;
	}
}

static void lists_fill(struct rel_sat_lists *l, uint32_t x, uint32_t item)
{
	l->items[l->first[x + 1]++] = item;
}

static void index_sets(struct rel_sat_reverse *c,
		       const struct rel_sat_problem *p)
{

	for (uint32_t s = 0; s < p->n_sets; s++)
		c->group_sets.first[p->set_group[s] + 1]++;
	lists_shift(&c->group_sets, p->n_groups);
	for (uint32_t s = 0; s < p->n_sets; s++)
		lists_fill(&c->group_sets, p->set_group[s], s);
}

static void index_clauses(struct rel_sat_reverse *c,
			  const struct rel_sat_problem *p)
{

	for (uint32_t i = 0; i < p->clause_first[p->n_clauses]; i++)
		c->set_clauses.first[p->clause_sets[i] + 1]++;
	lists_shift(&c->set_clauses, p->n_sets);
	for (uint32_t k = 0; k < p->n_clauses; k++) {
		for (uint32_t i = p->clause_first[k];
		     i < p->clause_first[k + 1]; i++)
			lists_fill(&c->set_clauses, p->clause_sets[i], k);
	}
}

static void index_needs(struct rel_sat_reverse *c,
			const struct rel_sat_problem *p)
{

	for (uint32_t i = 0; i < p->need_first[p->n_vars]; i++)
		c->clause_vars.first[p->needs[i] + 1]++;
	lists_shift(&c->clause_vars, p->n_clauses);
	for (uint32_t v = 0; v < p->n_vars; v++) {
		for (uint32_t i = p->need_first[v]; i < p->need_first[v + 1];
		     i++)
			lists_fill(&c->clause_vars, p->needs[i], v);
	}
}

static void lists_free(struct rel_sat_lists *l)
{
	free(l->first);
	free(l->items);
}

int rel_sat_reverse_init(struct rel_sat_reverse *r,
			 const struct rel_sat_problem *p)
{
	memset(r, 0, sizeof(*r));
	if (!lists_init(&r->group_sets, p->n_groups, p->n_sets) ||
	    !lists_init(&r->set_clauses, p->n_sets,
			p->clause_first[p->n_clauses]) ||
	    !lists_init(&r->clause_vars, p->n_clauses,
			p->need_first[p->n_vars])) {
		rel_sat_reverse_free(r);
		return REL_ENOMEM;
	}
	index_sets(r, p);
	index_clauses(r, p);
	index_needs(r, p);
	return 0;
}

void rel_sat_reverse_free(struct rel_sat_reverse *r)
{
	lists_free(&r->group_sets);
	lists_free(&r->set_clauses);
	lists_free(&r->clause_vars);
	memset(r, 0, sizeof(*r));
}
