/* Domains, values of literals, and the trail. */
#include <assert.h>

#include "base/array.h"
#include "sat/sat_private.h"

uint32_t sat_atom_group(const struct sat_solver *s, uint32_t atom)
{
	const struct rel_sat_problem *p = s->problem;

	return atom < p->n_vars ? p->var_group[atom]
				: p->set_group[atom - p->n_vars];
}

static bool has_bit(const uint64_t *words, uint32_t bit)
{
	return (words[bit / 64] >> (bit % 64)) & 1;
}

static enum sat_value value_of_var(const struct sat_solver *s, uint32_t var)
{
	if (sat_excluded(s, var))
		return SAT_FALSE;
	return s->groups[s->problem->var_group[var]].selected == var ? SAT_TRUE
								     : SAT_OPEN;
}

static enum sat_value value_of_set(const struct sat_solver *s, uint32_t set)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t g = p->set_group[set];
	const uint64_t *domain = s->domain + p->group_word[g];
	const uint64_t *words = p->set_words + p->set_word[set];
	uint32_t n = p->group_word[g + 1] - p->group_word[g];
	uint64_t inside = domain[0] & words[0], outside = domain[0] & ~words[0];

	for (uint32_t i = 1; i < n; i++) {
		inside |= domain[i] & words[i];
		outside |= domain[i] & ~words[i];
	}
	if (!inside)
		return SAT_FALSE;
	return s->groups[g].required && !outside ? SAT_TRUE : SAT_OPEN;
}

enum sat_value sat_value(const struct sat_solver *s, sat_lit lit)
{
	uint32_t atom = lit / 2;
	enum sat_value value = atom < s->problem->n_vars
				   ? value_of_var(s, atom)
				   : value_of_set(s, atom - s->problem->n_vars);

	if (value == SAT_OPEN || !(lit & 1))
		return value;
	return value == SAT_TRUE ? SAT_FALSE : SAT_TRUE;
}

void sat_narrow(const struct sat_solver *s, sat_lit lit, uint64_t *words)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t atom = lit / 2;
	uint32_t g = sat_atom_group(s, atom);
	uint32_t n = p->group_word[g + 1] - p->group_word[g];

	if (atom < p->n_vars) {
		uint32_t bit = atom - p->group_first[g];
		uint64_t mask = (uint64_t)1 << (bit % 64);

		if (lit & 1) {
			words[bit / 64] &= ~mask;
			return;
		}
		for (uint32_t i = 0; i < n; i++)
			words[i] &= i == bit / 64 ? mask : 0;
		return;
	}
	const uint64_t *set = p->set_words + p->set_word[atom - p->n_vars];
	uint64_t flip = lit & 1 ? ~(uint64_t)0 : 0;

	for (uint32_t i = 0; i < n; i++)
		words[i] &= set[i] ^ flip;
}

bool sat_allows(const struct sat_solver *s, sat_lit lit, uint32_t var)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t atom = lit / 2;
	bool member;

	if (atom < p->n_vars) {
		member = atom == var;
	} else {
		uint32_t set = atom - p->n_vars;

		member = has_bit(p->set_words + p->set_word[set],
				 var - p->group_first[p->set_group[set]]);
	}
	return member != (bool)(lit & 1);
}

/*
 * Of a group's domain before and after a step: does a positive literal on
 * `set` lose its last member by it, a negative one its last non-member?
 */
static bool runs_out(const uint64_t *before, const uint64_t *now,
		     const uint64_t *set, uint64_t flip, uint32_t n)
{
	uint64_t had = 0, has = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t members = set[i] ^ flip;

		had |= before[i] & members;
		has |= now[i] & members;
	}
	return had && !has;
}

bool sat_turned_false(const struct sat_solver *s, sat_lit lit,
		      const struct sat_step *step)
{
	const struct rel_sat_problem *p = s->problem;
	uint32_t atom = lit / 2, g = step->group;
	uint32_t word = p->group_word[g], n = p->group_word[g + 1] - word;
	const uint64_t *now = s->domain + word,
		       *before = s->saved + step->saved;

	/* A negative literal can be false only where a value is required, and
	 * may become so by that alone. */
	if ((lit & 1) && !step->was_required)
		return sat_value(s, lit) == SAT_FALSE;
	if (atom >= p->n_vars)
		return runs_out(before, now,
				p->set_words + p->set_word[atom - p->n_vars],
				lit & 1 ? ~(uint64_t)0 : 0, n);
	if (lit & 1)
		return sat_value(s, lit) == SAT_FALSE;

	uint32_t bit = atom - p->group_first[g];

	return has_bit(before, bit) && !has_bit(now, bit);
}

/* The only variable left in the domain of `g`, or SAT_NONE. */
static uint32_t single_value(const struct sat_solver *s, uint32_t g)
{
	const struct rel_sat_problem *p = s->problem;
	const uint64_t *domain = s->domain + p->group_word[g];
	uint32_t n = p->group_word[g + 1] - p->group_word[g];
	uint32_t found = SAT_NONE;

	for (uint32_t i = 0; i < n; i++) {
		if (!domain[i])
			continue;
		if (found != SAT_NONE || (domain[i] & (domain[i] - 1)))
			return SAT_NONE;
		found = i * 64 + (uint32_t)__builtin_ctzll(domain[i]);
	}
	return found == SAT_NONE ? SAT_NONE : p->group_first[g] + found;
}

static bool reserve_step_slowly(struct sat_solver *s, uint32_t n)
{
	return rel_array_reserve(&s->trail, &s->trail_cap,
				 (uint64_t)s->n_trail + 2,
				 sizeof(*s->trail)) == 0 &&
	       rel_array_reserve(&s->saved, &s->saved_cap,
				 (uint64_t)s->n_saved + n,
				 sizeof(*s->saved)) == 0 &&
	       rel_array_reserve(&s->tasks, &s->tasks_cap,
				 (uint64_t)s->n_tasks + 1,
				 sizeof(*s->tasks)) == 0;
}

/* Room for one step on a group of `n` words. */
static inline bool reserve_step(struct sat_solver *s, uint32_t n)
{
	if (s->n_trail + 2 <= s->trail_cap && s->n_saved + n <= s->saved_cap &&
	    s->n_tasks < s->tasks_cap)
		return true;
	return reserve_step_slowly(s, n);
}

static void select_value(struct sat_solver *s, uint32_t g, uint32_t var)
{
	struct sat_group *group = &s->groups[g];
	struct sat_step *step = &s->trail[s->n_trail - 1];

	if (step->lit != 2 * var) {
		struct sat_step last = {
		    .lit = 2 * var,
		    .group = g,
		    .prev = group->last,
		    .level = s->n_levels,
		    .reason = SAT_LAST,
		    .was_required = true,
		    .saved = SAT_NONE,
		};
		group->last = s->n_trail;
		s->trail[s->n_trail++] = last;
	}
	group->selected = group->favourite = var;
	group->selected_step = s->n_trail - 1;
	s->stats.selections++;
}

bool sat_assert(struct sat_solver *s, const struct sat_step *want)
{
	const struct rel_sat_problem *p = s->problem;
	enum sat_value value = sat_value(s, want->lit);

	if (value == SAT_TRUE)
		return true;
	if (value == SAT_FALSE) {
		s->conflict = *want;
		s->has_conflict = true;
		return false;
	}

	uint32_t g = sat_atom_group(s, want->lit / 2);
	uint32_t n = p->group_word[g + 1] - p->group_word[g];
	struct sat_group *group = &s->groups[g];

	if (!reserve_step(s, n)) {
		s->nomem = true;
		return false;
	}

	struct sat_step *step = &s->trail[s->n_trail];
	*step = *want;
	step->group = g;
	step->prev = group->last;
	step->level = s->n_levels;
	step->was_required = group->required;
	step->saved = s->n_saved;
	for (uint32_t i = 0; i < n; i++)
		s->saved[s->n_saved++] = s->domain[p->group_word[g] + i];
	if (group->unvisited == SAT_NONE)
		group->unvisited = s->n_trail;
	group->last = s->n_trail++;

	sat_narrow(s, want->lit, s->domain + p->group_word[g]);
	if (!(want->lit & 1) && !group->required) {
		group->required = true;
		s->tasks[s->n_tasks++] = (struct sat_task){.group = g};
	}
	if (group->required && group->selected == SAT_NONE) {
		uint32_t var = single_value(s, g);

		if (var != SAT_NONE)
			select_value(s, g, var);
	}
	return true;
}

void sat_new_level(struct sat_solver *s)
{
	if (rel_array_reserve(&s->levels, &s->levels_cap,
			      (uint64_t)s->n_levels + 2, sizeof(*s->levels))) {
		s->nomem = true;
		return;
	}
	s->levels[++s->n_levels] = (struct sat_level){s->n_trail, s->n_saved,
						      s->n_tasks, s->task_head};
}

static void undo_step(struct sat_solver *s, uint32_t index)
{
	const struct rel_sat_problem *p = s->problem;
	const struct sat_step *step = &s->trail[index];
	struct sat_group *group = &s->groups[step->group];

	if (step->saved != SAT_NONE) {
		uint32_t word = p->group_word[step->group];
		uint32_t n = p->group_word[step->group + 1] - word;

		for (uint32_t i = 0; i < n; i++)
			s->domain[word + i] = s->saved[step->saved + i];
	}
	group->last = step->prev;
	group->unvisited = SAT_NONE;
	group->required = step->was_required;
	if (group->selected != SAT_NONE && group->selected_step == index)
		group->selected = SAT_NONE;
}

void sat_backjump(struct sat_solver *s, uint32_t level)
{
	if (level >= s->n_levels)
		return;

	const struct sat_level *to = &s->levels[level + 1];

	for (uint32_t i = s->n_trail; i-- > to->trail;)
		undo_step(s, i);
	s->n_trail = s->trail_head = to->trail;
	s->n_saved = to->saved;
	s->n_tasks = to->tasks;
	s->task_head = to->task_head;
	s->n_levels = level;
}

void sat_settle(struct sat_solver *s, uint32_t from_step)
{
	for (uint32_t i = from_step; i < s->n_trail; i++)
		s->trail[i].level = 1;
	s->n_levels = 1;
}
