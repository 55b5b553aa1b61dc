#include "opam/opam_private.h"

const char *const rel_upgrade_package_names[REL_UPGRADE_PACKAGES] = {
    [REL_UPGRADE_OCAML] = "ocaml",
    [REL_UPGRADE_BASE] = "ocaml-base-compiler",
    [REL_UPGRADE_SYSTEM] = "ocaml-system",
    [REL_UPGRADE_VARIANTS] = "ocaml-variants",
};

static struct rel_expr *node_at(const struct rel_upgrade_exprs *x,
				rel_expr_id id)
{
	return &x->table.nodes[id];
}

static enum rel_relop mirrored(enum rel_relop op)
{
	switch (op) {
	case REL_OP_GEQ:
		return REL_OP_LEQ;
	case REL_OP_GT:
		return REL_OP_LT;
	case REL_OP_LEQ:
		return REL_OP_GEQ;
	case REL_OP_LT:
		return REL_OP_GT;
	default:
		return op;
	}
}

/* opam src/format/opamFilter.ml, distribute_negations. */
static rel_expr_id distribute(struct rel_upgrade_exprs *x, rel_expr_id id,
			      bool negate)
{
	struct rel_expr *e = node_at(x, id);
	rel_expr_id a = e->a, b = e->b;

	switch ((enum rel_expr_kind)e->kind) {
	case REL_EXPR_AND:
	case REL_EXPR_OR:
		if (negate)
			e->kind = e->kind == REL_EXPR_AND ? REL_EXPR_OR
							  : REL_EXPR_AND;
		a = distribute(x, a, negate);
		b = distribute(x, b, negate);
		break;
	case REL_EXPR_COMPARE:
		if (negate)
			e->op =
			    (uint8_t)rel_relop_negate((enum rel_relop)e->op);
		a = distribute(x, a, false);
		b = distribute(x, b, false);
		break;
	case REL_EXPR_BOOL:
		e->a ^= negate;
		return id;
	case REL_EXPR_NOT:
		return distribute(x, a, !negate);
	default:
		if (!negate)
			return id;
		return rel_upgrade_add(
		    x, (struct rel_expr){.kind = REL_EXPR_NOT, .a = id});
	}
	/* adding may have moved the nodes */
	e = node_at(x, id);
	e->a = a;
	e->b = b;
	return id;
}

/* Is the node the global variable `name`, without a conversion? */
static bool is_variable(const struct rel_upgrade_exprs *x, rel_expr_id id,
			const char *name)
{
	return node_at(x, id)->kind == REL_EXPR_IDENT &&
	       rel_str_is(rel_upgrade_text(x, id), name);
}

static void add_atom(struct rel_upgrade_exprs *x,
		     struct rel_upgrade_atoms *atoms,
		     enum rel_upgrade_package package, enum rel_relop op,
		     rel_expr_id version)
{
	struct rel_expr bound = {
	    .kind = REL_EXPR_VERSION, .op = (uint8_t)op, .a = version};

	atoms->has[package] = true;
	atoms->constraint[package] = version == REL_EXPR_NONE
					 ? REL_EXPR_NONE
					 : rel_upgrade_add(x, bound);
}

/* `compiler` op version, as a dependency or (for !=) as a conflict. */
static void split_compiler(struct rel_upgrade_split *out,
			   struct rel_upgrade_exprs *x, enum rel_relop op,
			   rel_expr_id version)
{
	struct rel_str text = rel_upgrade_text(x, version);
	enum rel_upgrade_package package = REL_UPGRADE_BASE;
	struct rel_upgrade_atoms *atoms = &out->depends;

	if (rel_str_is(text, "system")) {
		package = REL_UPGRADE_SYSTEM;
		version = REL_EXPR_NONE;
	} else if (rel_str_find(text, '+') < text.len) {
		package = REL_UPGRADE_VARIANTS;
	}
	if (op == REL_OP_NEQ) {
		atoms = &out->conflicts;
		op = REL_OP_EQ;
	}
	add_atom(x, atoms, package, op, version);
}

static void split_compare(struct rel_upgrade_split *out,
			  struct rel_upgrade_exprs *x, rel_expr_id id)
{
	struct rel_expr e = *node_at(x, id);
	enum rel_relop op = (enum rel_relop)e.op;
	rel_expr_id variable = e.a, value = e.b;

	if (node_at(x, e.a)->kind == REL_EXPR_STRING &&
	    node_at(x, e.b)->kind == REL_EXPR_IDENT) {
		struct rel_expr turned = e;

		variable = turned.a = e.b;
		value = turned.b = e.a;
		op = mirrored(op);
		turned.op = (uint8_t)op;
		*node_at(x, id) = turned;
	}
	if (node_at(x, value)->kind != REL_EXPR_STRING)
		out->rest = id;
	else if (is_variable(x, variable, "ocaml-version"))
		add_atom(x, &out->depends, REL_UPGRADE_OCAML, op, value);
	else if (is_variable(x, variable, "compiler"))
		split_compiler(out, x, op, value);
	else
		out->rest = id;
}

static void unite(struct rel_upgrade_exprs *x, struct rel_upgrade_atoms *out,
		  enum rel_expr_kind kind, const struct rel_upgrade_atoms *a,
		  const struct rel_upgrade_atoms *b)
{
	for (int i = 0; i < REL_UPGRADE_PACKAGES; i++) {
		rel_expr_id left = a->has[i] ? a->constraint[i] : REL_EXPR_NONE;
		rel_expr_id right =
		    b->has[i] ? b->constraint[i] : REL_EXPR_NONE;

		out->has[i] = a->has[i] || b->has[i];
		out->constraint[i] = rel_upgrade_join(x, kind, left, right);
	}
}

static void split(struct rel_upgrade_split *out, struct rel_upgrade_exprs *x,
		  rel_expr_id id);

/*
 * `a | b` where only one side became a dependency cannot be converted: opam
 * says so, and drops the alternative.
 */
static void split_pair(struct rel_upgrade_split *out,
		       struct rel_upgrade_exprs *x, struct rel_expr pair)
{
	enum rel_expr_kind kind = (enum rel_expr_kind)pair.kind;
	enum rel_expr_kind dual =
	    kind == REL_EXPR_AND ? REL_EXPR_OR : REL_EXPR_AND;
	struct rel_upgrade_split a, b;

	split(&a, x, pair.a);
	split(&b, x, pair.b);
	unite(x, &out->depends, kind, &a.depends, &b.depends);
	unite(x, &out->conflicts, dual, &a.conflicts, &b.conflicts);
	out->rest = rel_upgrade_join(x, kind, a.rest, b.rest);
}

static void split(struct rel_upgrade_split *out, struct rel_upgrade_exprs *x,
		  rel_expr_id id)
{
	struct rel_expr e;

	*out = (struct rel_upgrade_split){.rest = REL_EXPR_NONE};
	if (x->status != 0)
		return;
	e = *node_at(x, id);
	switch ((enum rel_expr_kind)e.kind) {
	case REL_EXPR_AND:
	case REL_EXPR_OR:
		split_pair(out, x, e);
		return;
	case REL_EXPR_COMPARE:
		split_compare(out, x, id);
		return;
	case REL_EXPR_IDENT:
		if (is_variable(x, id, "preinstalled"))
			add_atom(x, &out->depends, REL_UPGRADE_SYSTEM,
				 REL_OP_EQ, REL_EXPR_NONE);
		else
			out->rest = id;
		return;
	case REL_EXPR_NOT:
		if (is_variable(x, e.a, "preinstalled"))
			add_atom(x, &out->conflicts, REL_UPGRADE_SYSTEM,
				 REL_OP_EQ, REL_EXPR_NONE);
		else
			out->rest = id;
		return;
	default:
		out->rest = id;
	}
}

void rel_upgrade_split(struct rel_upgrade_split *out,
		       struct rel_upgrade_exprs *x, rel_expr_id available)
{
	*out = (struct rel_upgrade_split){.rest = REL_EXPR_NONE};
	if (x->status == 0 && available != REL_EXPR_NONE)
		split(out, x, distribute(x, available, false));
}

/* The first atom of the package among the terms of the formula. */
static rel_expr_id find_atom(const struct rel_upgrade_exprs *x,
			     enum rel_expr_kind kind, rel_expr_id id,
			     const char *name)
{
	const struct rel_expr *e;
	rel_expr_id found;

	if (id == REL_EXPR_NONE)
		return REL_EXPR_NONE;
	e = node_at(x, id);
	if (e->kind == REL_EXPR_PACKAGE)
		return rel_str_is(rel_upgrade_text(x, id), name)
			   ? id
			   : REL_EXPR_NONE;
	if (e->kind != kind)
		return REL_EXPR_NONE;
	found = find_atom(x, kind, e->a, name);
	return found != REL_EXPR_NONE ? found : find_atom(x, kind, e->b, name);
}

rel_expr_id rel_upgrade_merge(struct rel_upgrade_exprs *x,
			      enum rel_expr_kind kind, rel_expr_id formula,
			      const struct rel_upgrade_atoms *atoms)
{
	rel_expr_id added = REL_EXPR_NONE;

	for (int i = 0; i < REL_UPGRADE_PACKAGES && x->status == 0; i++) {
		const char *name = rel_upgrade_package_names[i];
		rel_expr_id old, bound, id;

		if (!atoms->has[i])
			continue;
		old = find_atom(x, kind, formula, name);
		if (old != REL_EXPR_NONE) {
			bound = rel_upgrade_join(x, kind, node_at(x, old)->b,
						 atoms->constraint[i]);
			node_at(x, old)->b = bound;
			continue;
		}
		id =
		    rel_upgrade_add_text(x, REL_EXPR_PACKAGE, rel_str_of(name));
		if (x->status == 0)
			node_at(x, id)->b = atoms->constraint[i];
		added = rel_upgrade_join(x, kind, added, id);
	}
	return rel_upgrade_join(x, kind, added, formula);
}
