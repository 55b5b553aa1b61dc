#include "check/advice.h"

#include "base/intern.h"
#include "base/limits.h"
#include "check/rules.h"
#include "opam/version.h"

/* The versions that the bounds of one dependency name, in order.  The places
 * 0 … 2n of a line: odd ones are the versions, even ones what lies between. */
struct line {
	const struct rel_rules *rules;
	struct rel_str versions[REL_LIMIT_BOUNDS_COMPARED];
	uint32_t n;
	bool full;
};

static bool is_version(const struct rel_node *n)
{
	return n->kind == REL_NODE_STRING &&
	       rel_str_find(n->text, '%') == n->text.len;
}

static void insert(struct line *line, struct rel_str version)
{
	uint32_t at = 0;
	int order = 1;

	while (at < line->n &&
	       (order = rel_version_compare(line->versions[at], version)) < 0)
		at++;
	if (at < line->n && order == 0)
		return;
	if (line->n == REL_LIMIT_BOUNDS_COMPARED) {
		line->full = true;
		return;
	}
	memmove(line->versions + at + 1, line->versions + at,
		(line->n - at) * sizeof(version));
	line->versions[at] = version;
	line->n++;
}

static void collect(struct line *line, rel_node_id id)
{
	for (; id != REL_NODE_NONE;
	     id = rel_rules_node(line->rules, id)->next) {
		const struct rel_node *n = rel_rules_node(line->rules, id);

		if (n->kind != REL_NODE_PREFIX_RELOP)
			collect(line, n->child);
		else if (is_version(rel_rules_node(line->rules, n->child)))
			insert(line,
			       rel_rules_node(line->rules, n->child)->text);
	}
}

static bool holds(const struct line *line, const struct rel_node *n,
		  uint32_t place, bool negated)
{
	enum rel_relop op = (enum rel_relop)n->op;
	struct rel_str version = rel_rules_node(line->rules, n->child)->text;
	uint32_t own = 1;

	while (rel_version_compare(line->versions[own / 2], version) != 0)
		own += 2;
	switch (negated ? rel_relop_negate(op) : op) {
	case REL_OP_EQ:
		return place == own;
	case REL_OP_NEQ:
		return place != own;
	case REL_OP_GEQ:
		return place >= own;
	case REL_OP_GT:
		return place > own;
	case REL_OP_LEQ:
		return place <= own;
	case REL_OP_LT:
		return place < own;
	}
	return true;
}

static bool may_hold(const struct line *line, rel_node_id id, uint32_t place,
		     bool negated);

/* Siblings are joined by `&`. */
static bool may_hold_all(const struct line *line, rel_node_id id,
			 uint32_t place, bool negated)
{
	bool all = true, any = id == REL_NODE_NONE;

	for (; id != REL_NODE_NONE;
	     id = rel_rules_node(line->rules, id)->next) {
		bool one = may_hold(line, id, place, negated);

		all = all && one;
		any = any || one;
	}
	return negated ? any : all;
}

/* Can it be true of a version at this place?  A filter can be either. */
static bool may_hold(const struct line *line, rel_node_id id, uint32_t place,
		     bool negated)
{
	const struct rel_node *n = rel_rules_node(line->rules, id);
	rel_node_id right;

	switch ((enum rel_node_kind)n->kind) {
	case REL_NODE_PREFIX_RELOP:
		return !is_version(rel_rules_node(line->rules, n->child)) ||
		       holds(line, n, place, negated);
	case REL_NODE_AND:
	case REL_NODE_OR:
		right = rel_rules_node(line->rules, n->child)->next;
		if ((n->kind == REL_NODE_AND) != negated)
			return may_hold(line, n->child, place, negated) &&
			       may_hold(line, right, place, negated);
		return may_hold(line, n->child, place, negated) ||
		       may_hold(line, right, place, negated);
	case REL_NODE_NOT:
		return may_hold(line, n->child, place, !negated);
	case REL_NODE_GROUP:
		return may_hold_all(line, n->child, place, negated);
	default:
		return true;
	}
}

static void check_bounds(struct rel_rules *r, rel_node_id atom,
			 struct rel_str name, rel_node_id constraint)
{
	struct line line = {.rules = r};

	collect(&line, constraint);
	if (line.n == 0 || line.full)
		return;
	for (uint32_t place = 0; place <= 2 * line.n; place++) {
		if (may_hold_all(&line, constraint, place, false))
			return;
	}
	rel_rules_add(r, REL_LINT_WARNING, "ContradictoryBounds", atom,
		      "no version of %.*s is within its bounds",
		      REL_STR_ARG(name));
}

/* What a bound can be the value of. */
static bool is_defined(struct rel_str name)
{
	static const char *const names[] = {"name",
					    "version",
					    "_:name",
					    "_:version",
					    "arch",
					    "os",
					    "os-distribution",
					    "os-family",
					    "os-version",
					    "opam-version",
					    "sys-ocaml-version",
					    "sys-ocaml-system",
					    "sys-ocaml-arch",
					    "sys-ocaml-cc",
					    "sys-ocaml-libc",
					    "jobs",
					    "make",
					    "exe",
					    "root",
					    "switch",
					    "prefix",
					    "lib",
					    "bin",
					    "sbin",
					    "share",
					    "doc",
					    "etc",
					    "man",
					    "toplevel",
					    "stublibs",
					    "user",
					    "group"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (rel_str_is(name, names[i]))
			return true;
	}
	return false;
}

static void check_variable(struct rel_rules *r, rel_node_id id,
			   struct rel_str name)
{
	if (!is_defined(name))
		rel_rules_add(r, REL_LINT_WARNING, "UndefinedVariable", id,
			      "the bound is the value of %.*s, which opam does "
			      "not define",
			      REL_STR_ARG(name));
}

/* The variables of a string: %{name}%, %{name?a:b}%. */
static void check_string(struct rel_rules *r, rel_node_id id)
{
	struct rel_str rest = rel_rules_node(r, id)->text;

	for (;;) {
		const char *from = memmem(rest.ptr, rest.len, "%{", 2), *to;
		struct rel_str inside;

		if (!from)
			return;
		rest = rel_str_n(from + 2,
				 (size_t)(rest.ptr + rest.len - from - 2));
		to = memmem(rest.ptr, rest.len, "}%", 2);
		if (!to)
			return;
		inside = rel_str_n(rest.ptr, (size_t)(to - rest.ptr));
		/* what has a value for both cases has one */
		if (rel_str_find(inside, '?') == inside.len)
			check_variable(r, id, inside);
		rest =
		    rel_str_n(to + 2, (size_t)(rest.ptr + rest.len - to - 2));
	}
}

static void check_variables(struct rel_rules *r, rel_node_id id)
{
	for (; id != REL_NODE_NONE; id = rel_rules_node(r, id)->next) {
		const struct rel_node *n = rel_rules_node(r, id), *bound;

		if (n->kind != REL_NODE_PREFIX_RELOP) {
			check_variables(r, n->child);
			continue;
		}
		bound = rel_rules_node(r, n->child);
		if (bound->kind == REL_NODE_IDENT)
			check_variable(r, n->child, bound->text);
		else if (bound->kind == REL_NODE_STRING)
			check_string(r, n->child);
	}
}

static void check_atoms(struct rel_rules *r, rel_node_id id)
{
	const struct rel_node *n = rel_rules_node(r, id), *name;

	if (n->kind == REL_NODE_OPTION) {
		name = rel_rules_node(r, n->child);
		check_bounds(r, id, name->text, name->next);
		check_variables(r, name->next);
		return;
	}
	for (rel_node_id k = n->child; k != REL_NODE_NONE;
	     k = rel_rules_node(r, k)->next)
		check_atoms(r, k);
}

/* Names that are all asked for: those in a list and on both sides of `&`. */
struct names {
	struct rel_rules *rules;
	const char *field;
	struct rel_intern seen;
};

static void check_twice(struct names *names, rel_node_id id)
{
	struct rel_rules *r = names->rules;
	const struct rel_node *n = rel_rules_node(r, id);
	struct rel_str name = n->text;

	if (n->kind == REL_NODE_LIST || n->kind == REL_NODE_GROUP ||
	    n->kind == REL_NODE_AND) {
		for (rel_node_id k = n->child; k != REL_NODE_NONE;
		     k = rel_rules_node(r, k)->next)
			check_twice(names, k);
		return;
	}
	if (n->kind == REL_NODE_OPTION)
		name = rel_rules_node(r, n->child)->text;
	else if (n->kind != REL_NODE_STRING)
		return;
	if (rel_intern_find(&names->seen, name) != REL_STRING_NONE)
		rel_rules_add(r, REL_LINT_WARNING, "PackageTwice", id,
			      "'%s' names %.*s a second time", names->field,
			      REL_STR_ARG(name));
	else if (rel_intern_add(&names->seen, name) == REL_STRING_NONE)
		r->status = REL_ENOMEM;
}

static void check_field(struct rel_rules *r, const char *field, bool twice)
{
	rel_node_id value = rel_rules_value(r, field);
	struct names names = {.rules = r, .field = field};

	if (value == REL_NODE_NONE)
		return;
	check_atoms(r, value);
	if (!twice)
		return;
	rel_intern_init(&names.seen, REL_LIMIT_MANIFEST_BYTES);
	check_twice(&names, value);
	rel_intern_free(&names.seen);
}

int rel_advice_check(struct rel_submission_findings *out, struct rel_str text,
		     const char *path, struct rel_arena *arena,
		     struct rel_error *err)
{
	struct rel_rules r = {.arena = arena, .out = out};
	struct rel_error ignored = {0};
	int rc = rel_opam_parse(&r.tree, arena, text, path, &ignored);

	if (rc == 0) {
		check_field(&r, "depends", true);
		check_field(&r, "depopts", true);
		/* a package in conflict with two ranges is there twice */
		check_field(&r, "conflicts", false);
	}
	return rc == REL_ENOMEM || r.status != 0 ? rel_fail_nomem(err) : 0;
}
