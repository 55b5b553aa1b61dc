/* What dune-project adds to a source's packages. */
#include "base/limits.h"
#include "opam/version.h"
#include "release/source/project_work.h"
#include "release/source/sexp.h"

#define FILE_NAME "dune-project"

static int fail_at(struct rel_project_work *work, const struct rel_sexp *at,
		   int code)
{
	rel_error_at(work->err, FILE_NAME, at->line, at->column);
	return code;
}

/* The one atom of a field, NUL-terminated in the arena; empty = absent. */
static int read_atom(struct rel_str *out, struct rel_project_work *work,
		     const struct rel_sexp *items, const char *name)
{
	const struct rel_sexp *field = rel_sexp_field(items, name);
	const struct rel_sexp *atom = rel_sexp_atom(field);
	char *copy;

	*out = REL_STR("");
	if (!field)
		return 0;
	if (!atom)
		return fail_at(work, field,
			       rel_fail(work->err, REL_EPARSE,
					"(%s …) needs one word", name));
	copy = rel_arena_copy(&work->project->arena, atom->text);
	if (!copy)
		return rel_fail_nomem(work->err);
	*out = rel_str_n(copy, atom->text.len);
	return 0;
}

static int read_name(struct rel_project_work *work,
		     const struct rel_sexp *items)
{
	int rc = read_atom(&work->dune_name, work, items, "name");

	if (rc || work->dune_name.len == 0 ||
	    rel_project_name_is_valid(work->dune_name))
		return rc;
	return fail_at(work, rel_sexp_field(items, "name"),
		       rel_fail(work->err, REL_EPARSE,
				"the project's name \"%.*s\" may hold letters, "
				"digits and . _ + - only",
				REL_STR_ARG(work->dune_name)));
}

/* (generate_opam_files), or with true. */
static bool generates(const struct rel_sexp *items)
{
	const struct rel_sexp *field =
	    rel_sexp_field(items, "generate_opam_files");
	const struct rel_sexp *atom = rel_sexp_atom(field);

	return field && (!field->first->next ||
			 (atom && rel_str_is(atom->text, "true")));
}

int rel_project_read_dune(struct rel_project_work *work)
{
	struct rel_project *project = work->project;
	struct rel_sexp *items;
	int rc = rel_project_read(&project->dune_project, project,
				  REL_STR(FILE_NAME), REL_LIMIT_SEXP_BYTES,
				  work->err);

	if (rc == REL_ENOTFOUND) {
		project->dune_project = (struct rel_str){NULL, 0};
		return 0;
	}
	if (!rc)
		rc =
		    rel_sexp_parse(&items, &project->arena,
				   project->dune_project, FILE_NAME, work->err);
	if (!rc)
		rc = read_name(work, items);
	if (!rc)
		rc = read_atom(&project->dune_version, work, items, "version");
	if (!rc)
		project->generates_opam = generates(items);
	work->dune_items = items;
	return rc;
}

static struct rel_project_package *find(struct rel_project_work *work,
					struct rel_str name)
{
	for (uint32_t i = 0; i < work->count; i++) {
		if (rel_str_eq(work->project->packages[i].name, name))
			return &work->project->packages[i];
	}
	return NULL;
}

/* Has an earlier stanza the same name? */
static bool is_second(const struct rel_sexp *items, const struct rel_sexp *at,
		      struct rel_str name)
{
	for (; items != at; items = items->next) {
		const struct rel_sexp *atom;

		if (!rel_sexp_is(items, "package"))
			continue;
		atom = rel_sexp_atom(rel_sexp_field(items->first, "name"));
		if (atom && rel_str_eq(atom->text, name))
			return true;
	}
	return false;
}

static int join_stanza(struct rel_project_work *work,
		       const struct rel_sexp *stanza)
{
	struct rel_project_package *package;
	struct rel_str name;
	int rc = read_atom(&name, work, stanza->first, "name");

	if (rc)
		return rc;
	if (name.len == 0)
		return fail_at(work, stanza,
			       rel_fail(work->err, REL_EPARSE,
					"this package has no (name …)"));
	if (!rel_package_name_is_valid(name))
		return fail_at(work, stanza,
			       rel_fail(work->err, REL_EPARSE,
					"\"%.*s\" is no name of a package",
					REL_STR_ARG(name)));
	if (is_second(work->dune_items, stanza, name))
		return fail_at(work, stanza,
			       rel_fail(work->err, REL_EPARSE,
					"a second package %.*s; rename or "
					"remove one",
					REL_STR_ARG(name)));
	package = find(work, name);
	if (!package)
		return rel_project_add(work, name, REL_STR(""));
	package->generated = work->project->generates_opam;
	return 0;
}

int rel_project_join_dune(struct rel_project_work *work)
{
	int rc = 0;

	for (const struct rel_sexp *s = work->dune_items; s && !rc; s = s->next)
		if (rel_sexp_is(s, "package"))
			rc = join_stanza(work, s);
	return rc;
}
