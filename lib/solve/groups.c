/* Groups of the SAT problem: names, and conflict-classes. */
#include "base/array.h"
#include "solve/universe_store.h"

static int add_class_name(struct rel_universe_store *st, rel_string_id class,
			  uint32_t group)
{
	if (rel_array_reserve(&st->class_names, &st->class_names_cap,
			      (uint64_t)st->n_class_names + 1,
			      sizeof(*st->class_names)))
		return REL_ENOMEM;
	st->class_names[st->n_class_names++] =
	    (struct rel_class_name){class, group, REL_NO_ID, REL_NO_ID};
	return 0;
}

static int compare_class_names(const void *a, const void *b)
{
	const struct rel_class_name *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	return x->group < y->group ? -1 : x->group > y->group;
}

static int add_entry_classes(struct rel_universe *u, uint32_t group,
			     uint32_t entry)
{
	const struct rel_snapshot *snapshot = rel_universe_snapshot(u, entry);
	const struct rel_manifest *m =
	    &rel_stack_package(u->stack, entry)->manifest;

	for (uint32_t i = 0; i < m->conflict_class_count; i++) {
		rel_string_id text =
		    snapshot->lists[m->conflict_class_first + i];
		rel_string_id class = rel_intern_add(
		    &u->store->classes, rel_snapshot_string(snapshot, text));

		if (class == REL_STRING_NONE ||
		    add_class_name(u->store, class, group))
			return REL_ENOMEM;
	}
	return 0;
}

/* Which names are in which classes; one-name classes exclude nothing. */
static int gather_classes(struct rel_universe *u)
{
	struct rel_universe_store *st = u->store;
	uint32_t kept = 0;

	if (u->environment->profile != REL_PROFILE_ENV)
		return 0; /* opam admin check does not look at classes */
	for (uint32_t g = 0; g < u->stack->n_names; g++) {
		const struct rel_stack_name *name = &u->stack->names[g];

		for (uint32_t i = 0; i < name->count; i++) {
			if (add_entry_classes(u, g, name->first + i))
				return REL_ENOMEM;
		}
	}
	if (st->n_class_names)
		qsort(st->class_names, st->n_class_names,
		      sizeof(*st->class_names), compare_class_names);
	for (uint32_t i = 0; i < st->n_class_names; i++) {
		if (i == 0 || compare_class_names(&st->class_names[i - 1],
						  &st->class_names[i]))
			st->class_names[kept++] = st->class_names[i];
	}
	st->n_class_names = kept;
	return 0;
}

/* The end of the run of names in the class that starts at `from`. */
static uint32_t class_end(const struct rel_universe_store *st, uint32_t from)
{
	uint32_t to = from;

	while (to < st->n_class_names &&
	       st->class_names[to].class == st->class_names[from].class)
		to++;
	return to;
}

static void end_group(struct rel_universe_store *st, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		st->var_group[st->n_vars + i] = st->n_groups;
	st->n_vars += n;
	st->n_groups++;
	st->group_first[st->n_groups] = st->n_vars;
	st->group_word[st->n_groups] =
	    st->group_word[st->n_groups - 1] + rel_sat_words(n);
}

/* Names are groups of their versions, classes groups of their names. */
static int lay_out(struct rel_universe *u)
{
	struct rel_universe_store *st = u->store;
	size_t groups = (size_t)u->stack->n_names + st->n_class_names + 1;
	size_t vars = (size_t)u->stack->n_entries + st->n_class_names + 1;

	st->group_first = calloc(groups, sizeof(*st->group_first));
	st->group_word = calloc(groups, sizeof(*st->group_word));
	st->var_group = calloc(vars, sizeof(*st->var_group));
	if (!st->group_first || !st->group_word || !st->var_group)
		return REL_ENOMEM;
	for (uint32_t g = 0; g < u->stack->n_names; g++)
		end_group(st, u->stack->names[g].count);
	for (uint32_t i = 0; i < st->n_class_names;) {
		uint32_t end = class_end(st, i);

		if (end - i > 1) {
			for (uint32_t k = i; k < end; k++)
				st->class_names[k].var = st->n_vars + k - i;
			end_group(st, end - i);
		}
		i = end;
	}
	return 0;
}

int rel_universe_make_class_clauses(struct rel_universe *u)
{
	struct rel_universe_store *st = u->store;

	for (uint32_t i = 0; i < st->n_class_names; i++) {
		struct rel_class_name *name = &st->class_names[i];
		struct rel_resolver *r = &st->resolver;
		uint32_t set;

		if (name->var == REL_NO_ID)
			continue;

		uint32_t g = st->var_group[name->var];
		uint32_t n = st->group_word[g + 1] - st->group_word[g];
		uint32_t bit = name->var - st->group_first[g];

		memset(r->words, 0, n * sizeof(*r->words));
		r->words[bit / 64] = (uint64_t)1 << (bit % 64);
		if (rel_resolver_add_set(r, &set, g, r->words) ||
		    rel_resolver_unit(r, &name->clause, set))
			return REL_ENOMEM;
	}
	return 0;
}

int rel_universe_make_groups(struct rel_universe *u)
{
	int rc = gather_classes(u);

	return rc ? rc : lay_out(u);
}

int rel_universe_add_class_needs(struct rel_universe *u, uint32_t entry)
{
	struct rel_universe_store *st = u->store;
	const struct rel_snapshot *snapshot = rel_universe_snapshot(u, entry);
	const struct rel_manifest *m =
	    &rel_stack_package(u->stack, entry)->manifest;

	for (uint32_t i = 0; st->n_class_names && i < m->conflict_class_count;
	     i++) {
		rel_string_id text =
		    snapshot->lists[m->conflict_class_first + i];
		struct rel_class_name key = {
		    .class = rel_intern_find(
			&st->classes, rel_snapshot_string(snapshot, text)),
		    .group = st->var_group[entry]};
		const struct rel_class_name *name =
		    bsearch(&key, st->class_names, st->n_class_names,
			    sizeof(key), compare_class_names);

		if (name && name->var != REL_NO_ID &&
		    rel_universe_add_need(u, name->clause, REL_NEED_CLASS))
			return REL_ENOMEM;
	}
	return 0;
}
