/*
 * Whether one manifest, p.2, can be installed beside y.1, y.2, y.3, z.1 and
 * z.2, which need nothing: tried out on all sets of them, in the manner of
 * `opam admin check` 2.1.2.
 */
#ifndef REL_TESTS_OPAM_VERDICT_H
#define REL_TESTS_OPAM_VERDICT_H

#include "eval.h"
#include "opam/version.h"

/* What is installed of each name; NULL = nothing. */
struct installed {
	const char *y, *z, *p;
};

#define CHECK_WORDS \
	"name=p _:name=p version=2 _:version=2 opam-version=2.1.2 !dev "
#define WITH_TEST    CHECK_WORDS "with-test with-doc"
#define WITHOUT_TEST CHECK_WORDS "!with-test !with-doc"

static inline bool relop_holds(enum rel_relop op, int order)
{
	switch (op) {
	case REL_OP_EQ:
		return order == 0;
	case REL_OP_NEQ:
		return order != 0;
	case REL_OP_GEQ:
		return order >= 0;
	case REL_OP_GT:
		return order > 0;
	case REL_OP_LEQ:
		return order <= 0;
	default:
		return order < 0;
	}
}

static inline bool constraint_holds(const struct rel_constraint *c,
				    struct rel_str version)
{
	if (!c)
		return true;
	if (c->kind == REL_CONSTRAINT_RELOP)
		return relop_holds(c->op,
				   rel_version_compare(version, c->version));
	if (c->kind == REL_CONSTRAINT_AND)
		return constraint_holds(c->left, version) &&
		       constraint_holds(c->right, version);
	return constraint_holds(c->left, version) ||
	       constraint_holds(c->right, version);
}

static inline bool atom_holds(const struct bench *b,
			      const struct rel_formula_atom *atom,
			      const struct installed *in)
{
	struct rel_str name = rel_intern_get(&b->tables.strings, atom->name);
	const char *version = NULL;

	if (rel_str_is(name, "y"))
		version = in->y;
	else if (rel_str_is(name, "z"))
		version = in->z;
	else if (rel_str_is(name, "p"))
		version = in->p;
	return version &&
	       constraint_holds(atom->constraint, rel_str_of(version));
}

static inline bool set_is_good(const struct bench *b,
			       const struct rel_formula *depends,
			       const struct rel_formula *conflicts,
			       const struct installed *in)
{
	struct installed others = {in->y, in->z, NULL};

	for (uint32_t i = 0; i < depends->n_clauses; i++) {
		const struct rel_formula_clause *clause = &depends->clauses[i];
		uint32_t k = 0;

		while (k < clause->count &&
		       !atom_holds(b, &depends->atoms[clause->first + k], in))
			k++;
		if (k == clause->count)
			return false;
	}
	for (uint32_t i = 0; i < conflicts->n_atoms; i++) {
		if (atom_holds(b, &conflicts->atoms[i], &others))
			return false;
	}
	return true;
}

/* Of the manifest that `b` has read. */
static inline bool is_installable(struct bench *b, const char *environment)
{
	static const char *const versions[] = {NULL, "1", "2", "3"};
	struct rel_formula_rules rules = {.pipeline = REL_FORMULA_PARTIAL,
					  .variables = words(environment),
					  .late = words("build post")};
	struct installed in = {.p = "2"};
	struct rel_formula depends, conflicts;

	if (rel_formula_resolve(&depends, &b->exprs, b->manifest.depends,
				&rules, &b->scratch, &b->err) != 0 ||
	    rel_formula_conflicts(&conflicts, &b->exprs, b->manifest.conflicts,
				  &rules.variables, &b->scratch, &b->err) != 0)
		return false;
	for (int y = 0; y < 4; y++) {
		for (int z = 0; z < 3; z++) {
			in.y = versions[y];
			in.z = versions[z];
			if (set_is_good(b, &depends, &conflicts, &in))
				return true;
		}
	}
	return false;
}

#endif
