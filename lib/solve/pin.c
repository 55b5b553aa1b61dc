/* The pinned compiler. */
#include "solve/universe_store.h"

/* Is `version` the pinned one or a refinement of it: 4.14 → 4.14.1? */
static bool matches_pin(struct rel_str version, struct rel_str pin)
{
	if (!rel_str_starts(version, pin))
		return false;
	return version.len == pin.len ||
	       strchr(".+~-", version.ptr[pin.len]) != NULL;
}

static int pin_clause(struct rel_universe *u, uint32_t *clause)
{
	struct rel_resolver *r = &u->store->resolver;
	uint32_t g = rel_stack_find(u->stack, REL_STR("ocaml"));
	uint32_t set = REL_NO_ID;

	if (g != UINT32_MAX) {
		const struct rel_stack_name *name = &u->stack->names[g];
		uint32_t n = rel_sat_words(name->count);
		bool found = false;

		memset(r->words, 0, n * sizeof(*r->words));
		for (uint32_t i = 0; i < name->count; i++) {
			if (!matches_pin(
				rel_universe_version(u, name->first + i),
				rel_str_of(u->environment->ocaml)))
				continue;
			r->words[i / 64] |= (uint64_t)1 << (i % 64);
			found = true;
		}
		if (found && rel_resolver_add_set(r, &set, g, r->words))
			return REL_ENOMEM;
	}
	if (set == REL_NO_ID)
		return REL_ENOTFOUND;
	return rel_resolver_unit(r, clause, set);
}

/* Everybody needs the pinned compiler: one more need each. */
int rel_universe_pin_compiler(struct rel_universe *u)
{
	struct rel_universe_store *st = u->store;
	uint32_t clause, n = u->n_packages, at = 0;
	int rc;

	if (!u->environment->ocaml)
		return 0;
	rc = pin_clause(u, &clause);
	if (rc)
		return rc;
	st->pinned_first = calloc((size_t)st->n_vars + 1, sizeof(uint32_t));
	st->pinned_needs =
	    calloc((size_t)st->n_needs + n + 1, sizeof(uint32_t));
	u->pinned_need_expr =
	    calloc((size_t)st->n_needs + n + 1, sizeof(rel_expr_id));
	if (!st->pinned_first || !st->pinned_needs || !u->pinned_need_expr)
		return REL_ENOMEM;
	for (uint32_t v = 0; v < st->n_vars; v++) {
		for (uint32_t i = st->need_first[v]; i < st->need_first[v + 1];
		     i++) {
			st->pinned_needs[at] = st->needs[i];
			u->pinned_need_expr[at++] = u->need_expr[i];
		}
		if (v < n) {
			st->pinned_needs[at] = clause;
			u->pinned_need_expr[at++] = REL_NEED_PINNED;
		}
		st->pinned_first[v + 1] = at;
	}
	return 0;
}
