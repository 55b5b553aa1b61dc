/*
 * Small random universes as trees, with a meaning of their own: the opam
 * manual's, read literally, and no line of lib/opam or lib/solve.
 *
 * Only what the manual is clear about: filters whose variables have values,
 * `build` and `post` not together.
 */
#ifndef REL_TESTS_SOLVE_MODEL_H
#define REL_TESTS_SOLVE_MODEL_H

#include <stdbool.h>

#include "base/buf.h"
#include "support/chance.h"

#define MODEL_NAMES    5
#define MODEL_VERSIONS 3 /* "1", "2", "3" */
#define MODEL_NODES    64

enum model_kind {
	MODEL_AND,
	MODEL_OR,
	MODEL_ATOM, /* a package, its bounds and its filter */
};

struct model_bound {
	unsigned op; /* index into model_ops */
	int version; /* 0 … 4 */
};

struct model_atom {
	int name; /* MODEL_NAMES = one that does not exist */
	unsigned n_bounds;
	struct model_bound bounds[2];
	bool either; /* bounds are joined by `|`, else by `&` */
	int filter;  /* index into model_filters, -1 = none */
};

struct model_node {
	enum model_kind kind;
	int left, right;
	struct model_atom atom;
};

/* Conjunctions of the trees `depends`; alternatives `conflicts`. */
struct model_package {
	bool exists;
	int n_depends, depends[3];
	int n_conflicts;
	struct model_atom conflicts[2];
	int class;     /* -1 = none */
	int available; /* index into model_filters, -1 = not said */
	int n_nodes;
	struct model_node nodes[MODEL_NODES];
};

struct model {
	int n_names;
	struct model_package packages[MODEL_NAMES][MODEL_VERSIONS];
};

static const char *const model_ops[] = {"=", "!=", "<", "<=", ">", ">="};

/* With os = linux, arch = x86_64: text, and what it is in a dependency and in
 * `available:` or `conflicts:`. */
static const struct model_filter {
	const char *text;
	bool depends, available;
} model_filters[] = {
    {"os = \"linux\"", true, true},
    {"os != \"linux\"", false, false},
    {"os = \"win32\" | arch = \"x86_64\"", true, true},
    {"os = \"linux\" & arch = \"arm64\"", false, false},
    {"!(os = \"linux\" & arch = \"arm64\")", true, true},
    {"os = \"win32\"", false, false},
    {"build", true, false},
    {"post", true, false},
    {"with-test", false, false},
    {"with-doc", false, false},
    {"dev", false, false},
};
#define MODEL_FILTERS (int)(sizeof(model_filters) / sizeof(model_filters[0]))

static inline int model_below(struct rel_chance *c, int n)
{
	return (int)rel_chance_below(c, (uint32_t)n);
}

static inline void model_make_atom(struct model_atom *a, const struct model *m,
				   struct rel_chance *c)
{
	a->name = model_below(c, 20) ? model_below(c, m->n_names) : MODEL_NAMES;
	a->n_bounds = rel_chance_below(c, 5) * 2 / 5 + rel_chance_below(c, 2);
	for (unsigned i = 0; i < 2; i++) {
		a->bounds[i].op = rel_chance_below(c, 6);
		a->bounds[i].version = model_below(c, MODEL_VERSIONS + 2);
	}
	a->either = rel_chance_below(c, 2);
	a->filter = model_below(c, 4) ? -1 : model_below(c, MODEL_FILTERS);
}

static inline int model_make_tree(struct model_package *p,
				  const struct model *m, struct rel_chance *c,
				  int depth)
{
	int at = p->n_nodes++;
	struct model_node *node = &p->nodes[at];

	if (depth == 0 || model_below(c, 5) < 3) {
		node->kind = MODEL_ATOM;
		model_make_atom(&node->atom, m, c);
		return at;
	}
	node->kind = model_below(c, 3) ? MODEL_OR : MODEL_AND;
	node->left = model_make_tree(p, m, c, depth - 1);
	node->right = model_make_tree(p, m, c, depth - 1);
	return at;
}

static inline void model_make_package(struct model_package *p,
				      const struct model *m,
				      struct rel_chance *c)
{
	*p = (struct model_package){
	    .exists = model_below(c, 4) != 0, .class = -1, .available = -1};
	p->n_depends = model_below(c, 4);
	for (int i = 0; i < p->n_depends; i++)
		p->depends[i] = model_make_tree(p, m, c, 2);
	p->n_conflicts = model_below(c, 3) ? 0 : 1 + model_below(c, 2);
	for (int i = 0; i < p->n_conflicts; i++)
		model_make_atom(&p->conflicts[i], m, c);
	if (model_below(c, 4) == 0)
		p->class = model_below(c, 2);
	if (model_below(c, 6) == 0)
		p->available = model_below(c, MODEL_FILTERS);
}

static inline void model_make(struct model *m, struct rel_chance *c)
{
	m->n_names = 2 + model_below(c, MODEL_NAMES - 1);
	for (int n = 0; n < MODEL_NAMES; n++) {
		for (int v = 0; v < MODEL_VERSIONS; v++) {
			model_make_package(&m->packages[n][v], m, c);
			m->packages[n][v].exists &= n < m->n_names;
		}
	}
}

/* As opam syntax. */

static inline void model_print_atom(struct rel_buf *out,
				    const struct model_atom *a)
{
	rel_buf_printf(out, "\"n%d\"", a->name);
	if (a->n_bounds == 0 && a->filter < 0)
		return;
	rel_buf_add_cstr(out, " {");
	if (a->n_bounds > 0)
		rel_buf_add_char(out, '(');
	for (unsigned i = 0; i < a->n_bounds; i++)
		rel_buf_printf(out, "%s%s \"%d\"",
			       i == 0	   ? ""
			       : a->either ? " | "
					   : " & ",
			       model_ops[a->bounds[i].op],
			       a->bounds[i].version);
	if (a->n_bounds > 0)
		rel_buf_add_char(out, ')');
	if (a->filter >= 0)
		rel_buf_printf(out, "%s(%s)", a->n_bounds > 0 ? " & " : "",
			       model_filters[a->filter].text);
	rel_buf_add_char(out, '}');
}

static inline void model_print_tree(struct rel_buf *out,
				    const struct model_package *p, int at)
{
	const struct model_node *node = &p->nodes[at];

	if (node->kind == MODEL_ATOM) {
		model_print_atom(out, &node->atom);
		return;
	}
	rel_buf_add_char(out, '(');
	model_print_tree(out, p, node->left);
	rel_buf_add_cstr(out, node->kind == MODEL_AND ? " & " : " | ");
	model_print_tree(out, p, node->right);
	rel_buf_add_char(out, ')');
}

static inline void model_print(struct rel_buf *out,
			       const struct model_package *p)
{
	rel_buf_add_cstr(out, "opam-version: \"2.0\"\ndepends: [");
	for (int i = 0; i < p->n_depends; i++) {
		model_print_tree(out, p, p->depends[i]);
		rel_buf_add_char(out, ' ');
	}
	rel_buf_add_cstr(out, "]\nconflicts: [");
	for (int i = 0; i < p->n_conflicts; i++) {
		model_print_atom(out, &p->conflicts[i]);
		rel_buf_add_char(out, ' ');
	}
	rel_buf_add_cstr(out, "]\n");
	if (p->class >= 0)
		rel_buf_printf(out, "conflict-class: \"k%d\"\n", p->class);
	if (p->available >= 0)
		rel_buf_printf(out, "available: %s\n",
			       model_filters[p->available].text);
}

/* The meaning.  chosen[name] is the version installed, 0 for none. */

static inline bool model_bound_holds(const struct model_bound *b, int version)
{
	switch (b->op) {
	case 0:
		return version == b->version;
	case 1:
		return version != b->version;
	case 2:
		return version < b->version;
	case 3:
		return version <= b->version;
	case 4:
		return version > b->version;
	default:
		return version >= b->version;
	}
}

static inline bool model_atom_holds(const struct model_atom *a,
				    const int *chosen)
{
	int version = a->name < MODEL_NAMES ? chosen[a->name] : 0;
	unsigned held = 0;

	if (version == 0)
		return false;
	for (unsigned i = 0; i < a->n_bounds; i++)
		held += model_bound_holds(&a->bounds[i], version);
	return a->either && a->n_bounds > 0 ? held > 0 : held == a->n_bounds;
}

enum model_truth {
	MODEL_FALSE,
	MODEL_TRUE,
	MODEL_GONE, /* its filter took it away */
};

static inline enum model_truth model_tree_holds(const struct model_package *p,
						int at, const int *chosen)
{
	const struct model_node *node = &p->nodes[at];
	enum model_truth left, right;

	if (node->kind == MODEL_ATOM) {
		const struct model_atom *a = &node->atom;

		if (a->filter >= 0 && !model_filters[a->filter].depends)
			return MODEL_GONE;
		return model_atom_holds(a, chosen) ? MODEL_TRUE : MODEL_FALSE;
	}
	left = model_tree_holds(p, node->left, chosen);
	right = model_tree_holds(p, node->right, chosen);
	if (left == MODEL_GONE)
		return right;
	if (right == MODEL_GONE)
		return left;
	if (node->kind == MODEL_AND)
		return left == MODEL_TRUE ? right : left;
	return left == MODEL_TRUE ? left : right;
}

static inline bool model_is_available(const struct model_package *p)
{
	return p->available < 0 || model_filters[p->available].available;
}

static inline bool model_clashes(const struct model *m, int name,
				 const struct model_package *p,
				 const int *chosen)
{
	for (int i = 0; i < p->n_conflicts; i++) {
		const struct model_atom *a = &p->conflicts[i];

		if (a->name != name &&
		    (a->filter < 0 || model_filters[a->filter].available) &&
		    model_atom_holds(a, chosen))
			return true;
	}
	for (int n = 0; p->class >= 0 && n < m->n_names; n++) {
		if (n != name && chosen[n] > 0 &&
		    m->packages[n][chosen[n] - 1].class == p->class)
			return true;
	}
	return false;
}

static inline bool model_is_state(const struct model *m, const int *chosen)
{
	for (int n = 0; n < m->n_names; n++) {
		const struct model_package *p;

		if (chosen[n] == 0)
			continue;
		p = &m->packages[n][chosen[n] - 1];
		if (!p->exists || !model_is_available(p) ||
		    model_clashes(m, n, p, chosen))
			return false;
		for (int i = 0; i < p->n_depends; i++) {
			if (model_tree_holds(p, p->depends[i], chosen) ==
			    MODEL_FALSE)
				return false;
		}
	}
	return true;
}

/* Does the tree order the build of its package after that of `name`, if that
 * is installed?  Whatever else would do. */
static inline bool model_tree_orders(const struct model_package *p, int at,
				     int name, const int *chosen)
{
	const struct model_node *node = &p->nodes[at];
	const struct model_atom *a = &node->atom;

	if (node->kind != MODEL_ATOM)
		return model_tree_orders(p, node->left, name, chosen) ||
		       model_tree_orders(p, node->right, name, chosen);
	if (a->filter >= 0 && (!model_filters[a->filter].depends ||
			       !strcmp(model_filters[a->filter].text, "post")))
		return false;
	return a->name == name && model_atom_holds(a, chosen);
}

/* Can all that is chosen be built, one after the other? */
static inline bool model_has_order(const struct model *m, const int *chosen)
{
	bool built[MODEL_NAMES] = {false}, more = true;
	int left = 0;

	for (int n = 0; n < m->n_names; n++)
		left += chosen[n] > 0;
	while (more) {
		more = false;
		for (int n = 0; n < m->n_names; n++) {
			const struct model_package *p;
			bool waits = false;

			if (chosen[n] == 0 || built[n])
				continue;
			p = &m->packages[n][chosen[n] - 1];
			for (int i = 0; i < p->n_depends; i++) {
				for (int k = 0; k < m->n_names; k++)
					waits |=
					    !built[k] &&
					    model_tree_orders(p, p->depends[i],
							      k, chosen);
			}
			if (waits)
				continue;
			built[n] = more = true;
			left--;
		}
	}
	return left == 0;
}

/* Step through all choices; false after the last. */
static inline bool model_next_choice(int n_names, int *chosen)
{
	for (int n = 0; n < n_names; n++) {
		if (chosen[n]++ < MODEL_VERSIONS)
			return true;
		chosen[n] = 0;
	}
	return false;
}

/* Which packages are part of some state that can be built?  Of those that no
 * such state has, some are part of one that cannot. */
static inline void model_solve(const struct model *m,
			       bool yes[MODEL_NAMES][MODEL_VERSIONS])
{
	int chosen[MODEL_NAMES] = {0};

	memset(yes, 0, sizeof(bool) * MODEL_NAMES * MODEL_VERSIONS);
	do {
		if (!model_is_state(m, chosen) || !model_has_order(m, chosen))
			continue;
		for (int n = 0; n < m->n_names; n++) {
			if (chosen[n] > 0)
				yes[n][chosen[n] - 1] = true;
		}
	} while (model_next_choice(m->n_names, chosen));
}

#endif
