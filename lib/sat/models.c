/* Models that were found, and what they prove of another problem. */
#include "sat/sat_private.h"

#include "base/array.h"

void rel_sat_models_free(struct rel_sat_models *models)
{
	free(models->vars);
	free(models->ends);
	memset(models, 0, sizeof(*models));
}

static bool add_var(struct rel_sat_models *m, uint32_t var)
{
	if (rel_array_reserve(&m->vars, &m->vars_cap, (uint64_t)m->n_vars + 1,
			      sizeof(*m->vars)))
		return false;
	m->vars[m->n_vars++] = var;
	return true;
}

static bool end_model(struct rel_sat_models *m)
{
	if (rel_array_reserve(&m->ends, &m->ends_cap, (uint64_t)m->n + 1,
			      sizeof(*m->ends)))
		return false;
	m->ends[m->n++] = m->n_vars;
	return true;
}

bool sat_models_add(struct rel_sat_models *models, const struct sat_solver *s)
{
	for (uint32_t i = 0; i < s->n_trail; i++) {
		sat_lit lit = s->trail[i].lit;

		if (!(lit & 1) && lit / 2 < s->problem->n_vars &&
		    !add_var(models, lit / 2))
			return false;
	}
	return end_model(models);
}

bool sat_models_append(struct rel_sat_models *models,
		       const struct rel_sat_models *more)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < more->n; i++) {
		for (; at < more->ends[i]; at++) {
			if (!add_var(models, more->vars[at]))
				return false;
		}
		if (!end_model(models))
			return false;
	}
	return true;
}

struct replay {
	const struct rel_sat_problem *problem;
	uint8_t *status;
	uint32_t *chosen; /* by group: its variable in the model, SAT_NONE */
	uint8_t *reached; /* by variable: is it in `part`? */
	/* what the model's unknown variables lead to */
	uint32_t *part;
	uint32_t n_part;
};

/* The model's variable in the set, or SAT_NONE. */
static uint32_t chosen_in(const struct replay *r, uint32_t set)
{
	const struct rel_sat_problem *p = r->problem;
	uint32_t group = p->set_group[set], var = r->chosen[group];

	if (var == SAT_NONE)
		return SAT_NONE;

	uint32_t bit = var - p->group_first[group];

	return (p->set_words[p->set_word[set] + bit / 64] >> (bit % 64)) & 1
		   ? var
		   : SAT_NONE;
}

static void reach(struct replay *r, uint32_t var)
{
	if (r->reached[var])
		return;
	r->reached[var] = 1;
	r->part[r->n_part++] = var;
}

/* Choose what may be true here; false when nothing unknown is among it. */
static bool choose(struct replay *r, const uint32_t *vars, uint32_t n)
{
	const struct rel_sat_problem *p = r->problem;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t var = vars[i];

		if (var >= p->n_vars || r->status[var] == REL_SAT_NO ||
		    r->chosen[p->var_group[var]] != SAT_NONE)
			continue;
		r->chosen[p->var_group[var]] = var;
		if (r->status[var] == REL_SAT_UNKNOWN)
			reach(r, var);
	}
	return r->n_part > 0;
}

static void reach_needs(struct replay *r, uint32_t var)
{
	const struct rel_sat_problem *p = r->problem;

	for (uint32_t i = p->need_first[var]; i < p->need_first[var + 1]; i++) {
		uint32_t c = p->needs[i];

		for (uint32_t k = p->clause_first[c];
		     k < p->clause_first[c + 1]; k++) {
			uint32_t to = chosen_in(r, p->clause_sets[k]);

			if (to != SAT_NONE)
				reach(r, to);
		}
	}
}

static bool need_holds(const struct replay *r, uint32_t clause)
{
	const struct rel_sat_problem *p = r->problem;

	for (uint32_t k = p->clause_first[clause];
	     k < p->clause_first[clause + 1]; k++) {
		if (chosen_in(r, p->clause_sets[k]) != SAT_NONE)
			return true;
	}
	return false;
}

static bool holds(const struct replay *r, uint32_t var)
{
	const struct rel_sat_problem *p = r->problem;

	for (uint32_t i = p->need_first[var]; i < p->need_first[var + 1]; i++) {
		if (!need_holds(r, p->needs[i]))
			return false;
	}
	for (uint32_t i = p->conflict_first[var];
	     i < p->conflict_first[var + 1]; i++) {
		if (chosen_in(r, p->conflicts[i]) != SAT_NONE)
			return false;
	}
	return true;
}

/* Take out what does not hold, until all that is left does. */
static void take_out(struct replay *r)
{
	uint32_t before;

	do {
		uint32_t kept = 0;

		before = r->n_part;
		for (uint32_t i = 0; i < before; i++) {
			uint32_t var = r->part[i];

			if (holds(r, var)) {
				r->part[kept++] = var;
				continue;
			}
			r->reached[var] = 0;
			r->chosen[r->problem->var_group[var]] = SAT_NONE;
		}
		r->n_part = kept;
	} while (r->n_part < before);
}

static void replay_model(struct replay *r, const uint32_t *vars, uint32_t n)
{
	const struct rel_sat_problem *p = r->problem;

	r->n_part = 0;
	if (choose(r, vars, n)) {
		for (uint32_t i = 0; i < r->n_part; i++)
			reach_needs(r, r->part[i]);
		take_out(r);
	}
	for (uint32_t i = 0; i < r->n_part; i++) {
		r->status[r->part[i]] = REL_SAT_YES;
		r->reached[r->part[i]] = 0;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (vars[i] < p->n_vars)
			r->chosen[p->var_group[vars[i]]] = SAT_NONE;
	}
}

int rel_sat_replay(const struct rel_sat_problem *p, uint8_t *status,
		   const struct rel_sat_models *models, struct rel_error *err)
{
	struct replay r = {.problem = p, .status = status};
	uint32_t from = 0;
	int rc = 0;

	r.chosen = malloc(((size_t)p->n_groups + 1) * sizeof(*r.chosen));
	r.part = malloc(((size_t)p->n_vars + 1) * sizeof(*r.part));
	r.reached = calloc((size_t)p->n_vars + 1, 1);
	if (!r.chosen || !r.part || !r.reached) {
		rc = rel_fail_nomem(err);
		goto out;
	}
	for (uint32_t g = 0; g < p->n_groups; g++)
		r.chosen[g] = SAT_NONE;
	for (uint32_t i = 0; i < models->n; i++) {
		replay_model(&r, models->vars + from, models->ends[i] - from);
		from = models->ends[i];
	}
out:
	free(r.chosen);
	free(r.part);
	free(r.reached);
	return rc;
}
