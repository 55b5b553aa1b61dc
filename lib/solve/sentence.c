/* Facts as sentences. */
#include "solve/reason.h"

#include "base/limits.h"
#include "opam/version.h"
#include "solve/circles.h"

/* How the versions that a clause allows fare. */
struct tally {
	uint32_t members, installable, broken, unavailable, unreadable;
	rel_pkg_id only; /* some member */
};

static struct tally count_members(const struct rel_universe *u,
				  const uint8_t *verdicts, uint32_t clause)
{
	const struct rel_sat_problem *p = &u->problem;
	struct tally t = {.only = REL_PKG_NONE};

	for (uint32_t i = p->clause_first[clause];
	     i < p->clause_first[clause + 1]; i++) {
		uint32_t set = p->clause_sets[i], g = p->set_group[set];

		for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1];
		     v++) {
			if (v >= u->n_packages ||
			    !rel_universe_in_set(u, set, v))
				continue;
			t.members++;
			t.only = v;
			t.installable += verdicts[v] == REL_INSTALLABLE ||
					 verdicts[v] == REL_UNDECIDED ||
					 verdicts[v] == REL_PINNED_OUT;
			t.broken += verdicts[v] == REL_BROKEN;
			t.unavailable += verdicts[v] == REL_UNAVAILABLE;
			t.unreadable += verdicts[v] == REL_UNREADABLE;
		}
	}
	return t;
}

/* The single package name that an expression is about, or NULL. */
static const struct rel_expr *single_atom(const struct rel_exprs *exprs,
					  rel_expr_id id)
{
	const struct rel_expr *e = &exprs->nodes[id];

	if (e->kind == REL_EXPR_PACKAGE)
		return e;
	return NULL;
}

static int say_versions(struct rel_buf *out, const struct rel_universe *u,
			uint32_t group)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t first = p->group_first[group], end = p->group_first[group + 1];
	struct rel_str newest = rel_universe_version(u, end - 1);

	if (end - first == 1)
		return rel_buf_printf(out, ", the only version is %.*s",
				      REL_STR_ARG(newest));
	return rel_buf_printf(out, ", newest is %.*s", REL_STR_ARG(newest));
}

/* What there is of a name, none of which satisfies the bound. */
static int say_name(struct rel_buf *out, const struct rel_universe *u,
		    struct rel_str name)
{
	uint32_t g = rel_stack_find(u->stack, name);

	if (g == UINT32_MAX)
		return rel_buf_add_cstr(out, ", which no remote has");
	return say_versions(out, u, g);
}

/* Each name of a choice, with what there is of it. */
static int say_branches(struct rel_buf *out, const struct rel_universe *u,
			const struct rel_exprs *exprs, rel_expr_id id)
{
	const struct rel_expr *e = &exprs->nodes[id];

	if (e->kind == REL_EXPR_AND || e->kind == REL_EXPR_OR) {
		say_branches(out, u, exprs, e->a);
		return say_branches(out, u, exprs, e->b);
	}
	rel_buf_printf(out, "; %.*s",
		       REL_STR_ARG(exprs->string(exprs->context, e->a)));
	return say_name(out, u, exprs->string(exprs->context, e->a));
}

/* Has no remote any of the names? */
static bool none_exists(const struct rel_universe *u,
			const struct rel_exprs *exprs, rel_expr_id id)
{
	const struct rel_expr *e = &exprs->nodes[id];

	if (e->kind == REL_EXPR_AND || e->kind == REL_EXPR_OR)
		return none_exists(u, exprs, e->a) &&
		       none_exists(u, exprs, e->b);
	return rel_stack_find(u->stack, exprs->string(exprs->context, e->a)) ==
	       UINT32_MAX;
}

/* No version of any remote satisfies it: which name or bound is it? */
static int say_unsatisfied(struct rel_buf *out, const struct rel_universe *u,
			   const struct rel_exprs *exprs, rel_expr_id id)
{
	const struct rel_expr *atom = single_atom(exprs, id);

	if (atom)
		return say_name(out, u, exprs->string(exprs->context, atom->a));
	if (none_exists(u, exprs, id))
		return rel_buf_add_cstr(out, ", of which no remote has any");
	return say_branches(out, u, exprs, id);
}

static int say_tally(struct rel_buf *out, const struct rel_universe *u,
		     const uint8_t *verdicts, const struct tally *t)
{
	if (t->installable)
		return out->status;
	if (t->members == 1) {
		rel_buf_add_cstr(out, ", and ");
		rel_universe_package_add(out, u, t->only);
		return rel_buf_printf(
		    out, " is %s",
		    rel_verdict_text((enum rel_verdict)verdicts[t->only]));
	}
	if (t->broken == t->members)
		return rel_buf_printf(out,
				      ", and all %u versions that fit are "
				      "broken",
				      t->members);
	if (t->unavailable == t->members)
		return rel_buf_printf(out,
				      ", and all %u versions that fit are "
				      "unavailable",
				      t->members);
	return rel_buf_printf(out,
			      ", and none of the %u versions that fit can be "
			      "installed",
			      t->members);
}

static int say_need(struct rel_buf *out, const struct rel_universe *u,
		    const uint8_t *verdicts, const struct rel_fact *fact)
{
	const struct rel_snapshot *snapshot =
	    rel_universe_snapshot(u, fact->package);
	rel_expr_id expr = u->need_expr[fact->index];
	struct tally t =
	    count_members(u, verdicts, u->problem.needs[fact->index]);

	rel_buf_add_cstr(out, "needs ");
	rel_expr_print_plain(out, &snapshot->exprs, expr);
	if (t.members == 0)
		return say_unsatisfied(out, u, &snapshot->exprs, expr);
	return say_tally(out, u, verdicts, &t);
}

static int say_class(struct rel_buf *out, const struct rel_universe *u,
		     const struct rel_fact *fact)
{
	const struct rel_snapshot *snapshot =
	    rel_universe_snapshot(u, fact->package);
	const struct rel_manifest *m =
	    &rel_universe_package(u, fact->package)->manifest;

	rel_buf_add_cstr(out, "is in conflict-class");
	for (uint32_t i = 0; i < m->conflict_class_count; i++) {
		struct rel_str class = rel_snapshot_string(
		    snapshot, snapshot->lists[m->conflict_class_first + i]);

		rel_buf_printf(out, "%s %.*s", i ? "," : "",
			       REL_STR_ARG(class));
	}
	return out->status;
}

static uint32_t count_set(const struct rel_universe *u, uint32_t set)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t g = p->set_group[set], n = 0;

	for (uint32_t i = 0; i < p->group_word[g + 1] - p->group_word[g]; i++)
		n += (uint32_t)__builtin_popcountll(
		    p->set_words[p->set_word[set] + i]);
	return n;
}

/* One step of a circle: what is built before the package. */
static int say_step(struct rel_buf *out, const struct rel_universe *u,
		    const struct rel_fact *fact)
{
	struct rel_circle_step step = rel_circles_step(u, fact->index);
	uint32_t more = count_set(u, step.to_set) - 1;

	rel_buf_add_cstr(out, "is built after ");
	rel_universe_package_add(out, u, step.to);
	if (step.from == step.to)
		return rel_buf_add_cstr(out, ", itself");
	if (more == 0)
		return out->status;
	return rel_buf_printf(out, " (%u more version%s of %.*s likewise)",
			      more, more == 1 ? "" : "s",
			      REL_STR_ARG(rel_universe_name(u, step.to)));
}

int rel_undecided_sentence(struct rel_buf *out)
{
	return rel_buf_printf(
	    out,
	    "is neither proved installable nor proved broken: the search used "
	    "up its budget of %u conflicts or %u million steps",
	    (unsigned)REL_LIMIT_SAT_CONFLICTS,
	    (unsigned)(REL_LIMIT_SAT_STEPS / 1000000));
}

int rel_fact_sentence(struct rel_buf *out, const struct rel_universe *u,
		      const uint8_t *verdicts, const struct rel_fact *fact)
{
	switch (fact->kind) {
	case REL_FACT_NEEDS:
		return say_need(out, u, verdicts, fact);
	case REL_FACT_CONFLICTS:
		rel_buf_add_cstr(out, "conflicts with ");
		return rel_expr_print_plain(
		    out, &rel_universe_snapshot(u, fact->package)->exprs,
		    u->conflict_expr[fact->index]);
	case REL_FACT_CLASS:
		return say_class(out, u, fact);
	case REL_FACT_BROKEN:
		return rel_buf_add_cstr(out, "is broken itself");
	case REL_FACT_UNAVAILABLE:
		return rel_buf_add_cstr(out,
					"is not available in this environment");
	case REL_FACT_UNREADABLE:
		return rel_buf_add_cstr(out, "cannot be read");
	case REL_FACT_CIRCLE:
		return say_step(out, u, fact);
	case REL_FACT_PINNED:
		return rel_buf_printf(out, "does not fit the pinned ocaml %s",
				      u->environment->ocaml);
	}
	return out->status;
}
