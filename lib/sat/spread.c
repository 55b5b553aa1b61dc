#include "sat/spread.h"

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

static void end_clause(struct rel_sat_spread *s, uint32_t clause)
{
	const struct rel_sat_lists *l = &s->reverse.clause_vars;

	for (uint32_t i = l->first[clause]; i < l->first[clause + 1]; i++) {
		uint32_t var = l->items[i];

		if (s->seen[var])
			continue;
		s->seen[var] = 1;
		s->due[s->n_due++] = var;
	}
}

static void end_set(struct rel_sat_spread *s, uint32_t set)
{
	const struct rel_sat_lists *l = &s->reverse.set_clauses;

	for (uint32_t i = l->first[set]; i < l->first[set + 1]; i++) {
		if (--s->clause_left[l->items[i]] == 0)
			end_clause(s, l->items[i]);
	}
}

void rel_sat_spread_kill(struct rel_sat_spread *s, uint32_t var)
{
	const struct rel_sat_problem *p = s->problem;
	const struct rel_sat_lists *l = &s->reverse.group_sets;
	uint32_t g = p->var_group[var], bit = var - p->group_first[g];

	for (uint32_t i = l->first[g]; i < l->first[g + 1]; i++) {
		uint32_t set = l->items[i];
		uint64_t word = p->set_words[p->set_word[set] + bit / 64];

		if (((word >> (bit % 64)) & 1) && --s->set_left[set] == 0)
			end_set(s, set);
	}
}

static uint32_t count_members(const struct rel_sat_problem *p, uint32_t set)
{
	uint32_t g = p->set_group[set], count = 0;
	uint32_t n = p->group_word[g + 1] - p->group_word[g];

	for (uint32_t i = 0; i < n; i++)
		count += (uint32_t)__builtin_popcountll(
		    p->set_words[p->set_word[set] + i]);
	return count;
}

int rel_sat_spread_init(struct rel_sat_spread *s,
			const struct rel_sat_problem *p)
{
	int rc;

	memset(s, 0, sizeof(*s));
	s->problem = p;
	rc = rel_sat_reverse_init(&s->reverse, p);
	s->set_left = malloc(((size_t)p->n_sets + 1) * sizeof(uint32_t));
	s->clause_left = malloc(((size_t)p->n_clauses + 1) * sizeof(uint32_t));
	s->due = malloc(((size_t)p->n_vars + 1) * sizeof(uint32_t));
	s->seen = calloc((size_t)p->n_vars + 1, 1);
	if (rc || !s->set_left || !s->clause_left || !s->due || !s->seen)
		return REL_ENOMEM;
	for (uint32_t c = 0; c < p->n_clauses; c++) {
		s->clause_left[c] = p->clause_first[c + 1] - p->clause_first[c];
		if (s->clause_left[c] == 0)
			end_clause(s, c);
	}
	for (uint32_t set = 0; set < p->n_sets; set++) {
		s->set_left[set] = count_members(p, set);
		if (s->set_left[set] == 0)
			end_set(s, set);
	}
	return 0;
}

void rel_sat_spread_free(struct rel_sat_spread *s)
{
	rel_sat_reverse_free(&s->reverse);
	free(s->set_left);
	free(s->clause_left);
	free(s->due);
	free(s->seen);
	memset(s, 0, sizeof(*s));
}
