/*
 * The largest part of some variables that can be true together, by implicit
 * hitting sets: what is left out must hit each core that is known; when the
 * rest of a smallest such set has a model it is the largest part, else it has
 * a core that is not known yet.
 */
#include "base/array.h"
#include "base/limits.h"
#include "sat/sat_private.h"

static const struct sat_budget one = {REL_LIMIT_SAT_CONFLICTS,
				      REL_LIMIT_SAT_STEPS};

struct largest {
	struct sat_solver *s;
	uint32_t first, n, n_required;
	uint8_t *in;	 /* [n]: asked about */
	uint8_t *best;	 /* [n]: the smallest hitting set */
	uint8_t *out;	 /* [n]: the one under construction */
	uint32_t *cores; /* members, ascending */
	uint32_t n_members, cores_cap;
	uint32_t *ends; /* core i ends before cores[ends[i]] */
	uint32_t n_cores, ends_cap;
	uint32_t *choice; /* stack of the search: index into cores */
	uint64_t looks;	  /* steps of it */
	struct sat_budget spent;
	bool tired; /* some question or the search went over its budget */
};

/* Can all that are `in` be true? */
static enum sat_result ask(struct largest *l)
{
	struct sat_solver *s = l->s;
	struct sat_budget budget = sat_budget_after(&one, &l->spent);
	uint64_t conflicts = s->stats.conflicts, steps = s->steps;
	uint32_t last = SAT_NONE, floor = 0;
	enum sat_result result = SAT_FOUND;

	sat_backjump(s, 0);
	if (s->n_clauses > REL_LIMIT_SAT_LEARNED)
		sat_solver_forget(s);
	for (uint32_t i = 0; i < l->n; i++) {
		struct sat_step step = {.lit = 2 * (l->first + i),
					.reason = SAT_DECISION};

		if (!l->in[i])
			continue;
		if (last != SAT_NONE) {
			step.lit = 2 * (l->first + last);
			sat_new_level(s);
			if (s->nomem || !sat_assert(s, &step) ||
			    !sat_propagate(s)) {
				result = SAT_IMPOSSIBLE;
				break;
			}
			floor++;
		}
		last = i;
	}
	if (result == SAT_FOUND && last != SAT_NONE)
		result = sat_try(s, l->first + last, floor, &budget);
	s->has_conflict = false;
	sat_backjump(s, 0);
	if (result == SAT_GAVE_UP) {
		l->tired = true;
		l->spent.conflicts += s->stats.conflicts - conflicts;
		l->spent.steps += s->steps - steps;
	}
	return result;
}

static int status_of(const struct largest *l)
{
	if (l->s->nomem)
		return REL_ENOMEM;
	return rel_cancelled(l->s->cancel) ? REL_ECANCELLED : 0;
}

static int add_member(struct largest *l, uint32_t i)
{
	if (rel_array_reserve(&l->cores, &l->cores_cap,
			      (uint64_t)l->n_members + 1, sizeof(*l->cores)))
		return REL_ENOMEM;
	l->cores[l->n_members++] = i;
	return 0;
}

static int end_core(struct largest *l)
{
	if (rel_array_reserve(&l->ends, &l->ends_cap, (uint64_t)l->n_cores + 1,
			      sizeof(*l->ends)))
		return REL_ENOMEM;
	l->ends[l->n_cores++] = l->n_members;
	return 0;
}

/* Those that are `in` cannot be true together: of them, some that cannot. */
static int add_core(struct largest *l)
{
	int rc = 0;

	for (uint32_t i = l->n_required; i < l->n; i++) {
		if (!l->in[i])
			continue;
		l->in[i] = 0;
		l->in[i] = ask(l) != SAT_IMPOSSIBLE;
		rc = status_of(l);
		if (rc)
			return rc;
	}
	for (uint32_t i = l->n_required; !rc && i < l->n; i++)
		rc = l->in[i] ? add_member(l, i) : 0;
	return rc ? rc : end_core(l);
}

/* A core that the set under construction does not hit, or SAT_NONE. */
static uint32_t missed(struct largest *l)
{
	uint32_t at = 0;

	for (uint32_t c = 0; c < l->n_cores; c++) {
		bool hit = false;

		for (; at < l->ends[c]; at++, l->looks++)
			hit = hit || l->out[l->cores[at]];
		if (!hit)
			return c;
	}
	return SAT_NONE;
}

/* A hitting set of `size`, into l->out; depth first, later ones first. */
static bool hit_with(struct largest *l, uint32_t size)
{
	uint32_t depth = 0, core;

	memset(l->out, 0, l->n);
	for (;;) {
		core = missed(l);
		if (core == SAT_NONE)
			return true;
		if (l->looks > REL_LIMIT_HITTING_STEPS)
			return false;
		if (depth < size) {
			l->choice[depth] = l->ends[core] - 1;
			l->out[l->cores[l->choice[depth++]]] = 1;
			continue;
		}
		/* back to a choice that has another member to offer */
		for (;;) {
			uint32_t at, begin = 0;

			if (depth == 0)
				return false;
			at = l->choice[--depth];
			l->out[l->cores[at]] = 0;
			for (uint32_t c = 0; l->ends[c] <= at; c++)
				begin = l->ends[c];
			if (at == begin)
				continue;
			l->choice[depth] = at - 1;
			l->out[l->cores[l->choice[depth++]]] = 1;
			break;
		}
	}
}

/* A smallest hitting set, into l->best; false when that takes too long. */
static bool hit_all(struct largest *l, uint32_t *size)
{
	for (; *size <= l->n; ++*size) {
		if (hit_with(l, *size)) {
			memcpy(l->best, l->out, l->n);
			return true;
		}
		if (l->looks > REL_LIMIT_HITTING_STEPS)
			return false;
	}
	return false;
}

/* Those required, and nothing else. */
static void begin_part(struct largest *l)
{
	memset(l->in, 0, l->n);
	memset(l->in, 1, l->n_required);
}

/* One after the other, what fits those before. */
static int take_what_fits(struct largest *l)
{
	begin_part(l);
	for (uint32_t i = l->n_required; i < l->n; i++) {
		l->in[i] = 1;
		l->in[i] = ask(l) == SAT_FOUND;
		if (status_of(l))
			return status_of(l);
	}
	return 0;
}

/* Those that are impossible alone are cores of one. */
static int find_impossible(struct largest *l)
{
	int rc = 0;

	for (uint32_t i = l->n_required; !rc && i < l->n; i++) {
		begin_part(l);
		l->in[i] = 1;
		if (ask(l) == SAT_IMPOSSIBLE) {
			rc = add_member(l, i);
			rc = rc ? rc : end_core(l);
		}
		rc = rc ? rc : status_of(l);
	}
	return rc;
}

static int find(struct largest *l, bool *proved)
{
	uint32_t size = 0;
	enum sat_result result;
	int rc;

	begin_part(l);
	result = ask(l);
	rc = status_of(l);
	if (rc || result != SAT_FOUND) {
		memset(l->in, 0, l->n);
		*proved = result == SAT_IMPOSSIBLE;
		return rc;
	}
	rc = find_impossible(l);
	while (!rc && !l->tired && hit_all(l, &size)) {
		for (uint32_t i = 0; i < l->n; i++)
			l->in[i] = !l->best[i];
		result = ask(l);
		rc = status_of(l);
		if (!rc && result == SAT_FOUND) {
			*proved = true;
			return 0;
		}
		if (!rc && result == SAT_IMPOSSIBLE)
			rc = add_core(l);
	}
	return rc ? rc : take_what_fits(l);
}

int sat_largest_part(struct sat_solver *s, uint32_t first, uint32_t n,
		     uint32_t n_required, uint8_t *in, bool *proved)
{
	struct largest l = {
	    .s = s, .first = first, .n = n, .n_required = n_required, .in = in};
	int rc = REL_ENOMEM;

	*proved = false;
	l.best = calloc((size_t)n + 1, 1);
	l.out = calloc((size_t)n + 1, 1);
	l.choice = calloc((size_t)n + 1, sizeof(*l.choice));
	if (l.best && l.out && l.choice)
		rc = find(&l, proved);
	free(l.best);
	free(l.out);
	free(l.choice);
	free(l.cores);
	free(l.ends);
	return rc;
}
