#include "release/source/stale.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/process.h"
#include "opam/edit.h"
#include "opam/tree.h"
#include "opam/version.h"
#include "release/source/source_private.h"

#define DUNE_PROJECT "dune-project"
/* That dune may take; it needs a tenth of one. */
#define SECONDS "20"

enum field {
	DEPENDS,
	DEPOPTS,
	CONFLICTS,
	SYNOPSIS,
	DESCRIPTION,
	TAGS,
	MAINTAINER,
	AUTHORS,
	LICENSE,
	HOMEPAGE,
	BUG_REPORTS,
	DOC,
	FIELDS,
};

static const struct {
	const char *opam, *dune;
	bool of_project; /* (package …) takes it from the project */
	bool formula;	 /* its items are dependencies */
} fields[FIELDS] = {
    [DEPENDS] = {"depends", "depends", false, true},
    [DEPOPTS] = {"depopts", "depopts", false, true},
    [CONFLICTS] = {"conflicts", "conflicts", false, true},
    [SYNOPSIS] = {"synopsis", "synopsis", false, false},
    [DESCRIPTION] = {"description", "description", false, false},
    [TAGS] = {"tags", "tags", false, false},
    [MAINTAINER] = {"maintainer", "maintainers", true, false},
    [AUTHORS] = {"authors", "authors", true, false},
    [LICENSE] = {"license", "license", true, false},
    [HOMEPAGE] = {"homepage", "homepage", true, false},
    [BUG_REPORTS] = {"bug-reports", "bug_reports", true, false},
    [DOC] = {"doc", "documentation", true, false},
};

/* A field as a set of items, each written in one way. */
struct items {
	const char *path; /* of the file that says so */
	uint32_t line;	  /* 0 = it does not have the field */
	struct rel_str *texts;
	uint32_t n, cap;
};

struct work {
	const struct rel_stale_options *request;
	struct rel_arena arena;
	struct rel_buf text;
	struct items wanted[FIELDS], found[FIELDS];
	const char *template; /* its path; NULL = there is none */
	struct rel_str template_text;
	struct rel_error *err;
};

static void reset(struct items *items)
{
	free(items->texts);
	*items = (struct items){0};
}

/* What was written into w->text is an item. */
static int add_item(struct work *w, struct items *items)
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

static int read_opam_field(struct work *w, struct items *items,
			   const struct rel_opam_tree *tree, rel_node_id field)
{
	rel_node_id id = tree->nodes[field].child;
	int rc = 0;

	reset(items);
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

/* All of our fields that an opam file has. */
static int read_opam(struct work *w, struct items out[FIELDS],
		     struct rel_str text, const char *path)
{
	struct rel_opam_tree tree;
	int rc = rel_opam_parse(&tree, &w->arena, text, path, w->err);

	for (int i = 0; i < FIELDS && rc == 0; i++) {
		rel_node_id field =
		    rel_opam_field(&tree, tree.items, fields[i].opam);

		if (field != REL_NODE_NONE)
			rc = read_opam_field(w, &out[i], &tree, field);
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

static int read_dune_field(struct work *w, int i, const struct rel_sexp *field)
{
	struct items *items = &w->wanted[i];
	const struct rel_sexp *item = field->first->next;
	int rc = 0;

	items->path = DUNE_PROJECT;
	items->line = field->line;
	/* (tags (a b)) */
	if (i == TAGS && item && item->is_list)
		item = item->first;
	for (; item && rc == 0; item = item->next) {
		rel_buf_clear(&w->text);
		if (fields[i].formula)
			write_dependency(&w->text, item);
		else if (!item->is_list)
			rel_opam_quote(&w->text, rel_str_trim(item->text));
		rc = add_item(w, items);
	}
	return rc;
}

static const struct rel_sexp *find_stanza(const struct rel_sexp *items,
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

static int read_dune(struct work *w, const struct rel_sexp *items,
		     const struct rel_sexp *stanza)
{
	int rc = 0;

	for (int i = 0; i < FIELDS && rc == 0; i++) {
		const struct rel_sexp *field =
		    rel_sexp_field(stanza->first, fields[i].dune);

		if (!field && fields[i].of_project)
			field = rel_sexp_field(items, fields[i].dune);
		w->wanted[i].path = DUNE_PROJECT;
		if (field)
			rc = read_dune_field(w, i, field);
	}
	return rc;
}

/* The name of a dependency, as it is quoted. */
static struct rel_str name_of(struct rel_str item)
{
	size_t end = 1;

	if (item.len == 0 || item.ptr[0] != '"')
		return item;
	while (end < item.len && item.ptr[end] != '"')
		end++;
	return rel_str_sub(item, 0, end + 1);
}

static bool has(const struct items *items, struct rel_str text, bool by_name)
{
	for (uint32_t i = 0; i < items->n; i++) {
		struct rel_str item = items->texts[i];

		if (rel_str_eq(by_name ? name_of(item) : item,
			       by_name ? name_of(text) : text))
			return true;
	}
	return false;
}

static int add_unless(struct work *w, const char *item, bool by_name)
{
	struct items *items = &w->wanted[DEPENDS];

	if (has(items, rel_str_of(item), by_name))
		return 0;
	rel_buf_clear(&w->text);
	rel_buf_add_cstr(&w->text, item);
	return add_item(w, items);
}

/* What dune adds: itself, and odoc from its language 2.7 on. */
static int add_own(struct work *w, const struct rel_sexp *items,
		   const struct rel_sexp *stanza)
{
	const struct rel_sexp *lang = rel_sexp_field(items, "lang");
	const struct rel_sexp *version =
	    lang && lang->first->next ? lang->first->next->next : NULL;
	int rc = add_unless(w, "\"dune\"", true);

	if (w->wanted[DEPENDS].line == 0)
		w->wanted[DEPENDS].line = stanza->line;
	if (rc == 0 && version &&
	    rel_version_compare(version->text, REL_STR("2.7")) >= 0)
		rc = add_unless(w, "\"odoc\" {with-doc}", true);
	return rc;
}

/* PKG.opam.template, whose fields go before those of dune-project. */
static int read_template(struct work *w)
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
		rc = w->template ? read_opam(w, w->wanted, w->template_text,
					     w->template)
				 : rel_fail_nomem(w->err);
	}
	rel_buf_free(&path);
	return rc == REL_ENOTFOUND ? 0 : rc;
}

static int write_file(const char *dir, const char *name, struct rel_str text,
		      struct rel_error *err)
{
	struct rel_buf path;
	int rc;

	rel_buf_init(&path, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_printf(&path, "%s/%s", dir, name);
	rc = path.status ? rel_fail_nomem(err)
			 : rel_file_put(path.ptr, text, err);
	rel_buf_free(&path);
	return rc;
}

/*
 * The opam file that dune writes of dune-project and template, with nothing
 * else around it: there is no rule that it could run.
 */
static int run_dune(struct rel_buf *out, struct work *w, const char *dir)
{
	const struct rel_project *project = w->request->project;
	const char *opam = w->request->package->path.ptr;
	const char *argv[] = {"timeout",
			      "-k",
			      "2",
			      SECONDS,
			      "dune",
			      "build",
			      NULL,
			      "--root=.",
			      "--no-config",
			      "--no-print-directory",
			      "--display=quiet",
			      NULL};
	const char *env[] = {"DUNE_CACHE=disabled",
			     "DUNE_BUILD_DIR=_build",
			     "DUNE_WORKSPACE",
			     "DUNE_PROFILE",
			     "OCAMLPATH",
			     "INSIDE_DUNE",
			     NULL};
	struct rel_buf said, path;
	int status = -1, rc;

	argv[6] = opam;
	rel_buf_init(&path, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_init(&said, REL_MIB);
	rc = write_file(dir, DUNE_PROJECT, project->dune_project, w->err);
	if (rc == 0 && w->template)
		rc = write_file(dir, w->template, w->template_text, w->err);
	if (rc == 0)
		rc = rel_process_run(argv, dir, env, REL_STR(""), NULL, &said,
				     &status, w->request->cancel, w->err);
	if (rc == 0 && status == 0) {
		rel_buf_printf(&path, "%s/_build/default/%s", dir, opam);
		rc = path.status ? rel_fail_nomem(w->err)
				 : rel_file_read(out, path.ptr, w->err);
	}
	rel_buf_free(&path);
	rel_buf_free(&said);
	return rc;
}

/* What dune says goes before what we read; no answer is fine.  Of an opam file
 * in a directory of its own dune has to be told more. */
static int ask_dune(struct work *w)
{
	const char *tmp = getenv("TMPDIR");
	struct items answer[FIELDS] = {{0}};
	struct rel_buf text;
	char *dir = NULL;
	int rc;

	if (memchr(w->request->package->path.ptr, '/',
		   w->request->package->path.len))
		return 0;
	if (asprintf(&dir, "%s/relctl-dune-XXXXXX",
		     tmp && *tmp ? tmp : "/tmp") < 0)
		return rel_fail_nomem(w->err);
	if (!mkdtemp(dir)) {
		free(dir);
		return 0;
	}
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rc = run_dune(&text, w, dir);
	rel_file_remove_tree(dir);
	if (rc == 0 && text.len)
		rc = read_opam(w, answer, rel_buf_str(&text), DUNE_PROJECT);
	for (int i = 0; i < FIELDS; i++) {
		struct items *wanted = &w->wanted[i];

		/* of what is not written down there versions of dune make
		 * this and that */
		if (rc == 0 && text.len && answer[i].line && wanted->line) {
			struct items ours = *wanted;

			*wanted = answer[i];
			wanted->path = ours.path;
			wanted->line = ours.line;
			answer[i] = ours;
		}
		free(answer[i].texts);
	}
	rel_buf_free(&text);
	free(dir);
	return rc == REL_ECANCELLED || rc == REL_ENOMEM ? rc : 0;
}

/* How dune bounds itself differs between its versions. */
static bool is_dune(int field, struct rel_str item)
{
	return field == DEPENDS && rel_str_is(name_of(item), "\"dune\"");
}

static int add(struct work *w, const char *path, uint32_t line,
	       const char *field, struct rel_str item, const char *there,
	       const char *missing)
{
	const struct rel_stale_options *request = w->request;
	const char *opam = request->package->path.ptr;
	char text[REL_ERROR_TEXT_MAX];
	struct rel_str shown = rel_str_sub(item, 0, 100);

	snprintf(text, sizeof(text),
		 "%s: %.*s%s is in %s, not in %s; let dune write the file "
		 "(dune build %s) and commit it",
		 field, REL_STR_ARG(shown), shown.len < item.len ? "…" : "",
		 there, missing, opam);
	return request->add(request->context, path, line, text, w->err);
}

static int compare(struct work *w, int i)
{
	const struct items *wanted = &w->wanted[i], *found = &w->found[i];
	const char *source = wanted->path;
	const char *opam = w->request->package->path.ptr;
	int rc = 0;

	if (fields[i].of_project && wanted->line == 0)
		return 0;
	for (uint32_t k = 0; rc == 0 && k < wanted->n; k++) {
		struct rel_str item = wanted->texts[k];

		if (!has(found, item, is_dune(i, item)))
			rc = add(w, source, wanted->line, fields[i].opam, item,
				 source, opam);
	}
	for (uint32_t k = 0; rc == 0 && k < found->n; k++) {
		struct rel_str item = found->texts[k];

		/* found from the other side */
		if (has(wanted, item, fields[i].formula) ||
		    (!fields[i].formula && i != TAGS && i != AUTHORS &&
		     i != MAINTAINER && wanted->n))
			continue;
		rc = add(w, opam, found->line, fields[i].opam, item, opam,
			 source);
	}
	return rc;
}

static bool is_known(struct rel_str name)
{
	for (int i = 0; i < FIELDS; i++) {
		if (rel_str_is(name, fields[i].opam))
			return true;
	}
	return false;
}

/* What else the template has is taken over as it is. */
static int compare_template(struct work *w)
{
	const struct rel_project_package *p = w->request->package;
	struct rel_opam_tree template, opam;
	struct items wanted = {0}, found = {0};
	int rc = rel_opam_parse(&template, &w->arena, w->template_text,
				w->template, w->err);

	if (rc == 0)
		rc = rel_opam_parse(&opam, &w->arena, p->text, p->path.ptr,
				    w->err);
	for (rel_node_id id = rc == 0 ? template.items : REL_NODE_NONE;
	     id != REL_NODE_NONE && rc == 0; id = template.nodes[id].next) {
		const struct rel_node *field = &template.nodes[id];
		rel_node_id other;
		char *name;

		if (field->kind != REL_NODE_FIELD || is_known(field->text))
			continue;
		name = rel_arena_copy(&w->arena, field->text);
		if (!name)
			return rel_fail_nomem(w->err);
		other = rel_opam_field(&opam, opam.items, name);
		rc = read_opam_field(w, &wanted, &template, id);
		reset(&found);
		if (rc == 0 && other != REL_NODE_NONE)
			rc = read_opam_field(w, &found, &opam, other);
		for (uint32_t k = 0; rc == 0 && k < wanted.n; k++) {
			if (!has(&found, wanted.texts[k], false))
				rc = add(w, w->template, wanted.line, name,
					 wanted.texts[k], w->template,
					 p->path.ptr);
		}
	}
	reset(&wanted);
	reset(&found);
	return rc;
}

static int check(struct work *w, const struct rel_sexp *items,
		 const struct rel_sexp *stanza)
{
	int rc = read_dune(w, items, stanza);

	if (rc == 0)
		rc = add_own(w, items, stanza);
	if (rc == 0)
		rc = read_template(w);
	if (rc == 0 && w->request->ask_dune)
		rc = ask_dune(w);
	if (rc == 0)
		rc = read_opam(w, w->found, w->request->package->text,
			       w->request->package->path.ptr);
	for (int i = 0; i < FIELDS && rc == 0; i++)
		rc = compare(w, i);
	return rc == 0 && w->template ? compare_template(w) : rc;
}

int rel_stale_check(const struct rel_stale_options *request,
		    struct rel_error *err)
{
	struct work w = {.request = request, .err = err};
	const struct rel_sexp *stanza = NULL;
	struct rel_sexp *items = NULL;
	int rc;

	if (!request->package->generated || request->package->path.len == 0)
		return 0;
	rel_arena_init(&w.arena, REL_LIMIT_PROJECT_ARENA);
	rel_buf_init(&w.text, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_sexp_parse(&items, &w.arena, request->project->dune_project,
			    DUNE_PROJECT, err);
	if (rc == 0)
		stanza = find_stanza(items, request->package->name);
	if (rc == 0 && stanza)
		rc = check(&w, items, stanza);
	for (int i = 0; i < FIELDS; i++) {
		free(w.wanted[i].texts);
		free(w.found[i].texts);
	}
	rel_buf_free(&w.text);
	rel_arena_free(&w.arena);
	return rc;
}
