/*
 * Minimal cores: solve again with a proof, keep the facts that it rests on,
 * then leave out one after the other and see whether the rest still excludes
 * the variable.
 */
#include <assert.h>

#include "base/array.h"
#include "base/limits.h"
#include "sat/sat_private.h"

static const struct sat_budget full = {REL_LIMIT_SAT_CORE_CONFLICTS,
				       REL_LIMIT_SAT_CORE_STEPS};

static void add_link(struct sat_solver *s, struct sat_link link)
{
	struct sat_proof *proof = s->proof;

	if (rel_array_reserve(&proof->links, &proof->links_cap,
			      (uint64_t)proof->n_links + 1,
			      sizeof(*proof->links)))
		s->nomem = true;
	else
		proof->links[proof->n_links++] = link;
}

void sat_proof_note_step(struct sat_solver *s, const struct sat_step *step)
{
	if (!s->proof)
		return;
	switch ((enum sat_reason)step->reason) {
	case SAT_BY_NEED:
	case SAT_NO_NEED:
		add_link(
		    s, (struct sat_link){SAT_LINK_NEED, step->var, step->fact});
		break;
	case SAT_BY_CONFLICT:
	case SAT_NO_CONFLICT:
		add_link(s, (struct sat_link){SAT_LINK_CONFLICT, step->var,
					      step->fact});
		break;
	case SAT_BY_CLAUSE:
		add_link(s, (struct sat_link){SAT_LINK_CLAUSE, 0, step->fact});
		break;
	case SAT_DECISION:
	case SAT_LAST:
		break;
	}
}

void sat_proof_note_dead(struct sat_solver *s, uint32_t var)
{
	if (!s->proof)
		return;

	uint32_t killer = s->proof->killer[var];

	if (killer == SAT_NONE)
		add_link(s, (struct sat_link){SAT_LINK_NEVER, var, var});
	else
		add_link(s, (struct sat_link){SAT_LINK_CLAUSE, 0, killer});
}

void sat_proof_note_kill(struct sat_solver *s, uint32_t var, uint32_t clause)
{
	if (s->proof)
		s->proof->killer[var] = clause;
}

bool sat_proof_end_clause(struct sat_solver *s, uint32_t clause)
{
	struct sat_proof *proof = s->proof;

	if (!proof)
		return true;
	if (rel_array_reserve(&proof->clauses, &proof->clauses_cap,
			      (uint64_t)proof->n_clauses + 2,
			      sizeof(*proof->clauses)))
		return false;
	if (proof->n_clauses == 0)
		proof->clauses[0].first_link = 0;
	proof->clauses[proof->n_clauses++].offset = clause;
	proof->clauses[proof->n_clauses].first_link = proof->n_links;
	return true;
}

struct rel_sat_explainer {
	struct sat_solver solver;
	struct sat_proof proof;
	const uint8_t *status;
	uint32_t var;
	struct sat_link *facts;
	uint32_t n_facts, facts_cap;
	struct sat_link *old_facts; /* scratch of refine */
	uint32_t old_facts_cap;
	uint8_t *listed; /* by fact: is it among `facts`? */
	/* for the explanations of this one and of all before it */
	struct sat_budget left, spent;
	bool whole;
	/* scratch of collect_facts */
	uint32_t *stack;
	uint32_t n_stack, stack_cap;
	uint8_t *reached; /* by variable; of take_all_facts */
	uint8_t *visited; /* by clause */
	uint32_t visited_cap;
};

static uint32_t find_clause(const struct sat_proof *proof, uint32_t offset)
{
	uint32_t low = 0, high = proof->n_clauses;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (proof->clauses[middle].offset <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Where `listed` has it: needs, conflicts, variables. */
static uint8_t *listed(const struct rel_sat_explainer *core,
		       const struct sat_link *fact)
{
	const struct rel_sat_problem *p = core->solver.problem;
	size_t at = fact->index;

	if (fact->kind != SAT_LINK_NEED)
		at += p->need_first[p->n_vars];
	if (fact->kind == SAT_LINK_NEVER)
		at += p->conflict_first[p->n_vars];
	return &core->listed[at];
}

static void clear_facts(struct rel_sat_explainer *core)
{
	for (uint32_t i = 0; i < core->n_facts; i++)
		*listed(core, &core->facts[i]) = 0;
	core->n_facts = 0;
}

static bool add_fact(struct rel_sat_explainer *core,
		     const struct sat_link *link)
{
	if (*listed(core, link))
		return true;
	*listed(core, link) = 1;
	if (rel_array_reserve(&core->facts, &core->facts_cap,
			      (uint64_t)core->n_facts + 1,
			      sizeof(*core->facts)))
		return false;
	core->facts[core->n_facts++] = *link;
	return true;
}

static bool push_clause(struct rel_sat_explainer *core, uint32_t offset)
{
	uint32_t index = find_clause(&core->proof, offset);

	if (core->visited[index])
		return true;
	core->visited[index] = 1;
	if (rel_array_reserve(&core->stack, &core->stack_cap,
			      (uint64_t)core->n_stack + 1,
			      sizeof(*core->stack)))
		return false;
	core->stack[core->n_stack++] = index;
	return true;
}

/* The facts that the clause which killed the variable rests on. */
static bool collect_facts(struct rel_sat_explainer *core)
{
	struct sat_proof *proof = &core->proof;

	clear_facts(core);
	core->n_stack = 0;
	if (rel_array_reserve(&core->visited, &core->visited_cap,
			      proof->n_clauses, 1))
		return false;
	memset(core->visited, 0, proof->n_clauses);
	assert(proof->killer[core->var] != SAT_NONE);
	if (!push_clause(core, proof->killer[core->var]))
		return false;
	while (core->n_stack) {
		uint32_t c = core->stack[--core->n_stack];

		for (uint32_t i = proof->clauses[c].first_link;
		     i < proof->clauses[c + 1].first_link; i++) {
			struct sat_link link = proof->links[i];

			if (!(link.kind == SAT_LINK_CLAUSE
				  ? push_clause(core, link.index)
				  : add_fact(core, &link)))
				return false;
		}
	}
	return true;
}

/* Forget what an earlier attempt learned: it rested on other facts. */
static void reset(struct rel_sat_explainer *core)
{
	struct sat_solver *s = &core->solver;

	sat_backjump(s, 0);
	sat_solver_forget(s);
	core->proof.n_clauses = 0;
	core->proof.n_links = 0;
	core->proof.killer[core->var] = SAT_NONE;
	sat_solver_revive(s);
}

static void spend(uint64_t *left, uint64_t *spent, uint64_t took)
{
	*left -= took < *left ? took : *left;
	*spent += took;
}

/* Do the facts in force exclude the variable? */
static enum sat_result try_facts(struct rel_sat_explainer *core)
{
	struct sat_solver *s = &core->solver;
	uint64_t conflicts = s->stats.conflicts, steps = s->steps;
	enum sat_result result = sat_try(s, core->var, 0, &core->left);

	spend(&core->left.conflicts, &core->spent.conflicts,
	      s->stats.conflicts - conflicts);
	spend(&core->left.steps, &core->spent.steps, s->steps - steps);
	return result;
}

/* Facts about variables that never are come into force by killing these. */
static void switch_fact(struct rel_sat_explainer *core,
			const struct sat_link *fact, bool on)
{
	switch (fact->kind) {
	case SAT_LINK_NEED:
		core->proof.need_on[fact->index] = on;
		break;
	case SAT_LINK_CONFLICT:
		core->proof.conflict_on[fact->index] = on;
		break;
	case SAT_LINK_NEVER:
	case SAT_LINK_CLAUSE:
		break;
	}
}

/* Leave only the listed facts in force. */
static void switch_to_facts(struct rel_sat_explainer *core)
{
	const struct rel_sat_problem *p = core->solver.problem;

	memset(core->proof.need_on, 0, p->need_first[p->n_vars]);
	memset(core->proof.conflict_on, 0, p->conflict_first[p->n_vars]);
	for (uint32_t i = 0; i < core->n_facts; i++)
		switch_fact(core, &core->facts[i], true);
}

/* Of the listed facts, which are in force, leave the one at `skip` out. */
static enum sat_result try_without(struct rel_sat_explainer *core,
				   uint32_t skip)
{
	reset(core);
	switch_fact(core, &core->facts[skip], false);
	for (uint32_t i = 0; i < core->n_facts; i++) {
		if (i != skip && core->facts[i].kind == SAT_LINK_NEVER)
			sat_solver_kill(&core->solver, core->facts[i].index,
					SAT_NONE);
	}
	return try_facts(core);
}

/*
 * The fact at `i` is needless: keep of the others those that the proof without
 * it rests on.  All that are known to be needed are among them.  Returns how
 * many before `i` stay; -1 when out of memory.
 */
static int64_t refine(struct rel_sat_explainer *core, uint32_t i)
{
	uint32_t n = core->n_facts, kept = 0, before = 0;

	if (rel_array_reserve(&core->old_facts, &core->old_facts_cap, n,
			      sizeof(*core->old_facts)))
		return -1;
	memcpy(core->old_facts, core->facts, n * sizeof(*core->facts));
	if (!collect_facts(core))
		return -1;
	/* In the old order: what is far is still to be tried first. */
	for (uint32_t k = 0; k < n; k++) {
		const struct sat_link *fact = &core->old_facts[k];

		if (!*listed(core, fact)) {
			switch_fact(core, fact, false);
			continue;
		}
		core->facts[kept++] = *fact;
		before += k < i;
	}
	assert(kept == core->n_facts);
	return before;
}

static int minimise(struct rel_sat_explainer *core,
		    const struct rel_cancel *cancel)
{
	switch_to_facts(core);
	/* From the end: what was found last is farthest from the variable.
	 * Without it there may be a model that the facts exclude, so that one
	 * which ran out of its budget proves nothing. */
	for (uint32_t i = core->n_facts; i-- > 0;) {
		if (rel_cancelled(cancel))
			return REL_ECANCELLED;
		if (!core->left.conflicts || !core->left.steps) {
			core->whole = true;
			return 0;
		}

		enum sat_result result = try_without(core, i);

		if (core->solver.nomem)
			return REL_ENOMEM;
		if (result != SAT_IMPOSSIBLE) {
			switch_fact(core, &core->facts[i], true);
			core->whole = core->whole || result == SAT_GAVE_UP;
			continue;
		}

		int64_t left = refine(core, i);

		if (left < 0)
			return REL_ENOMEM;
		i = (uint32_t)left;
	}
	return 0;
}

/* All facts in force, and nothing learned. */
static void prepare(struct rel_sat_explainer *core)
{
	const struct rel_sat_problem *p = core->solver.problem;

	reset(core);
	memset(core->proof.need_on, 1, p->need_first[p->n_vars]);
	memset(core->proof.conflict_on, 1, p->conflict_first[p->n_vars]);
	for (uint32_t v = 0; v < p->n_vars; v++) {
		if (core->status[v] == REL_SAT_NO && v != core->var)
			sat_solver_kill(&core->solver, v, SAT_NONE);
	}
}

static int export_facts(const struct rel_sat_explainer *core,
			struct rel_sat_fact **facts, uint32_t *n_facts)
{
	static const enum rel_sat_fact_kind kinds[] = {
	    [SAT_LINK_NEED] = REL_SAT_NEED,
	    [SAT_LINK_CONFLICT] = REL_SAT_CONFLICT,
	    [SAT_LINK_NEVER] = REL_SAT_NEVER,
	};
	struct rel_sat_fact *out =
	    malloc(((size_t)core->n_facts + 1) * sizeof(*out));

	if (!out)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < core->n_facts; i++)
		out[i] = (struct rel_sat_fact){kinds[core->facts[i].kind],
					       core->facts[i].var,
					       core->facts[i].index};
	*facts = out;
	*n_facts = core->n_facts;
	return 0;
}

static bool reach(struct rel_sat_explainer *core, uint32_t var)
{
	struct sat_link never = {SAT_LINK_NEVER, var, var};

	if (core->status[var] == REL_SAT_NO && var != core->var)
		return add_fact(core, &never);
	if (core->reached[var])
		return true;
	core->reached[var] = 1;
	if (rel_array_reserve(&core->stack, &core->stack_cap,
			      (uint64_t)core->n_stack + 1,
			      sizeof(*core->stack)))
		return false;
	core->stack[core->n_stack++] = var;
	return true;
}

static bool reach_set(struct rel_sat_explainer *core, uint32_t set)
{
	const struct rel_sat_problem *p = core->solver.problem;
	const uint64_t *words = p->set_words + p->set_word[set];
	uint32_t g = p->set_group[set];
	bool ok = true;

	for (uint32_t v = p->group_first[g]; ok && v < p->group_first[g + 1];
	     v++) {
		uint32_t bit = v - p->group_first[g];

		if ((words[bit / 64] >> (bit % 64)) & 1)
			ok = reach(core, v);
	}
	return ok;
}

static bool take_facts_of(struct rel_sat_explainer *core, uint32_t var)
{
	const struct rel_sat_problem *p = core->solver.problem;
	bool ok = true;

	for (uint32_t i = p->need_first[var]; ok && i < p->need_first[var + 1];
	     i++) {
		struct sat_link need = {SAT_LINK_NEED, var, i};
		uint32_t c = p->needs[i];

		ok = add_fact(core, &need);
		for (uint32_t k = p->clause_first[c];
		     ok && k < p->clause_first[c + 1]; k++)
			ok = reach_set(core, p->clause_sets[k]);
	}
	for (uint32_t i = p->conflict_first[var];
	     ok && i < p->conflict_first[var + 1]; i++) {
		struct sat_link link = {SAT_LINK_CONFLICT, var, i};

		ok = add_fact(core, &link);
	}
	return ok;
}

/* All facts that the variable leads to: nothing else can exclude it. */
static int take_all_facts(struct rel_sat_explainer *core,
			  const struct rel_cancel *cancel)
{
	uint32_t n = core->solver.problem->n_vars;
	bool ok;

	clear_facts(core);
	core->n_stack = 0;
	core->whole = true;
	core->reached = calloc((size_t)n + 1, 1);
	ok = core->reached && reach(core, core->var);
	while (ok && core->n_stack && !rel_cancelled(cancel))
		ok = take_facts_of(core, core->stack[--core->n_stack]);
	free(core->reached);
	core->reached = NULL;
	if (!ok)
		return REL_ENOMEM;
	return rel_cancelled(cancel) ? REL_ECANCELLED : 0;
}

static int find_core(struct rel_sat_explainer *core,
		     const struct rel_cancel *cancel)
{
	enum sat_result result = try_facts(core);

	if (core->solver.nomem)
		return REL_ENOMEM;
	if (result == SAT_FOUND)
		return REL_EUSAGE;
	if (result == SAT_GAVE_UP)
		return take_all_facts(core, cancel);
	return collect_facts(core) ? minimise(core, cancel) : REL_ENOMEM;
}

int rel_sat_explainer_new(struct rel_sat_explainer **out,
			  const struct rel_sat_problem *p,
			  struct rel_error *err)
{
	struct rel_sat_explainer *core = calloc(1, sizeof(*core));
	struct sat_proof *proof;

	*out = NULL;
	if (!core || sat_solver_init(&core->solver, p)) {
		free(core);
		return rel_fail_nomem(err);
	}
	proof = &core->proof;
	proof->need_on = malloc((size_t)p->need_first[p->n_vars] + 1);
	proof->conflict_on = malloc((size_t)p->conflict_first[p->n_vars] + 1);
	proof->killer = malloc(((size_t)p->n_vars + 1) * sizeof(uint32_t));
	core->listed = calloc((size_t)p->need_first[p->n_vars] +
				  p->conflict_first[p->n_vars] + p->n_vars + 1,
			      1);
	if (!proof->need_on || !proof->conflict_on || !proof->killer ||
	    !core->listed) {
		rel_sat_explainer_free(core);
		return rel_fail_nomem(err);
	}
	core->solver.proof = proof;
	*out = core;
	return 0;
}

void rel_sat_explainer_free(struct rel_sat_explainer *core)
{
	if (!core)
		return;
	sat_solver_free(&core->solver);
	free(core->proof.need_on);
	free(core->proof.conflict_on);
	free(core->proof.killer);
	free(core->proof.links);
	free(core->proof.clauses);
	free(core->facts);
	free(core->old_facts);
	free(core->stack);
	free(core->listed);
	free(core->visited);
	free(core);
}

int rel_sat_core(struct rel_sat_explainer *core, const uint8_t *status,
		 uint32_t var, struct rel_sat_fact **facts, uint32_t *n_facts,
		 bool *whole, const struct rel_cancel *cancel,
		 struct rel_error *err)
{
	int rc;

	core->status = status;
	core->var = var;
	core->whole = false;
	core->left = sat_budget_after(&full, &core->spent);
	core->solver.cancel = cancel;
	prepare(core);
	rc = find_core(core, cancel);
	if (!rc)
		rc = export_facts(core, facts, n_facts);
	*whole = core->whole;
	switch (rc) {
	case 0:
		return 0;
	case REL_ENOMEM:
		return rel_fail_nomem(err);
	case REL_ECANCELLED:
		return rel_fail_cancelled(err);
	default:
		return rel_fail(err, REL_EUSAGE,
				"variable %u is in a model: it has no core",
				var);
	}
}
