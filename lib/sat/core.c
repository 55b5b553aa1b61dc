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

struct core {
	struct sat_solver solver;
	struct sat_proof proof;
	const uint8_t *status;
	uint32_t var;
	struct sat_link *facts;
	uint32_t n_facts, facts_cap;
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

static bool add_fact(struct core *core, const struct sat_link *link)
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

static bool push_clause(struct core *core, uint32_t offset)
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
static bool collect_facts(struct core *core)
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
static void reset(struct core *core)
{
	struct sat_solver *s = &core->solver;
	const struct rel_sat_problem *p = s->problem;

	sat_backjump(s, 0);
	sat_solver_forget(s);
	core->proof.n_clauses = 0;
	core->proof.n_links = 0;
	sat_solver_revive(s);
	for (uint32_t v = 0; v < p->n_vars; v++)
		core->proof.killer[v] = SAT_NONE;
}

/* Do the facts in force exclude the variable? */
static bool excludes(struct core *core)
{
	return sat_try(&core->solver, core->var, 0, 0) == SAT_IMPOSSIBLE;
}

static void switch_fact(struct core *core, const struct sat_link *fact, bool on)
{
	switch (fact->kind) {
	case SAT_LINK_NEED:
		core->proof.need_on[fact->index] = on;
		break;
	case SAT_LINK_BAR:
		core->proof.bar_on[fact->index] = on;
		break;
	case SAT_LINK_NEVER:
		if (on)
			sat_solver_kill(&core->solver, fact->index, SAT_NONE);
		break;
	case SAT_LINK_CLAUSE:
		break;
	}
}

/* The same with the listed facts only, but for the one at `skip`. */
static bool excludes_without(struct core *core, uint32_t skip)
{
	const struct rel_sat_problem *p = core->solver.problem;

	reset(core);
	memset(core->proof.need_on, 0, p->need_first[p->n_vars]);
	memset(core->proof.bar_on, 0, p->bar_first[p->n_vars]);
	for (uint32_t i = 0; i < core->n_facts; i++) {
		if (i != skip)
			switch_fact(core, &core->facts[i], true);
	}
	return excludes(core);
}

static int minimise(struct core *core, const struct rel_cancel *cancel)
{
	/* From the end: what was found last is farthest from the variable. */
	for (uint32_t i = core->n_facts; i-- > 0;) {
		if (rel_cancelled(cancel))
			return REL_ECANCELLED;
		bool needless = excludes_without(core, i);

		if (core->solver.nomem)
			return REL_ENOMEM;
		if (!needless)
			continue;
		memmove(&core->facts[i], &core->facts[i + 1],
			(core->n_facts - i - 1) * sizeof(*core->facts));
		core->n_facts--;
	}
	return 0;
}

static int prepare(struct core *core, const struct rel_sat_problem *p)
{
	uint32_t n_needs = p->need_first[p->n_vars];
	uint32_t n_bars = p->bar_first[p->n_vars];
	struct sat_proof *proof = &core->proof;
	int rc = sat_solver_init(&core->solver, p);

	if (rc)
		return rc;
	proof->need_on = malloc((size_t)n_needs + 1);
	proof->bar_on = malloc((size_t)n_bars + 1);
	proof->killer = malloc(((size_t)p->n_vars + 1) * sizeof(uint32_t));
	if (!proof->need_on || !proof->bar_on || !proof->killer)
		return REL_ENOMEM;
	memset(proof->need_on, 1, n_needs);
	memset(proof->bar_on, 1, n_bars);
	core->solver.proof = proof;
	reset(core);
	for (uint32_t v = 0; v < p->n_vars; v++) {
		if (core->status[v] == REL_SAT_NO && v != core->var)
			sat_solver_kill(&core->solver, v, SAT_NONE);
	}
	return 0;
}

static int export_facts(const struct core *core, struct rel_sat_fact **facts,
			uint32_t *n_facts)
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

static void core_free(struct core *core)
{
	sat_solver_free(&core->solver);
	free(core->proof.need_on);
	free(core->proof.bar_on);
	free(core->proof.killer);
	free(core->proof.links);
	free(core->proof.clauses);
	free(core->facts);
	free(core->stack);
	free(core->visited);
}

static int find_core(struct core *core, const struct rel_cancel *cancel)
{
	if (!excludes(core))
		return core->solver.nomem ? REL_ENOMEM : REL_EUSAGE;
	if (core->solver.nomem || !collect_facts(core))
		return REL_ENOMEM;
	return minimise(core, cancel);
}

int rel_sat_core(const struct rel_sat_problem *problem, const uint8_t *status,
		 uint32_t var, struct rel_sat_fact **facts, uint32_t *n_facts,
		 const struct rel_cancel *cancel, struct rel_error *err)
{
	struct core core = {.status = status, .var = var};
	int rc = prepare(&core, problem);

	if (!rc)
		rc = find_core(&core, cancel);
	if (!rc)
		rc = export_facts(&core, facts, n_facts);
	core_free(&core);
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
