#include "check/obsolete.h"

#include "base/array.h"

/* Lists of package ids, each ascending, one after the other. */
struct lists {
	uint32_t *ends; /* list i ends before items[ends[i]] */
	uint32_t n, ends_cap;
	rel_pkg_id *items;
	uint32_t n_items, items_cap;
};

struct slice {
	const rel_pkg_id *items;
	uint32_t n;
};

struct finder {
	const struct rel_universe *u;
	struct lists clauses;	/* what one of must be there */
	uint32_t *first_clause; /* [size + 1]: of each package */
	struct lists deps,
	    rdeps;	      /* by package: all of its clauses, backwards */
	uint32_t *set_of;     /* [size]: union-find of versions together */
	uint8_t *marks;	      /* [size], scratch */
	rel_pkg_id *excluded; /* scratch */
	uint32_t n_excluded, excluded_cap;
	struct rel_obsolete *out;
	uint32_t n_out, out_cap;
};

static struct slice list_at(const struct lists *l, uint32_t i)
{
	uint32_t begin = i ? l->ends[i - 1] : 0;

	return (struct slice){l->items + begin, l->ends[i] - begin};
}

static int add_item(struct lists *l, rel_pkg_id pkg)
{
	if (rel_array_reserve(&l->items, &l->items_cap,
			      (uint64_t)l->n_items + 1, sizeof(*l->items)))
		return REL_ENOMEM;
	l->items[l->n_items++] = pkg;
	return 0;
}

static int end_list(struct lists *l)
{
	if (rel_array_reserve(&l->ends, &l->ends_cap, (uint64_t)l->n + 1,
			      sizeof(*l->ends)))
		return REL_ENOMEM;
	l->ends[l->n++] = l->n_items;
	return 0;
}

static void free_lists(struct lists *l)
{
	free(l->ends);
	free(l->items);
}

/* Versions that a clause about one name alone rules out, whatever other clauses
 * offer. */
static int exclude(struct finder *f, uint32_t clause)
{
	const struct rel_sat_problem *p = &f->u->problem;
	uint32_t first = p->clause_first[clause];
	uint32_t set, g;

	if (p->clause_first[clause + 1] - first != 1)
		return 0;
	set = p->clause_sets[first];
	g = p->set_group[set];
	for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1]; v++) {
		if (f->marks[v] || rel_universe_in_set(f->u, set, v))
			continue;
		if (rel_array_reserve(&f->excluded, &f->excluded_cap,
				      (uint64_t)f->n_excluded + 1,
				      sizeof(*f->excluded)))
			return REL_ENOMEM;
		f->marks[v] = 1;
		f->excluded[f->n_excluded++] = v;
	}
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int add_clause(struct finder *f, uint32_t clause)
{
	const struct rel_sat_problem *p = &f->u->problem;
	uint32_t begin = f->clauses.n_items, n;

	for (uint32_t i = p->clause_first[clause];
	     i < p->clause_first[clause + 1]; i++) {
		uint32_t set = p->clause_sets[i], g = p->set_group[set];

		for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1];
		     v++) {
			if (!f->marks[v] && rel_universe_in_set(f->u, set, v) &&
			    add_item(&f->clauses, v))
				return REL_ENOMEM;
		}
	}
	n = f->clauses.n_items - begin;
	if (n > 1)
		qsort(f->clauses.items + begin, n, sizeof(rel_pkg_id),
		      compare_ids);
	return end_list(&f->clauses);
}

static int read_package(struct finder *f, const struct rel_edges *edges,
			rel_pkg_id pkg)
{
	int rc = 0;

	f->n_excluded = 0;
	for (uint32_t i = edges->first[pkg]; !rc && i < edges->first[pkg + 1];
	     i++)
		rc = edges->alone[i] ? exclude(f, edges->clauses[i]) : 0;
	for (uint32_t i = edges->first[pkg]; !rc && i < edges->first[pkg + 1];
	     i++)
		rc = add_clause(f, edges->clauses[i]);
	for (uint32_t i = 0; i < f->n_excluded; i++)
		f->marks[f->excluded[i]] = 0;
	f->first_clause[pkg + 1] = f->clauses.n;
	return rc;
}

/* Into `list`, ascending and each once, what the clauses of `pkg` name. */
static int add_deps(struct finder *f, rel_pkg_id pkg)
{
	uint32_t begin = f->deps.n_items, n;

	for (uint32_t c = f->first_clause[pkg]; c < f->first_clause[pkg + 1];
	     c++) {
		struct slice s = list_at(&f->clauses, c);

		for (uint32_t i = 0; i < s.n; i++) {
			if (f->marks[s.items[i]])
				continue;
			f->marks[s.items[i]] = 1;
			if (add_item(&f->deps, s.items[i]))
				return REL_ENOMEM;
		}
	}
	n = f->deps.n_items - begin;
	if (n > 1)
		qsort(f->deps.items + begin, n, sizeof(rel_pkg_id),
		      compare_ids);
	for (uint32_t i = 0; i < n; i++)
		f->marks[f->deps.items[begin + i]] = 0;
	return end_list(&f->deps);
}

static int turn_around(struct finder *f)
{
	uint32_t size = f->u->n_packages;
	struct lists *r = &f->rdeps;
	uint32_t *at;

	r->n = size;
	r->ends = calloc((size_t)size + 1, sizeof(*r->ends));
	r->items = calloc((size_t)f->deps.n_items + 1, sizeof(*r->items));
	at = calloc((size_t)size + 1, sizeof(*at));
	if (!r->ends || !r->items || !at) {
		free(at);
		return REL_ENOMEM;
	}
	for (uint32_t i = 0; i < f->deps.n_items; i++)
		r->ends[f->deps.items[i]]++;
	for (uint32_t v = 0; v < size; v++) {
		at[v] = v ? r->ends[v - 1] : 0;
		r->ends[v] += at[v];
	}
	for (rel_pkg_id v = 0; v < size; v++) {
		struct slice s = list_at(&f->deps, v);

		for (uint32_t i = 0; i < s.n; i++)
			r->items[at[s.items[i]]++] = v;
	}
	free(at);
	return 0;
}

/* Of the name of `pkg`, how many versions are in the list? */
static uint32_t count_of_name(const struct finder *f, struct slice s,
			      rel_pkg_id pkg)
{
	uint32_t g = f->u->problem.var_group[pkg], n = 0;

	for (uint32_t i = 0; i < s.n; i++)
		n += f->u->problem.var_group[s.items[i]] == g;
	return n;
}

static uint32_t find_set(struct finder *f, uint32_t v)
{
	while (f->set_of[v] != v) {
		f->set_of[v] = f->set_of[f->set_of[v]];
		v = f->set_of[v];
	}
	return v;
}

/* Versions that go with each other alone are one set. */
static void put_together(struct finder *f, rel_pkg_id pkg)
{
	struct slice s = list_at(&f->deps, pkg);
	const uint32_t *group = f->u->problem.var_group;

	for (uint32_t i = 0; i < s.n; i++) {
		rel_pkg_id dep = s.items[i];
		bool alone =
		    (i == 0 || group[s.items[i - 1]] != group[dep]) &&
		    (i + 1 == s.n || group[s.items[i + 1]] != group[dep]);
		uint32_t a, b;

		if (!alone ||
		    count_of_name(f, list_at(&f->rdeps, dep), pkg) != 1)
			continue;
		a = find_set(f, pkg);
		b = find_set(f, dep);
		/* the smallest stands for the set */
		f->set_of[a < b ? b : a] = a < b ? a : b;
	}
}

/* Is all of `a` that is not marked in `b`?  Of b what is marked `out` does not
 * count. */
static bool is_subset(struct slice a, const uint8_t *out_a, struct slice b,
		      const uint8_t *out_b, uint8_t bit_a, uint8_t bit_b)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < a.n; i++) {
		if (out_a[a.items[i]] & bit_a)
			continue;
		while (k < b.n && b.items[k] < a.items[i])
			k++;
		if (k == b.n || b.items[k] != a.items[i] ||
		    (out_b[a.items[i]] & bit_b))
			return false;
	}
	return true;
}

#define OLD  1
#define NEXT 2
#define SEEN 4

/* The set at hand: its versions, and those that follow. */
struct replacement {
	struct slice old;
	rel_pkg_id *next;
};

/* Does a clause of the old set say at least as much as this one? */
static bool is_implied(const struct finder *f, const struct replacement *r,
		       struct slice clause)
{
	for (uint32_t i = 0; i < r->old.n; i++) {
		rel_pkg_id pkg = r->old.items[i];

		for (uint32_t c = f->first_clause[pkg];
		     c < f->first_clause[pkg + 1]; c++) {
			if (is_subset(list_at(&f->clauses, c), f->marks, clause,
				      f->marks, OLD, NEXT))
				return true;
		}
	}
	return false;
}

static bool needs_no_more(const struct finder *f, const struct replacement *r)
{
	for (uint32_t i = 0; i < r->old.n; i++) {
		rel_pkg_id pkg = r->next[i];

		for (uint32_t c = f->first_clause[pkg];
		     c < f->first_clause[pkg + 1]; c++) {
			if (!is_implied(f, r, list_at(&f->clauses, c)))
				return false;
		}
	}
	return true;
}

/* Mark what depends on the versions, but for themselves; how many. */
static uint32_t mark_dependents(struct finder *f, const rel_pkg_id *pkgs,
				uint32_t n, uint8_t self)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct slice s = list_at(&f->rdeps, pkgs[i]);

		for (uint32_t k = 0; k < s.n; k++) {
			if (f->marks[s.items[k]] & (self | SEEN))
				continue;
			f->marks[s.items[k]] |= SEEN;
			count++;
		}
	}
	return count;
}

static void unmark(struct finder *f, const rel_pkg_id *pkgs, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct slice s = list_at(&f->rdeps, pkgs[i]);

		for (uint32_t k = 0; k < s.n; k++)
			f->marks[s.items[k]] &= (uint8_t)~SEEN;
	}
}

/* Does all that depends on the old set depend on the next one? */
static bool is_replaced(struct finder *f, const struct replacement *r,
			uint32_t *dependents, uint32_t *next_dependents)
{
	bool all = true;

	*next_dependents = mark_dependents(f, r->next, r->old.n, NEXT);
	for (uint32_t i = 0; all && i < r->old.n; i++) {
		struct slice s = list_at(&f->rdeps, r->old.items[i]);

		for (uint32_t k = 0; all && k < s.n; k++)
			all = f->marks[s.items[k]] & (OLD | SEEN);
	}
	unmark(f, r->next, r->old.n);
	*dependents = mark_dependents(f, r->old.items, r->old.n, OLD);
	unmark(f, r->old.items, r->old.n);
	return all && *next_dependents > 0;
}

/* The versions that follow those of the set; false when one is the newest, or a
 * compiler. */
static bool find_next(const struct finder *f, const struct replacement *r)
{
	const struct rel_sat_problem *p = &f->u->problem;

	for (uint32_t i = 0; i < r->old.n; i++) {
		rel_pkg_id v = r->old.items[i];
		const struct rel_manifest *m =
		    &rel_universe_package(f->u, v)->manifest;

		if ((m->flags & REL_MANIFEST_COMPILER) ||
		    v + 1 == p->group_first[p->var_group[v] + 1])
			return false;
		r->next[i] = v + 1;
	}
	return true;
}

static int judge_set(struct finder *f, const struct replacement *r)
{
	uint32_t dependents = 0, next = 0;
	bool obsolete = find_next(f, r);

	if (!obsolete)
		return 0;
	for (uint32_t i = 0; i < r->old.n; i++) {
		f->marks[r->old.items[i]] |= OLD;
		f->marks[r->next[i]] |= NEXT;
	}
	obsolete = needs_no_more(f, r) && is_replaced(f, r, &dependents, &next);
	for (uint32_t i = 0; i < r->old.n; i++)
		f->marks[r->old.items[i]] = f->marks[r->next[i]] = 0;
	for (uint32_t i = 0; obsolete && i < r->old.n; i++) {
		if (rel_array_reserve(&f->out, &f->out_cap,
				      (uint64_t)f->n_out + 1, sizeof(*f->out)))
			return REL_ENOMEM;
		f->out[f->n_out++] = (struct rel_obsolete){
		    r->old.items[i], r->next[i], dependents, next, r->old.n};
	}
	return 0;
}

static int judge_sets(struct finder *f, const struct rel_cancel *cancel)
{
	uint32_t size = f->u->n_packages;
	rel_pkg_id *members = calloc((size_t)size + 1, sizeof(*members));
	rel_pkg_id *next = calloc((size_t)size + 1, sizeof(*next));
	uint32_t *at = calloc((size_t)size + 2, sizeof(*at));
	int rc = members && next && at ? 0 : REL_ENOMEM;

	for (uint32_t v = 0; !rc && v < size; v++)
		at[find_set(f, v) + 2]++;
	for (uint32_t v = 0; !rc && v < size; v++)
		at[v + 2] += at[v + 1];
	for (uint32_t v = 0; !rc && v < size; v++)
		members[at[find_set(f, v) + 1]++] = v;
	for (uint32_t v = 0; !rc && v < size; v++) {
		struct replacement r = {{members + at[v], at[v + 1] - at[v]},
					next};

		if (rel_cancelled(cancel))
			rc = REL_ECANCELLED;
		else if (r.old.n)
			rc = judge_set(f, &r);
	}
	free(members);
	free(next);
	free(at);
	return rc;
}

static int compare_found(const void *a, const void *b)
{
	const struct rel_obsolete *x = a, *y = b;

	return x->package < y->package ? -1 : x->package > y->package;
}

static int find(struct finder *f, const struct rel_edges *edges,
		const struct rel_cancel *cancel)
{
	uint32_t size = f->u->n_packages;
	int rc = 0;

	f->first_clause = calloc((size_t)size + 1, sizeof(*f->first_clause));
	f->set_of = calloc((size_t)size + 1, sizeof(*f->set_of));
	f->marks = calloc((size_t)f->u->problem.n_vars + 1, 1);
	if (!f->first_clause || !f->set_of || !f->marks)
		return REL_ENOMEM;
	for (rel_pkg_id v = 0; !rc && v < size; v++) {
		f->set_of[v] = v;
		rc = rel_cancelled(cancel) ? REL_ECANCELLED
					   : read_package(f, edges, v);
		if (!rc)
			rc = add_deps(f, v);
	}
	if (!rc)
		rc = turn_around(f);
	for (rel_pkg_id v = 0; !rc && v < size; v++) {
		put_together(f, v);
		if (rel_cancelled(cancel))
			rc = REL_ECANCELLED;
	}
	if (!rc)
		rc = judge_sets(f, cancel);
	if (!rc && f->n_out > 1)
		qsort(f->out, f->n_out, sizeof(*f->out), compare_found);
	return rc;
}

int rel_obsolete_find(struct rel_obsolete **out, uint32_t *n,
		      struct rel_universe *universe,
		      const struct rel_cancel *cancel, struct rel_error *err)
{
	struct finder f = {.u = universe};
	struct rel_edges edges = {0};
	int rc =
	    rel_universe_edges(&edges, universe, REL_EDGE_UNKNOWN, cancel, err);

	if (!rc)
		rc = find(&f, &edges, cancel);

	rel_edges_free(&edges);
	free_lists(&f.clauses);
	free_lists(&f.deps);
	free_lists(&f.rdeps);
	free(f.first_clause);
	free(f.set_of);
	free(f.marks);
	free(f.excluded);
	*out = rc ? NULL : f.out;
	*n = rc ? 0 : f.n_out;
	if (rc)
		free(f.out);
	if (rc == REL_ECANCELLED)
		return rel_fail_cancelled(err);
	return rc ? rel_fail_nomem(err) : 0;
}
