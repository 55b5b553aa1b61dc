#include "opam/lint_private.h"
#include "opam/version.h"

#define DEPENDENCIES \
	(REL_LINT_BIT(REL_LINT_DEPENDS) | REL_LINT_BIT(REL_LINT_DEPOPTS))

void rel_lint_atoms(struct rel_lint *l, rel_node_id formula,
		    rel_lint_atom_fn fn, void *context)
{
	const struct rel_node *node;
	rel_node_id constraint;

	if (formula == REL_NODE_NONE)
		return;
	node = rel_lint_node(l, formula);
	if (node->kind == REL_NODE_STRING || node->kind == REL_NODE_OPTION) {
		rel_lint_option(l, formula, &constraint);
		fn(l, context, formula, constraint);
		return;
	}
	for (rel_node_id id = node->child; id != REL_NODE_NONE;
	     id = rel_lint_node(l, id)->next)
		rel_lint_atoms(l, id, fn, context);
}

struct rel_str rel_lint_atom_name(const struct rel_lint *l, rel_node_id atom)
{
	rel_node_id constraint;

	return rel_lint_node(l, rel_lint_option(l, atom, &constraint))->text;
}

/* 29 */
void rel_lint_judge_package_variables(struct rel_lint *l)
{
	bool newer = rel_lint_since(l, REL_LINT_OPAM_2_2);
	uint64_t fields = DEPENDENCIES;
	struct rel_lint_detail names = {0};
	rel_node_id first = REL_NODE_NONE;

	if (newer)
		fields |= REL_LINT_BIT(REL_LINT_CONFLICTS);
	for (uint32_t i = 0; i < l->n_refs; i++) {
		const struct rel_lint_ref *ref = &l->refs[i];

		if (!ref->package.ptr || ref->in_version ||
		    !(fields & REL_LINT_BIT(ref->field)))
			continue;
		if (first == REL_NODE_NONE)
			first = ref->node;
		rel_lint_detail_add(&names, ref->package);
	}
	if (first != REL_NODE_NONE)
		rel_lint_add(l, 29, REL_LINT_ERROR, first,
			     "variables of packages in %s: %s",
			     newer ? "dependencies or conflicts"
				   : "dependencies",
			     names.text);
}

struct doubles {
	struct rel_lint_names depopts;
	struct rel_lint_names depends;
};

static void find_in_depends(struct rel_lint *l, void *context, rel_node_id atom,
			    rel_node_id constraint)
{
	struct doubles *d = context;
	struct rel_str name = rel_lint_atom_name(l, atom);

	(void)constraint;
	if (rel_lint_names_has(&d->depopts, name) &&
	    rel_lint_names_has(&d->depends, name))
		rel_lint_add(l, 31, REL_LINT_ERROR, atom,
			     "in both 'depends' and 'depopts': \"%.*s\"",
			     REL_STR_ARG(name));
}

/* 31 */
void rel_lint_judge_depends_depopts(struct rel_lint *l)
{
	rel_node_id depends = l->fields[REL_LINT_DEPENDS];
	rel_node_id depopts = l->fields[REL_LINT_DEPOPTS];
	uint32_t before = l->out->count;
	struct doubles d;

	if (depends == REL_NODE_NONE || depopts == REL_NODE_NONE)
		return;
	rel_lint_names_init(&d.depopts);
	rel_lint_names_init(&d.depends);
	rel_lint_names_add(&d.depopts, l, depopts, true);
	rel_lint_names_add(&d.depends, l, depends, false);
	rel_lint_atoms(l, depopts, find_in_depends, &d);
	/* opam tells all of them at once: the first one stays */
	if (l->out->count > before)
		l->out->count = before + 1;
	rel_lint_names_free(&d.depopts);
	rel_lint_names_free(&d.depends);
}

/* 34 */
void rel_lint_judge_available_variables(struct rel_lint *l)
{
	for (uint32_t i = 0; i < l->n_refs; i++) {
		const struct rel_lint_ref *ref = &l->refs[i];

		if (ref->field != REL_LINT_AVAILABLE || !ref->package.ptr)
			continue;
		rel_lint_add(l, 34, REL_LINT_ERROR, ref->node,
			     "'available' mentions a variable of a package: "
			     "\"%.*s:%.*s\"",
			     REL_STR_ARG(ref->package), REL_STR_ARG(ref->name));
		return;
	}
}

/* A ref for which there ought to be a dependency? */
static bool needs_package(const struct rel_lint *l,
			  const struct rel_lint_ref *ref)
{
	return ref->package.ptr && !ref->guarded &&
	       ref->field != REL_LINT_POST_MESSAGES &&
	       !rel_str_is(ref->package, "_") &&
	       !rel_str_is(ref->name, "installed") &&
	       !(l->name.ptr && rel_str_eq(ref->package, l->name));
}

static void add_mentioned(struct rel_lint *l, void *context, rel_node_id atom,
			  rel_node_id constraint)
{
	struct rel_lint_names *names = context;

	(void)constraint;
	if (rel_intern_add(&names->names, rel_lint_atom_name(l, atom)) ==
	    REL_STRING_NONE)
		l->status = rel_fail_nomem(l->err);
}

/* Guarded packages that are named nowhere, since 2.2. */
static void find_guards(struct rel_lint *l, struct rel_lint_detail *missing)
{
	struct rel_lint_names mentioned;

	if (l->n_guards == 0)
		return;
	rel_lint_names_init(&mentioned);
	rel_lint_atoms(l, l->fields[REL_LINT_DEPENDS], add_mentioned,
		       &mentioned);
	rel_lint_atoms(l, l->fields[REL_LINT_DEPOPTS], add_mentioned,
		       &mentioned);
	for (uint32_t i = 0; i < l->n_guards; i++) {
		if (!rel_lint_names_has(&mentioned, l->guards[i]))
			rel_lint_detail_add(missing, l->guards[i]);
	}
	rel_lint_names_free(&mentioned);
}

static void all_depends(struct rel_lint_names *out, struct rel_lint *l)
{
	rel_lint_names_init(out);
	rel_lint_names_add(out, l, l->fields[REL_LINT_DEPENDS], true);
	rel_lint_names_add(out, l, l->fields[REL_LINT_DEPOPTS], true);
}

/* 41 */
void rel_lint_judge_undeclared(struct rel_lint *l)
{
	rel_node_id first = REL_NODE_NONE;
	struct rel_lint_detail missing = {0};
	struct rel_lint_names depends;
	bool read = false;

	for (uint32_t i = 0; i < l->n_refs; i++) {
		const struct rel_lint_ref *ref = &l->refs[i];

		if (!needs_package(l, ref))
			continue;
		if (!read)
			all_depends(&depends, l);
		read = true;
		if (rel_lint_names_has(&depends, ref->package))
			continue;
		if (first == REL_NODE_NONE)
			first = ref->node;
		rel_lint_detail_add(&missing, ref->package);
	}
	if (read)
		rel_lint_names_free(&depends);
	find_guards(l, &missing);
	if (missing.len > 0)
		rel_lint_add(l, 41, REL_LINT_WARNING, first,
			     "packages are mentioned in scripts or filters "
			     "but are no dependency: %s",
			     missing.text);
}

/* What a part of a constraint is, for code 43. */
enum shape {
	SHAPE_EMPTY,
	SHAPE_FILTER, /* one filter */
	SHAPE_GOOD,   /* `|` only, but for filters */
	SHAPE_BAD,
};

static enum shape join_shapes(enum shape a, enum shape b, bool conjunction)
{
	if (a == SHAPE_EMPTY || b == SHAPE_EMPTY)
		return a == SHAPE_EMPTY ? b : a;
	if (a == SHAPE_BAD || b == SHAPE_BAD)
		return SHAPE_BAD;
	return conjunction && a != SHAPE_FILTER && b != SHAPE_FILTER
		   ? SHAPE_BAD
		   : SHAPE_GOOD;
}

static enum shape shape_of(const struct rel_lint *l, rel_node_id id,
			   bool negated);

/* Siblings are joined by `&`. */
static enum shape shape_of_items(const struct rel_lint *l, rel_node_id id,
				 bool negated)
{
	enum shape shape = SHAPE_EMPTY;

	for (; id != REL_NODE_NONE; id = rel_lint_node(l, id)->next)
		shape = join_shapes(shape, shape_of(l, id, negated), !negated);
	return shape;
}

static enum shape shape_of(const struct rel_lint *l, rel_node_id id,
			   bool negated)
{
	const struct rel_node *node = rel_lint_node(l, id);
	rel_node_id right = node->child == REL_NODE_NONE
				? REL_NODE_NONE
				: rel_lint_node(l, node->child)->next;
	enum shape shape;

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_PREFIX_RELOP:
		return SHAPE_GOOD;
	case REL_NODE_AND:
	case REL_NODE_OR:
		return join_shapes(shape_of(l, node->child, negated),
				   shape_of(l, right, negated),
				   (node->kind == REL_NODE_AND) != negated);
	case REL_NODE_NOT:
		return shape_of(l, node->child, !negated);
	case REL_NODE_GROUP:
		/* a block of its own, even when empty */
		shape = shape_of_items(l, node->child, negated);
		return shape == SHAPE_BAD ? SHAPE_BAD : SHAPE_GOOD;
	default:
		return SHAPE_FILTER;
	}
}

static void find_conjunction(struct rel_lint *l, void *context,
			     rel_node_id atom, rel_node_id constraint)
{
	rel_node_id *found = context;

	if (*found == REL_NODE_NONE &&
	    shape_of_items(l, constraint, false) == SHAPE_BAD)
		*found = atom;
}

/* 43; a `&` between packages has become `|` before opam checks. */
void rel_lint_judge_conflicts(struct rel_lint *l)
{
	rel_node_id found = REL_NODE_NONE;

	if (rel_version_compare(l->opam_version, REL_STR("1.3")) < 0)
		return;
	rel_lint_atoms(l, l->fields[REL_LINT_CONFLICTS], find_conjunction,
		       &found);
	if (found != REL_NODE_NONE)
		rel_lint_add(l, 43, REL_LINT_ERROR, found,
			     "'&' in 'conflicts', where only '|' is allowed");
}

/* Do `build` and `post` stand with one dependency? */
static rel_node_id find_build_and_post(const struct rel_lint *l)
{
	rel_node_id build = REL_NODE_NONE, post = REL_NODE_NONE;

	for (uint32_t i = 0; i < l->n_refs; i++) {
		const struct rel_lint_ref *ref = &l->refs[i];

		if (ref->field != REL_LINT_DEPENDS || ref->package.ptr ||
		    ref->in_version)
			continue;
		if (rel_str_is(ref->name, "build"))
			build = ref->atom;
		else if (rel_str_is(ref->name, "post"))
			post = ref->atom;
		if (build != REL_NODE_NONE && build == post)
			return build;
	}
	return REL_NODE_NONE;
}

/* 50 */
void rel_lint_judge_post(struct rel_lint *l)
{
	const struct rel_lint_ref *ref =
	    rel_lint_find_global(l, REL_LINT_BIT(REL_LINT_DEPOPTS), "post");
	rel_node_id node = ref ? ref->node : find_build_and_post(l);

	if (node != REL_NODE_NONE)
		rel_lint_add(l, 50, REL_LINT_WARNING, node,
			     "'post' makes no sense with 'build' or with an "
			     "optional dependency");
}

static bool is_phase(struct rel_str name)
{
	return rel_str_is(name, "build") || rel_str_is(name, "post");
}

/*
 * Is `build` or `post` negated?  What stands behind a `?` is seen since 2.2,
 * and there only with a `!` of its own.
 */
static bool has_negated(const struct rel_lint *l, rel_node_id id, bool negated,
			bool defined)
{
	const struct rel_node *node = rel_lint_node(l, id);

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_IDENT:
		return negated && is_phase(node->text);
	case REL_NODE_NOT:
		negated = defined || !negated;
		break;
	case REL_NODE_DEFINED:
		if (!rel_lint_since(l, REL_LINT_OPAM_2_2))
			return false;
		negated = false;
		defined = true;
		break;
	case REL_NODE_RELOP:
		negated = false;
		break;
	case REL_NODE_AND:
	case REL_NODE_OR:
		negated = negated && !defined;
		break;
	case REL_NODE_GROUP:
		break;
	default:
		return false;
	}
	for (id = node->child; id != REL_NODE_NONE;
	     id = rel_lint_node(l, id)->next) {
		if (has_negated(l, id, negated, defined))
			return true;
	}
	return false;
}

static void find_negated(struct rel_lint *l, void *context, rel_node_id atom,
			 rel_node_id constraint)
{
	rel_node_id *found = context;

	for (; constraint != REL_NODE_NONE;
	     constraint = rel_lint_node(l, constraint)->next) {
		if (*found == REL_NODE_NONE &&
		    has_negated(l, constraint, false, false))
			*found = atom;
	}
}

/* 51 */
void rel_lint_judge_negated(struct rel_lint *l)
{
	rel_node_id found = REL_NODE_NONE;

	rel_lint_atoms(l, l->fields[REL_LINT_DEPENDS], find_negated, &found);
	rel_lint_atoms(l, l->fields[REL_LINT_DEPOPTS], find_negated, &found);
	if (found != REL_NODE_NONE)
		rel_lint_add(l, 51, REL_LINT_ERROR, found,
			     "what a negated 'build' or 'post' means is not "
			     "specified");
}

/* Could the string become a boolean: "true", "false", "%{…}%"? */
static bool may_be_boolean(struct rel_str s)
{
	size_t at = 2;

	if (rel_str_is(s, "true") || rel_str_is(s, "false") ||
	    rel_str_is(s, "%%"))
		return true;
	if (!rel_str_starts(s, REL_STR("%{")))
		return false;
	while (at < s.len && s.ptr[at] != '\n') {
		if (s.ptr[at] != '}')
			at++;
		else if (at + 1 == s.len)
			return true;
		else if (s.ptr[at + 1] == '%')
			return at + 2 == s.len;
		else if (s.ptr[at + 1] == '\n')
			return false;
		else
			at += 2;
	}
	return at == s.len;
}

/* The first string that stands where a boolean is wanted; NONE. */
static rel_node_id find_string(const struct rel_lint *l, rel_node_id id)
{
	const struct rel_node *node = rel_lint_node(l, id);
	rel_node_id found = REL_NODE_NONE;
	bool compared = node->kind == REL_NODE_RELOP;

	if (node->kind == REL_NODE_INT ||
	    (node->kind == REL_NODE_STRING && !may_be_boolean(node->text)))
		return id;
	if (compared || node->kind == REL_NODE_PREFIX_RELOP)
		return REL_NODE_NONE;
	for (id = node->child; id != REL_NODE_NONE && found == REL_NODE_NONE;
	     id = rel_lint_node(l, id)->next)
		found = find_string(l, id);
	return found;
}

static void find_strings(struct rel_lint *l, void *context, rel_node_id atom,
			 rel_node_id constraint)
{
	rel_node_id *found = context;

	(void)atom;
	for (; constraint != REL_NODE_NONE && *found == REL_NODE_NONE;
	     constraint = rel_lint_node(l, constraint)->next)
		*found = find_string(l, constraint);
}

static void find_in_features(struct rel_lint *l, rel_node_id *found)
{
	rel_node_id id, text, formula;
	struct rel_lint_items items;

	if (l->fields[REL_LINT_FEATURES] == REL_NODE_NONE ||
	    !rel_lint_items_begin(&items, l, l->fields[REL_LINT_FEATURES], 1))
		return;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		rel_lint_option(l, rel_lint_option(l, id, &text), &formula);
		for (; formula != REL_NODE_NONE;
		     formula = rel_lint_node(l, formula)->next)
			rel_lint_atoms(l, formula, find_strings, found);
	}
}

/* 66 */
void rel_lint_judge_not_boolean(struct rel_lint *l)
{
	rel_node_id found = REL_NODE_NONE;

	rel_lint_atoms(l, l->fields[REL_LINT_DEPENDS], find_strings, &found);
	rel_lint_atoms(l, l->fields[REL_LINT_DEPOPTS], find_strings, &found);
	rel_lint_atoms(l, l->fields[REL_LINT_CONFLICTS], find_strings, &found);
	find_in_features(l, &found);
	if (found != REL_NODE_NONE)
		rel_lint_add(l, 66, REL_LINT_WARNING, found,
			     "a string where true or false is asked for: "
			     "\"%.*s\"",
			     REL_STR_ARG(rel_lint_node(l, found)->text));
}

/* 74 */
void rel_lint_judge_pin_depends(struct rel_lint *l)
{
	struct rel_lint_detail missing = {0};
	struct rel_lint_names depends;
	struct rel_lint_items items;
	rel_node_id id, value = l->fields[REL_LINT_PIN_DEPENDS];
	struct rel_str text, name;

	if (value == REL_NODE_NONE ||
	    !rel_lint_items_begin(&items, l, value, 2))
		return;
	all_depends(&depends, l);
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		text = rel_lint_node(l, rel_lint_node(l, id)->child)->text;
		name = rel_str_sub(text, 0, rel_str_find(text, '.'));
		if (!rel_lint_names_has(&depends, name))
			rel_lint_detail_add(&missing, name);
	}
	rel_lint_names_free(&depends);
	if (missing.len > 0)
		rel_lint_add(l, 74, REL_LINT_WARNING, value,
			     "'pin-depends' has packages that are in neither "
			     "'depends' nor 'depopts': %s",
			     missing.text);
}
