/*
 * Minimal cores: solve again with a proof, keep the facts that it rests on,
 * then leave out one after the other and see whether the rest still excludes
 * the variable.
 */
#include <assert.h>

#include "base/array.h"
#include "sat/solver.h"

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
	case SAT_BY_BAR:
	case SAT_NO_BAR:
		add_link(
		    s, (struct sat_link){SAT_LINK_BAR, step->var, step->fact});
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
	/* scratch of collect_facts */
	uint32_t *stack;
	uint32_t n_stack, stack_cap;
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

static bool same_fact(const struct sat_link *a, const struct sat_link *b)
{
	return a->kind == b->kind && a->index == b->index && a->var == b->var;
}

static bool add_fact(struct rel_sat_explainer *core,
		     const struct sat_link *link)
{
	for (uint32_t i = 0; i < core->n_facts; i++) {
		if (same_fact(&core->facts[i], link))
			return true;
	}
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

	core->n_facts = 0;
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

/* Do the facts in force exclude the variable? */
static bool excludes(struct rel_sat_explainer *core)
{
	return sat_try(&core->solver, core->var, 0, 0) == SAT_IMPOSSIBLE;
}

/* Facts about variables that never are come into force by killing these. */
static void switch_fact(struct rel_sat_explainer *core,
			const struct sat_link *fact, bool on)
{
	switch (fact->kind) {
	case SAT_LINK_NEED:
		core->proof.need_on[fact->index] = on;
		break;
	case SAT_LINK_BAR:
		core->proof.bar_on[fact->index] = on;
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
	memset(core->proof.bar_on, 0, p->bar_first[p->n_vars]);
	for (uint32_t i = 0; i < core->n_facts; i++)
		switch_fact(core, &core->facts[i], true);
}

/* Of the listed facts, which are in force, leave the one at `skip` out. */
static bool excludes_without(struct rel_sat_explainer *core, uint32_t skip)
{
	reset(core);
	switch_fact(core, &core->facts[skip], false);
	for (uint32_t i = 0; i < core->n_facts; i++) {
		if (i != skip && core->facts[i].kind == SAT_LINK_NEVER)
			sat_solver_kill(&core->solver, core->facts[i].index,
					SAT_NONE);
	}
	return excludes(core);
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
		bool used = false;

		for (uint32_t j = kept; j < core->n_facts && !used; j++) {
			used = same_fact(&core->facts[j], fact);
			if (used)
				core->facts[j] = core->facts[kept];
		}
		if (!used) {
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
	/* From the end: what was found last is farthest from the variable. */
	for (uint32_t i = core->n_facts; i-- > 0;) {
		if (rel_cancelled(cancel))
			return REL_ECANCELLED;
		bool needless = excludes_without(core, i);

		if (core->solver.nomem)
			return REL_ENOMEM;
		if (!needless) {
			switch_fact(core, &core->facts[i], true);
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
	memset(core->proof.bar_on, 1, p->bar_first[p->n_vars]);
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
	    [SAT_LINK_BAR] = REL_SAT_BAR,
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

static int find_core(struct rel_sat_explainer *core,
		     const struct rel_cancel *cancel)
{
	if (!excludes(core))
		return core->solver.nomem ? REL_ENOMEM : REL_EUSAGE;
	if (core->solver.nomem || !collect_facts(core))
		return REL_ENOMEM;
	return minimise(core, cancel);
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
	proof->bar_on = malloc((size_t)p->bar_first[p->n_vars] + 1);
	proof->killer = malloc(((size_t)p->n_vars + 1) * sizeof(uint32_t));
	if (!proof->need_on || !proof->bar_on || !proof->killer) {
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
	free(core->proof.bar_on);
	free(core->proof.killer);
	free(core->proof.links);
	free(core->proof.clauses);
	free(core->facts);
	free(core->old_facts);
	free(core->stack);
	free(core->visited);
	free(core);
}

int rel_sat_core(struct rel_sat_explainer *core, const uint8_t *status,
		 uint32_t var, struct rel_sat_fact **facts, uint32_t *n_facts,
		 const struct rel_cancel *cancel, struct rel_error *err)
{
	int rc;

	core->status = status;
	core->var = var;
	prepare(core);
	rc = find_core(core, cancel);
	if (!rc)
		rc = export_facts(core, facts, n_facts);
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
