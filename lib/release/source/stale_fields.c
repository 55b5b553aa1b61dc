/* The fields of an opam file, as it and as dune-project have them. */
#include <stdlib.h>

#include "base/array.h"
#include "opam/edit.h"
#include "opam/tree.h"
#include "opam/version.h"
#include "release/source/source_private.h"

const struct rel_stale_about rel_stale_fields[REL_STALE_FIELDS] = {
    [REL_STALE_DEPENDS] = {"depends", "depends", false, true},
    [REL_STALE_DEPOPTS] = {"depopts", "depopts", false, true},
    [REL_STALE_CONFLICTS] = {"conflicts", "conflicts", false, true},
    [REL_STALE_SYNOPSIS] = {"synopsis", "synopsis", false, false},
    [REL_STALE_DESCRIPTION] = {"description", "description", false, false},
    [REL_STALE_TAGS] = {"tags", "tags", false, false},
    [REL_STALE_MAINTAINER] = {"maintainer", "maintainers", true, false},
    [REL_STALE_AUTHORS] = {"authors", "authors", true, false},
    [REL_STALE_LICENSE] = {"license", "license", true, false},
    [REL_STALE_HOMEPAGE] = {"homepage", "homepage", true, false},
    [REL_STALE_BUG_REPORTS] = {"bug-reports", "bug_reports", true, false},
    [REL_STALE_DOC] = {"doc", "documentation", true, false},
};

void rel_stale_reset(struct rel_stale_items *items)
{
	free(items->texts);
	*items = (struct rel_stale_items){0};
}

/* What was written into w->text is an item. */
static int add_item(struct rel_stale_work *w, struct rel_stale_items *items)
{
	char *copy;

	if (rel_buf_status(&w->text, "field", w->err))
		return w->text.status;
	if (items->n == REL_LIMIT_STALE_ITEMS)
		return rel_fail(w->err, REL_ELIMIT,
				"%s: a field with over %u items", items->path,
				REL_LIMIT_STALE_ITEMS);
	copy = rel_arena_copy(&w->arena, rel_buf_str(&w->text));
	if (!copy ||
	    rel_array_reserve(&items->texts, &items->cap,
			      (uint64_t)items->n + 1, sizeof(*items->texts)))
		return rel_fail_nomem(w->err);
	items->texts[items->n++] = rel_str_n(copy, w->text.len);
	return 0;
}

/*
 * A value in one way: without parentheses, because dune before 3.0 left out
 * those that mattered.
 */
static void write_node(struct rel_buf *out, const struct rel_opam_tree *tree,
		       rel_node_id id)
{
	const struct rel_node *n = &tree->nodes[id];
	const char *between = " ";

	switch (n->kind) {
	case REL_NODE_STRING:
		/* a description's lines end as they like */
		rel_opam_quote(out, rel_str_trim(n->text));
		return;
	case REL_NODE_INT:
	case REL_NODE_IDENT:
		rel_buf_add_str(out, n->text);
		return;
	case REL_NODE_BOOL:
		rel_buf_add_cstr(out, n->number ? "true" : "false");
		return;
	case REL_NODE_OPTION:
		write_node(out, tree, n->child);
		rel_buf_add_cstr(out, " {");
		for (id = tree->nodes[n->child].next; id != REL_NODE_NONE;
		     id = tree->nodes[id].next)
			write_node(out, tree, id);
		rel_buf_add_char(out, '}');
		return;
	case REL_NODE_PREFIX_RELOP:
		rel_buf_printf(out, "%s ",
			       rel_relop_text((enum rel_relop)n->op));
		break;
	case REL_NODE_NOT:
		rel_buf_add_char(out, '!');
		break;
	case REL_NODE_DEFINED:
		rel_buf_add_char(out, '?');
		break;
	case REL_NODE_AND:
		between = " & ";
		break;
	case REL_NODE_OR:
		between = " | ";
		break;
	default:
		break;
	}
	for (id = n->child; id != REL_NODE_NONE; id = tree->nodes[id].next) {
		write_node(out, tree, id);
		if (tree->nodes[id].next == REL_NODE_NONE)
			break;
		if (n->kind == REL_NODE_RELOP)
			rel_buf_printf(out, " %s ",
				       rel_relop_text((enum rel_relop)n->op));
		else
			rel_buf_add_cstr(out, between);
	}
}

int rel_stale_read_field(struct rel_stale_work *w,
			 struct rel_stale_items *items,
			 const struct rel_opam_tree *tree, rel_node_id field)
{
	rel_node_id id = tree->nodes[field].child;
	int rc = 0;

	rel_stale_reset(items);
	items->path = tree->path;
	items->line = tree->nodes[field].line;
	if (tree->nodes[id].kind == REL_NODE_LIST)
		id = tree->nodes[id].child;
	for (; id != REL_NODE_NONE && rc == 0; id = tree->nodes[id].next) {
		rel_buf_clear(&w->text);
		write_node(&w->text, tree, id);
		rc = add_item(w, items);
	}
	return rc;
}

int rel_stale_read_opam(struct rel_stale_work *w,
			struct rel_stale_items out[REL_STALE_FIELDS],
			struct rel_str text, const char *path)
{
	struct rel_opam_tree tree;
	int rc = rel_opam_parse(&tree, &w->arena, text, path, w->err);

	for (int i = 0; i < REL_STALE_FIELDS && rc == 0; i++) {
		rel_node_id field =
		    rel_opam_field(&tree, tree.items, rel_stale_fields[i].opam);

		if (field != REL_NODE_NONE)
			rc = rel_stale_read_field(w, &out[i], &tree, field);
	}
	return rc;
}

/* `:name` is a variable, everything else a text. */
static void write_atom(struct rel_buf *out, const struct rel_sexp *atom)
{
	if (!atom->quoted && atom->text.len && atom->text.ptr[0] == ':')
		rel_buf_add_str(out,
				rel_str_sub(atom->text, 1, atom->text.len));
	else
		rel_opam_quote(out, rel_str_trim(atom->text));
}

static void write_constraint(struct rel_buf *out, const struct rel_sexp *c);

static void write_all(struct rel_buf *out, const struct rel_sexp *first,
		      const char *between)
{
	for (const struct rel_sexp *c = first; c; c = c->next) {
		if (c != first)
			rel_buf_add_cstr(out, between);
		write_constraint(out, c);
	}
}

static void write_constraint(struct rel_buf *out, const struct rel_sexp *c)
{
	const struct rel_sexp *first = c->is_list ? c->first : NULL;
	const char *op;

	if (!c->is_list) {
		write_atom(out, c);
	} else if (!first || first->is_list) {
		return; /* dune refuses it */
	} else if (rel_str_is(first->text, "and")) {
		write_all(out, first->next, " & ");
	} else if (rel_str_is(first->text, "or")) {
		write_all(out, first->next, " | ");
	} else if (rel_str_is(first->text, "not")) {
		rel_buf_add_char(out, '!');
		write_all(out, first->next, " ");
	} else {
		bool two = first->next && first->next->next;

		op = rel_str_is(first->text, "<>") ? "!=" : NULL;
		if (two) {
			write_constraint(out, first->next);
			rel_buf_add_char(out, ' ');
		}
		if (op)
			rel_buf_add_cstr(out, op);
		else
			rel_buf_add_str(out, first->text);
		rel_buf_add_char(out, ' ');
		write_all(out, two ? first->next->next : first->next, " ");
	}
}

static void write_dependency(struct rel_buf *out, const struct rel_sexp *dep)
{
	const struct rel_sexp *name = dep->is_list ? dep->first : dep;

	if (!name || name->is_list)
		return;
	rel_opam_quote(out, name->text);
	if (!dep->is_list || !name->next)
		return;
	rel_buf_add_cstr(out, " {");
	write_all(out, name->next, " & ");
	rel_buf_add_char(out, '}');
}

static int read_dune_field(struct rel_stale_work *w, int i,
			   const struct rel_sexp *field)
{
	struct rel_stale_items *items = &w->wanted[i];
	const struct rel_sexp *item = field->first->next;
	int rc = 0;

	items->path = REL_STALE_SOURCE;
	items->line = field->line;
	/* (tags (a b)) */
	if (i == REL_STALE_TAGS && item && item->is_list)
		item = item->first;
	for (; item && rc == 0; item = item->next) {
		rel_buf_clear(&w->text);
		if (rel_stale_fields[i].formula)
			write_dependency(&w->text, item);
		else if (!item->is_list)
			rel_opam_quote(&w->text, rel_str_trim(item->text));
		rc = add_item(w, items);
	}
	return rc;
}

const struct rel_sexp *rel_stale_find_stanza(const struct rel_sexp *items,
					     struct rel_str package)
{
	for (; items; items = items->next) {
		const struct rel_sexp *name;

		if (!rel_sexp_is(items, "package"))
			continue;
		name = rel_sexp_atom(rel_sexp_field(items->first, "name"));
		if (name && rel_str_eq(name->text, package))
			break;
	}
	return items;
}

int rel_stale_read_dune(struct rel_stale_work *w, const struct rel_sexp *items,
			const struct rel_sexp *stanza)
{
	int rc = 0;

	for (int i = 0; i < REL_STALE_FIELDS && rc == 0; i++) {
		const struct rel_sexp *field =
		    rel_sexp_field(stanza->first, rel_stale_fields[i].dune);

		if (!field && rel_stale_fields[i].of_project)
			field = rel_sexp_field(items, rel_stale_fields[i].dune);
		w->wanted[i].path = REL_STALE_SOURCE;
		if (field)
			rc = read_dune_field(w, i, field);
	}
	return rc;
}

struct rel_str rel_stale_name(struct rel_str item)
{
	size_t end = 1;

	if (item.len == 0 || item.ptr[0] != '"')
		return item;
	while (end < item.len && item.ptr[end] != '"')
		end++;
	return rel_str_sub(item, 0, end + 1);
}

bool rel_stale_has(const struct rel_stale_items *items, struct rel_str text,
		   bool by_name)
{
	for (uint32_t i = 0; i < items->n; i++) {
		struct rel_str item = items->texts[i];

		if (rel_str_eq(by_name ? rel_stale_name(item) : item,
			       by_name ? rel_stale_name(text) : text))
			return true;
	}
	return false;
}

static int add_unless(struct rel_stale_work *w, const char *item, bool by_name)
{
	struct rel_stale_items *items = &w->wanted[REL_STALE_DEPENDS];

	if (rel_stale_has(items, rel_str_of(item), by_name))
		return 0;
	rel_buf_clear(&w->text);
	rel_buf_add_cstr(&w->text, item);
	return add_item(w, items);
}

int rel_stale_add_own(struct rel_stale_work *w, const struct rel_sexp *items,
		      const struct rel_sexp *stanza)
{
	const struct rel_sexp *lang = rel_sexp_field(items, "lang");
	const struct rel_sexp *version =
	    lang && lang->first->next ? lang->first->next->next : NULL;
	int rc = add_unless(w, "\"dune\"", true);

	if (w->wanted[REL_STALE_DEPENDS].line == 0)
		w->wanted[REL_STALE_DEPENDS].line = stanza->line;
	if (rc == 0 && version &&
	    rel_version_compare(version->text, REL_STR("2.7")) >= 0)
		rc = add_unless(w, "\"odoc\" {with-doc}", true);
	return rc;
}

int rel_stale_read_template(struct rel_stale_work *w)
{
	const struct rel_project_package *p = w->request->package;
	struct rel_buf path;
	int rc;

	rel_buf_init(&path, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_printf(&path, "%s.template", p->path.ptr);
	rc = rel_project_read(&w->template_text, w->request->project,
			      rel_buf_str(&path), REL_LIMIT_MANIFEST_BYTES,
			      w->err);
	if (rc == 0) {
		w->template = rel_arena_copy(&w->arena, rel_buf_str(&path));
		rc = w->template
			 ? rel_stale_read_opam(w, w->wanted, w->template_text,
					       w->template)
			 : rel_fail_nomem(w->err);
	}
	rel_buf_free(&path);
	return rc == REL_ENOTFOUND ? 0 : rc;
}
