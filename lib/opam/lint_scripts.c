#include "opam/lint_private.h"
#include "opam/opam_private.h"

static bool has_commands(const struct rel_lint *l, enum rel_lint_field field)
{
	return !rel_lint_is_empty(l, field, 2);
}

/* 26 */
void rel_lint_judge_remove(struct rel_lint *l)
{
	if (!has_commands(l, REL_LINT_INSTALL) &&
	    has_commands(l, REL_LINT_BUILD) && has_commands(l, REL_LINT_REMOVE))
		rel_lint_add(l, 26, REL_LINT_WARNING,
			     l->fields[REL_LINT_REMOVE],
			     "'remove' without 'install': what installs "
			     "belongs there, not into 'build'");
}

/* 32 */
void rel_lint_judge_ocaml_version(struct rel_lint *l)
{
	rel_node_id node = l->fields[REL_LINT_OCAML_VERSION];
	const struct rel_lint_ref *ref =
	    rel_lint_find_global(l, UINT64_MAX, "ocaml-version");

	if (node == REL_NODE_NONE && ref)
		node = ref->node;
	if (node != REL_NODE_NONE)
		rel_lint_add(l, 32, REL_LINT_ERROR, node,
			     "'ocaml-version' is deprecated: depend on "
			     "package ocaml, and use ocaml:version in scripts");
}

/* 33 */
void rel_lint_judge_os(struct rel_lint *l)
{
	rel_node_id value = l->fields[REL_LINT_OS];
	const struct rel_node *node;

	if (value == REL_NODE_NONE)
		return;
	node = rel_lint_node(l, value);
	if (node->kind != REL_NODE_LIST || node->child != REL_NODE_NONE)
		rel_lint_add(l, 33, REL_LINT_ERROR, value,
			     "field 'os' is deprecated: use the variable 'os' "
			     "in 'available'");
}

static rel_node_id find_make(const struct rel_lint *l,
			     enum rel_lint_field field)
{
	struct rel_lint_items commands, arguments;
	rel_node_id id, argument, filter;

	if (l->fields[field] == REL_NODE_NONE ||
	    !rel_lint_items_begin(&commands, l, l->fields[field], 2))
		return REL_NODE_NONE;
	while ((id = rel_lint_items_next(&commands, l)) != REL_NODE_NONE) {
		if (commands.wraps == 0)
			id = rel_lint_option(l, id, &filter);
		if (!rel_lint_items_within(&arguments, l, id, commands.wraps))
			continue;
		argument = rel_lint_items_next(&arguments, l);
		if (argument == REL_NODE_NONE)
			continue;
		argument = rel_lint_option(l, argument, &filter);
		if (rel_lint_node(l, argument)->kind == REL_NODE_STRING &&
		    rel_str_is(rel_lint_node(l, argument)->text, "make"))
			return argument;
	}
	return REL_NODE_NONE;
}

/* 39 */
void rel_lint_judge_make(struct rel_lint *l)
{
	static const enum rel_lint_field fields[] = {
	    REL_LINT_BUILD, REL_LINT_INSTALL, REL_LINT_REMOVE,
	    REL_LINT_RUN_TEST, REL_LINT_BUILD_DOC};
	rel_node_id found = REL_NODE_NONE;

	for (size_t i = 0;
	     i < sizeof(fields) / sizeof(fields[0]) && found == REL_NODE_NONE;
	     i++)
		found = find_make(l, fields[i]);
	if (found != REL_NODE_NONE)
		rel_lint_add(l, 39, REL_LINT_ERROR, found,
			     "command \"make\": use the variable make, "
			     "without quotes");
}

/*
 * The next "%{" that no "}%" closes before a "}" or the end of the line.
 * Source  opam src/format/opamFilter.ml, unclosed_expansions.
 */
static bool is_unclosed(struct rel_str s)
{
	for (size_t i = 0; i + 1 < s.len;) {
		if (s.ptr[i] == '%' && s.ptr[i + 1] == '%') {
			i += 2;
			continue;
		}
		if (s.ptr[i] != '%' || s.ptr[i + 1] != '{') {
			i++;
			continue;
		}
		i += 2;
		while (i < s.len && s.ptr[i] != '}' && s.ptr[i] != '\n')
			i++;
		if (i + 1 >= s.len || s.ptr[i] != '}' || s.ptr[i + 1] != '%')
			return true;
		i += 2;
	}
	return false;
}

/* 45 */
void rel_lint_judge_unclosed(struct rel_lint *l)
{
	for (uint32_t i = 0; i < l->n_texts; i++) {
		if (!is_unclosed(l->texts[i].text))
			continue;
		rel_lint_add(l, 45, REL_LINT_ERROR, l->texts[i].node,
			     "a variable in a string is not closed by \"}%%\"");
		return;
	}
}

/* 48 */
void rel_lint_judge_build_test(struct rel_lint *l)
{
	bool test = has_commands(l, REL_LINT_BUILD_TEST);

	if (test || has_commands(l, REL_LINT_BUILD_DOC))
		rel_lint_add(
		    l, 48, REL_LINT_WARNING,
		    l->fields[test ? REL_LINT_BUILD_TEST : REL_LINT_BUILD_DOC],
		    "'build-test' and 'build-doc' are deprecated: use "
		    "{with-test}, {with-doc} and 'run-test'");
}

/* 52 */
void rel_lint_judge_light_uninstall(struct rel_lint *l)
{
	if ((l->flags & REL_LINT_FLAG_LIGHT_UNINSTALL) &&
	    !has_commands(l, REL_LINT_REMOVE))
		rel_lint_add(l, 52, REL_LINT_ERROR, l->fields[REL_LINT_FLAGS],
			     "flag light-uninstall without 'remove'");
}

/* A string that is empty or has a space in it, among these; NONE. */
static rel_node_id find_spaced(const struct rel_lint *l,
			       struct rel_lint_items items)
{
	struct rel_str s;
	rel_node_id id;

	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		s = rel_lint_node(l, id)->text;
		if (s.len == 0 || rel_str_find(s, ' ') < s.len)
			break;
	}
	return id;
}

/* 54 */
void rel_lint_judge_depexts(struct rel_lint *l)
{
	rel_node_id value = l->fields[REL_LINT_DEPEXTS], id, filter;
	rel_node_id found = REL_NODE_NONE;
	struct rel_lint_items items, strings;
	bool filtered;

	if (value == REL_NODE_NONE)
		return;
	filtered = rel_lint_depexts_filtered(l, value);
	if (!rel_lint_items_begin(&items, l, value, filtered ? 2 : 3))
		return;
	while (found == REL_NODE_NONE &&
	       (id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		if (!filtered)
			id =
			    rel_lint_node(l, rel_lint_node(l, id)->child)->next;
		else if (items.wraps == 0)
			id = rel_lint_option(l, id, &filter);
		if (rel_lint_items_within(&strings, l, id, items.wraps))
			found = find_spaced(l, strings);
	}
	if (found != REL_NODE_NONE)
		rel_lint_add(l, 54, REL_LINT_WARNING, found,
			     "a system package with a space in its name, or "
			     "without one: \"%.*s\"",
			     REL_STR_ARG(rel_lint_node(l, found)->text));
}

/* 55 */
void rel_lint_judge_odd_values(struct rel_lint *l)
{
	if (l->odd_value != REL_NODE_NONE)
		rel_lint_add(
		    l, 55, REL_LINT_ERROR, l->odd_value,
		    "no normal name of an os or arch: \"%.*s\" (use %s)",
		    REL_STR_ARG(rel_lint_node(l, l->odd_value)->text),
		    l->odd_instead);
}

/* 56 */
void rel_lint_judge_setenv(struct rel_lint *l)
{
	if (!rel_lint_is_empty(l, REL_LINT_SETENV, 2) &&
	    !(l->flags & REL_LINT_FLAG_COMPILER))
		rel_lint_add(l, 56, REL_LINT_WARNING,
			     l->fields[REL_LINT_SETENV],
			     "'setenv' is for compilers");
}

/* 58 */
void rel_lint_judge_test_variables(struct rel_lint *l)
{
	const struct rel_lint_ref *test, *doc;

	test = rel_lint_find_global(l, REL_LINT_FILTERS, "test");
	doc = rel_lint_find_global(l, REL_LINT_FILTERS, "doc");
	if (test || doc)
		rel_lint_add(l, 58, REL_LINT_WARNING,
			     test ? test->node : doc->node,
			     "no such variable: %s",
			     test && doc ? "test, doc (they are with-test and "
					   "with-doc)"
			     : test	 ? "test (it is with-test)"
					 : "doc (it is with-doc)");
}

/* 61 */
void rel_lint_judge_run_test(struct rel_lint *l)
{
	const struct rel_lint_ref *ref = rel_lint_find_global(
	    l, REL_LINT_BIT(REL_LINT_RUN_TEST), "with-test");

	if (ref)
		rel_lint_add(l, 61, REL_LINT_WARNING, ref->node,
			     "'with-test' means nothing in 'run-test'");
}

/* "a++:x": a package whose name has a "+" in it, taken apart. */
static bool has_plus(struct rel_str inside)
{
	size_t colon = rel_str_rfind(inside, ':'), question;
	struct rel_str p = rel_str_sub(inside, 0, colon);

	if (colon == inside.len)
		return false;
	question = rel_str_rfind(p, '?');
	if (question < p.len) {
		p = rel_str_sub(p, 0, question);
		colon = rel_str_rfind(p, ':');
		if (colon == p.len)
			return false;
		p = rel_str_sub(p, 0, colon);
	}
	return p.len == 0 || p.ptr[0] == '+' || p.ptr[p.len - 1] == '+' ||
	       memmem(p.ptr, p.len, "++", 2) != NULL;
}

/* 69 */
void rel_lint_judge_plus(struct rel_lint *l)
{
	for (uint32_t i = 0; i < l->n_texts; i++) {
		struct rel_str inside;
		size_t from = 0;

		while (
		    rel_ident_next_closed(l->texts[i].text, &from, &inside)) {
			if (!has_plus(inside))
				continue;
			rel_lint_add(l, 69, REL_LINT_WARNING, l->texts[i].node,
				     "a package with '+' in its name has to be "
				     "written %%{?name:variable:}%%: "
				     "\"%.*s\"",
				     REL_STR_ARG(inside));
			return;
		}
	}
}
