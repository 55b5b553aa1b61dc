#include "release/source/stale.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/process.h"
#include "opam/tree.h"
#include "release/source/source_private.h"

/* That dune may take; it needs a tenth of one. */
#define SECONDS "20"

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
static int run_dune(struct rel_buf *out, struct rel_stale_work *w,
		    const char *dir)
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
	rc = write_file(dir, REL_STALE_SOURCE, project->dune_project, w->err);
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
static int ask_dune(struct rel_stale_work *w)
{
	const char *tmp = getenv("TMPDIR");
	struct rel_stale_items answer[REL_STALE_FIELDS] = {{0}};
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
		rc = rel_stale_read_opam(w, answer, rel_buf_str(&text),
					 REL_STALE_SOURCE);
	for (int i = 0; i < REL_STALE_FIELDS; i++) {
		struct rel_stale_items *wanted = &w->wanted[i];

		/* of what is not written down there versions of dune make
		 * this and that */
		if (rc == 0 && text.len && answer[i].line && wanted->line) {
			struct rel_stale_items ours = *wanted;

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
	return field == REL_STALE_DEPENDS &&
	       rel_str_is(rel_stale_name(item), "\"dune\"");
}

static int add(struct rel_stale_work *w, const char *path, uint32_t line,
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

static int compare(struct rel_stale_work *w, int i)
{
	const struct rel_stale_items *wanted = &w->wanted[i],
				     *found = &w->found[i];
	const char *source = wanted->path;
	const char *opam = w->request->package->path.ptr;
	int rc = 0;

	if (rel_stale_fields[i].of_project && wanted->line == 0)
		return 0;
	for (uint32_t k = 0; rc == 0 && k < wanted->n; k++) {
		struct rel_str item = wanted->texts[k];

		if (!rel_stale_has(found, item, is_dune(i, item)))
			rc = add(w, source, wanted->line,
				 rel_stale_fields[i].opam, item, source, opam);
	}
	for (uint32_t k = 0; rc == 0 && k < found->n; k++) {
		struct rel_str item = found->texts[k];

		/* found from the other side */
		if (rel_stale_has(wanted, item, rel_stale_fields[i].formula) ||
		    (!rel_stale_fields[i].formula && i != REL_STALE_TAGS &&
		     i != REL_STALE_AUTHORS && i != REL_STALE_MAINTAINER &&
		     wanted->n))
			continue;
		rc = add(w, opam, found->line, rel_stale_fields[i].opam, item,
			 opam, source);
	}
	return rc;
}

static bool is_known(struct rel_str name)
{
	for (int i = 0; i < REL_STALE_FIELDS; i++) {
		if (rel_str_is(name, rel_stale_fields[i].opam))
			return true;
	}
	return false;
}

/* What else the template has is taken over as it is. */
static int compare_template(struct rel_stale_work *w)
{
	const struct rel_project_package *p = w->request->package;
	struct rel_opam_tree template, opam;
	struct rel_stale_items wanted = {0}, found = {0};
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
		rc = rel_stale_read_field(w, &wanted, &template, id);
		rel_stale_reset(&found);
		if (rc == 0 && other != REL_NODE_NONE)
			rc = rel_stale_read_field(w, &found, &opam, other);
		for (uint32_t k = 0; rc == 0 && k < wanted.n; k++) {
			if (!rel_stale_has(&found, wanted.texts[k], false))
				rc = add(w, w->template, wanted.line, name,
					 wanted.texts[k], w->template,
					 p->path.ptr);
		}
	}
	rel_stale_reset(&wanted);
	rel_stale_reset(&found);
	return rc;
}

static int check(struct rel_stale_work *w, const struct rel_sexp *items,
		 const struct rel_sexp *stanza)
{
	int rc = rel_stale_read_dune(w, items, stanza);

	if (rc == 0)
		rc = rel_stale_add_own(w, items, stanza);
	if (rc == 0)
		rc = rel_stale_read_template(w);
	if (rc == 0 && w->request->ask_dune)
		rc = ask_dune(w);
	if (rc == 0)
		rc = rel_stale_read_opam(w, w->found, w->request->package->text,
					 w->request->package->path.ptr);
	for (int i = 0; i < REL_STALE_FIELDS && rc == 0; i++)
		rc = compare(w, i);
	return rc == 0 && w->template ? compare_template(w) : rc;
}

int rel_stale_check(const struct rel_stale_options *request,
		    struct rel_error *err)
{
	struct rel_stale_work w = {.request = request, .err = err};
	const struct rel_sexp *stanza = NULL;
	struct rel_sexp *items = NULL;
	int rc;

	if (!request->package->generated || request->package->path.len == 0)
		return 0;
	rel_arena_init(&w.arena, REL_LIMIT_PROJECT_ARENA);
	rel_buf_init(&w.text, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_sexp_parse(&items, &w.arena, request->project->dune_project,
			    REL_STALE_SOURCE, err);
	if (rc == 0)
		stanza = rel_stale_find_stanza(items, request->package->name);
	if (rc == 0 && stanza)
		rc = check(&w, items, stanza);
	for (int i = 0; i < REL_STALE_FIELDS; i++) {
		free(w.wanted[i].texts);
		free(w.found[i].texts);
	}
	rel_buf_free(&w.text);
	rel_arena_free(&w.arena);
	return rc;
}
